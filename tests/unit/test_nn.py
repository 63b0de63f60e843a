"""utils.nn against torch.nn."""

import copy
import pickle

import pytest
import torch
import torch.nn.functional as F

from tests.devices import DEVICES
from utils import data, nn

# Each is made by its name from utils.nn and from torch.nn, with these arguments, for this input.
LAYERS = [
    ("Conv2d", (4, 6, (3, 2), 2, (1, 2), (2, 1), 2), {}, (2, 4, 9, 8)),
    ("Conv2d", (3, 5, 3), {"bias": False, "padding": "same"}, (3, 7, 6)),
    ("ReLU", (), {}, (2, 3, 4, 5)),
    ("ReLU6", (), {}, (2, 3, 4, 5)),
    ("ZeroPad2d", (2,), {}, (2, 3, 4, 5)),
    ("ZeroPad2d", ((0, 1, 2, 3),), {}, (3, 4, 5)),
    ("Tanh", (), {}, (2, 3, 4, 5)),
    ("PReLU", (), {}, (2, 3, 4, 5)),
    ("PReLU", (3, 0.1), {}, (2, 3, 4, 5)),
    ("MaxPool2d", (3, 2, 1), {}, (2, 3, 9, 8)),
    ("MaxPool2d", ((2, 3),), {"ceil_mode": True, "dilation": (2, 1)}, (2, 3, 9, 8)),
    ("AvgPool2d", (2,), {}, (2, 3, 9, 8)),
    ("AvgPool2d", (3, 2, 1, True, False), {}, (2, 3, 9, 8)),
    ("AdaptiveAvgPool2d", ((None, 3),), {}, (2, 3, 9, 8)),
    ("AdaptiveAvgPool2d", (1,), {}, (3, 9, 8)),
    ("BatchNorm2d", (3,), {}, (2, 3, 4, 5)),
    ("BatchNorm2d", (3, 1e-3, None), {"affine": False}, (2, 3, 4, 5)),
    ("BatchNorm2d", (3,), {"track_running_stats": False}, (2, 3, 4, 5)),
    ("LocalResponseNorm", (5, 1e-2, 0.75, 2.0), {}, (2, 7, 4, 5)),
    ("Linear", (6, 4), {}, (3, 2, 6)),
    ("Linear", (6, 4), {"bias": False}, (6,)),
    ("Flatten", (), {}, (2, 3, 4, 5)),
    ("Flatten", (0, 2), {}, (2, 3, 4, 5)),
    ("Dropout", (0.0,), {}, (2, 3)),
]


def pair(name, arguments, options, device):
    torch.manual_seed(0)
    ours = getattr(nn, name)(*arguments, **options).to(device)
    theirs = getattr(torch.nn, name)(*arguments, **options).to(device)
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def run(module, input):
    """Output, gradient of the input, gradients of the parameters, buffers."""
    leaf = input.clone().requires_grad_()
    output = module(leaf)
    # Weighted, so that a gradient in the wrong place is seen.
    weights = torch.linspace(0.5, 1.5, output.numel(), device=output.device).view_as(output)
    (output.square() * weights).sum().backward()
    gradients = [parameter.grad for parameter in module.parameters()]
    return [output, leaf.grad, *gradients, *module.buffers()]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("name", "arguments", "options", "size"), LAYERS)
def test_a_layer_is_torchs(name, arguments, options, size, device):
    ours, theirs = pair(name, arguments, options, device)
    for _training_step in range(2):
        input = torch.randn(size, device=device)
        for module in (ours, theirs):
            module.zero_grad()
        for one, other in zip(run(ours, input), run(theirs, input), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
    ours.eval(), theirs.eval()
    for one, other in zip(run(ours, input), run(theirs, input), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("name", "arguments", "options", "size"), LAYERS)
def test_its_gradient_is_the_explicit_one(name, arguments, options, size):
    module = getattr(nn, name)(*arguments, **options)
    output = module(torch.randn(size, requires_grad=True))
    if name != "Dropout":  # which is nothing at p=0
        assert isinstance(output.grad_fn, torch.autograd.function.BackwardCFunction)


def test_frozen_parameters_get_no_gradient():
    torch.manual_seed(0)
    layers = nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.PReLU(3), nn.Flatten(), nn.Linear(12, 2)
    model = torch.nn.Sequential(*layers)
    layers[0].requires_grad_(False)
    layers[1].weight.requires_grad_(False)
    layers[4].bias.requires_grad_(False)
    model(torch.randn(2, 2, 4, 4)).sum().backward()
    without = {name for name, parameter in model.named_parameters() if parameter.grad is None}
    assert without == {"0.weight", "0.bias", "1.weight", "4.bias"}


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.1}, {"reduction": "sum"}])
def test_cross_entropy_is_torchs(options, device):
    torch.manual_seed(0)
    scores = torch.randn(5, 4, device=device)
    target = torch.tensor([0, 3, -100, 1, 1], device=device)
    weight = torch.rand(4, device=device)
    results = []
    for library in (nn, torch.nn):
        loss = library.CrossEntropyLoss(weight, **options)
        leaf = scores.clone().requires_grad_()
        value = loss(leaf, target)
        value.backward()
        results.append((value, leaf.grad))
        assert list(loss.state_dict()) == ["weight"]
    torch.testing.assert_close(*results)


