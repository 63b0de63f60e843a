"""utils.functional against torch, the authority, in float64."""

from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch.profiler import ProfilerActivity, profile

from tests.devices import DEVICES, PRECISE
from utils import functional
from utils.functional import conv_im2col, memo
from utils.functional.conv import METHODS

KERNELS = [(1, 1), (3, 3), (2, 5), (4, 4)]
STRIDES = [1, 2, (2, 3)]
PADDINGS = [0, 1, (2, 1), "valid", "same"]


def data(*shape, device="cpu", dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed + sum(shape))
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(device, dtype)


def sweep():
    for kernel, stride, padding, dilation, groups in product(
        KERNELS, STRIDES, PADDINGS, [1, (2, 1)], [1, 2, 4]
    ):
        if padding != "same" or stride == 1:
            yield kernel, stride, padding, dilation, groups


def methods_for(kernel, stride, dilation, groups):
    plain = kernel[0] == kernel[1] in range(2, 6) and stride == dilation == groups == 1
    return [method for method in METHODS if method != "winograd" or plain]


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("device", PRECISE)
@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation", "groups"), list(sweep()))
def test_conv2d_agrees_with_torch(device, kernel, stride, padding, dilation, groups):
    input = data(2, 4, 7, 6, device=device).requires_grad_()
    weight = data(4, 4 // groups, *kernel, device=device).requires_grad_()
    bias = data(4, device=device).requires_grad_()
    options = (stride, padding, dilation, groups)
    expected = F.conv2d(input, weight, bias, *options)
    grad_output = data(*expected.shape, device=device, seed=1)
    gradients = torch.autograd.grad(expected, (input, weight, bias), grad_output)
    with torch.no_grad():
        for method in methods_for(kernel, stride, dilation, groups):
            output = functional.conv2d(input, weight, bias, *options, method=method)
            torch.testing.assert_close(output, expected, msg=lambda text, m=method: f"{m}: {text}")
        ours = functional.conv2d_backward(grad_output, input, weight, *options)
    for name, gradient, theirs in zip(["input", "weight", "bias"], ours, gradients, strict=True):
        torch.testing.assert_close(gradient, theirs, msg=lambda text, n=name: f"{n}: {text}")


@pytest.mark.parametrize(
    ("channels", "size", "kernel", "stride", "padding"),
    [
        (3, (67, 59), 11, 4, 0),
        (3, (50, 61), 7, 2, 3),
        (8, (33, 40), (3, 4), (2, 1), (1, 2)),
        (9, (30, 47), (5, 2), (3, 2), "valid"),
        (5, (29, 120), (8, 1), (4, 3), 1),
    ],
)
def test_large_strides_agree_with_torch_over_several_blocks(
    monkeypatch, channels, size, kernel, stride, padding
):
    monkeypatch.setattr(conv_im2col, "CPU_BLOCK_BYTES", 2**16)
    input = data(2, channels, *size).requires_grad_()
    height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
    weight, bias = data(6, channels, height, width).requires_grad_(), data(6).requires_grad_()
    expected = F.conv2d(input, weight, bias, stride, padding)
    output = functional.conv2d(input, weight, bias, stride, padding)
    torch.testing.assert_close(output, expected)
    inputs, grad = (input, weight, bias), data(*expected.shape, seed=1)
    theirs = torch.autograd.grad(expected, inputs, grad)
    torch.testing.assert_close(torch.autograd.grad(output, inputs, grad), theirs)
    with torch.no_grad():
        ours = functional.conv2d_backward(grad, input, weight, stride, padding)
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("method", METHODS)
def test_one_image_without_a_batch(method):
    input, weight, bias = data(3, 7, 6), data(5, 3, 3, 3), data(5)
    output = functional.conv2d(input, weight, bias, padding=1, method=method)
    torch.testing.assert_close(output, F.conv2d(input, weight, bias, padding=1))
    ours = functional.conv2d_backward(output, input, weight, padding=1)
    batched = functional.conv2d_backward(output[None], input[None], weight, padding=1)
    assert ours[0].shape == input.shape
    for one, many in zip(ours, (batched[0][0], *batched[1:]), strict=True):
        torch.testing.assert_close(one, many)


@pytest.mark.parametrize("method", METHODS)
def test_an_empty_batch(method):
    input, weight = data(0, 3, 7, 6), data(5, 3, 3, 3)
    output = functional.conv2d(input, weight, padding=1, method=method)
    assert output.shape == (0, 5, 7, 6)
    grad_input, grad_weight, grad_bias = functional.conv2d_backward(output, input, weight, 1, 1)
    assert grad_input.shape == input.shape
    assert not grad_weight.any() and grad_weight.shape == weight.shape
    assert not grad_bias.any() and grad_bias.shape == (5,)


@pytest.mark.parametrize("method", METHODS)
def test_layouts_other_than_contiguous(method):
    weight = data(5, 4, 3, 3)
    plain = data(2, 4, 9, 8)
    expected = F.conv2d(plain, weight)
    channels_last = plain.to(memory_format=torch.channels_last)
    transposed = plain.transpose(2, 3).contiguous().transpose(2, 3)
    part_of_more = torch.stack([plain, plain], dim=-1)[..., 1]
    for input in (channels_last, transposed, part_of_more):
        torch.testing.assert_close(functional.conv2d(input, weight, method=method), expected)
        ours = functional.conv2d_backward(expected, input, weight.mT.contiguous().mT)
        theirs = functional.conv2d_backward(expected, plain, weight)
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("method", ["im2col", "fft", "auto"])
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float16, 4e-3), (torch.bfloat16, 3e-2)]
)
def test_dtypes(device, method, dtype, tolerance):
    input, weight = data(2, 32, 14, 13), data(33, 32, 3, 3)
    exact = F.conv2d(input, weight, padding=1)
    output = functional.conv2d(
        input.to(device, dtype), weight.to(device, dtype), padding=1, method=method
    )
    assert output.dtype == dtype and output.device.type == device
    error = (output.cpu().double() - exact).abs().max() / exact.abs().max()
    assert error < tolerance
    for gradient in functional.conv2d_backward(
        output, input.to(device, dtype), weight.to(device, dtype), padding=1
    ):
        assert gradient.dtype == dtype and gradient.isfinite().all()


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_winograd_keeps_its_error_small_in_float32(device, size):
    input, weight = data(1, 256, 28, 28), data(64, 256, size, size)
    exact = F.conv2d(input, weight, padding=1)
    output = functional.conv2d(
        input.to(device).float(), weight.to(device).float(), padding=1, method="winograd"
    )
    assert (output.cpu().double() - exact).abs().max() / exact.abs().max() < 6e-6


