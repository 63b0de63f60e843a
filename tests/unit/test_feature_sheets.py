"""What the explorer of features shows is what the network gives; and it is small."""

import base64
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image
from traitlets import TraitError

from utils import data, features, models, sizing
from utils.explorers import Features, sheets
from utils.explorers.sheets import LAYERS, PHOTOGRAPHS, sheet

NAMES = [layer.name for layer in LAYERS]


@pytest.fixture(scope="module")
def lite0():
    return models.efficientnet_lite0("imagenet")


@pytest.fixture(scope="module")
def inputs():
    return torch.stack([data.imagenet_input(x.image) for x in data.photographs().values()])


def pixels(address):
    kind, _, content = address.partition(",")
    assert kind == "data:image/webp;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


def test_the_layers_are_those_of_the_network(lite0):
    rows = {row.name: row for row in sizing.summary(lite0, (3, sheets.SIDE, sheets.SIDE))}
    for layer in LAYERS:
        row = rows[layer.name]
        assert row.output_shape == (layer.channels, layer.side, layer.side)
        assert row.receptive_field == (layer.field,) * 2
        assert (row.jump, row.padding) == ((layer.jump,) * 2, (layer.padding,) * 2)


def test_what_is_said_of_a_deep_filter_is_so(lite0):
    for layer in LAYERS[1:-1]:
        block = lite0.get_submodule(layer.name.rpartition(".")[0])
        size, mixtures, before = map(int, re.findall(r"\d+", re.sub(r" × \d", "", layer.about)))
        assert block.depthwise.weight.shape == (mixtures, 1, size, size)
        assert block.expand.weight.shape == (mixtures, before, 1, 1)
    assert lite0.head.weight.shape[1:] == (320, 1, 1) and "320 maps" in LAYERS[-1].about


