"""Lesson 3, AlexNet: its exercises and the mistakes that people make in them."""
