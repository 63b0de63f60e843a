"""Checks that teach: they say which mistake an answer shows, and where it goes wrong."""

from utils.checks import alexnet, architectures, convolution, pooling, resnet, vgg  # noqa: F401
from utils.checks.core import EXERCISES, CheckFailed, Exercise, Mistake, NotAnswered, check
from utils.checks.notebook import calm_stubs

__all__ = ["EXERCISES", "CheckFailed", "Exercise", "Mistake", "NotAnswered", "check"]

calm_stubs()
