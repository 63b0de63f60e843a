"""The network with one wrong step: its gradients are right down to it, and wrong from it on."""

import pytest
import torch

from utils import faulty, gradients


@pytest.fixture
def network():
    torch.manual_seed(0)
    shapes = [(3, 1, 5, 4), (2, 1, 5, 5), (2,), (3, 2, 5, 5), (3,), (4, 3), (4,)]
    images, *parameters = (torch.randn(shape, dtype=torch.float64) for shape in shapes)
    return faulty.Network(images, torch.eye(4).double()[[2, 0, 3]], *parameters)


def test_the_seventh_step_is_wrong_and_what_follows_from_it(network):
    wrong = set()
    for name, gradient in network.gradients().items():
        value = network.values[name].clone()
        measured = gradients.numerical(lambda n=name, v=value: network.loss(n, v), value)
        assert gradient.shape == measured.shape
        if not torch.allclose(gradient, measured, atol=1e-7):
            wrong.add(name)
    assert wrong == {"hidden1", "before1", "w1", "b1"}


def test_the_loss_is_the_cross_entropy_of_the_scores(network):
    expected = torch.nn.functional.cross_entropy(network.values["scores"], network.targets)
    torch.testing.assert_close(network.loss(), expected)
    torch.testing.assert_close(network.loss("w2", network.values["w2"]), expected)


def test_one_layer_of_the_colleagues_alexnet_looks_at_the_other_images():
    images = torch.rand(4, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    wrong = []
    for number, layer in enumerate(faulty.colleagues_alexnet()):
        together = layer(images)
        if not torch.allclose(layer(images[:1])[0], together[0], atol=1e-5):
            wrong.append(number)
        images = together
    assert wrong == [6]
