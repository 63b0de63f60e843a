"""Lesson 8's task with few images, and what is recorded of it."""

import csv
from collections import defaultdict

import pytest
import torch

from tests.course import ROOT
from utils import few_images, models

LESSON = ROOT / "lessons" / "08_architectures"


def test_patches_are_small_grey_and_labelled():
    images, labels = few_images.patches(2, seed=3)
    assert images.shape == (20, 3, few_images.SIDE, few_images.SIDE)
    assert labels.tolist() == [label for label in range(10) for _ in range(2)]
    assert torch.equal(images[:, 0], images[:, 1])
    assert images.min() >= -127 / 128
    assert images.max() <= 1
    assert not torch.equal(*few_images.patches(2, colour=True, seed=3)[0][:, :2].unbind(1))


def test_the_two_halves_share_no_pixel(monkeypatch):
    # A photograph that is bright on the right only.
    class Half:
        image = torch.cat([torch.zeros(3, 300, 200), torch.ones(3, 300, 200)], 2)

    monkeypatch.setattr(few_images.data, "photographs", lambda: {"half": Half})
    left, right = (few_images.patches(20, right=right)[0] for right in (False, True))
    # Resizing blurs the edge by a pixel or two.
    assert left[..., :-4].max() < right[..., 4:].min()


def test_draws_differ_and_take_as_many_of_each_photograph():
    chosen = few_images.draw(3, seed=1)
    assert (chosen // few_images.POOL).tolist() == [label for label in range(10) for _ in range(3)]
    assert len(set(chosen.tolist())) == 30
    assert not torch.equal(chosen, few_images.draw(3, seed=2))


def test_the_two_parts_of_the_network_are_the_network():
    network = models.efficientnet_lite0(weights="imagenet").eval()
    images, _ = few_images.patches(1)
    body = few_images.top(network)[:-1]
    with torch.no_grad():
        scores = network.fc(body(few_images.maps(network, images)))
        torch.testing.assert_close(scores, network(images), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("factor", [0, 0.1])
def test_what_is_tuned_follows_the_factor(factor):
    network = models.efficientnet_lite0(weights="imagenet").eval()
    images, labels = few_images.patches(1)
    inputs = few_images.maps(network, images)
    tuned = few_images.tuned(network, inputs, labels, rate=0.01, factor=factor, seed=0, steps=2)
    assert torch.equal(tuned[1].weight, network.head.weight) == (factor == 0)
    assert tuned[-1].weight.abs().max() > 0


def test_the_record_holds_five_draws_of_each_setting():
    draws = defaultdict(set)
    with (LESSON / "transfer.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            setting = row["way"], row["patches"], row["factor"], row["rate"], row["steps"]
            draws[setting].add(row["draw"])
            assert 0 < float(row["accuracy"]) < 1
    assert len(draws) == 4 * 3 + 4 + 2 * 4 * 2
    assert all(found == set("01234") for found in draws.values())
