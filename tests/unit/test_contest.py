"""The contest: what is counted, how points follow from the front, and that a score repeats."""

import json
import math
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

from utils import contest
from utils import nn as own
from utils.checks import EXERCISES
from utils.contest import scoring
from utils.contest.recipe import Recipe, TooSlow
from utils.contest.scoring import Score, Typical

TYPICAL = contest.typical.DESIGNS


def tiny(home=nn):
    conv = home.Conv2d(3, 8, 3, stride=2, padding=1, bias=False)
    layers = [conv, home.BatchNorm2d(8), home.ReLU(), home.MaxPool2d(2, 2)]
    return nn.Sequential(*layers, nn.Flatten(), home.Linear(8 * 64, 10))


@pytest.fixture
def short(monkeypatch):
    """A training of few pictures, and a test of few."""
    monkeypatch.setattr(scoring, "TRAINING_PICTURES", 500)
    monkeypatch.setattr(scoring, "TEST_PICTURES", 500)
    monkeypatch.setattr(contest.train, "__kwdefaults__", {"epochs": 1, "most_seconds": math.inf})


@pytest.fixture
def stated(monkeypatch):
    """A front with round numbers; the third design lies below it."""
    front = [
        ("a", 100_000, 0.5),
        ("b", 1_000_000, 0.7),
        ("c", 1_000_000, 0.6),
        ("d", 4_000_000, 0.7),
    ]
    monkeypatch.setattr(
        scoring, "FRONT", tuple(Typical(name, cost, 0.05, (x,)) for name, cost, x in front)
    )
    scoring._hull.cache_clear()
    yield
    scoring._hull.cache_clear()


# --- the pictures ---


def test_pictures_repeat_with_their_seed_and_show_each_class_equally_often():
    one, again, other = (contest.pictures(50, seed) for seed in (3, 3, 4))
    assert torch.equal(one.images, again.images) and torch.equal(one.labels, again.labels)
    assert not torch.equal(one.images, other.images)
    assert one.images.shape == (50, 3, 32, 32)
    assert 0 <= one.images.min() and one.images.max() <= 1
    assert one.labels.bincount().tolist() == [5] * 10


# --- the cost ---


def test_everything_is_counted_alike_in_layers_of_torch_and_of_the_course():
    #        conv: 27 weights, 8 filters, 256 pixels; its batch norm and ReLU; the pooling's windows
    multiply_adds = 27 * 8 * 256 + 512 * 10
    operations = 3 * 8 * 256
    parameters = 216 + 16 + 5120 + 10
    expected = contest.Cost(multiply_adds, operations, parameters)
    assert contest.cost(tiny()) == contest.cost(tiny(own)) == expected
    assert expected.total == multiply_adds + operations + parameters


class Written(nn.Module):
    """A convolution as products of single numbers."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(16, 27, 1))
        self.head = nn.Linear(16, 10)

    def forward(self, x):
        patches = F.unfold(x, 3, padding=1)
        return self.head((patches[:, None] * self.weight).sum(2).mean(2))


def test_products_that_are_written_out_cost_no_less_than_a_convolution():
    assert contest.cost(Written()).operations > 16 * 27 * 1024


class ByBatch(nn.Module):
    """Leaves the costly layer out where it gets a single image, as one might be counted with."""

    def __init__(self):
        super().__init__()
        self.costly = nn.Conv2d(3, 40, 5, padding=2)

    def forward(self, x):
        some = x[: (x.shape[0] - 1) * 1000]
        return torch.cat([self.costly(some).mean((2, 3))[:, :10], x[len(some) :, 0, 0, :10]])


def test_a_network_is_counted_with_as_many_pictures_as_it_is_tested_with():
    assert contest.cost(ByBatch()).multiply_adds == 40 * 75 * 1024


class Distances(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(10, 3072))

    def forward(self, x):
        return torch.cdist(x.flatten(1), self.weight)


def test_what_nobody_can_count_is_refused_by_name():
    with pytest.raises(contest.Uncountable, match="euclidean_dist"):
        contest.cost(Distances())
    with pytest.raises(Exception, match="does not know what _euclidean_dist costs"):
        EXERCISES["design"].check(Distances)


def test_counting_leaves_the_mode_and_the_statistics_alone():
    model = tiny().train()
    model[1].eval()
    before = model[1].running_mean.clone()
    contest.cost(model)
    assert model.training and not model[1].training
    assert torch.equal(model[1].running_mean, before)


def with_weight_norm():
    first = weight_norm(nn.Conv2d(3, 12, 3, padding=1))
    return nn.Sequential(first, nn.ReLU(), nn.MaxPool2d(4), nn.Flatten(), nn.Linear(12 * 64, 10))


def lazy():
    return nn.Sequential(nn.LazyConv2d(8, 3), nn.AvgPool2d(5), nn.Flatten(), nn.LazyLinear(10))


def modern():
    """Activations, normalisations and a pooling that the lessons do not have."""
    return nn.Sequential(
        *(nn.Conv2d(3, 16, 4, stride=4), nn.GroupNorm(4, 16), nn.GELU()),
        *(nn.Conv2d(16, 16, 3, padding=1, groups=16), nn.SiLU(), nn.Hardswish(), nn.PReLU()),
        *(nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.LayerNorm(16), nn.Dropout(), nn.Linear(16, 10)),
    )


class Attending(nn.Module):
    """Attention among patches, after a ViT."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 4, stride=4)
        self.attention = nn.MultiheadAttention(16, 2, batch_first=True)
        self.head = nn.Linear(16, 10)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        return self.head((x + self.attention(x, x, x, need_weights=False)[0]).mean(1))


