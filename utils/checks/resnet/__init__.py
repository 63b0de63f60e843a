"""Lesson 7, ResNet: its exercises and the mistakes that people make in them."""
