"""Lesson 5, VGG: its exercises and the mistakes that people make in them.

Right and wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""