def test_max_pool_returns_torchs_indices():
    input = torch.randn(2, 3, 7, 7, generator=torch.Generator().manual_seed(0))
    for one, other in zip(
        nn.MaxPool2d(3, 2, return_indices=True)(input),
        torch.nn.MaxPool2d(3, 2, return_indices=True)(input),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("device", DEVICES)
def test_dropout_draws_in_training_only(device):
    torch.manual_seed(0)
    layer, input = nn.Dropout(0.25), torch.ones(100_000, device=device, requires_grad=True)
    output = layer(input)
    assert sorted(output.unique().tolist()) == pytest.approx([0, 4 / 3])
    assert (output == 0).double().mean().item() == pytest.approx(0.25, abs=0.01)
    output.sum().backward()
    torch.testing.assert_close(input.grad, output.detach())
    assert not torch.equal(layer(input), output)
    assert layer.eval()(input) is input
    with pytest.raises(ValueError, match="from 0 to 1"):
        nn.Dropout(1.5)


def test_batch_norm_wants_images():
    with pytest.raises(ValueError, match=r"must be \(N, C, H, W\), but has shape \(2, 3\)"):
        nn.BatchNorm2d(3)(torch.zeros(2, 3))
    with pytest.raises(ValueError, match="larger batch"):
        nn.BatchNorm2d(3)(torch.zeros(1, 3, 1, 1))


@pytest.mark.parametrize(("name", "arguments", "options", "size"), LAYERS)
def test_initial_values_and_repr_and_a_copy(name, arguments, options, size):
    torch.manual_seed(0)
    ours = getattr(nn, name)(*arguments, **options)
    torch.manual_seed(0)
    theirs = getattr(torch.nn, name)(*arguments, **options)
    assert repr(ours).startswith(name)
    for one, other in zip(ours.state_dict().items(), theirs.state_dict().items(), strict=True):
        assert one[0] == other[0] and one[1].shape == other[1].shape
    again = pickle.loads(pickle.dumps(ours)).eval()
    input = torch.randn(size)
    torch.testing.assert_close(again(input), copy.deepcopy(ours).eval()(input))


def test_initial_values_are_torchs():
    torch.manual_seed(0)
    weights = nn.Conv2d(64, 128, 3).weight.detach()
    bound = 1 / (64 * 9) ** 0.5
    assert weights.abs().max() <= bound
    assert weights.std().item() == pytest.approx(bound / 3**0.5, rel=0.02)


def test_gradcheck_agrees():
    torch.manual_seed(0)
    layer = nn.Conv2d(2, 3, 3, stride=2, padding=1, dtype=torch.float64)
    model = torch.nn.Sequential(layer, nn.ReLU())
    input = torch.randn(1, 2, 5, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(model, input)


@pytest.mark.parametrize(
    ("arguments", "kind", "text"),
    [
        ((3, 6, 0), ValueError, "kernel_size"),
        ((3.0, 6, 3), TypeError, "in_channels"),
        ((3, 6, 3, 1, 0, 1, 2), ValueError, "groups=2 must divide in_channels=3"),
    ],
)
def test_wrong_sizes_are_refused(arguments, kind, text):
    with pytest.raises(kind, match=text):
        nn.Conv2d(*arguments)


@pytest.mark.parametrize(
    ("padding", "kind", "text"),
    [((1, 2), TypeError, "four integers"), ((0, 0, -1, 0), ValueError, "not be negative")],
)
def test_wrong_padding_is_refused(padding, kind, text):
    with pytest.raises(kind, match=text):
        nn.ZeroPad2d(padding)(torch.zeros(1, 1, 3, 3))


@pytest.mark.parametrize(
    ("arguments", "options"), [((6, 3, 2, 1), {}), ((6, (3, 2)), {"bias": False, "dilation": 2})]
)
def test_a_depthwise_conv_layer_is_torchs_with_a_group_for_each_channel(arguments, options):
    torch.manual_seed(0)
    ours = nn.DepthwiseConv2d(*arguments, **options)
    channels, *rest = arguments
    theirs = torch.nn.Conv2d(channels, channels, *rest, groups=channels, **options)
    theirs.load_state_dict(ours.state_dict())
    input = torch.randn(2, channels, 9, 8)
    for one, other in zip(run(ours, input), run(theirs, input), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("channels", "filters", "kernel", "stride", "expansion"),
    [(4, 4, 3, 1, 6), (4, 4, 5, 2, 2), (4, 6, 3, 1, 1), (4, 4, 3, 1, 1)],
)
def test_an_inverted_residual_block_is_what_its_figure_says(
    channels, filters, kernel, stride, expansion
):
    """Built of torch's functions, TensorFlow's padding included."""
    torch.manual_seed(0)
    block = nn.InvertedResidual(channels, filters, kernel, stride, expansion).eval()
    input = torch.randn(2, channels, 8, 10)

    def norm(x, layer):
        statistics = (layer.running_mean, layer.running_var, layer.weight, layer.bias)
        return F.batch_norm(x, *statistics, eps=layer.eps)

    x = input
    if expansion != 1:
        x = F.relu6(norm(F.conv2d(x, block.expand.weight), block.bn1))
    total = kernel - stride
    sides = (total // 2, total - total // 2) * 2
    x = F.conv2d(F.pad(x, sides), block.depthwise.weight, stride=stride, groups=x.shape[1])
    x = norm(F.conv2d(F.relu6(norm(x, block.bn2)), block.project.weight), block.bn3)
    expected = x + input if stride == 1 and channels == filters else x
    torch.testing.assert_close(block(input), expected, rtol=1e-4, atol=1e-5)
    assert expected.shape == (2, filters, 8 // stride, 10 // stride)


@pytest.mark.slow
def test_a_network_of_all_layers_learns_real_digits():
    torch.manual_seed(0)
    digits = data.digits()
    model = torch.nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.LocalResponseNorm(5),
        nn.PReLU(16),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(64, 10),
    )
    loss_fn = nn.CrossEntropyLoss()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(60):
        loss = loss_fn(model(digits.train_images), digits.train_labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    predicted = model.eval()(digits.test_images).argmax(dim=1)
    assert (predicted == digits.test_labels).double().mean() > 0.9
