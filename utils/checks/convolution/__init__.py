"""Lesson 1, convolution: its exercises and the mistakes that people make in them.

Right functions and their edits use only the names of the lesson's first cell (math, torch, np, F),
as a mistake's text can be submitted as a solution cell. To add a mistake, write below its exercise
`exercise.mistake(name, hint, edit(old, new))`; tests/unit/test_checks.py then holds it against the
others.
"""
