"""The layers other than the convolution, forward and backward, against torch in float64."""

from itertools import product

import pytest
import torch
import torch.nn.functional as F
from devices import DEVICES, PRECISE

from utils.functional import (
    activations,
    fully_connected,
    losses,
    normalization,
    pooling,
    regularization,
)


@pytest.fixture(params=PRECISE)
def make(request):
    """A maker of random float64 tensors on each device."""
    generator = torch.Generator().manual_seed(0)

    def make(*shape, scale=1.0, offset=0.0):
        numbers = torch.randn(shape, generator=generator, dtype=torch.float64)
        return (numbers * scale + offset).to(request.param)

    return make


def agree(theirs, ours, backward, inputs):
    """Compare a forward and its explicit backward with torch's, for these tensors."""
    inputs = [tensor.clone().requires_grad_() for tensor in inputs]
    expected = theirs(*inputs)
    grad_output = torch.randn(expected.shape, dtype=torch.float64).to(expected.device)
    gradients = torch.autograd.grad(expected, inputs, grad_output)
    with torch.no_grad():
        torch.testing.assert_close(ours(*inputs), expected)
        found = backward(grad_output, *inputs)
    found = found if isinstance(found, tuple) else (found,)
    for gradient, reference in zip(found, gradients, strict=False):
        torch.testing.assert_close(gradient, reference)


POOLS = list(product([2, 3, (3, 2)], [None, 1, 2, 3], [0, 1], [1, 2], [False, True]))


@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation", "ceil_mode"), POOLS)
def test_max_pool2d(make, kernel, stride, padding, dilation, ceil_mode):
    arguments = (kernel, stride, padding, dilation, ceil_mode)
    input = make(2, 3, 9, 8, scale=1.5).round()  # whole numbers: many ties
    agree(
        lambda x: F.max_pool2d(x, *arguments),
        lambda x: pooling.max_pool2d(x, *arguments),
        lambda g, x: pooling.max_pool2d_backward(g, x, *arguments),
        [input],
    )
    expected = F.max_pool2d(input, *arguments, return_indices=True)
    for ours, theirs in zip(
        pooling.max_pool2d(input, *arguments, return_indices=True), expected, strict=True
    ):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize(("kernel", "stride", "padding", "_", "ceil_mode"), POOLS[::2])
@pytest.mark.parametrize("count_include_pad", [True, False])
@pytest.mark.parametrize("divisor", [None, 5])
def test_avg_pool2d(make, kernel, stride, padding, _, ceil_mode, count_include_pad, divisor):
    arguments = (kernel, stride, padding, ceil_mode, count_include_pad, divisor)
    agree(
        lambda x: F.avg_pool2d(x, *arguments),
        lambda x: pooling.avg_pool2d(x, *arguments),
        lambda g, x: pooling.avg_pool2d_backward(g, x, *arguments),
        [make(2, 3, 9, 8)],
    )


@pytest.mark.parametrize("size", [1, 2, 3, (3, None), (7, 5), 12])
@pytest.mark.parametrize("shape", [(2, 3, 9, 8), (3, 9, 8), (0, 3, 9, 8)])
def test_adaptive_avg_pool2d(make, size, shape):
    agree(
        lambda x: F.adaptive_avg_pool2d(x, size),
        lambda x: pooling.adaptive_avg_pool2d(x, size),
        lambda g, x: pooling.adaptive_avg_pool2d_backward(g, x, size),
        [make(*shape)],
    )


def test_the_lectures_max_pool():
    image = torch.tensor([[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]])
    assert pooling.max_pool2d(image[None], 2)[0].tolist() == [[6, 8], [3, 4]]


