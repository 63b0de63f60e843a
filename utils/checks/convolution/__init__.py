"""The catalogue of lesson 1, convolution: its exercises, and the mistakes that people make in them.

To add a mistake, write the wrong function below its exercise and decorate it with
`@exercise.mistake(name, hint)`; tests/test_checks.py then holds it against the others.
"""

from utils.checks.convolution import (
    backward_input,
    backward_weight,
    counts,
    forward,
    regions,
    sizes,
    true_convolution,
)

__all__ = [
    "backward_input",
    "backward_weight",
    "counts",
    "forward",
    "regions",
    "sizes",
    "true_convolution",
]
