"""The capstone's grade is what lesson 6 states; costs are counted however one computes."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from utils import capstone
from utils import nn as own
from utils.capstone import Cost, Grade

CHEAP = Cost(20_000, 950_000)


def tiny():
    conv = [nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU()]
    return nn.Sequential(*conv, nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 36, 5))


@pytest.mark.parametrize(
    ("paid", "flow", "accuracy", "points"),
    [
        (CHEAP, 1.0, 1.0, 12.0),
        (CHEAP, 30.0, 0.85, 12.0),
        (CHEAP, 300.0, 0.40, 0.0),
        (CHEAP, math.inf, 0.2, 0.0),
        (CHEAP, 30.0 * math.sqrt(10), 0.85, 11.0),  # half-way, by the logarithm
        (CHEAP, 1.0, 0.625, 7.0),  # half-way from 40 to 85 %
        (Cost(20_001, 1), None, None, 0.0),
        (Cost(1, 950_001), None, None, 0.0),
    ],
)
def test_points_are_those_that_the_lesson_states(paid, flow, accuracy, points):
    assert Grade(paid, flow, accuracy).points == pytest.approx(points, abs=0.05)


def test_a_grade_says_what_it_is_made_of():
    text = str(Grade(Cost(1234, 56789), 15.0, 0.67))
    for part in (
        "1,234",
        "56,789",
        "67.0%",
        " 2.0 of  2 points",
        " 6.0 of 10 points",
        " 8.0 of 12",
    ):
        assert part in text
    assert "over the budget: 0 points" in str(Grade(Cost(99_999, 1)))


def test_over_the_budget_nothing_is_trained(monkeypatch):
    monkeypatch.setattr(capstone, "train", lambda *_: pytest.fail("trained"))
    grade = capstone.grade(lambda: nn.Sequential(nn.Flatten(), nn.Linear(3 * 24 * 24, 64)))
    assert grade.points == 0
    assert not grade.cost.within_budget


def test_cost_counts_layers_of_torch_and_of_the_course_alike():
    layers = [own.Conv2d(3, 8, 3, stride=2, padding=1, bias=False), own.BatchNorm2d(8), own.ReLU()]
    ours = nn.Sequential(*layers, own.MaxPool2d(2, 2), nn.Flatten(), own.Linear(8 * 36, 5))
    expected = Cost(216 + 16 + 288 * 5 + 5, 216 * 144 + 288 * 5)
    assert capstone.cost(tiny()) == capstone.cost(ours) == expected


def test_cost_counts_functions_too():
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.filters = nn.Parameter(torch.ones(4, 3, 3, 3))

        def forward(self, images):
            return F.conv2d(images, self.filters, padding=1).mean((2, 3))

    assert capstone.cost(Functional()) == Cost(108, 108 * 24 * 24)


def test_cost_leaves_the_mode_and_the_statistics_alone():
    model = tiny().train()
    model[1].eval()
    before = model[1].running_mean.clone()
    capstone.cost(model)
    assert model.training and not model[1].training
    assert torch.equal(model[1].running_mean, before)


def test_flow_is_infinite_where_nothing_arrives():
    torch.manual_seed(0)
    cut = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 22 * 22, 5))
    nn.init.zeros_(cut[2].weight)
    assert math.isfinite(capstone.flow(cut))  # one step, and the head is no longer zero
    for parameter in cut.parameters():
        nn.init.constant_(parameter, math.nan)
    assert capstone.flow(cut) == math.inf


def test_a_frozen_layer_counts_as_one_without_gradient():
    model = tiny()
    model[0].requires_grad_(False)
    assert capstone.flow(model) == math.inf


def test_a_design_may_not_bring_weights_along():
    with_seed = tiny()

    def copied():
        model = tiny()
        model[0].load_state_dict(with_seed[0].state_dict())
        return model

    def trained():
        model = tiny()
        capstone.train(model, capstone.images(seed=7))
        return model

    for design in (copied, trained):
        with pytest.raises(ValueError, match="not fresh"):
            capstone.grade(design)


def test_the_same_design_gets_the_same_grade_whatever_was_drawn_before(monkeypatch):
    monkeypatch.setattr(capstone.train, "__kwdefaults__", {"epochs": 1, "rate": 0.05})
    torch.manual_seed(1)
    first = capstone.grade(tiny)
    torch.rand(3)
    state = torch.get_rng_state()
    second = capstone.grade(tiny)
    assert first == second
    assert 0 <= first.accuracy <= 1
    assert torch.equal(torch.get_rng_state(), state)


def test_a_design_that_diverges_keeps_its_points_for_the_flow_alone(monkeypatch):
    monkeypatch.setattr(capstone.train, "__kwdefaults__", {"epochs": 1, "rate": 1e12})
    grade = capstone.grade(tiny)
    assert grade.accuracy_points == 0
    assert grade.flow_points > 0
