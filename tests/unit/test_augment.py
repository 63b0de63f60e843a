"""Augmentation does what it says to each image, and a seed repeats it on any device."""

import pytest
import torch

from tests.devices import DEVICES
from utils.data.augment import (
    Augment,
    colour_shift,
    principal_colours,
    random_crop,
    random_horizontal_flip,
)


def seed(number=0):
    return torch.Generator().manual_seed(number)


def numbered(n=40, channels=3, height=7, width=9):
    return torch.arange(1, n * channels * height * width + 1).view(n, channels, height, width)


def windows(image, height, width, padding):
    padded = torch.nn.functional.pad(image, (padding,) * 4)
    return padded.unfold(1, height, 1).unfold(2, width, 1).permute(1, 2, 0, 3, 4).flatten(0, 1)


@pytest.mark.parametrize("size, padding", [((4, 5), 0), ((7, 9), 2), (3, 1), ((7, 9), 0)])
def test_each_crop_is_a_window_of_its_image(size, padding):
    images = numbered()
    crops = random_crop(images, size, padding, generator=seed())
    height, width = size if isinstance(size, tuple) else (size, size)
    assert crops.shape == (40, 3, height, width) and crops.dtype == images.dtype
    places = set()
    for image, crop in zip(images, crops, strict=True):
        match = (windows(image, height, width, padding) == crop).flatten(1).all(1)
        assert match.sum() == 1
        places.add(match.int().argmax().item())
    possible = (7 + 2 * padding - height + 1) * (9 + 2 * padding - width + 1)
    assert len(places) > min(possible, 40) / 2, "the places differ from image to image"


def test_crops_reach_every_place_equally():
    images = torch.arange(12.0).view(1, 1, 3, 4).expand(6000, 1, 3, 4)
    corners = random_crop(images, 2, generator=seed())[:, 0, 0, 0]
    counts = torch.bincount(corners.long(), minlength=12).view(3, 4)
    assert counts[2].sum() == counts[:, 3].sum() == 0
    assert (counts[:2, :3] - 1000).abs().max() < 150


def test_padding_value():
    crops = random_crop(torch.zeros(8, 1, 2, 2), 2, 2, value=5, generator=seed())
    assert set(crops.unique().tolist()) == {0, 5}


def test_flips():
    images = numbered(1000, 1, 2, 3)
    flipped = random_horizontal_flip(images, 0.3, generator=seed())
    mirrored = (flipped == images.flip(-1)).flatten(1).all(1)
    assert torch.equal(flipped[~mirrored], images[~mirrored])
    assert 250 < mirrored.sum() < 350
    assert torch.equal(random_horizontal_flip(images, 0), images)
    assert torch.equal(random_horizontal_flip(images, 1), images.flip(-1))


def colourful(n=30):
    mix = torch.tensor([[0.5, 0.1, 0.0], [0.4, -0.1, 0.03], [0.3, 0.0, -0.05]])
    return (torch.rand(n, 6, 5, 3, generator=seed()) @ mix.T).permute(0, 3, 1, 2)


def test_principal_colours():
    images = colourful()
    colours = principal_colours(images)
    pixels = images.double().transpose(0, 1).flatten(1)
    covariance = torch.cov(pixels, correction=0)
    rebuilt = colours.eigenvectors @ colours.eigenvalues.diag() @ colours.eigenvectors.T
    torch.testing.assert_close(rebuilt, covariance)
    torch.testing.assert_close(colours.mean, pixels.mean(1))
    assert (colours.eigenvalues.diff() <= 0).all()
    torch.testing.assert_close(colours.eigenvectors.T @ colours.eigenvectors, torch.eye(3).double())


def test_principal_colours_of_many_images_are_gathered_in_parts():
    images = colourful(2500)
    pixels = images.double().transpose(0, 1).flatten(1)
    colours = principal_colours(images)
    rebuilt = colours.eigenvectors @ colours.eigenvalues.diag() @ colours.eigenvectors.T
    torch.testing.assert_close(rebuilt, torch.cov(pixels, correction=0))