@pytest.mark.parametrize(("size", "channels"), [(17, 32), (40, 48), (12, 32)])
def test_auto_takes_winograd_over_several_blocks_of_tiles(size, channels):
    input, weight = data(2, channels, size, 4 * size), data(channels, channels, 3, 3)
    expected = F.conv2d(input, weight, padding=1)
    torch.testing.assert_close(functional.conv2d(input, weight, padding=1), expected)


@pytest.mark.parametrize(("height", "width"), [(12, 12), (13, 30), (22, 19), (57, 64)])
@pytest.mark.parametrize("padding", [0, 1, (2, 0), "same"])
@pytest.mark.parametrize("size", [2, 3, 4, 5])
@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_winograd_and_its_gradients_at_all_edges(height, width, padding, size):
    input = data(3, 33, height, width).requires_grad_()
    weight, bias = data(35, 33, size, size).requires_grad_(), data(35)
    expected = F.conv2d(input, weight, bias, padding=padding)
    grad_output = data(*expected.shape, seed=1)
    gradients = torch.autograd.grad(expected, (input, weight), grad_output)
    with torch.no_grad():
        torch.testing.assert_close(
            functional.conv2d(input, weight, bias, padding=padding, method="winograd"), expected
        )
        ours = functional.conv2d_backward(
            grad_output, input, weight, padding=padding, method="winograd"
        )
    torch.testing.assert_close(ours[:2], gradients)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("method", ["naive", "im2col", "fft", "auto"])
def test_long_sums_of_16_bits_are_kept_in_32(device, dtype, method):
    # 16384 ones: float16 and bfloat16 would get stuck at 2048 and 256 when adding one by one.
    input, weight = (torch.ones(1, 1024, 4, 4, dtype=dtype, device=device) for _ in range(2))
    assert functional.conv2d(input, weight, method=method).item() == 16384


