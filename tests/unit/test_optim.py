"""Our SGD takes torch's steps, number for number; the schedules drop when they should."""

import copy
import itertools

import pytest
import torch
from torch import nn

from tests.devices import DEVICES, PRECISE
from utils.optim import SGD, MultiStepLR, StepLR


def params(device="cpu", dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    draws = [torch.randn(shape, generator=generator, dtype=dtype) for shape in [(4, 3), (5,)]]
    return [nn.Parameter(draw.to(device)) for draw in draws]


def walk(weights, optimizer, steps=6, start=0):
    for step in range(start, start + steps):
        for place, weight in enumerate(weights):
            weight.grad = torch.cos(weight.detach() * (step + 1 + place))
        optimizer.step()


@pytest.mark.parametrize("device", PRECISE)
@pytest.mark.parametrize(
    "momentum, weight_decay", list(itertools.product([0, 0.5, 0.9], [0, 5e-4, 0.1]))
)
def test_steps_are_torchs(device, momentum, weight_decay):
    ours, theirs = params(device), params(device)
    settings = {"lr": 0.03, "momentum": momentum, "weight_decay": weight_decay}
    a, b = SGD(ours, **settings), torch.optim.SGD(theirs, **settings)
    for _ in range(3):
        walk(ours, a)
        walk(theirs, b)
        for x, y in zip(ours, theirs, strict=True):
            # torch may fuse a product with a sum on a GPU.
            torch.testing.assert_close(x, y, rtol=0 if device == "cpu" else 1e-12, atol=0)
        a.param_groups[0]["lr"] = b.param_groups[0]["lr"] = 0.01


@pytest.mark.parametrize("device", DEVICES)
def test_float32_on_every_device(device):
    ours, theirs = params(device, torch.float32), params(device, torch.float32)
    walk(ours, SGD(ours))
    walk(theirs, torch.optim.SGD(theirs, lr=1e-2, momentum=0.9, weight_decay=5e-4))
    torch.testing.assert_close(ours, theirs)


def test_defaults_are_the_lectures():
    group = SGD(params()).param_groups[0]
    assert (group["lr"], group["momentum"], group["weight_decay"]) == (1e-2, 0.9, 5e-4)


def test_groups_have_their_own_settings():
    (w, b), (w2, b2) = params(), params()
    ours = SGD([{"params": [w]}, {"params": [b], "weight_decay": 0, "lr": 0.1}])
    theirs = torch.optim.SGD(
        [{"params": [w2], "weight_decay": 5e-4, "lr": 1e-2}, {"params": [b2], "lr": 0.1}],
        momentum=0.9,
    )
    walk([w, b], ours)
    walk([w2, b2], theirs)
    assert torch.equal(w, w2) and torch.equal(b, b2)


def test_parameters_without_a_gradient_stay():
    weights = params()
    before = [weight.detach().clone() for weight in weights]
    weights[1].grad = torch.ones(5, dtype=torch.float64)
    SGD(weights).step()
    assert torch.equal(weights[0], before[0])
    assert not torch.equal(weights[1], before[1])


def test_closure():
    (weight, _) = params()

    def closure():
        optimizer.zero_grad()
        loss = (weight**2).sum()
        loss.backward()
        return loss

    optimizer = SGD([weight])
    first = optimizer.step(closure)
    assert optimizer.step(closure) < first
    assert first.requires_grad


@pytest.mark.parametrize("ours_first", [True, False])
def test_state_dict_goes_both_ways(ours_first):
    settings = {"lr": 0.02, "momentum": 0.8, "weight_decay": 0.01}
    whole = params()
    reference = torch.optim.SGD(whole, **settings)
    walk(whole, reference, 6)
    kinds = [SGD, torch.optim.SGD] if ours_first else [torch.optim.SGD, SGD]
    weights = params()
    first = kinds[0](weights, **settings)
    walk(weights, first, 3)
    second = kinds[1](weights, lr=1.0)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    walk(weights, second, 3, start=3)
    assert all(torch.equal(x, y) for x, y in zip(weights, whole, strict=True))


def test_state_of_the_other_form_is_refused():
    weights = params()
    first = SGD(weights, lr_in_velocity=True)
    walk(weights, first, 1)
    with pytest.raises(ValueError, match="lr_in_velocity=True"):
        SGD(weights).load_state_dict(first.state_dict())
    theirs = torch.optim.SGD(weights, lr=0.1, momentum=0.9, nesterov=True)
    with pytest.raises(ValueError, match="nesterov=True is not supported"):
        SGD(weights).load_state_dict(theirs.state_dict())


def test_the_papers_form_is_its_equation():
    lr, momentum, weight_decay = 0.05, 0.9, 0.01
    (weight, _) = params()
    w, v = weight.detach().clone(), torch.zeros(4, 3, dtype=torch.float64)
    optimizer = SGD([weight], lr, momentum, weight_decay, lr_in_velocity=True)
    for step in range(8):
        lr = 0.05 if step < 4 else 0.005
        optimizer.param_groups[0]["lr"] = lr
        gradient = torch.cos(w * (step + 1))
        weight.grad = gradient.clone()
        v = momentum * v - weight_decay * lr * w - lr * gradient
        w = w + v
        optimizer.step()
        torch.testing.assert_close(weight.detach(), w)


def test_the_forms_part_only_where_the_learning_rate_drops():
    one, other = params(), params()
    a, b = SGD(one), SGD(other, lr_in_velocity=True)
    walk(one, a)
    walk(other, b)
    torch.testing.assert_close(one, other)
    a.param_groups[0]["lr"] = b.param_groups[0]["lr"] = 1e-3
    walk(one, a, 1)
    walk(other, b, 1)
    assert not torch.allclose(one[0], other[0])


@pytest.mark.parametrize(
    "settings, error, message",
    [
        ({"lr": -1}, ValueError, "lr must be at least 0"),
        ({"lr": float("nan")}, ValueError, "lr must be"),
        ({"lr": float("inf")}, ValueError, "finite"),
        ({"lr": "0.1"}, TypeError, "lr must be a number"),
        ({"momentum": 1}, ValueError, "below 1"),
        ({"weight_decay": -0.1}, ValueError, "weight_decay"),
    ],
)
def test_bad_settings(settings, error, message):
    with pytest.raises(error, match=message):
        SGD(params(), **settings)
    with pytest.raises(error, match=message):
        SGD([{"params": params(), **settings}])


def test_sparse_gradients_are_refused():
    table = nn.Embedding(3, 2, sparse=True)
    table(torch.tensor([1])).sum().backward()
    with pytest.raises(TypeError, match="sparse=False"):
        SGD(table.parameters()).step()


@pytest.mark.parametrize(
    "ours, theirs, settings",
    [
        (StepLR, torch.optim.lr_scheduler.StepLR, {"step_size": 3, "gamma": 0.5}),
        (MultiStepLR, torch.optim.lr_scheduler.MultiStepLR, {"milestones": [2, 5], "gamma": 0.1}),
    ],
)
def test_schedules_are_torchs(ours, theirs, settings):
    rates = []
    for kind in (ours, theirs):
        weights = params()
        optimizer = SGD([{"params": weights[0]}, {"params": weights[1], "lr": 0.5}])
        schedule = kind(optimizer, **settings)
        seen = []
        for _ in range(10):
            seen.append([group["lr"] for group in optimizer.param_groups])
            optimizer.step()
            schedule.step()
        rates.append(torch.tensor(seen))
    torch.testing.assert_close(*rates)


@pytest.mark.parametrize(
    "make", [lambda o: StepLR(o, 2), lambda o: MultiStepLR(o, [1, 3])], ids=["step", "multi"]
)
def test_a_schedule_goes_on_from_its_state(make):
    def advance(schedule, times):
        for _ in range(times):
            schedule.optimizer.step()
            schedule.step()

    whole = make(SGD(params()))
    advance(whole, 4)
    first = make(SGD(params()))
    advance(first, 2)
    second = make(SGD(params()))
    second.optimizer.load_state_dict(first.optimizer.state_dict())
    second.load_state_dict(first.state_dict())
    advance(second, 2)
    assert second.get_last_lr() == whole.get_last_lr()
    assert second.optimizer.param_groups[0]["lr"] == whole.optimizer.param_groups[0]["lr"]


def test_bad_schedules():
    optimizer = SGD(params())
    with pytest.raises(ValueError, match="step_size must be at least 1"):
        StepLR(optimizer, 0)
    with pytest.raises(TypeError, match="whole numbers"):
        StepLR(optimizer, 2.5)
    with pytest.raises(ValueError, match="gamma must be above 0"):
        StepLR(optimizer, 2, gamma=0)
    with pytest.raises(ValueError, match="milestones must be at least 1"):
        MultiStepLR(optimizer, [3, 0])
