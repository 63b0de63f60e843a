"""Lesson 8: its exercises and the mistakes that people make in them."""
