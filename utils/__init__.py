"""The course's own layers, sizes, checks and figures, written from scratch to be read."""

from utils._common.devices import device

__all__ = ["device"]
