"""Norms by depth are those that autograd gives, and the model does not notice."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.devices import DEVICES, PRECISE
from utils._common.seeding import seeded
from utils.gradients import gradient_norms, signal_norms


class Reordered(nn.Module):
    """Runs its layers in another order than it holds them, one of them twice."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(6, 3)
        self.relu = nn.ReLU(inplace=True)
        self.first = nn.Linear(4, 6)
        self.norm = nn.BatchNorm1d(6)
        self.unused = nn.Linear(2, 2)

    def forward(self, input):
        hidden = self.relu(self.norm(self.first(input)))
        return self.last(self.relu(hidden * 2))


def case(device="cpu", dtype=torch.float64):
    with seeded(0):
        model = Reordered().to(device, dtype)
        input = torch.randn(5, 4, dtype=dtype)
    return model, input.to(device), torch.tensor([0, 1, 2, 0, 1], device=device)


@pytest.mark.parametrize("device", PRECISE)
def test_gradients_of_weights(device):
    model, input, target = case(device)
    norms = gradient_norms(model, F.cross_entropy, input, target)
    assert list(norms) == ["first", "norm", "last"]
    F.cross_entropy(model(input), target).backward()
    for name, norm in norms.items():
        grads = torch.cat([p.grad.flatten() for p in model.get_submodule(name).parameters()])
        assert norm == pytest.approx(grads.norm().item())
    rms = gradient_norms(model, F.cross_entropy, input, target, rms=True)
    assert rms["last"] == pytest.approx(norms["last"] / 21**0.5)


@pytest.mark.parametrize("device", PRECISE)
def test_gradients_of_outputs_with_layers_in_place(device):
    model, input, target = case(device)
    norms = gradient_norms(model, F.cross_entropy, input, target, of="outputs")
    assert list(norms) == ["first", "norm", "relu", "relu#2", "last"]
    first = model.first(input)
    norm = model.norm(first)
    relu = norm.relu()
    relu2 = (relu * 2).relu()
    last = model.last(relu2)
    loss = F.cross_entropy(last, target)
    for name, grad in zip(
        norms, torch.autograd.grad(loss, [first, norm, relu, relu2, last]), strict=True
    ):
        assert norms[name] == pytest.approx(grad.norm().item()), name


@pytest.mark.parametrize("device", DEVICES)
def test_signals(device):
    model, input, _ = case(device, torch.float32)
    norms = signal_norms(model, input)
    first = model.first(input)
    norm = model.norm(first)
    expected = [first, norm, norm.relu(), norm.relu() * 2]
    expected.append(model.last(expected[-1]))
    assert list(norms) == ["first", "norm", "relu", "relu#2", "last"]
    assert list(norms.values()) == pytest.approx([x.norm().item() for x in expected], rel=1e-5)
    rms = signal_norms(model, input, rms=True)
    assert rms["norm"] == pytest.approx(1, abs=1e-3), "a normalised signal"


def test_the_model_is_left_as_found():
    model, input, target = case()
    model.insert = nn.Dropout()
    model.first.weight.grad = torch.ones_like(model.first.weight)
    kept = model.first.weight.grad
    before, random = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    handle = model.last.register_forward_hook(lambda *_: None)
    gradient_norms(model, F.cross_entropy, input, target)
    gradient_norms(model, F.cross_entropy, input, target, of="outputs")
    signal_norms(model, input)
    assert model.first.weight.grad is kept and (kept == 1).all()
    assert all(p.grad is None for p in model.parameters() if p is not model.first.weight)
    assert all(torch.equal(model.state_dict()[name], before[name]) for name in before)
    assert torch.equal(torch.get_rng_state(), random)
    assert input.grad is None and not input.requires_grad
    hooks = [len(module._forward_hooks) for module in model.modules()]
    assert sum(hooks) == 1, "the one that was there"
    handle.remove()
    assert model.training


def test_hooks_go_when_it_fails():
    model, input, target = case()
    before = copy.deepcopy(model.state_dict())

    def fails(output, target):
        raise RuntimeError("no loss")

    with pytest.raises(RuntimeError, match="no loss"):
        gradient_norms(model, fails, input, target)
    with pytest.raises(RuntimeError):
        signal_norms(model, input[:, :3])
    assert not any(module._forward_hooks for module in model.modules())
    assert all(torch.equal(model.state_dict()[name], before[name]) for name in before)


def test_it_works_under_no_grad_and_with_frozen_layers():
    model, input, target = case()
    model.first.requires_grad_(False)
    with torch.no_grad():
        norms = gradient_norms(model, F.cross_entropy, input, target)
        assert list(norms) == ["norm", "last"]
        outputs = gradient_norms(model, F.cross_entropy, input, target, of="outputs")
        assert outputs["first"] > 0, "the gradient passes through a frozen layer"


def test_a_choice_of_layers():
    model, input, target = case()
    assert list(signal_norms(model, input, layers=nn.Linear)) == ["first", "last"]
    norms = gradient_norms(model, F.cross_entropy, input, target, layers=(nn.BatchNorm1d, nn.ReLU))
    assert list(norms) == ["norm"]


def test_depth_makes_the_gradient_of_small_weights_vanish():
    with seeded(0):
        layers = [layer for _ in range(12) for layer in (nn.Linear(16, 16), nn.Tanh())]
        model = nn.Sequential(*layers, nn.Linear(16, 2))
        for layer in model[::2]:
            nn.init.normal_(layer.weight, std=0.05)
        input = torch.randn(8, 16)
    norms = list(gradient_norms(model, F.mse_loss, input, torch.ones(8, 2)).values())
    assert norms[0] < 1e-6 * norms[-1]


def test_a_model_of_one_layer_and_of_words():
    norms = gradient_norms(nn.Linear(2, 1), F.mse_loss, torch.ones(3, 2), torch.zeros(3, 1))
    assert list(norms) == ["Linear"]
    model = nn.Sequential(nn.Embedding(5, 4), nn.Flatten(), nn.Linear(8, 2))
    words = torch.tensor([[1, 2], [3, 4]])
    assert list(gradient_norms(model, F.cross_entropy, words, torch.tensor([0, 1]))) == ["0", "2"]


def test_errors():
    model, input, target = case()
    with pytest.raises(ValueError, match="'weights'"):
        gradient_norms(model, F.cross_entropy, input, target, of="weights")
    with pytest.raises(ValueError, match=r"one number, but returned \(5,\)"):
        gradient_norms(model, lambda o, t: o.sum(1), input, target)
    with pytest.raises(TypeError, match="float"):
        gradient_norms(model, lambda o, t: 1.0, input, target)
    with pytest.raises(ValueError, match="no layer qualifies"):
        gradient_norms(model, F.cross_entropy, input, target, layers=nn.Conv2d)
    with pytest.raises(ValueError, match="no layer qualifies"):
        signal_norms(model, input, layers=nn.Conv2d)
    with pytest.raises(ValueError, match="frozen"):
        gradient_norms(model, lambda o, t: o.detach().sum(), input, target)
