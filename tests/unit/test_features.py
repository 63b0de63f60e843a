"""What is found in a network is what its definition says: exact maps, fields that hold all."""

import copy

import matplotlib.pyplot as plt
import pytest
import torch
from torch import nn as theirs

from tests.devices import DEVICES
from utils import data, features, models, nn, sizing


@pytest.fixture(scope="module")
def lite0():
    return models.efficientnet_lite0("imagenet")


@pytest.fixture(scope="module")
def inputs():
    chosen = [data.photographs()[name].image for name in ("coffee", "chelsea", "hopper")]
    return torch.stack([data.imagenet_input(image) for image in chosen])


def small(seed=0, library=nn, inplace=False):
    """A small network that ends in global average pooling."""
    torch.manual_seed(seed)
    relu = {"inplace": True} if inplace else {}
    return torch.nn.Sequential(
        library.Conv2d(3, 6, 3, padding=1),
        library.ReLU(**relu),
        library.MaxPool2d(2),
        library.Conv2d(6, 8, 3, stride=2),
        library.ReLU(**relu),
        library.AdaptiveAvgPool2d(1),
        library.Flatten(),
        library.Linear(8, 5),
    )


def pictures(count=5, size=20, seed=1):
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(seed))


# Activations


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("batch_size", [1, 2, 16])
def test_activations_are_what_the_layers_give(device, batch_size):
    model, images = small().to(device), pictures().to(device)
    found = features.activations(model, images, ["0", "4", "7"], batch_size=batch_size)
    assert list(found) == ["0", "4", "7"]
    with torch.no_grad():
        for name, tensor in found.items():
            expected = model[: int(name) + 1](images)
            torch.testing.assert_close(tensor, expected, rtol=1e-4, atol=1e-5)
            assert tensor.device.type == device
    one = features.activations(model, images[2], "4")
    torch.testing.assert_close(one, found["4"][2], rtol=1e-4, atol=1e-5)


def test_a_layer_in_place_does_not_change_what_was_found():
    model = small(library=theirs, inplace=True)
    found = features.activations(model, pictures(), "0")
    with torch.no_grad():
        torch.testing.assert_close(found, model[0](pictures()))
    assert found.min() < 0


@pytest.mark.slow
def test_blocks_have_activations_too(lite0, inputs):
    found = features.activations(lite0, inputs[0], ["stage2", "stage2.1.bn3", "stage2.0"])
    expected = found["stage2.1.bn3"] + found["stage2.0"]  # the block's shortcut
    torch.testing.assert_close(found["stage2"], expected)
    assert found["stage2"].shape == (24, 56, 56)


def test_the_model_stays_as_it_was(capsys):
    model = torch.nn.Sequential(small(), nn.Dropout(0.5)).train()
    model[0][3].eval()
    state = copy.deepcopy(model.state_dict())
    image = pictures()[0]
    features.activations(model, image, "0.4")
    features.class_activation_map(model[0], image)
    features.grad_cam(model, image)
    features.occlusion_map(model, image, size=8, stride=8)
    features.strongest_patches(model, image[None], "0.4", 0)
    assert model.training and model[1].training and not model[0][3].training
    assert not any(layer._forward_hooks for layer in model.modules())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(state[key], tensor) for key, tensor in model.state_dict().items())
    assert capsys.readouterr().err == "", "a bar appears after two seconds only"