@pytest.mark.parametrize("photograph", ["coffee", "hopper"])
def test_maps_are_what_the_layers_give(lite0, inputs, photograph):
    image = inputs[PHOTOGRAPHS.index(photograph)]
    found = features.activations(lite0, image, NAMES)
    made = sheet(photograph)
    for layer in LAYERS:
        expected = found[layer.name]
        torch.testing.assert_close(
            sheets.maps(photograph, layer.name), expected, rtol=1e-3, atol=1e-3
        )
        atlas = pixels(made["maps"][layer.name])[..., 0] / 255 * sheets.MOST
        columns = atlas.shape[1] // layer.side
        shown = torch.tensor(
            np.stack(
                [
                    atlas[top : top + layer.side, left : left + layer.side]
                    for k in range(layer.channels)
                    for top in [k // columns * layer.side]
                    for left in [k % columns * layer.side]
                ]
            )
        )
        # A picture that is made small is near its original, not the same.
        assert (shown - expected).abs().mean() < 0.25, layer.name
        assert (
            torch.corrcoef(torch.stack([shown.flatten(), expected.flatten().double()]))[0, 1] > 0.97
        )
        peaks = torch.tensor(made["peaks"][layer.name])
        most = expected.flatten(1).gather(1, peaks[:, :1])[:, 0]
        torch.testing.assert_close(most, expected.flatten(1).amax(1))
        torch.testing.assert_close((peaks[:, 1] / 100).clamp(0, 6), most, rtol=0, atol=0.006)


def test_names_are_those_of_the_network(lite0, inputs):
    classes = data.imagenet_classes()
    with torch.no_grad():
        shares = lite0(inputs).softmax(1)
    for name, share in zip(PHOTOGRAPHS, shares, strict=True):
        best = share.topk(5)
        said = sheet(name)["names"] if name in ("chelsea", "rocket") else None
        found = sheets.predictions(name)
        assert [x[0] for x in found] == [classes[i] for i in best.indices]
        torch.testing.assert_close(
            torch.tensor([x[1] for x in found]), best.values, rtol=1e-3, atol=1e-5
        )
        if said:
            assert [x["name"] for x in said] == [x[0] for x in found]
            which = best.indices[2].item()
            evidence = features.class_activation_map(lite0, inputs[PHOTOGRAPHS.index(name)], which)
            torch.testing.assert_close(
                torch.tensor(said[2]["evidence"]), evidence, rtol=0, atol=0.02
            )


@pytest.mark.slow
@pytest.mark.parametrize("which", [0, 2, 5])
def test_patches_are_the_strongest_of_all_photographs(lite0, inputs, which):
    layer = LAYERS[which]
    made = sheet("channels")[layer.name]
    assert len(made["patches"]) == layer.channels
    for channel in (1, layer.channels - 1):
        expected = features.strongest_patches(lite0, inputs, layer.norm, channel, count=6)
        found = torch.tensor(made["patches"][channel]).reshape(-1, 3).tolist()
        assert len(found) == len(expected)
        for (image, place, strength), patch in zip(found, expected, strict=True):
            assert (image, divmod(place, layer.side)) == (patch.image, patch.unit)
            assert abs(strength / 100 - patch.activation) < 0.02


def test_filters_are_those_whose_answers_the_first_maps_are(lite0, inputs):
    filters = torch.tensor(sheet("gallery")["filters"])
    assert filters.shape == (32, 3, 3, 3)
    shift = (
        lite0.bn1.bias
        - lite0.bn1.running_mean * lite0.bn1.weight / (lite0.bn1.running_var + lite0.bn1.eps).sqrt()
    )
    padded = torch.nn.functional.pad(inputs[:1], (0, 1, 0, 1))
    answers = torch.nn.functional.conv2d(padded, filters, shift.detach(), stride=2)[0]
    expected = sheets.responses()["relu1"][0]
    torch.testing.assert_close(answers, expected, rtol=0, atol=0.02)


@pytest.mark.slow
def test_the_site_carries_at_most_four_megabytes(tmp_path, monkeypatch):
    sheets.write(tmp_path / "features")
    made = {path.name: path.stat() for path in (tmp_path / "features").iterdir()}
    assert set(made) == {f"{name}.js" for name in ("gallery", "channels", *PHOTOGRAPHS)}
    assert sum(x.st_size for x in made.values()) < 4e6
    # What is of the same code is left as it is.
    monkeypatch.setattr(sheets, "sheet", lambda name: pytest.fail(f"{name} is made again"))
    sheets.write(tmp_path / "features")
    (tmp_path / "features" / "coffee.js").write_text("// another\n", "utf-8")
    monkeypatch.setattr(sheets, "sheet", lambda name: {"made": name})
    sheets.write(tmp_path / "features")
    text = (tmp_path / "features" / "coffee.js").read_text("utf-8")
    assert text.endswith('.coffee = {"made":"coffee"};\n')


def test_an_unknown_sheet_is_refused():
    with pytest.raises(ValueError, match="no sheet 'tea'; there are gallery, channels, coffee"):
        sheet("tea")


def test_the_kernel_answers_what_the_page_asks(monkeypatch):
    explorer, sent = Features(), []
    monkeypatch.setattr(Features, "send", lambda self, content: sent.append(content))
    explorer._handle_custom_msg({"sheet": "gallery"}, [])
    explorer._handle_custom_msg({"sheet": "tea"}, [])
    assert sent[0]["content"] == sheet("gallery")
    assert sent[1]["sheet"] == "tea" and "no sheet 'tea'" in sent[1]["problem"]


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"photograph": "tea"}, TraitError, "coffee"),
        ({"layer": "fc"}, TraitError, "stage2.0.relu2"),
        ({"channel": -1}, TraitError, "channel"),
        ({"unit": [1]}, TraitError, "unit"),
        ({"unit": [-1, 0]}, TraitError, "unit"),
        ({"prediction": 5}, TraitError, "prediction"),
        ({"image": "tea"}, TypeError, "has no image; it has channel, layer"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_reason(settings, error, message):
    with pytest.raises(error, match=message):
        Features(**settings)


def test_what_it_says_of_its_picture():
    explorer = Features("coffee", "stage4.2.relu2", channel=3)
    row, column = explorer.strongest()
    strength = explorer.maps()[3].max()
    assert explorer.maps()[3, row, column] == strength
    said = explorer.alt()
    assert f"row {row + 1}, column {column + 1} is {strength:.2f}" in said
    assert "A red cup of espresso" in said and "147 x 147 pixels" in said and "espresso 95%" in said
    assert len(explorer.picture().axes) == 36
    beyond = Features("coffee", "relu2", channel=5000, unit=[99, 2])
    assert "Of map 1280 the unit at row 7, column 3" in beyond.alt()