def test_nan_is_largest_and_ties_go_to_the_first():
    image = torch.tensor([[[1.0, float("nan")], [2.0, 3.0]]])
    assert pooling.max_pool2d(image, 2).isnan().all()
    gradient = pooling.max_pool2d_backward(torch.ones(1, 1, 1), torch.full((1, 2, 2), 7.0), 2)
    assert gradient.tolist() == [[[1, 0], [0, 0]]]


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 5), (4, 3, 5, 6)])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_batch_norm(make, shape, affine, training):
    mean, variance = make(3), make(3).abs()
    ours, theirs = (mean.clone(), variance.clone()), (mean.clone(), variance.clone())
    options = {"running_mean": mean, "running_var": variance, "training": training}
    agree(
        lambda x, *affine: F.batch_norm(x, *theirs, *affine, training=training, momentum=0.3),
        lambda x, *affine: normalization.batch_norm(
            x, *ours, *affine, training=training, momentum=0.3
        ),
        lambda g, x, *affine: normalization.batch_norm_backward(g, x, *affine[:1], **options),
        [make(*shape, scale=3, offset=100), *([make(3), make(3)] if affine else [])],
    )
    torch.testing.assert_close(ours, theirs)
    assert torch.equal(ours[0], mean) != training


def test_batch_norm_does_not_cancel_when_the_mean_is_large():
    torch.manual_seed(0)
    input = torch.randn(64, 2, 8, 8) + 1e4
    output = normalization.batch_norm(input, None, None, training=True)
    assert output.std() == pytest.approx(1, abs=1e-2)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("beta", [0.75, 0.5])
def test_local_response_norm(make, size, beta):
    arguments = (size, 0.3, beta, 2.0)
    agree(
        lambda x: F.local_response_norm(x, *arguments),
        lambda x: normalization.local_response_norm(x, *arguments),
        lambda g, x: normalization.local_response_norm_backward(g, x, *arguments),
        [make(2, 7, 4, 3)],
    )


@pytest.mark.parametrize("shape", [(5,), (4, 5), (2, 3, 5), (0, 5)])
def test_linear(make, shape):
    inputs = [make(*shape), make(6, 5), make(6)]
    agree(
        F.linear,
        fully_connected.linear,
        lambda g, x, w, b: fully_connected.linear_backward(g, x, w),
        inputs,
    )


def test_flatten():
    input = torch.randn(2, 3, 4, 5)
    for dims in [(0, -1), (1, -1), (1, 2), (2, 2)]:
        assert torch.equal(fully_connected.flatten(input, *dims), torch.flatten(input, *dims))
    back = fully_connected.flatten_backward(fully_connected.flatten(input, 1), input)
    assert torch.equal(back, input)
    with pytest.raises(ValueError, match="comes after"):
        fully_connected.flatten(input, 2, 1)
    with pytest.raises(ValueError, match="axes of the input"):
        fully_connected.flatten(input, 4)


LOSSES = list(
    product([(5,), (4, 5), (4, 5, 3)], [False, True], [-100, 2], ["mean", "sum", "none"], [0, 0.2])
)


@pytest.mark.parametrize(("shape", "weighted", "ignored", "reduction", "smoothing"), LOSSES)
def test_cross_entropy(make, shape, weighted, ignored, reduction, smoothing):
    input, weight = make(*shape, scale=5), make(5).abs() if weighted else None
    size = shape[:1] * (len(shape) > 1) + shape[2:]
    generator = torch.Generator().manual_seed(1)
    target = torch.randint(5, size, generator=generator).to(input.device)
    options = {"ignore_index": ignored, "reduction": reduction}
    agree(
        lambda x: F.cross_entropy(x, target, weight, label_smoothing=smoothing, **options),
        lambda x: losses.cross_entropy(x, target, weight, label_smoothing=smoothing, **options),
        lambda g, x: losses.cross_entropy_backward(
            g, x, target, weight, label_smoothing=smoothing, **options
        ),
        [input],
    )
    if smoothing == 0:
        agree(
            lambda x: F.nll_loss(x, target, weight, **options),
            lambda x: losses.nll_loss(x, target, weight, **options),
            lambda g, x: losses.nll_loss_backward(g, x, target, weight, **options),
            [input],
        )
    if ignored < 0:
        soft = torch.softmax(make(*shape), dim=min(1, len(shape) - 1))
        options = {"reduction": reduction, "label_smoothing": smoothing}
        agree(
            lambda x: F.cross_entropy(x, soft, weight, **options),
            lambda x: losses.cross_entropy(x, soft, weight, **options),
            lambda g, x: losses.cross_entropy_backward(g, x, soft, weight, **options),
            [input],
        )


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax(make, dim, name):
    agree(
        lambda x: getattr(F, name)(x, dim),
        lambda x: getattr(losses, name)(x, dim),
        lambda g, x: getattr(losses, f"{name}_backward")(g, x, dim),
        [make(3, 4, 5, scale=300)],  # exp of such scores overflows
    )