@pytest.mark.parametrize(
    ("channels", "kernel", "options"),
    [
        (32, 3, {"padding": 1}),  # Winograd
        (4, 5, {"stride": 2}),
        (4, 1, {}),
        (8, 3, {"groups": 8, "padding": 1}),
    ],
)
def test_channels_last_comes_out_as_it_goes_in(channels, kernel, options):
    weight = data(channels, channels // options.get("groups", 1), kernel, kernel)
    plain = data(2, channels, 18, 21)
    last = plain.to(memory_format=torch.channels_last)
    expected = F.conv2d(plain, weight, **options)
    for method in ["auto", "im2col", "fft"]:
        output = functional.conv2d(last, weight, method=method, **options)
        assert output.is_contiguous(memory_format=torch.channels_last)
        torch.testing.assert_close(output, expected)


@pytest.mark.parametrize("multiplier", [1, 3])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), ((1, 2), (3, 1))])
def test_depthwise(multiplier, stride, dilation):
    input = data(2, 5, 11, 12)
    weight, bias = data(5 * multiplier, 1, 3, 2), data(5 * multiplier)
    options = {"stride": stride, "padding": (2, 1), "dilation": dilation, "groups": 5}
    expected = F.conv2d(input, weight, bias, **options)
    torch.testing.assert_close(functional.conv2d(input, weight, bias, **options), expected)


@pytest.mark.parametrize("method", ["naive", "im2col", "auto"])  # a transform mixes pixels
def test_what_is_not_a_number_goes_only_where_it_is_seen(method):
    input, weight = torch.zeros(1, 1, 6, 6), torch.ones(1, 1, 3, 3)
    input[0, 0, 0, 0] = float("nan")
    assert functional.conv2d(input, weight, method=method).isnan().sum() == 1


@pytest.mark.parametrize("method", METHODS)
def test_autograd_can_follow(method):
    """functional.conv2d takes part in autograd as torch's does; only slower than utils.nn."""
    tensors = [data(2, 1, 4, 3), data(2, 1, 3, 3), data(2)]
    assert torch.autograd.gradcheck(
        lambda *tensors: functional.conv2d(*tensors, padding=1, method=method),
        [tensor.requires_grad_() for tensor in tensors],
        fast_mode=True,
    )


def test_autograd_can_follow_blocks_of_rows():
    input, weight = data(2, 30, 40, 41), data(7, 30, 3, 3).requires_grad_()
    bias, grad_output = data(7).requires_grad_(), data(2, 7, 40, 41, seed=1)
    ours, theirs = (
        torch.autograd.grad(convolve(input, weight, bias, padding=1), (weight, bias), grad_output)
        for convolve in (functional.conv2d, F.conv2d)
    )
    torch.testing.assert_close(ours, theirs)


