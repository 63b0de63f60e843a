"""Lesson 6, depth: its exercises and the mistakes that people make in them."""