@pytest.mark.parametrize(
    ("shape", "slopes"), [((4, 3, 5), 3), ((4, 3), 3), ((4, 3, 5, 5), 1), ((6,), 1)]
)
def test_prelu(make, shape, slopes):
    inputs = [make(*shape), make(slopes)]
    agree(F.prelu, activations.prelu, activations.prelu_backward, inputs)


def test_tanh(make):
    agree(torch.tanh, activations.tanh, activations.tanh_backward, [make(4, 5)])


@pytest.mark.parametrize("device", DEVICES)
def test_dropout(device):
    input = torch.ones(100_000, device=device)
    generator = torch.Generator(device).manual_seed(0)
    mask = regularization.dropout_mask(input, 0.3, generator)
    assert mask.mean().item() == pytest.approx(1, abs=0.01)
    assert (mask == 0).float().mean().item() == pytest.approx(0.3, abs=0.01)
    output = regularization.dropout(input * 2, 0.3, mask=mask)
    assert torch.equal(output, mask * 2)
    assert torch.equal(regularization.dropout_backward(input, mask), mask)
    assert torch.equal(regularization.dropout(input, 0.3, training=False), input)
    assert not regularization.dropout(input, 1.0).any()


X = torch.zeros(2, 3, 8, 8)
WRONG = [
    (lambda: pooling.max_pool2d(X, 9), ValueError, r"does not fit.*\(2, 3, 8, 8\)"),
    (lambda: pooling.max_pool2d(X, 2, padding=2), ValueError, "more than half"),
    (lambda: pooling.max_pool2d(X, 2.0), TypeError, "kernel_size"),
    (lambda: pooling.max_pool2d(X[0, 0], 2), ValueError, r"\(8, 8\)"),
    (lambda: pooling.avg_pool2d(X, 2, divisor_override=0), ValueError, "divisor_override"),
    (lambda: pooling.max_pool2d_backward(X, X, 2), ValueError, r"\(2, 3, 8, 8\).*\(2, 3, 4, 4\)"),
    (lambda: pooling.adaptive_avg_pool2d(X, 0), ValueError, "output_size"),
    (lambda: normalization.batch_norm(X, None, None), ValueError, "evaluation needs"),
    (lambda: normalization.batch_norm(X[:1, :, 0, 0], None, None, training=True), ValueError, "1"),
    (
        lambda: normalization.batch_norm(X, X[0, 0, 0], None),
        ValueError,
        r"running_mean has shape \(8,\).*\(3,\)",
    ),
    (lambda: normalization.local_response_norm(X, 0), ValueError, "size"),
    (lambda: regularization.dropout(X, 1.5), ValueError, "probability"),
    (lambda: fully_connected.linear(X, torch.zeros(4, 5)), ValueError, r"8 numbers.*expects 5"),
    (lambda: losses.softmax(X, 4), ValueError, "dim=4"),
    (lambda: losses.nll_loss(X[0, 0], torch.zeros(8)), TypeError, "class numbers"),
    (lambda: losses.cross_entropy(X[0, 0], torch.full((8,), 8)), ValueError, "class 8.*8 classes"),
    (lambda: losses.cross_entropy(X[0, 0], torch.zeros(7).long()), ValueError, r"\(7,\).*\(8,\)"),
    (
        lambda: losses.cross_entropy(X[0, 0], torch.zeros(8).long(), reduction="average"),
        ValueError,
        "'average'",
    ),
    (lambda: activations.prelu(X, torch.zeros(2)), ValueError, r"\(2,\).*\(2, 3, 8, 8\)"),
]


@pytest.mark.parametrize(("call", "kind", "text"), WRONG)
def test_what_does_not_fit_is_said(call, kind, text):
    with pytest.raises(kind, match=text):
        call()
