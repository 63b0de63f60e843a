"""Layers as functions: each forward, and beside it its backward, written out.

Names and signatures are those of ``torch.nn.functional``. A backward takes the gradient of the
loss with respect to the layer's output, then what the forward took, and returns the gradients
with respect to the inputs. All of them work on tensors of any device and floating dtype.
"""

from utils.functional.activations import relu, relu_backward
from utils.functional.conv import conv2d, conv2d_backward

__all__ = ["conv2d", "conv2d_backward", "relu", "relu_backward"]