@pytest.mark.parametrize("design", [*TYPICAL.values(), with_weight_norm, lazy, modern, Attending])
def test_any_usual_network_is_counted_and_passes_the_check(design):
    assert 0 < contest.cost(design()).total < contest.MOST_COST
    assert "accuracy not known yet" in EXERCISES["design"].check(design)


# --- the recipe ---


@pytest.mark.parametrize(
    ("recipe", "error", "said"),
    [
        ({"rate": "fast"}, TypeError, "rate must be a number"),
        ({"rate": -1}, ValueError, "rate must be from"),
        ({"rate": math.nan}, ValueError, "rate must be from"),
        ({"batch": 7}, ValueError, "batch must be from"),
        ({"batch": 32.0}, TypeError, "batch must be a whole number"),
        ({"schedule": "cosinus"}, ValueError, "cosine, linear, steps, constant"),
        ({"lr": 0.1}, ValueError, "no 'lr'; it may have rate"),
        (0.1, TypeError, "a recipe is a dictionary"),
    ],
)
def test_a_wrong_recipe_is_refused_with_what_to_do(recipe, error, said):
    with pytest.raises(error, match=said):
        contest.grade(tiny, recipe)


def test_a_schedule_warms_up_and_falls_as_it_says():
    shares = {
        name: [round(Recipe(schedule=name, warm_up=0.2).share(x), 2) for x in (0.1, 0.2, 0.6, 1)]
        for name in ("cosine", "linear", "steps", "constant")
    }
    assert shares == {
        "cosine": [0.5, 1, 0.5, 0],
        "linear": [0.5, 1, 0.5, 0],
        "steps": [0.5, 1, 0.1, 0.01],
        "constant": [0.5, 1, 1, 1],
    }


def test_a_training_that_would_take_too_long_ends_at_once(short, monkeypatch):
    pictures = contest.pictures(1000, 0)
    with pytest.raises(TooSlow):
        contest.train(tiny(), pictures, Recipe(), most_seconds=0)
    monkeypatch.setattr(scoring, "_yardstick", lambda: 0.0)
    score = contest.grade(tiny)
    assert score.accuracy is None and score.points == 0
    assert "It was not trained" in str(score)


# --- points and words ---


@pytest.mark.parametrize(
    ("cost", "due"),
    [(1_000, 0.5), (100_000, 0.5), (316_228, 0.6), (1_000_000, 0.7), (4_000_000, 0.7)],
)
def test_the_front_joins_the_best_typical_designs_by_the_logarithm_of_their_cost(stated, cost, due):
    assert contest.front(cost) == pytest.approx(due, abs=1e-3)


