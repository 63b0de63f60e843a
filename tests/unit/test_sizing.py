"""utils.sizing against the lecture's numbers and against torch."""

from itertools import product

import pytest
import torch
import torch.nn.functional as F

from utils import sizing


def test_the_lectures_numbers():
    assert sizing.conv_output_size(227, 11, stride=4) == 55
    assert sizing.conv_params(3, 96, 11) == (34_848, 96)
    assert sizing.conv_params(3, 96, 11).total == 34_944
    assert sizing.receptive_field([(7, 1, 0)]).size == 7
    assert sizing.receptive_field([(3, 1, 0)] * 3).size == 7


def test_output_size_is_torchs():
    fits = 0
    for size, kernel, stride, padding, dilation in product(
        range(1, 12), range(1, 5), [1, 2, 3, 4], [0, 1, 2], [1, 2, 3]
    ):
        image, weight = torch.zeros(1, 1, size, size), torch.zeros(1, 1, kernel, kernel)
        try:
            expected = F.conv2d(image, weight, None, stride, padding, dilation).shape[-1]
        except RuntimeError:
            with pytest.raises(ValueError, match="does not fit"):
                sizing.conv_output_size(size, kernel, stride, padding, dilation)
        else:
            fits += 1
            assert sizing.conv_output_size(size, kernel, stride, padding, dilation) == expected
    assert fits > 1000


def test_pairs_give_pairs():
    assert sizing.conv_output_size((480, 640), 7, 2, 3) == (240, 320)
    assert sizing.conv_output_size(9, (3, 5)) == (7, 5)


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("bias", [True, False])
def test_params_are_torchs(groups, bias):
    layer = torch.nn.Conv2d(8, 12, (3, 5), groups=groups, bias=bias)
    params = sizing.conv_params(8, 12, (3, 5), groups, bias)
    assert params.weights == layer.weight.numel()
    assert params.biases == (12 if bias else 0)


# Published end points of AlexNet v2 and VGG-A: receptive field, effective stride, padding.
# Source: google-research/receptive_field, RECEPTIVE_FIELD_TABLE.md.
ALEXNET_V2 = [(11, 4, 0), (3, 2, 0), (5, 1, 2), (3, 2, 0), (3, 1, 1), (3, 1, 1), (3, 1, 1)]
VGG_A = [(3, 1, 1), (2, 2, 0)] * 2 + [(3, 1, 1), (3, 1, 1), (2, 2, 0)]


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (ALEXNET_V2[:1], (11, 4, 0)),
        (ALEXNET_V2[:2], (19, 8, 0)),
        (ALEXNET_V2[:3], (51, 8, 16)),
        (ALEXNET_V2[:5], (99, 16, 32)),
        (ALEXNET_V2, (163, 16, 64)),
        (VGG_A[:2], (4, 2, 1)),
        (VGG_A[:4], (10, 4, 3)),
        (VGG_A, (30, 8, 11)),
        ([], (1, 1, 0)),
        ([(3,), (3, 2), (3, 1, 1)], (9, 2, 2)),
    ],
)
def test_receptive_field_is_as_published(layers, expected):
    assert sizing.receptive_field(layers) == expected


def test_receptive_field_is_where_the_gradient_is_not_zero():
    layers = [(3, 1, 0), (3, 2, 0), (2, 2, 0), (3, 1, 0)]
    image = torch.zeros(1, 1, 40, 40, requires_grad=True)
    output = image
    for kernel, stride, padding in layers:
        output = F.conv2d(output, torch.ones(1, 1, kernel, kernel), None, stride, padding)
    (gradient,) = torch.autograd.grad(output[0, 0, 1, 1], image)
    seen = gradient[0, 0].any(dim=0).nonzero()
    field = sizing.receptive_field(layers)
    assert seen.min() == field.jump
    assert seen.max() - seen.min() + 1 == field.size


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: sizing.conv_output_size(5, 7), ValueError, "does not fit.*7.*5"),
        (lambda: sizing.conv_output_size(5.0, 3), TypeError, "input_size.*5.0"),
        (lambda: sizing.conv_output_size(5, True), TypeError, "kernel_size.*True"),
        (lambda: sizing.conv_output_size(5, 3, 0), ValueError, "stride"),
        (lambda: sizing.conv_output_size((5, 5, 5), 3), ValueError, "pair"),
        (lambda: sizing.conv_params(3, 0, 3), ValueError, "out_channels"),
        (lambda: sizing.conv_params(3, 4, 3, groups=2), ValueError, "groups=2"),
        (lambda: sizing.receptive_field([3]), ValueError, "layer 1"),
        (lambda: sizing.receptive_field([(3,), (3, 0)]), ValueError, "stride of layer 2"),
    ],
)
def test_what_is_wrong_is_said(call, kind, text):
    with pytest.raises(kind, match=text):
        call()
