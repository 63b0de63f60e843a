"""The small AlexNet: its tricks can be left out one by one, and the record of doing so is whole."""

import csv
from collections import defaultdict

import pytest
import torch

from tests.course import ROOT
from utils import nn, small_alexnet


@pytest.mark.parametrize("off", [(), *((trick,) for trick in small_alexnet.TRICKS)])
def test_a_trick_is_left_out_and_nothing_else(off):
    model = small_alexnet.small_alexnet(off=off)
    kinds = [type(layer).__name__.lstrip("_") for layer in model]
    assert kinds.count("ReLU") == 7 * ("ReLU" not in off)
    assert kinds.count("ResponseNorm") == 2 * ("response norm" not in off)
    assert kinds.count("Dropout") == 2 * ("dropout" not in off)
    assert (kinds.count("Conv2d"), kinds.count("Linear"), kinds.count("MaxPool2d")) == (5, 3, 2)
    groups = [layer.groups for layer in model if isinstance(layer, torch.nn.Conv2d)]
    assert groups == ([1] * 5 if "groups" in off else [1, 2, 1, 2, 2])
    assert model(torch.zeros(2, 3, 24, 24)).shape == (2, 10)


def test_other_layers_compute_the_same():
    torch.manual_seed(0)
    ours = small_alexnet.small_alexnet().eval()
    theirs = small_alexnet.small_alexnet(nn).eval()
    theirs.load_state_dict(ours.state_dict())
    images = torch.randn(3, 3, 24, 24)
    torch.testing.assert_close(theirs(images), ours(images), rtol=1e-4, atol=1e-5)


def test_training_repeats_and_leaves_the_random_numbers_alone():
    sets = small_alexnet.images(60, 20)
    state = torch.get_rng_state()
    one, curves = small_alexnet.train(sets, epochs=2, seed=3)
    other, _ = small_alexnet.train(sets, epochs=2, seed=3)
    assert torch.equal(torch.get_rng_state(), state)
    assert curves.epochs == [2]
    for name, weight in one.state_dict().items():
        assert torch.equal(weight, other.state_dict()[name])


def test_each_recorded_side_has_its_best_rate_and_three_seeds_of_it():
    runs = defaultdict(dict)
    with (ROOT / "lessons" / "04_alexnet" / "ablation.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            runs[row["off"]][float(row["rate"]), int(row["seed"])] = float(row["validation"])
    assert set(runs) == {"", "dropout + augmentation", *small_alexnet.TRICKS}
    for side, found in runs.items():
        swept = {rate: value for (rate, seed), value in found.items() if seed == 0}
        best = max(swept, key=swept.get)
        assert min(swept) < best < max(swept), side
        assert {rate for rate, seed in found if seed} == {best}, side
        assert {seed for rate, seed in found if rate == best} == {0, 1, 2}, side
