"""Photographs: those that ship, one's own in every form, and what the network calls them."""

import io
import struct
from datetime import datetime

import numpy as np
import pytest
import torch
from PIL import Image

from utils import data, models
from utils.data import PhotographError

PIXELS = np.zeros((40, 60, 3), np.uint8)
PIXELS[:20, :30] = (250, 10, 20)  # red above on the left
PIXELS[20:, 30:] = (20, 30, 240)  # blue below on the right


def encoded(image=None, form="PNG", **options):
    buffer = io.BytesIO()
    (Image.fromarray(PIXELS) if image is None else image).save(buffer, form, **options)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def shipped():
    return data.photographs()


@pytest.fixture(scope="module")
def probabilities(shipped):
    """Name of a photograph -> class -> probability."""
    model = models.efficientnet_lite0("imagenet")
    batch = torch.stack([data.imagenet_input(photograph.image) for photograph in shipped.values()])
    with torch.no_grad():
        scores = model(batch).softmax(dim=1)
    return {
        name: dict(zip(data.imagenet_classes(), row, strict=True))
        for name, row in zip(shipped, scores.tolist(), strict=True)
    }


def test_ten_photographs_ship_with_what_is_to_be_said_of_them(shipped):
    assert len(shipped) == 10
    for photograph in shipped.values():
        assert photograph.image.shape[0] == 3 and min(photograph.image.shape) == 3
        assert photograph.image.dtype == torch.float32
        assert 0 <= photograph.image.min() and 0.9 < photograph.image.max() <= 1
        assert photograph.title and photograph.licence and " in " in photograph.source
        assert len(photograph.alt.split()) > 8 and photograph.alt.endswith(".")
    assert torch.equal(shipped["hopper"].image, data.hopper())


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setattr("utils.data.gallery.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install scikit-image"):
        data.photographs()


# Measured with the package efficientnet-lite-pytorch 0.1.0 and the same weights.
@pytest.mark.parametrize(
    ("photograph", "name", "probability"),
    [
        ("coffee", "espresso", 0.951),
        ("camera", "tripod", 0.937),
        ("chelsea", "tiger cat", 0.386),
        ("chelsea", "Egyptian cat", 0.356),
        ("chelsea", "tabby", 0.169),
        ("rocket", "missile", 0.296),
        ("motorcycle", "moped", 0.475),
        ("flower", "daisy", 0.364),
        ("china", "palace", 0.315),
        ("hopper", "academic gown", 0.244),
        ("hopper", "mortarboard", 0.213),
        ("hopper", "military uniform", 0.177),
    ],
)
def test_the_trained_network_names_photographs(probabilities, photograph, name, probability):
    assert probabilities[photograph][name] == pytest.approx(probability, abs=2e-3)


def test_the_classes_are_imagenets():
    names = data.imagenet_classes()
    assert len(names) == 1000 == len({name.lower() for name in names})
    assert (names[0], names[1], names[999]) == ("tench", "goldfish", "toilet tissue")
    assert names[281:283] == ("tabby", "tiger cat") and names[134] != names[517]


# One's own


SOURCES = {
    "bytes": lambda content, path: content,
    "a view of memory": lambda content, path: memoryview(content),
    "a path": lambda content, path: path,
    "a path as a text": lambda content, path: str(path),
    "an open file": lambda content, path: io.BytesIO(content),
    "an upload": lambda content, path: ({"name": "a.png", "content": memoryview(content)},),
    "one file of it": lambda content, path: {"name": "a.png", "content": memoryview(content)},
    "an upload of ipywidgets 7": lambda content, path: {"a.png": {"content": content}},
}


@pytest.mark.parametrize("source", SOURCES)
def test_a_photograph_comes_as(source, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encoded())
    image = data.photograph(SOURCES[source](path.read_bytes(), path))
    assert image.dtype == torch.float32
    assert torch.equal((image * 255).round().byte(), torch.from_numpy(PIXELS).permute(2, 0, 1))


def test_a_file_of_ipywidgets_own_is_read():
    from ipywidgets import FileUpload

    upload = FileUpload()
    file = {"name": "a.png", "type": "image/png", "size": 1, "content": memoryview(encoded())}
    upload.value = ({**file, "last_modified": datetime.now()},)
    assert data.photograph(upload.value).shape == (3, 40, 60)


def rgba():
    image = Image.fromarray(PIXELS).convert("RGBA")
    image.putalpha(Image.fromarray(np.where(PIXELS.any(2), 255, 0).astype(np.uint8)))
    return image


def palette_with_transparency():
    image = Image.fromarray(PIXELS).convert("P", palette=Image.Palette.ADAPTIVE, colors=8)
    image.info["transparency"] = image.getpixel((59, 0))  # black
    return image


