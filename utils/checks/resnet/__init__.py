"""The catalogue of lesson 5, ResNet: its exercises, and the mistakes that people make in them."""

from utils.checks.resnet import architecture, blocks, flow, normalising, shortcuts

__all__ = ["architecture", "blocks", "flow", "normalising", "shortcuts"]
