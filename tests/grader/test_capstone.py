"""The capstone's grade is what lesson 8 states; costs are counted however one computes."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

from utils import capstone
from utils import nn as own
from utils.capstone import Cost, Grade
from utils.checks import EXERCISES

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


class Functional(nn.Module):
    """All weights as parameters of its own; the shifts stand before a batch norm: no gradient."""

    def __init__(self):
        super().__init__()
        self.filters = nn.Parameter(torch.randn(12, 3, 3, 3) / 27**0.5)
        self.shifts = nn.Parameter(torch.zeros(12, 1, 1))
        self.scales = nn.Parameter(torch.ones(1, 12, 1, 1))
        self.more = nn.ParameterList([torch.randn(20, 12, 3, 3) / 108**0.5])
        self.head = nn.Parameter(torch.randn(20, 5) / 20**0.5)

    def forward(self, images):
        output = F.conv2d(images, self.filters, padding=1) + self.shifts
        output = F.batch_norm(output, None, None, training=True) * self.scales
        output = F.conv2d(F.max_pool2d(F.relu(output), 2), self.more[0], padding=1)
        return F.relu(output).mean((2, 3)) @ self.head


def with_weight_norm():
    first = weight_norm(nn.Conv2d(3, 12, 3, padding=1))
    layers = [first, nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(4), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(12 * 36, 5))


def with_layer_norm():
    def block(channels, filters, size):
        conv = nn.Conv2d(channels, filters, 3, stride=2, padding=1)
        return [conv, nn.LayerNorm([filters, size, size]), nn.ReLU()]

    layers = [*block(3, 12, 12), *block(12, 16, 6)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 5)]
    return nn.Sequential(*layers, *head)


def lazy():
    layers = [nn.LazyConv2d(12, 3, padding=1), nn.LazyBatchNorm2d(), nn.ReLU(), nn.MaxPool2d(4)]
    return nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(5))


HONEST = pytest.mark.parametrize(
    "design",
    [Functional, with_weight_norm, with_layer_norm, lazy],
    ids=lambda design: design.__name__,
)


@HONEST
@pytest.mark.parametrize("seed", range(3))
def test_an_even_flow_gets_its_points_however_the_network_is_written(design, seed):
    torch.manual_seed(seed)
    assert capstone.flow(design()) < capstone.FLOW[0]


@HONEST
def test_any_way_to_write_a_network_is_checked_and_graded(design, monkeypatch):
    monkeypatch.setattr(capstone.train, "__kwdefaults__", {"epochs": 1, "rate": 0.05})
    assert "accuracy not known yet" in EXERCISES["design"].check(design)
    assert capstone.grade(design).flow_points == capstone.POINTS_FLOW


def test_cost_counts_layers_that_are_lazy_or_parametrised_like_others():
    conv = 3 * 12 * 9
    head = 12 * 36 * 5 + 5
    assert capstone.cost(lazy()) == Cost(conv + 12 + 24 + head, conv * 576 + head - 5)
    # A weight norm has a length for each filter besides.
    assert capstone.cost(with_weight_norm()) == Cost(conv + 24 + 24 + head, conv * 576 + head - 5)


def test_flow_is_infinite_without_weights():
    assert capstone.flow(nn.Sequential(nn.Flatten(), nn.BatchNorm1d(3 * 24 * 24))) == math.inf


def test_a_branch_that_starts_as_nothing_is_measured_open():
    """Zero-gamma is good practice; one step is not enough to open it."""

    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Conv2d(3, 12, 3, stride=2, padding=1)
            conv = [nn.Conv2d(12, 12, 3, padding=1, bias=False) for _ in range(2)]
            norm = [nn.BatchNorm2d(12) for _ in range(2)]
            nn.init.zeros_(norm[1].weight)
            self.branch = nn.Sequential(conv[0], norm[0], nn.ReLU(), conv[1], norm[1])
            self.head = nn.Linear(12, 5)

        def forward(self, images):
            output = F.relu(self.stem(images))
            return self.head(F.relu(output + self.branch(output)).mean((2, 3)))

    torch.manual_seed(0)
    assert capstone.flow(Residual()) < capstone.FLOW[0]


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

    def identity():
        model = tiny()
        nn.init.dirac_(model[0].weight)
        return model

    for design in (copied, trained, identity):
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


# --- each design at a learning rate that suits it ---


def convolutions(normalised):
    """The network that the contest's one learning rate of 0.05 left at chance, and its twin."""
    layers = []
    for before, after in ((3, 16), (16, 32)):
        norm = [nn.BatchNorm2d(after)] if normalised else []
        layers += [nn.Conv2d(before, after, 3, padding=1), *norm, nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(32 * 36, 5))


def test_a_sound_network_that_needs_a_small_step_gets_one():
    found = capstone.grade(lambda: convolutions(normalised=True))
    assert found.rate < capstone.RATE
    assert found.accuracy > 0.7
    assert f"Trained with the learning rate {found.rate:g}, the best of 0.05, 0.02" in str(found)


PAID = capstone.Cost(10_000, 500_000)


@pytest.mark.parametrize(
    ("grade", "said"),
    [
        (
            capstone.Grade(capstone.Cost(21_000, 951_000)),
            "It has 1,000 parameters and 1,000 multiply-adds too many.",
        ),
        (capstone.Grade(PAID, 3.0, 0.21, 0.05, 1.61), "It never started: the loss stayed at 1.61"),
        (capstone.Grade(PAID, 3.0, 0.2, 0.05, float("inf")), "The training diverged"),
        (capstone.Grade(PAID, 90.0, 0.9, 0.05, 0.1), "One layer's gradient is 90 times another's"),
    ],
)
def test_a_grade_says_why(grade, said):
    assert said in str(grade)
