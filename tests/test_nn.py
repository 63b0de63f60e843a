"""utils.nn against torch.nn."""

import pytest
import torch
from devices import DEVICES

from utils import data, nn


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("bias", [True, False])
def test_conv2d_is_torchs_module(device, bias):
    torch.manual_seed(0)
    options = {"stride": 2, "padding": (1, 2), "dilation": (2, 1), "groups": 2, "bias": bias}
    ours = nn.Conv2d(4, 6, (3, 2), **options, device=device)
    theirs = torch.nn.Conv2d(4, 6, (3, 2), **options, device=device)
    theirs.load_state_dict(ours.state_dict())
    input = torch.randn(2, 4, 9, 8, device=device)
    left, right = input.clone().requires_grad_(), input.clone().requires_grad_()
    outputs = ours(left), theirs(right)
    torch.testing.assert_close(*outputs, rtol=1e-4, atol=1e-5)
    for output in outputs:
        output.square().sum().backward()
    torch.testing.assert_close(left.grad, right.grad, rtol=1e-4, atol=1e-4)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-4)


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


def test_a_small_network_learns_real_digits():
    torch.manual_seed(0)
    digits = data.digits()
    model = torch.nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(512, 10)
    )
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(60):
        loss = torch.nn.functional.cross_entropy(model(digits.train_images), digits.train_labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    predicted = model(digits.test_images).argmax(dim=1)
    assert (predicted == digits.test_labels).double().mean() > 0.9
