"""The explorer that names photographs: what it shows is what the network gives; errors are told."""

import base64
import io

import pytest
import torch
from PIL import Image
from torch import nn

from utils import data, features, models
from utils.data import PhotographError
from utils.explorers import Classification, classification


@pytest.fixture(scope="module")
def model():
    return models.efficientnet_lite0(weights="imagenet")


@pytest.fixture
def explorer(model):
    return Classification(model=model)


def jpeg(name="chelsea", size=None):
    image = data.photographs()[name].image
    pixels = (image * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    (image.resize(size) if size else image).save(buffer, "JPEG")
    return buffer.getvalue()


def drop(explorer, content, name="my cat.jpg"):
    """What arrives from the browser when a file is dropped; return what is sent back."""
    sent = []
    explorer.send = sent.append
    explorer._handle_custom_msg({"name": name}, [memoryview(content)])
    return sent


def test_it_shows_what_the_network_gives(explorer, model):
    assert explorer.photograph == "coffee" and explorer.result["title"] == "A cup of espresso"
    input = data.imagenet_input(data.photographs()["coffee"].image)
    with torch.no_grad():
        best, classes = model(input[None])[0].softmax(0).topk(5)
    found = explorer.result["names"]
    assert [x["name"] for x in found] == [data.imagenet_classes()[c] for c in classes]
    assert found[0]["name"] == "espresso" and found[0]["probability"] > 0.9
    maps = features.class_activation_map(model, input, classes.tolist(), progress=False)
    for one, probability, map in zip(found, best.tolist(), maps, strict=True):
        assert one["probability"] == pytest.approx(probability, rel=1e-4)
        expected = map.clamp(min=0) / map.max()
        torch.testing.assert_close(torch.tensor(one["map"]), expected, rtol=0, atol=1e-3)
        assert torch.tensor(one["map"]).max() == 1
    shown = data.photograph(base64.b64decode(explorer.result["picture"].partition(",")[2]))
    seen = torch.nn.functional.avg_pool2d(shown, 2)
    assert (seen - data.imagenet_picture(input)).abs().mean() < 0.02, "the network's own square"


def test_another_photograph_is_chosen_from_python(explorer):
    explorer.selected = 3
    explorer.photograph = "rocket"
    assert explorer.result["names"][0]["name"] == "missile"
    assert explorer.selected == 0


@pytest.mark.parametrize("form", ["path", "bytes", "file", "upload"])
def test_it_takes_ones_own(form, model, tmp_path):
    content = jpeg("coffee")
    (tmp_path / "cup.jpg").write_bytes(content)
    given, title = {
        "path": (tmp_path / "cup.jpg", "cup.jpg"),
        "bytes": (content, ""),
        "file": ((tmp_path / "cup.jpg").open("rb"), "cup.jpg"),
        "upload": ({"name": "cup.jpg", "content": memoryview(content)}, "cup.jpg"),
    }[form]
    explorer = Classification(given, model=model)
    assert explorer.result["names"][0]["name"] == "espresso"
    assert (explorer.photograph, explorer.result["title"]) == ("", title)
    assert explorer.result["picture"] in explorer.as_html(), "given from Python, it may be saved"


def test_a_dropped_photograph_is_named_and_in_no_saved_page(explorer):
    before = explorer.as_html()
    assert drop(explorer, jpeg("chelsea")) == ["done"]
    cats = {"tabby", "tiger cat", "Egyptian cat", "lynx", "Persian cat", "Siamese cat"}
    assert explorer.result["names"][0]["name"] in cats
    assert (explorer.photograph, explorer.result["title"]) == ("", "my cat.jpg")
    assert explorer.as_html() == before
    assert "espresso" in repr(explorer) and "my cat" not in repr(explorer)
    explorer.photograph = "flower"
    assert "daisy" in repr(explorer), "chosen, it may be saved again"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "my cat.jpg is empty."),
        (b"%PDF-1.7 and so on", "my cat.jpg is not a picture in a format that can be read"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "my cat.jpg is in the format HEIC"),
        (jpeg()[:3000], "my cat.jpg is damaged"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_last_stays(explorer, content, says):
    before = explorer.result
    assert drop(explorer, content) == ["done"]
    assert explorer.error.startswith(says) and explorer.error.endswith((".", ".)"))
    assert explorer.result == before and explorer.photograph == "coffee"
    drop(explorer, jpeg("coffee"))
    assert explorer.error == "" and explorer.photograph == ""


def test_a_picture_of_too_many_pixels_is_refused(explorer, monkeypatch):
    content = jpeg()
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    drop(explorer, content)
    assert "is too large" in explorer.error


@pytest.mark.parametrize("size", [(1, 1), (2000, 3), (7, 900)])
def test_odd_sizes(explorer, size):
    drop(explorer, jpeg(size=size))
    assert explorer.error == "" and len(explorer.result["names"]) == 5


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (0, 0, "at the top left"),
        (0, 3, "at the top"),
        (3, 3, "in the middle"),
        (2, 6, "on the right"),
        (6, 4, "at the bottom"),
    ],
)
def test_a_place_in_words(row, column, words):
    map = torch.zeros(7, 7)
    assert classification._where(map) == "nowhere"
    map[row, column] = 1
    assert classification._where(map) == words


class Broken(nn.Module):
    """A student's network, a layer of which fails for some photographs."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(3, 4, 3, stride=32), nn.ReLU())
        self.fc = nn.Linear(4, 1000)
        self.fails = False

    def forward(self, input):
        if self.fails:
            raise RuntimeError("conv2d: 3 channels, but 4 wanted")
        return self.fc(self.conv(input).mean(dim=(2, 3)))


def test_a_network_of_ones_own_and_its_failure():
    torch.manual_seed(0)
    model = Broken().train()
    explorer = Classification("camera", model=model)
    assert model.training, "it is left as it was"
    assert explorer.result["method"] == "class activation map"
    before = explorer.result
    model.fails = True
    drop(explorer, jpeg())
    assert explorer.error == "The network failed: RuntimeError: conv2d: 3 channels, but 4 wanted."
    with pytest.raises(RuntimeError):
        explorer.photograph = "rocket"
    assert (explorer.photograph, explorer.result) == ("camera", before)
    model.fails = False
    explorer.photograph = "rocket"
    assert explorer.error == "" and explorer.result["title"] == "A Falcon 9 before its launch"


def test_other_networks_get_their_own_input_and_grad_cam():
    torch.manual_seed(0)
    seen = []
    model = models.alexnet().eval()
    model.register_forward_pre_hook(lambda layer, args: seen.append(args[0]))
    explorer = Classification(model=model)
    assert explorer.result["method"] == "Grad-CAM map"
    expected = data.torchvision_input(data.photographs()["coffee"].image)
    torch.testing.assert_close(seen[0][0], expected)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"photograph": "nowhere.jpg"}, FileNotFoundError, "nowhere"),
        ({"photograph": b"text"}, PhotographError, "not a picture"),
        ({"photograph": 3}, TypeError, "source must be a path"),
        ({"model": models.cifar_resnet(8)}, ValueError, r"\(1, 1000\) scores, but gave \(1, 10\)"),
        ({"size": 3}, TypeError, "has no size"),
    ],
)
def test_what_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        Classification(**arguments)


def test_torchvisions_input():
    image = torch.rand(3, 60, 80)
    picture = data.imagenet_picture(data.imagenet_input(image))
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    expected = (picture - mean[:, None, None]) / std[:, None, None]
    torch.testing.assert_close(data.torchvision_input(image), expected)
    assert data.torchvision_input(image, size=8, short_side=8).shape == (3, 8, 8)
