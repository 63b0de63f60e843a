"""The catalogue of lesson 3, AlexNet: its exercises, and the mistakes that people make in them."""

from utils.checks.alexnet import colours, dropout, groups, momentum, response_norm, sizes

__all__ = ["colours", "dropout", "groups", "momentum", "response_norm", "sizes"]
