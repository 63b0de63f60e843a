"""The layers other than the convolution, forward and backward, against torch in float64."""

from itertools import product

import pytest
import torch
import torch.nn.functional as F

from tests.devices import DEVICES, PRECISE
from utils import gradients
from utils.functional import (
    activations,
    conv,
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
    reference = torch.autograd.grad(expected, inputs, grad_output)
    with torch.no_grad():
        torch.testing.assert_close(ours(*inputs), expected)
        found = backward(grad_output, *inputs)
    found = found if isinstance(found, tuple) else (found,)
    for gradient, theirs in zip(found, reference, strict=False):
        torch.testing.assert_close(gradient, theirs)


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


RUNNING = (torch.tensor([0.5, -1.0, 2.0, 0.0]), torch.tensor([0.5, 1.0, 2.0, 4.0]))


def running(x):
    dtype = torch.float64 if x.dtype == torch.float64 else torch.float32
    return [vector.to(x.device, dtype) for vector in RUNNING]


def evaluation(x):
    mean, variance = running(x)
    return {"running_mean": mean, "running_var": variance, "training": False}


# name, torch's, ours, our backward, shapes of the tensors
LAYERS = [
    (
        "conv2d",
        lambda x, w, b: F.conv2d(x, w, b, 2, 1),
        lambda x, w, b: conv.conv2d(x, w, b, 2, 1),
        lambda g, x, w, b: conv.conv2d_backward(g, x, w, 2, 1),
        [(2, 4, 7, 6), (5, 4, 3, 3), (5,)],
    ),
    (
        "conv2d, 1x1",
        F.conv2d,
        conv.conv2d,
        lambda g, x, w, b: conv.conv2d_backward(g, x, w),
        [(2, 4, 5, 6), (3, 4, 1, 1), (3,)],
    ),
    (
        "max_pool2d",
        lambda x: F.max_pool2d(x, 3, 2, 1),
        lambda x: pooling.max_pool2d(x, 3, 2, 1),
        lambda g, x: pooling.max_pool2d_backward(g, x, 3, 2, 1),
        [(2, 4, 7, 6)],
    ),
    (
        "avg_pool2d",
        lambda x: F.avg_pool2d(x, 3, 2, 1),
        lambda x: pooling.avg_pool2d(x, 3, 2, 1),
        lambda g, x: pooling.avg_pool2d_backward(g, x, 3, 2, 1),
        [(2, 4, 7, 6)],
    ),
    (
        "adaptive_avg_pool2d",
        lambda x: F.adaptive_avg_pool2d(x, (3, 2)),
        lambda x: pooling.adaptive_avg_pool2d(x, (3, 2)),
        lambda g, x: pooling.adaptive_avg_pool2d_backward(g, x, (3, 2)),
        [(2, 4, 7, 5)],
    ),
    (
        "global average",
        lambda x: F.adaptive_avg_pool2d(x, 1),
        lambda x: pooling.adaptive_avg_pool2d(x, 1),
        lambda g, x: pooling.adaptive_avg_pool2d_backward(g, x, 1),
        [(2, 4, 7, 5)],
    ),
    ("relu", F.relu, activations.relu, activations.relu_backward, [(2, 4, 3, 5)]),
    ("tanh", torch.tanh, activations.tanh, activations.tanh_backward, [(2, 4, 3, 5)]),
    ("prelu", F.prelu, activations.prelu, activations.prelu_backward, [(2, 4, 3, 5), (4,)]),
    (
        "batch_norm, training",
        lambda x, w, b: F.batch_norm(x, None, None, w, b, True),
        lambda x, w, b: normalization.batch_norm(x, None, None, w, b, True),
        lambda g, x, w, b: normalization.batch_norm_backward(g, x, w),
        [(2, 4, 3, 5), (4,), (4,)],
    ),
    (
        "batch_norm, evaluation",
        lambda x, w, b: F.batch_norm(x, *running(x), w, b),
        lambda x, w, b: normalization.batch_norm(x, *running(x), w, b),
        lambda g, x, w, b: normalization.batch_norm_backward(g, x, w, **evaluation(x)),
        [(2, 4, 3, 5), (4,), (4,)],
    ),
    (
        "local_response_norm",
        lambda x: F.local_response_norm(x, 3, 0.5, 0.75, 2.0),
        lambda x: normalization.local_response_norm(x, 3, 0.5, 0.75, 2.0),
        lambda g, x: normalization.local_response_norm_backward(g, x, 3, 0.5, 0.75, 2.0),
        [(2, 4, 3, 5)],
    ),
    (
        "linear",
        F.linear,
        fully_connected.linear,
        lambda g, x, w, b: fully_connected.linear_backward(g, x, w),
        [(3, 6), (4, 6), (4,)],
    ),
    (
        "softmax",
        lambda x: F.softmax(x, 1),
        lambda x: losses.softmax(x, 1),
        lambda g, x: losses.softmax_backward(g, x, 1),
        [(3, 6)],
    ),
    (
        "log_softmax",
        lambda x: F.log_softmax(x, 1),
        lambda x: losses.log_softmax(x, 1),
        lambda g, x: losses.log_softmax_backward(g, x, 1),
        [(3, 6)],
    ),
    (
        "cross_entropy",
        lambda x: F.cross_entropy(x, labels(x), reduction="sum"),
        lambda x: losses.cross_entropy(x, labels(x), reduction="sum"),
        lambda g, x: losses.cross_entropy_backward(g, x, labels(x), reduction="sum"),
        [(3, 6)],
    ),
    (
        "nll_loss",
        lambda x: F.nll_loss(x, labels(x), reduction="sum"),
        lambda x: losses.nll_loss(x, labels(x), reduction="sum"),
        lambda g, x: losses.nll_loss_backward(g, x, labels(x), reduction="sum"),
        [(3, 6)],
    ),
]
NAMES = [layer[0] for layer in LAYERS]
BY_NAME = pytest.mark.parametrize("layer", LAYERS, ids=NAMES)


def labels(x):
    return torch.tensor([5, 0, 2], device=x.device)[: len(x)]


@BY_NAME
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_each_dtype_agrees_with_torch_within_roundings(layer, device, dtype):
    _, theirs, ours, backward, shapes = layer
    generator = torch.Generator().manual_seed(0)
    inputs = [torch.randn(shape, generator=generator).to(device, dtype) for shape in shapes]
    exact = [tensor.double().requires_grad_() for tensor in inputs]
    expected = theirs(*exact)
    grad_output = torch.randn(expected.shape, generator=generator).to(device, dtype)
    reference = torch.autograd.grad(expected, exact, grad_output.double())
    found = backward(grad_output, *inputs)
    found = found if isinstance(found, tuple) else (found,)
    pairs = zip((ours(*inputs), *found), (expected, *reference), strict=True)
    for number, right in pairs:
        assert number.dtype == dtype and number.device.type == device
        error = (number.double() - right).abs().max() / right.abs().max()
        assert error <= 4 * torch.finfo(dtype).eps


@BY_NAME
@pytest.mark.parametrize("device", PRECISE)
def test_each_backward_agrees_with_central_differences(layer, device):
    _, _, ours, backward, shapes = layer
    generator = torch.Generator().manual_seed(1)
    inputs = [
        torch.randn(shape, generator=generator, dtype=torch.float64).to(device) for shape in shapes
    ]
    gradients.check(ours, backward, inputs)


@BY_NAME
@pytest.mark.parametrize("device", DEVICES)
def test_an_empty_batch_goes_both_ways(layer, device):
    name, theirs, ours, backward, shapes = layer
    inputs = [torch.randn(shape, device=device) for shape in shapes]
    inputs[0] = inputs[0][:0].requires_grad_()
    if name == "batch_norm, training":
        output = ours(*inputs)
    else:
        output = ours(*(tensor.detach() for tensor in inputs))
        assert torch.equal(output, theirs(*inputs))
    found = backward(torch.zeros_like(output), *(tensor.detach() for tensor in inputs))
    found = found if isinstance(found, tuple) else (found,)
    for gradient, tensor in zip(found, inputs, strict=True):
        assert gradient.shape == tensor.shape and not gradient.any()


@pytest.mark.parametrize("layer", [one for one in LAYERS if len(one[4][0]) == 4])
@pytest.mark.parametrize("device", DEVICES)
def test_channels_last_comes_out_where_it_goes_in(layer, device):
    _, _, ours, backward, shapes = layer
    inputs = [torch.randn(shape).to(device) for shape in shapes]
    last = [inputs[0].to(memory_format=torch.channels_last), *inputs[1:]]
    plain, output = ours(*inputs), ours(*last)
    assert plain.is_contiguous()
    assert output.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(output, plain)
    grad = torch.randn(plain.shape).to(device)
    torch.testing.assert_close(
        backward(grad.to(memory_format=torch.channels_last), *last), backward(grad, *inputs)
    )


@pytest.mark.parametrize("layer", [one for one in LAYERS if "pool" in one[0]])
def test_one_image_is_a_batch_without_its_first_axis(layer):
    _, _, ours, backward, shapes = layer
    image = torch.randn(shapes[0][1:])
    assert torch.equal(ours(image), ours(image[None])[0])
    grad = torch.randn(ours(image).shape)
    assert torch.equal(backward(grad, image), backward(grad[None], image[None])[0])


@BY_NAME
def test_autograd_can_follow_each_forward(layer):
    _, theirs, ours, _, shapes = layer
    inputs = [torch.randn(shape, dtype=torch.float64).requires_grad_() for shape in shapes]
    grad_output = torch.randn(theirs(*inputs).shape, dtype=torch.float64)
    found, reference = (
        torch.autograd.grad(forward(*inputs), inputs, grad_output) for forward in (ours, theirs)
    )
    torch.testing.assert_close(found, reference)


NUMBERS = [float("nan"), float("inf"), -float("inf"), 0.0, -1.0, 2.0, 0.0, 1.0, -3.0]


@BY_NAME
def test_what_is_not_finite_spreads_as_in_torch(layer):
    _, theirs, ours, _, shapes = layer
    torch.manual_seed(0)
    inputs = [torch.randn(shape).abs() for shape in shapes]
    inputs[0].view(-1)[: len(NUMBERS)] = torch.tensor(NUMBERS)
    torch.testing.assert_close(ours(*inputs), theirs(*inputs), equal_nan=True)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(2, 2, 0), (3, 2, 1), (3, 1, 1)])
