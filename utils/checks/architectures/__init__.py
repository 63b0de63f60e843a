"""The catalogue of lesson 6: its exercises, and the mistakes that people make in them."""

from utils.checks.architectures import design, folding, transfer, trends

__all__ = ["design", "folding", "transfer", "trends"]
