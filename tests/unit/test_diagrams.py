"""Drawings are well-formed SVG with a text alternative."""

from xml.etree import ElementTree

import pytest

from utils.diagrams import FILTER, INPUT, Drawing, learning_filters


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