def test_max_pool_backward_where_nothing_is_larger(layout, kernel, stride, padding):
    """NaN equals nothing, and minus infinity equals the padding: still one pixel gets it all."""
    torch.manual_seed(0)
    input = torch.randn(2, 3, 6, 8).to(memory_format=layout)
    input[0, 0, :3, :3], input[1, 2, 4, 4:6] = -float("inf"), float("nan")
    input.requires_grad_()
    output = F.max_pool2d(input, kernel, stride, padding)
    grad = torch.randn_like(output)
    (expected,) = torch.autograd.grad(output, input, grad)
    with torch.no_grad():
        found = pooling.max_pool2d_backward(grad, input, kernel, stride, padding)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("shape", [(4, 2), (4, 2, 9), (4, 2, 5, 6), (3, 2, 4, 5, 2)])
def test_batch_norm_in_16_bits_keeps_its_running_statistics_in_32(shape):
    torch.manual_seed(0)
    input = (torch.randn(shape) * 3 + 20).bfloat16()
    ours, theirs = (torch.zeros(2), torch.ones(2)), (torch.zeros(2), torch.ones(2))
    output = normalization.batch_norm(input, *ours, training=True)
    F.batch_norm(input.float(), *theirs, training=True)
    assert output.dtype == torch.bfloat16
    torch.testing.assert_close(ours, theirs)


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
