"""The catalogue of lesson 4, VGG: its exercises, and the mistakes that people make in them."""

from utils.checks.vgg import costs, fields, filters, networks

__all__ = ["costs", "fields", "filters", "networks"]
