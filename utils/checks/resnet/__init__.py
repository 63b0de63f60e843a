"""Lesson 5, ResNet: its exercises and the mistakes that people make in them."""
