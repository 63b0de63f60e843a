"""Layers as functions: each forward, and beside it its backward, written out.

Names and signatures are those of ``torch.nn.functional``. A backward takes the gradient of the
loss with respect to the layer's output, then the tensors and hyperparameters that the forward
took, and returns the gradients with respect to the inputs. All of them work on tensors of any
device and floating dtype.
"""

from utils.functional import (
    activations,
    conv,
    depthwise,
    fully_connected,
    losses,
    normalization,
    padding,
    pooling,
    regularization,
)
from utils.functional.activations import *  # noqa: F403
from utils.functional.conv import *  # noqa: F403
from utils.functional.depthwise import *  # noqa: F403
from utils.functional.fully_connected import *  # noqa: F403
from utils.functional.losses import *  # noqa: F403
from utils.functional.normalization import *  # noqa: F403
from utils.functional.padding import *  # noqa: F403
from utils.functional.pooling import *  # noqa: F403
from utils.functional.regularization import *  # noqa: F403

FAMILIES = (
    activations,
    conv,
    depthwise,
    fully_connected,
    losses,
    normalization,
    padding,
    pooling,
    regularization,
)
__all__ = sorted(name for family in FAMILIES for name in family.__all__)
