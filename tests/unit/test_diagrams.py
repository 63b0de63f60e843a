"""Drawings are well-formed SVG with a text alternative."""

from xml.etree import ElementTree

import pytest

from utils.diagrams import (
    FILTER,
    INPUT,
    Drawing,
    architectures,
    convolution,
    learning_filters,
    pooling,
)
from utils.models.googlenet import INCEPTION


def test_a_drawing_is_well_formed_and_has_an_alternative():
    drawing = Drawing(200, 100, "A window\n over 'x' & <y>")
    drawing.rect(0, 0, 10, 10, INPUT).text(5, 5, "a < b & c").line((0, 0), (9, 9), arrow=True)
    drawing.cells(20, 20, [[1, 2], ["", 4]], fills={(0, 1): FILTER}).volume(99, 50, 20, 20, 9)
    root = ElementTree.fromstring(drawing._repr_html_())
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == "A window over 'x' & <y>"
    assert "a < b & c" in [shape.text for shape in root]
    assert FILTER in [shape.attrib.get("fill") for shape in root]
    assert repr(drawing) == "[Diagram: A window over 'x' & <y>]"


def test_a_drawing_without_an_alternative_is_refused():
    with pytest.raises(ValueError, match="alt is empty"):
        Drawing(10, 10, " ")


DRAWN = {
    "channels": lambda: convolution.channels(["red", "blue"], [[2, 0], [1, 5]], [[1, -1], [0, 3]]),
    "dilation": convolution.dilation,
    "filter_and_volume": convolution.filter_and_volume,
    "flip": convolution.flip,
    "groups": convolution.groups,
    "im2col": lambda: convolution.im2col([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 0], [0, -1]]),
    "line_layers": convolution.line_layers,
    "looks": convolution.looks,
    "positions": lambda: convolution.positions(8, 3, stride=2),
    "window": lambda: convolution.window([[1, 2, 3], [4, 5, 6]], [[1, 0], [0, -1]], (0, 1)),
}


def texts(drawing):
    root = ElementTree.fromstring(drawing._repr_html_())
    return [x.text for x in root if x.tag.endswith("}text")]


def test_every_diagram_of_lesson_1_is_drawn():
    assert sorted(DRAWN) == sorted(convolution.__all__)


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_written_lies_on_the_page(name):
    root = ElementTree.fromstring(DRAWN[name]()._repr_html_())
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for shape in root:
        if "x" in shape.attrib:
            assert 0 <= float(shape.attrib["x"]) <= width
            assert 0 <= float(shape.attrib["y"]) <= height


def test_the_numbers_in_diagrams_of_lesson_1():
    counts = [x for x in texts(convolution.line_layers()) if x.endswith(" weights")]
    assert counts == ["12 weights", "6 weights", "2 weights"]
    assert "-4" in DRAWN["window"]().alt and DRAWN["window"]().alt.endswith("rows: -4 -4.")
    assert "gives y₂" in texts(DRAWN["positions"]()) and "never read" in texts(DRAWN["positions"]())
    assert texts(DRAWN["channels"]())[-1] == "17"
    # The windows are the matrix's columns; their products with the filter stand twice.
    assert "a: 1 2 4 5; b: 2 3 5 6; c: 4 5 7 8; d: 5 6 8 9" in DRAWN["im2col"]().alt
    assert texts(DRAWN["im2col"]()).count("-4") == 8


@pytest.mark.parametrize("name", learning_filters.__all__)
def test_lesson_2s_diagrams_say_what_is_to_be_seen(name):
    drawing = getattr(learning_filters, name)()
    page = ElementTree.fromstring(drawing._repr_html_())
    assert page.get("aria-label") == drawing.alt and len(drawing.alt) > 100
    words = " ".join(x.text or "" for x in page.iter() if x.tag.endswith("text"))
    shown = {
        "gradients_on_a_line": "G0 · w1",
        "network": "hidden2",
        "overlap": "a4 + b3",
        "receptive_field": "after layer 2",
    }
    assert shown[name] in words


@pytest.mark.parametrize("name", pooling.__all__)
def test_lesson_3s_diagrams_say_what_is_to_be_seen(name):
    drawing = getattr(pooling, name)()
    page = ElementTree.fromstring(drawing._repr_html_())
    assert page.get("aria-label") == drawing.alt and len(drawing.alt) > 100
    words = [x.text for x in page.iter() if x.tag.endswith("text")]
    shown = {"gradient_ways": "g/4", "summaries": "3.25", "three_reductions": "2.25"}
    assert shown[name] in words


@pytest.mark.parametrize("name", architectures.__all__)
def test_diagrams_of_lesson_8_stay_on_their_page(name):
    drawing = getattr(architectures, name)()
    root = ElementTree.fromstring(drawing._repr_html_())
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    assert len(drawing.alt) > 40
    for shape in root:
        if "x" in shape.attrib:
            wide, high = (float(shape.attrib.get(side, 0)) for side in ("width", "height"))
            assert 0 <= float(shape.attrib["x"]) <= width - wide
            assert 0 <= float(shape.attrib["y"]) <= height - high


def test_the_inception_block_that_is_drawn_is_googlenets():
    one, (_, three), (_, five), pooled = INCEPTION["3a"]
    said = texts(architectures.inception())
    assert [int(text) for text in said if text.isdigit()] == [one, three, five, pooled]
    assert f"{one + three + five + pooled} channels" in said


def test_the_weights_of_the_separable_layer_that_is_drawn():
    said = " ".join(texts(architectures.separable()))
    for weights in (4 * 27, 3 * 9, 4 * 3):
        assert f"{weights} weights" in said
