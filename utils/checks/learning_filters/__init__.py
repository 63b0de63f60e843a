"""Lesson 2, learning filters: its exercises and the mistakes that people make in them."""