class Strange(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.unused = nn.ReLU()
        self.several = Pair()

    def forward(self, input):
        return self.several(input)[0].mean(dim=(2, 3))


class Pair(torch.nn.Module):
    def forward(self, input):
        return input, input


@pytest.mark.parametrize(
    ("layers", "error", "message"),
    [
        ("severl", ValueError, "no layer is called 'severl'.*several"),
        ("", ValueError, "no layer is called ''"),
        ("unused", ValueError, "unused did not run"),
        ("several", TypeError, "several gives no tensor, but tuple"),
    ],
)
def test_layers_that_give_nothing_are_named(layers, error, message):
    with pytest.raises(error, match=message):
        features.activations(Strange(), pictures(), layers)


def test_what_are_no_images_is_refused():
    with pytest.raises(ValueError, match=r"\(N, C, H, W\).*but is \(20, 20\)"):
        features.activations(small(), pictures()[0, 0], "0")
    with pytest.raises(ValueError, match="batch_size"):
        features.activations(small(), pictures(), "0", batch_size=0)


# Patches


@pytest.mark.parametrize("layer", ["stage2.0.relu2", "stage3.1", "relu1"])
@pytest.mark.slow
def test_a_patch_holds_all_that_its_unit_sees(lite0, inputs, layer):
    """Outside of its box all may change; within it, a change is seen."""
    patches = features.strongest_patches(lite0, inputs, layer, 3, count=4)
    maps = features.activations(lite0, inputs, layer)[:, 3]
    assert patches[0].activation == maps.max()
    strengths = [patch.activation for patch in patches]
    assert strengths == sorted(strengths, reverse=True) and len(patches) == 4
    for patch in patches:
        assert maps[patch.image][patch.unit] == patch.activation
        rows, columns = (
            slice(max(0, first), first + size)
            for first, size in zip(patch.first, patch.size, strict=True)
        )
        assert torch.equal(patch.pixels, inputs[patch.image][:, rows, columns])
        other = pictures(1, 224)[0]
        other[:, rows, columns] = patch.pixels
        again = features.activations(lite0, other, layer)[3][patch.unit]
        assert again.item() == pytest.approx(patch.activation, rel=1e-3, abs=1e-4)
        other[:, rows, columns] = 0
        changed = features.activations(lite0, other, layer)[3][patch.unit]
        assert changed.item() != pytest.approx(patch.activation, rel=1e-2)


def test_a_planted_pattern_is_found_first():
    images = 0.1 * pictures(4, 16)
    pattern = torch.tensor([[1.0, 1, 1], [-1, -1, -1], [0, 0, 0]])
    images[2, :, 6:9, 9:12] += pattern
    images[1, :, 0:3, 2:5] += 0.8 * pattern
    layer = nn.Conv2d(3, 2, 3, padding=1, bias=False)
    with torch.no_grad():
        layer.weight[1] = pattern
    first, second, *_ = features.strongest_patches(torch.nn.Sequential(layer), images, "0", 1)
    assert (first.image, first.first, first.size) == (2, (6, 9), (3, 3))
    assert (second.image, second.first, second.unit) == (1, (0, 2), (1, 3))


def test_patches_of_an_image_overlap_by_half_at_most():
    images = pictures(1, 30)
    patches = features.strongest_patches(small(), images, "0", 0, count=1000)
    field = sizing.summary(small(), (3, 30, 30))["0"]
    assert 100 < len(patches) < 30 * 30
    for place, one in enumerate(patches):
        for other in patches[:place]:
            distances = [abs(a - b) for a, b in zip(one.first, other.first, strict=True)]
            assert max(distances) >= field.receptive_field[0] / 2


def test_patches_that_have_no_place_are_refused():
    model, images = small(), pictures()
    for layer, message in [("7", "not known"), ("9", "no layer is called")]:
        with pytest.raises(ValueError, match=message):
            features.strongest_patches(model, images, layer, 0)
    with pytest.raises(ValueError, match="0 has 6 channels, but channel is 6"):
        features.strongest_patches(model, images, "0", 6)
    with pytest.raises(ValueError, match="count"):
        features.strongest_patches(model, images, "0", 0, count=0)


# Class activation maps


class Averages(torch.nn.Module):
    """Ends in a mean that is no module, and a linear layer without a bias."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.fc = nn.Linear(4, 6, bias=False)

    def forward(self, input):
        return self.fc(self.conv(input).mean(dim=(2, 3)))


ENDS = {
    "small": small,
    "with torch's layers": lambda: small(library=theirs, inplace=True),
    "a mean that is no module": Averages,
    "ResNet for CIFAR": lambda: models.cifar_resnet(8),
    "GoogLeNet": lambda: models.googlenet(7),
    "EfficientNet-Lite0": lambda: models.efficientnet_lite0(num_classes=9),
}


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", ENDS)
def test_the_mean_of_a_class_activation_map_is_the_score_without_its_bias(name, device):
    torch.manual_seed(0)
    model, images = ENDS[name]().eval().to(device), pictures(3, 96).to(device)
    with torch.no_grad():
        scores = model(images)
    bias = getattr(list(model.modules())[-1], "bias", None)
    bias = model.fc.bias if hasattr(model, "fc") else bias
    bias = torch.zeros_like(scores[0]) if bias is None else bias
    classes = [0, 4, 2]
    maps = features.class_activation_map(model, images, classes, batch_size=2)
    expected = (scores - bias)[:, classes]
    torch.testing.assert_close(maps.mean(dim=(2, 3)), expected, rtol=1e-3, atol=1e-4)
    best = features.class_activation_map(model, images)
    for place, label in enumerate(scores.argmax(dim=1).tolist()):
        one = features.class_activation_map(model, images[place], label)
        torch.testing.assert_close(one, best[place], rtol=1e-3, atol=1e-4)
        assert one.ndim == 2


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", ENDS)
def test_grad_cam_is_the_class_activation_map_on_such_a_network(name, device):
    torch.manual_seed(0)
    model, images = ENDS[name]().eval().to(device), pictures(3, 96).to(device)
    model.requires_grad_(False)  # as a network that is only to be looked at
    classes = [0, 4, 2]
    exact = features.class_activation_map(model, images, classes)
    maps = features.grad_cam(model, images, classes, batch_size=2)
    places = exact.shape[2] * exact.shape[3]
    torch.testing.assert_close(maps, exact.clamp(min=0) / places, rtol=1e-3, atol=1e-5)
    assert maps.max() > 0


def test_the_cat_is_where_the_cat_is(lite0, inputs):
    """Pillow's crop of the second photograph shows the cat's face; of the first, a cup."""
    names = data.imagenet_classes()
    with torch.no_grad():
        scores = lite0(inputs)
    espresso = names.index("espresso")
    maps = features.class_activation_map(lite0, inputs, [espresso, names.index("tiger cat")])
    assert maps.shape == (3, 2, 7, 7)
    torch.testing.assert_close(
        maps[:, 0].mean(dim=(1, 2)) + lite0.fc.bias[espresso],
        scores[:, espresso],
        rtol=1e-3,
        atol=1e-3,
    )
    cup, edge = maps[0, 0, 1:5, 1:5].mean(), maps[0, 0, 6].mean()
    assert cup > 2 * edge.abs()


def test_grad_cam_takes_any_network_and_layer():
    torch.manual_seed(0)
    model = torch.nn.Sequential(*small()[:5], nn.Flatten(), nn.Linear(8 * 16, 5))
    images = pictures()
    assert features.grad_cam(model, images).shape == (5, 4, 4)
    assert features.grad_cam(model, images[0], [1, 2], layer="0").shape == (2, 20, 20)
    # By the definition, with autograd through the layers that follow.
    leaf = model[:5](images).detach().requires_grad_()
    model[5:](leaf)[:, 3].sum().backward()
    expected = (leaf.grad.mean(dim=(2, 3), keepdim=True) * leaf).sum(dim=1).clamp(min=0)
    torch.testing.assert_close(features.grad_cam(model, images, 3), expected.detach())
    with torch.no_grad():
        torch.testing.assert_close(features.grad_cam(model, images, 3), expected.detach())


@pytest.mark.parametrize("classes", [5, -1, [0, 5], [], [[1]], [0.5]])
def test_classes_that_there_are_not_are_refused(classes):
    for maps in (features.class_activation_map, features.grad_cam):
        with pytest.raises(ValueError, match="classes must be"):
            maps(small(), pictures(), classes)


def test_a_network_that_ends_otherwise_has_no_exact_map():
    with_hidden = torch.nn.Sequential(*small()[:7], nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 5))
    flat = torch.nn.Sequential(*small()[:5], nn.Flatten(), nn.Linear(8 * 16, 5))
    for model in (with_hidden, flat, small()[:5]):
        with pytest.raises(ValueError, match="use grad_cam"):
            features.class_activation_map(model, pictures())
    with pytest.raises(ValueError, match="output is not"):
        features.grad_cam(with_hidden, pictures(), layer="8")


# Occlusion


class Corner(torch.nn.Module):
    """Looks at the upper left 8x8 pixels alone; the second score is always 0."""

    def forward(self, input):
        score = input[:, :, :8, :8].mean(dim=(1, 2, 3))
        return torch.stack([score, torch.zeros_like(score)], dim=1)


def test_occlusion_finds_what_the_network_looks_at():
    image = 3 + pictures()[0]
    found = features.occlusion_map(Corner(), image, 0, size=4, stride=4)
    assert found.shape == (20, 20)
    assert (found[:8, :8] > 0).all()
    assert (found[8:] == 0).all() and (found[:, 8:] == 0).all()
    covered = image.clone()
    covered[:, 4:8, :4] = 0
    falls = [Corner()(x[None]).softmax(dim=1)[0, 0] for x in (image, covered)]
    torch.testing.assert_close(found[4:8, :4], (falls[0] - falls[1]).expand(4, 4))
    # The other class wins what this one loses.
    other = features.occlusion_map(Corner(), image, 1, size=4, stride=4)
    torch.testing.assert_close(other, -found)


def test_occlusion_covers_all_and_with_what_is_asked():
    image = pictures(1, 21)[0]
    model = small().eval()
    with torch.no_grad():
        best = model(image[None]).argmax().item()
    one = features.occlusion_map(model, image, size=8, stride=5)
    assert one.shape == (21, 21) and one.isfinite().all() and one.count_nonzero() == 21 * 21
    same = features.occlusion_map(model, image, best, size=8, stride=5, batch_size=3)
    torch.testing.assert_close(one, same)
    nothing = features.occlusion_map(model, torch.full_like(image, 0.5), size=8, fill=0.5)
    torch.testing.assert_close(nothing, torch.zeros(21, 21))
    for wrong in ({"size": 22}, {"size": 8, "stride": 9}, {"size": 8, "label": 5}):
        with pytest.raises(ValueError, match="must be from"):
            features.occlusion_map(model, image, **{"stride": 8} | wrong)
    with pytest.raises(ValueError, match="the image must be"):
        features.occlusion_map(model, image[None])


# Figures


def test_frames_are_where_the_fields_are_and_end_at_the_edge():
    images = pictures(2, 16)
    made = [
        features.Patch(1, (2, 3), 1.25, (4, 6), (5, 7), images[1]),
        features.Patch(0, (0, 0), 0.5, (-3, -2), (9, 30), images[0]),
    ]
    figure = features.patch_figure(images, made)
    assert [axis.get_title() for axis in figure.axes] == ["1.25", "0.5"]
    boxes = [axis.patches[-1].get_bbox().bounds for axis in figure.axes]
    assert boxes == [(5.5, 3.5, 7, 5), (-0.5, -0.5, 16, 6)]
    plt.close(figure)
    with pytest.raises(ValueError, match="no patches"):
        features.patch_figure(images, [])


def test_a_map_covers_most_where_it_is_highest():
    figure, axis = plt.subplots()
    heat = torch.zeros(4, 4)
    heat[1, 2], heat[3, 0] = 2.0, -5.0
    features.overlay_map(axis, torch.rand(3, 16, 24), heat)
    over = axis.images[1].get_alpha()
    assert over.shape == (16, 24) and over.max() == pytest.approx(0.6) and over[15, 0] == 0
    assert over[6, 15] == pytest.approx(over.max(), rel=0.2)
    plt.close(figure)
    with pytest.raises(ValueError, match=r"must be \(h, w\)"):
        features.overlay_map(axis, torch.rand(3, 4, 4), torch.zeros(1, 2, 2))