GREY = PIXELS.max(2)
FORMS = {
    "PNG": (lambda: encoded(), "colour"),
    "JPEG": (lambda: encoded(form="JPEG", quality=95, subsampling=0), "colour"),
    "WebP": (lambda: encoded(form="WEBP", lossless=True), "colour"),
    "GIF": (lambda: encoded(form="GIF"), "colour"),
    "TIFF": (lambda: encoded(form="TIFF"), "colour"),
    "BMP": (lambda: encoded(form="BMP"), "colour"),
    "CMYK": (lambda: encoded(Image.fromarray(PIXELS).convert("CMYK"), "TIFF"), "colour"),
    "CMYK in a JPEG": (lambda: encoded(Image.fromarray(PIXELS).convert("CMYK"), "JPEG"), "colour"),
    "RGBA": (lambda: encoded(rgba()), "on white"),
    "a palette": (lambda: encoded(palette_with_transparency()), "on white"),
    "grey": (lambda: encoded(Image.fromarray(GREY)), "grey"),
    "grey with alpha": (lambda: encoded(Image.fromarray(GREY).convert("LA")), "grey"),
    "grey of 16 bits": (lambda: encoded(Image.fromarray(GREY.astype(np.uint16) * 257)), "grey"),
    "floats": (lambda: encoded(Image.fromarray(GREY.astype(np.float32)), "TIFF"), "stretched"),
    "one bit": (lambda: encoded(Image.fromarray(GREY).convert("1", dither=0)), "stretched"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_photograph_in_the_form(form):
    make, kind = FORMS[form]
    image = data.photograph(make())
    assert image.shape == (3, 40, 60)
    corners = [image[:, row, column] for row, column in ((5, 5), (35, 55), (5, 55))]
    black = {"on white": [1, 1, 1]}.get(kind, [0, 0, 0])
    expected = {
        "grey": ([250 / 255] * 3, [240 / 255] * 3, black),
        "stretched": ([1] * 3, [0.98] * 3, black),
    }.get(kind, ([0.98, 0.04, 0.08], [0.08, 0.12, 0.94], black))
    for corner, numbers in zip(corners, expected, strict=True):
        torch.testing.assert_close(corner, torch.tensor(numbers).float(), atol=0.06, rtol=0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_upright(orientation):
    turned = {
        1: lambda p: p,
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.transpose(1, 0, 2),
        6: lambda p: p.transpose(1, 0, 2)[::-1],
        7: lambda p: p[::-1, ::-1].transpose(1, 0, 2),
        8: lambda p: p.transpose(1, 0, 2)[:, ::-1],
    }[orientation](PIXELS)  # as the camera's sensor has it
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(Image.fromarray(np.ascontiguousarray(turned)), "PNG", exif=exif)
    image = (data.photograph(content) * 255).round().byte()
    assert torch.equal(image, torch.from_numpy(PIXELS).permute(2, 0, 1))


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (3000, 2), (5000, 4000), (37, 4097)])
@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_any_size_is_taken(size, form):
    image = data.photograph(encoded(Image.new("RGB", size, "teal"), form))
    width, height = size
    longest = max(size)
    small = min(1, 2048 / longest)
    assert max(image.shape[1:]) == round(longest * small)
    assert image.shape[1] == pytest.approx(height * small, abs=1)
    assert image.shape[2] == pytest.approx(width * small, abs=1)
    input = data.imagenet_input(image)
    teal = (torch.tensor([0.0, 128, 128]) - 127) / 128
    torch.testing.assert_close(input.mean(dim=(1, 2)), teal, atol=0.03, rtol=0)
    assert input.shape == (3, 224, 224)


def heic(brand):
    return struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + b"mif1" + brand


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (heic(b"heic"), "HEIC.*save it as JPEG"),
        (heic(b"mif1"), "HEIC"),
        (b"", "is empty"),
        (b"%PDF-1.7 and so on", "not a picture.*%PDF-1.7"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
        (b"\0" * 50, "not a picture"),
        (encoded()[:100], "damaged"),
        (encoded(form="JPEG")[:400], "damaged|not a picture"),
        (encoded(Image.new("1", (30000, 30000))), "too large.*Make it smaller"),
    ],
)
def test_what_is_no_photograph_is_refused_clearly(content, message, tmp_path):
    with pytest.raises(PhotographError, match=message):
        data.photograph(content)
    (tmp_path / "mine.jpg").write_bytes(content)
    with pytest.raises(PhotographError, match=r"mine\.jpg"):
        data.photograph(tmp_path / "mine.jpg")


def test_other_things_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        data.photograph(tmp_path / "none.jpg")
    with pytest.raises(PhotographError, match="but 0 were uploaded"):
        data.photograph(())
    for thing in (3, None, io.StringIO("a"), torch.zeros(3, 2, 2)):
        with pytest.raises(TypeError, match="source must be a path"):
            data.photograph(thing)
    with pytest.raises(ValueError, match="longest"):
        data.photograph(encoded(), longest=0)


# Preparing


def test_preparing_is_what_the_network_was_trained_with(shipped):
    """Against Pillow, step by step."""
    pixels = (shipped["coffee"].image * 255).round().byte().permute(1, 2, 0).numpy()
    resized = Image.fromarray(pixels).resize((384, 256), Image.Resampling.BICUBIC)
    cut = np.asarray(resized.crop((80, 16, 304, 240)), np.float32)
    expected = torch.tensor((cut - 127) / 128).permute(2, 0, 1)
    input = data.imagenet_input(shipped["coffee"].image)
    assert torch.equal(input, expected)
    torch.testing.assert_close(data.imagenet_picture(input), torch.tensor(cut / 255).movedim(2, 0))


def test_what_cannot_be_prepared_is_refused():
    with pytest.raises(ValueError, match=r"must be \(3, H, W\), but has shape \(1, 4, 4\)"):
        data.imagenet_input(torch.zeros(1, 4, 4))
    with pytest.raises(ValueError, match="size must be from 1 to short_side=100"):
        data.imagenet_input(torch.zeros(3, 4, 4), short_side=100)
