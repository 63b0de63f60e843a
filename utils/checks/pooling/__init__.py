"""The catalogue of lesson 2, pooling: its exercises, and the mistakes that people make in them."""

from utils.checks.pooling import average, counts, maximum, maximum_backward, sizes

__all__ = ["average", "counts", "maximum", "maximum_backward", "sizes"]
