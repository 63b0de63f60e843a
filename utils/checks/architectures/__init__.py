"""Lesson 6: its exercises and the mistakes that people make in them."""
