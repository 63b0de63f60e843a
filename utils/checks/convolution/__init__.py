"""Lesson 1, convolution: its exercises and the mistakes that people make in them."""
