"""Checks that teach: they say which mistake an answer shows, and where it goes wrong."""

from utils.checks import alexnet, architectures, convolution, pooling, resnet, vgg  # noqa: F401
from utils.checks.core import EXERCISES, CheckFailed, Exercise, Misconception, check

__all__ = ["EXERCISES", "CheckFailed", "Exercise", "Misconception", "check"]
