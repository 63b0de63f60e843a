"""Lesson 3, pooling: its exercises and the mistakes that people make in them.

Right functions and their edits use only the names of the lesson's first cell (math, torch, np, F),
as a mistake's text can be submitted as a solution cell.
"""
