"""Lesson 4, VGG: its exercises and the mistakes that people make in them."""