def test_points_follow_from_the_margin(stated):
    (zero, _), (half, six), (full, twelve) = scoring.SCALE
    assert (half, six, twelve) == (0, 6, contest.POINTS)  # as the figure and the lesson say
    paid = contest.Cost(1_000_000, 0, 0)
    margins = [-1, zero, (zero + half) / 2, half, (half + full) / 2, full, 0.3]
    points = [Score(paid, accuracy=0.7 + margin, learnt=1.0).points for margin in margins]
    assert points == [0, 0, 3, 6, 9, 12, 12]


PAID = contest.Cost(900_000, 50_000, 50_000)


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (Score(contest.Cost(4_000_000, 1, 1)), "That is 2 over the budget of 4,000,000."),
        (Score(PAID, Recipe(rate=3), 0.1, 0.1, math.inf), "diverged at a rate of 3. Try a third"),
        (Score(PAID, Recipe(), 0.1, 0.1, 2.3), "It never started: the loss stayed at 2.30"),
        (Score(PAID, Recipe(), 0.55, 0.6, 1.0), "It does not even know its own pictures well"),
        (Score(PAID, Recipe(), 0.65, 0.99, 0.1), "much better than new ones, 34 percentage points"),
        (Score(PAID, Recipe(), 0.55, 0.6, 1.0), "The typical b costs 1,000,000 and reaches 70%"),
        (Score(PAID, Recipe(), 0.8, 0.8, 1.0), "No typical design, and no mixture of two"),
    ],
)
def test_a_score_says_why(stated, score, said):
    assert said in str(score)
    assert f"{score.points:g} of 12" in str(score)


def test_a_score_is_data_too(stated):
    score = Score(PAID, Recipe(), 0.8, 0.9, math.inf)
    found = json.loads(score._repr_mimebundle_()[scoring.MIME])
    assert found["cost"]["total"] == 1_000_000
    assert (found["accuracy"], found["front"], found["loss"]) == (0.8, 0.7, None)


def test_the_stated_costs_are_those_of_the_designs():
    costs = {name: contest.cost(design()).total for name, design in TYPICAL.items()}
    assert {x.name: x.cost for x in contest.FRONT} == costs
    assert all(len(x.accuracies) == 3 for x in contest.FRONT)


def test_a_figure_shows_the_front_and_what_was_trained(stated):
    scores = {"mine": Score(PAID, Recipe(), 0.8, 0.9, 0.1), "too large": Score(PAID)}
    texts = [x.get_text() for x in contest.draw(scores).axes[0].texts]
    assert texts == ["a", "b", "c", "d", "mine"]


# --- grading ---


def zero_gamma():
    model = contest.typical.resnet()
    for module in model.modules():
        if isinstance(module, contest.typical.Block):
            nn.init.zeros_(module.branch[-1].weight)
    return model


def test_a_branch_that_starts_as_nothing_is_no_fault(short):
    score = contest.grade(zero_gamma)
    assert score.accuracy is not None and math.isfinite(score.loss)


def test_the_same_design_gets_the_same_score_whatever_was_drawn_before(short):
    torch.manual_seed(1)
    first = contest.grade(tiny, {"rate": 0.02})
    torch.rand(3)
    state = torch.get_rng_state()
    second = contest.grade(tiny, {"rate": 0.02})
    assert first == second
    assert torch.equal(torch.get_rng_state(), state)
    other = contest.grade(tiny, {"rate": 0.02}, seed=77)
    assert replace(other, accuracy=first.accuracy) == first  # other pictures, the same training


def test_over_the_budget_nothing_is_trained(monkeypatch):
    monkeypatch.setattr(scoring, "train", lambda *_: pytest.fail("trained"))
    score = contest.grade(
        lambda: nn.Sequential(nn.Conv2d(3, 300, 3), nn.Flatten(), nn.LazyLinear(10))
    )
    assert score.points == 0 and not score.within_budget


def test_a_training_that_diverges_says_so(short):
    score = contest.grade(tiny, {"rate": 10, "warm_up": 0, "momentum": 0.99})
    assert score.loss == math.inf or score.accuracy < 0.3


def test_a_design_may_not_bring_weights_along():
    first = tiny()

    def copied():
        model = tiny()
        model[0].load_state_dict(first[0].state_dict())
        return model

    with pytest.raises(ValueError, match="not fresh"):
        contest.grade(copied)
