"""A gradient checked against the definition of a derivative; norms along a network's depth."""

from utils.gradients.definition import GradientError, check, numerical
from utils.gradients.norms import gradient_norms, signal_norms

__all__ = ["GradientError", "check", "gradient_norms", "numerical", "signal_norms"]
