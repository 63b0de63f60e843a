"""What a colleague has written is wrong in the one way that students are to find."""

import pytest
import torch
import torch.nn.functional as F
from scipy import signal

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


def test_the_colleagues_layer_is_the_convolution_of_mathematics():
    torch.manual_seed(0)
    image, kernel = torch.randn(6, 7), torch.randn(3, 3)
    hers = faulty.convolve(image, kernel)
    expected = signal.convolve2d(image.numpy(), kernel.numpy(), mode="valid")
    torch.testing.assert_close(hers, torch.from_numpy(expected))
    # Her own tests cannot tell it from ours: they are of filters that are alike on all sides.
    even = kernel + kernel.flip(0, 1)
    torch.testing.assert_close(
        faulty.convolve(image, even), F.conv2d(image[None, None], even[None, None])[0, 0]
    )


@pytest.mark.parametrize("shapes", [((1, 1, 5, 5), (3, 3)), ((5, 5), (1, 1, 3, 3))])
def test_the_colleagues_layer_says_what_it_takes(shapes):
    image, kernel = (torch.ones(shape) for shape in shapes)
    with pytest.raises(ValueError, match=r"an image \(H, W\) and a filter \(F, F\)"):
        faulty.convolve(image, kernel)


def test_three_of_six_ways_to_test_forget_evaluation_mode():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 3, 3), torch.nn.BatchNorm2d(3))
    images = torch.randn(6, 1, 5, 5)
    before = model[1].running_mean.clone()
    depends = {
        way
        for way in range(1, 7)
        if not torch.allclose(
            faulty.tested(way, model, images)[:2], faulty.tested(way, model, images[:2]), atol=1e-5
        )
    }
    assert depends == {2, 3, 5}
    assert model.training and torch.equal(model[1].running_mean, before)
    assert all(parameter.requires_grad for parameter in model.parameters())
    with pytest.raises(ValueError, match="from 1 to 6"):
        faulty.tested(7, model, images)


def test_one_layer_of_the_colleagues_alexnet_looks_at_the_other_images():
    images = torch.rand(4, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    wrong = []
    for number, layer in enumerate(faulty.colleagues_alexnet()):
        together = layer(images)
        if not torch.allclose(layer(images[:1])[0], together[0], atol=1e-5):
            wrong.append(number)
        images = together
    assert wrong == [6]
