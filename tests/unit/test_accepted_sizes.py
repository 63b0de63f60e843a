"""Hyperparameters of layers: what torch takes is taken, what it refuses is refused, and clearly."""

import re

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from utils import functional

IMAGE = torch.randn(2, 4, 6, 7)
FILTERS = torch.randn(4, 4, 2, 2)
#: layer -> (ours, torch's, the hyperparameters)
LAYERS = {
    "conv2d": (
        lambda **given: functional.conv2d(IMAGE, FILTERS, **given),
        lambda **given: F.conv2d(IMAGE, FILTERS, **given),
        ("stride", "padding", "dilation", "groups"),
    ),
    "max_pool2d": (
        lambda **given: functional.max_pool2d(IMAGE, **({"kernel_size": 2} | given)),
        lambda **given: F.max_pool2d(IMAGE, **({"kernel_size": 2} | given)),
        ("kernel_size", "stride", "padding", "dilation"),
    ),
    "avg_pool2d": (
        lambda **given: functional.avg_pool2d(IMAGE, **({"kernel_size": 2} | given)),
        lambda **given: F.avg_pool2d(IMAGE, **({"kernel_size": 2} | given)),
        ("kernel_size", "stride", "padding"),
    ),
    "adaptive_avg_pool2d": (
        functional.adaptive_avg_pool2d.__get__(IMAGE),
        lambda **given: F.adaptive_avg_pool2d(IMAGE, **given),
        ("output_size",),
    ),
}
VALUES = {
    "1": 1,
    "a pair": (2, 1),
    "a list": [1, 2],
    "a torch.Size": torch.Size([1, 2]),
    "a NumPy int": np.int64(2),
    "a pair of NumPy ints": (np.int32(1), np.int64(2)),
    "a pair with None": (None, 2),
    "0": 0,
    "-1": -1,
    "a pair with -1": (1, -1),
    "three": (1, 2, 3),
    "none": (),
    "one in a tuple": (2,),
    "a float": 2.0,
    "a pair with a float": (1, 2.0),
    "True": True,
    "None": None,
    "a text": "2",
    "a tensor": torch.tensor(2),
}
#: Where we differ from torch on purpose.
STRICTER = {
    "True": "a bool for a number is a mistake that torch lets pass",
    "one in a tuple": "torch takes (2,) for (2, 2), which no signature says",
    "a tensor": "a number that lies on a device would have to be fetched",
    "none": "torch takes an empty stride for the kernel size, which no signature says",
}
STRICTER |= {("adaptive_avg_pool2d", "0"): "torch gives an image without pixels"}
#: What we take and torch does not.
MORE_GENERAL = {
    ("adaptive_avg_pool2d", "a NumPy int"): "torch takes it in a pair only",
    ("adaptive_avg_pool2d", "None"): "as (None, None), which torch takes",
}


def outcome(layer, **given):
    """A layer's output, or its exception."""
    try:
        return layer(**given)
    except Exception as error:
        return error


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize(
    ("layer", "name"), [(layer, name) for layer, (*_, names) in LAYERS.items() for name in names]
)
def test_a_hyperparameter_is_taken_if_torch_takes_it(layer, name, value):
    ours, theirs, _ = LAYERS[layer]
    got, wanted = outcome(ours, **{name: VALUES[value]}), outcome(theirs, **{name: VALUES[value]})
    if (layer, value) in MORE_GENERAL:
        wanted = F.adaptive_avg_pool2d(IMAGE, {"None": (None, None)}.get(value, 2))
    stricter = isinstance(got, Exception) and not {value, (layer, value)}.isdisjoint(STRICTER)
    if isinstance(wanted, torch.Tensor) and not stricter:
        assert isinstance(got, torch.Tensor), (got, wanted.shape)
        assert torch.allclose(got, wanted, atol=1e-5)
    else:
        assert isinstance(got, ValueError | TypeError), got
        assert re.match(rf"{layer}: .*\b({name}|groups|padding)\b", str(got)), got