def extra_bytes(work):
    """Most memory in use at once during the call, less that of its output."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        output = work()
    events = [e for e in record.profiler.kineto_results.events() if e.name() == "[memory]"]
    now = most = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        now += event.nbytes()
        most = max(most, now)
    return most - output.nbytes


@pytest.mark.parametrize(
    ("batch", "channels", "size", "kernel", "stride"),
    [
        (2, 64, 96, 3, 1),
        (2, 3, 227, 11, 4),
        (2, 64, 64, 5, 1),
        (2, 64, 64, 1, 2),
        (64, 64, 14, 3, 1),
    ],
)
def test_memory_stays_bounded(batch, channels, size, kernel, stride):
    input = torch.randn(batch, channels, size, size)
    weight = torch.randn(64, channels, kernel, kernel)
    with torch.no_grad():
        output = functional.conv2d(input, weight, stride=stride)
        extra = extra_bytes(lambda: functional.conv2d(input, weight, stride=stride))
    assert extra <= max(output.nbytes, 32 * 2**20)


@pytest.mark.parametrize(("batch", "channels", "size"), [(8, 512, 14), (1, 256, 56), (16, 128, 28)])
def test_memory_stays_bounded_with_transformed_weights_aside(batch, channels, size):
    input, weight = torch.randn(batch, channels, size, size), torch.randn(channels, channels, 3, 3)
    for _ in range(2):  # the second time they are kept
        output = functional.conv2d(input, weight, padding=1)
    extra = extra_bytes(lambda: functional.conv2d(input, weight, padding=1))
    assert extra <= max(output.nbytes, 32 * 2**20)


def step(weight):
    weight.requires_grad_()
    optimizer = torch.optim.SGD([weight], lr=0.1)
    weight.grad = torch.ones_like(weight)
    optimizer.step()
    weight.requires_grad_(False)


def replace_data(weight):
    weight.data = torch.ones_like(weight)


CHANGES = {
    "an optimizer's step": step,
    "in place": lambda weight: weight.mul_(2),
    "one number": lambda weight: weight[3, 2, 1].fill_(7),
    "through .data, which torch does not count": lambda weight: weight.data.neg_(),
    "through NumPy, which torch does not count": lambda weight: weight.numpy().fill(0.5),
    "other memory": replace_data,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_kept_weights_are_not_used_after_a_change(change):
    input, weight = data(1, 32, 40, 40), data(32, 32, 3, 3)
    memo.forget()
    for _ in range(3):
        before = functional.conv2d(input, weight, padding=1, method="winograd")
    (memory,) = memo._memories.values()
    assert memory.kept is not None
    change(weight)
    for _ in range(3):
        after = functional.conv2d(input, weight, padding=1, method="winograd")
        torch.testing.assert_close(after, F.conv2d(input, weight, padding=1))
    assert not torch.equal(before, after)


def test_kept_weights_go_with_the_weight():
    memo.forget()
    input, weight = data(1, 32, 12, 12), data(32, 32, 3, 3)
    for _ in range(3):
        functional.conv2d(input, weight, method="winograd")
    assert len(memo._memories) == 1
    del weight
    assert not memo._memories


def test_kept_weights_take_bounded_memory(monkeypatch):
    memo.forget()
    weights = [data(32, 32, 3, 3, seed=seed) for seed in range(4)]
    size = weights[0].nbytes * 5  # the weight, and four times as many transformed numbers
    monkeypatch.setattr(memo, "MOST_BYTES", 2 * size)
    for weight in weights:
        for _ in range(3):
            functional.conv2d(data(1, 32, 12, 12), weight, method="winograd")
    assert list(memo._memories) == [id(weight) for weight in weights[2:]]


X, W = data(2, 3, 8, 8), data(6, 3, 3, 3)
WRONG = [
    ((X, data(6, 4, 3, 3)), {}, ValueError, ["3 channels", "(2, 3, 8, 8)", "(6, 4, 3, 3)"]),
    ((data(8, 8), W), {}, ValueError, ["(8, 8)", "(6, 3, 3, 3)"]),
    ((X, data(3, 3, 3)), {}, ValueError, ["(2, 3, 8, 8)", "(3, 3, 3)"]),
    ((X, W, data(5)), {}, ValueError, ["bias", "(5,)", "(6,)"]),
    ((X, data(6, 3, 9, 3)), {}, ValueError, ["does not fit", "(2, 3, 8, 8)", "(6, 3, 9, 3)"]),
    ((X, W), {"dilation": 4}, ValueError, ["does not fit", "dilation 4"]),
    ((X, W), {"stride": 0}, ValueError, ["stride", "at least 1"]),
    ((X, W), {"stride": 1.5}, TypeError, ["stride", "1.5"]),
    ((X, W), {"stride": True}, TypeError, ["stride", "True"]),
    ((X, W), {"stride": (1, 2, 3)}, ValueError, ["stride", "(1, 2, 3)"]),
    ((X, W), {"padding": -1}, ValueError, ["padding", "-1"]),
    ((X, W), {"padding": "full"}, ValueError, ["'full'", "'same'"]),
    ((X, W), {"padding": "same", "stride": 2}, ValueError, ["'same'", "stride"]),
    ((X, W), {"groups": 4}, ValueError, ["groups=4", "6 filters"]),
    ((X, W), {"groups": 3}, ValueError, ["3 channels", "groups=3"]),
    ((X, W), {"groups": "1"}, TypeError, ["groups"]),
    ((X.float(), W), {}, TypeError, ["float32", "float64", "(2, 3, 8, 8)", "(6, 3, 3, 3)"]),
    ((X.long(), W), {}, TypeError, ["floating", "int64"]),
    ((X.numpy(), W), {}, TypeError, ["torch tensor"]),
    ((X, W.to("meta")), {}, ValueError, ["cpu", "meta"]),
    ((X, W), {"method": "quick"}, ValueError, ["'quick'", "im2col"]),
    ((X, W), {"method": "winograd", "stride": 2}, ValueError, ["winograd", "im2col"]),
    ((data(2, 6, 8, 8), W), {"method": "winograd", "groups": 2}, ValueError, ["groups=1"]),
    ((X.half(), W.half()), {"method": "winograd"}, ValueError, ["float16"]),
]


@pytest.mark.parametrize(("tensors", "options", "kind", "parts"), WRONG)
def test_what_does_not_fit_is_said_with_both_sides(tensors, options, kind, parts):
    with pytest.raises(kind) as caught:
        functional.conv2d(*tensors, **options)
    for part in parts:
        assert part in str(caught.value)


def test_backward_refuses_a_gradient_of_another_shape():
    with pytest.raises(ValueError, match=r"grad_output has shape \(2, 6, 8, 8\).*\(2, 6, 6, 6\)"):
        functional.conv2d_backward(data(2, 6, 8, 8), X, W)


@pytest.mark.parametrize("device", DEVICES)
def test_relu(device):
    input = torch.tensor([-2.0, -0.0, 0.0, 3.0], device=device, requires_grad=True)
    expected = F.relu(input)
    grad_output = torch.arange(1.0, 5.0, device=device)
    (gradient,) = torch.autograd.grad(expected, input, grad_output)
    with torch.no_grad():
        assert torch.equal(functional.relu(input), expected)
        assert torch.equal(functional.relu_backward(grad_output, input), gradient)
    with pytest.raises(ValueError, match=r"\(2,\).*\(4,\)"):
        functional.relu_backward(grad_output[:2], input)


# --- infinities and NaNs ---


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("bad", [float("inf"), float("-inf"), float("nan"), 3e38])
@pytest.mark.parametrize("where", ["input", "weight", "bias", "grad_output"])
def test_one_bad_number_stays_where_torch_keeps_it(device, bad, where):
    """Winograd's method, which `auto` takes here, would spread it over a tile."""
    torch.manual_seed(0)
    tensors = {
        "input": torch.randn(2, 32, 20, 20),
        "weight": torch.randn(32, 32, 3, 3),
        "bias": torch.randn(32),
        "grad_output": torch.randn(2, 32, 20, 20),
    }
    tensors = {name: x.to(device) for name, x in tensors.items()}
    place = {"bias": (7,), "weight": (5, 3, 1, 2)}.get(where, (1, 9, 10, 11))
    tensors[where][place] = bad
    input, weight, bias, grad_output = tensors.values()
    needed = [x.clone().requires_grad_() for x in (input, weight, bias)]
    expected = F.conv2d(*needed, padding=1)
    gradients = torch.autograd.grad(expected, needed, grad_output)
    output = functional.conv2d(input, weight, bias, padding=1)
    ours = functional.conv2d_backward(grad_output, input, weight, padding=1)
    for got, wanted in zip((output, *ours), (expected, *gradients), strict=True):
        if where == "weight" and got.shape[-1] == 20:
            # At the edge an infinite weight meets the padding's zeros: by the definition that is a
            # NaN; torch does not multiply there.
            got, wanted = got[..., 1:-1, 1:-1], wanted[..., 1:-1, 1:-1]
        fine = wanted.isfinite()
        assert torch.equal(got.isfinite(), fine)
        assert torch.allclose(got[fine], wanted[fine], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("channels", "size", "kernel", "stride", "groups"),
    [(6, 9, 3, 1, 6), (6, 9, 5, 2, 6), (2, 40, 3, 1, 2), (6, 12, 1, 1, 1), (6, 3, 1, 1, 1)],
)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_autograd_goes_through_it(channels, size, kernel, stride, groups, layout):
    """Who calls the function rather than the module may let torch take the gradient."""
    results = []
    for layer in (functional.conv2d, F.conv2d):
        input = data(2, channels, size, size).contiguous(memory_format=layout).requires_grad_()
        weight = data(channels, channels // groups, kernel, kernel).requires_grad_()
        bias = data(channels).requires_grad_()
        output = layer(input, weight, bias, stride, kernel // 2, 1, groups)
        output.square().sum().backward()
        results.append((output, input.grad, weight.grad, bias.grad))
    torch.testing.assert_close(*results)
