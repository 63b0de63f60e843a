"""Lesson 2, pooling: its exercises and the mistakes that people make in them."""