@pytest.mark.parametrize("use_deviation", [False, True])
def test_colour_shift_has_the_papers_distribution(use_deviation):
    images = colourful().double()
    colours = principal_colours(images)
    many = images[:1].expand(20000, 3, 6, 5)
    shifted = colour_shift(many, colours, 0.1, use_deviation=use_deviation, generator=seed())
    shift = shifted - many
    torch.testing.assert_close(shift, shift[:, :, :1, :1].expand_as(shift))  # one for each image
    drawn = shift[:, :, 0, 0] @ colours.eigenvectors
    reach = colours.eigenvalues.sqrt() if use_deviation else colours.eigenvalues
    torch.testing.assert_close(drawn.std(0), 0.1 * reach, rtol=0.03, atol=0)
    assert (drawn.mean(0).abs() < 0.003 * reach).all()
    assert torch.cov((drawn / reach).T).triu(1).abs().max() < 3e-4, "drawn apart"


def test_a_seed_repeats_and_the_global_generator_serves_too():
    augment = Augment(padding=2, colours=principal_colours(colourful()))
    first = augment(colourful(), generator=seed(1))
    assert torch.equal(first, augment(colourful(), generator=seed(1)))
    assert not torch.equal(first, augment(colourful(), generator=seed(2)))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        first = augment(colourful())
        torch.manual_seed(3)
        assert torch.equal(first, augment(colourful()))


def test_a_seeded_call_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    Augment(colours=principal_colours(colourful()))(colourful(), generator=seed())
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("device", DEVICES)
def test_a_seed_means_the_same_on_every_device(device):
    images = colourful()
    augment = Augment(size=4, padding=1, colours=principal_colours(images))
    here = augment(images.to(device), generator=seed())
    assert here.device.type == device
    torch.testing.assert_close(here.cpu(), augment(images, generator=seed()))
    colours = principal_colours(images.to(device))
    torch.testing.assert_close(colours.eigenvectors, principal_colours(images).eigenvectors)


@pytest.mark.parametrize("device", DEVICES)
def test_a_generator_of_the_device(device):
    generator = torch.Generator(device).manual_seed(0)
    images = colourful().to(device)
    augmented = Augment(colours=principal_colours(images))(images, generator=generator)
    assert augmented.shape == images.shape


def test_the_input_stays_as_it_was():
    images = colourful()
    before = images.clone()
    Augment(colours=principal_colours(images))(images, generator=seed())
    assert torch.equal(images, before)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float16, torch.bfloat16, torch.float64])
def test_dtypes(dtype):
    images = (colourful() * 255).to(dtype)
    assert Augment()(images).dtype == dtype
    if dtype.is_floating_point:
        assert colour_shift(images, principal_colours(images)).dtype == dtype


def test_no_images():
    nothing = torch.zeros(0, 3, 4, 4)
    assert Augment(padding=1)(nothing).shape == (0, 3, 4, 4)
    assert colour_shift(nothing, principal_colours(colourful())).shape == (0, 3, 4, 4)
    with pytest.raises(ValueError, match="no pixels"):
        principal_colours(nothing)


IMAGES = torch.zeros(2, 3, 4, 4)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: random_crop(IMAGES[0], 2), ValueError, r"images\[None\]"),
        (lambda: random_crop(IMAGES.numpy(), 2), TypeError, "ndarray"),
        (lambda: random_crop(IMAGES, 7, 1), ValueError, "7x7 does not fit into .* 4x4 padded by 1"),
        (lambda: random_crop(IMAGES, 2.0), TypeError, "size must be whole"),
        (lambda: random_crop(IMAGES, (2, 2, 2)), ValueError, "one number or two"),
        (lambda: random_crop(IMAGES, 0), ValueError, "at least 1"),
        (lambda: random_crop(IMAGES, 2, -1), ValueError, "padding must be at least 0"),
        (lambda: random_crop(IMAGES, 2, generator=0), TypeError, "torch.Generator"),
        (lambda: random_horizontal_flip(IMAGES, 1.5), ValueError, "from 0 to 1, but is 1.5"),
        (lambda: principal_colours(IMAGES[:, :1]), ValueError, "3 channels"),
        (lambda: principal_colours(IMAGES.byte()), TypeError, r"images.float\(\) / 255"),
        (lambda: principal_colours(IMAGES / 0), ValueError, "NaN"),
        (lambda: colour_shift(IMAGES, principal_colours(IMAGES), -1), ValueError, "sigma"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
