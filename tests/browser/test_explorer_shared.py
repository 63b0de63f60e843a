"""What all explorers share: fields, parts left out, and room on a screen."""

import pytest

from tests.explorers import opened, put, settle, slider, trait
from utils import explorers

NAMES = explorers.__all__

#: A field of each kind: explorer -> its label, and how its value is read off the page's traits.
FIELDS = {
    "weight": (
        "Convolution",
        "weight of channel 1, row 1, column 1",
        lambda page: trait(page, "weight")[0][0][0][0],
    ),
    "number of the input": (
        "Pooling",
        "number in row 1, column 1 of the window",
        lambda page: trait(page, "input")[0][0],
    ),
    "gradient": (
        "Pooling",
        "gradient of the framed output",
        lambda page: trait(page, "grad_output")[0][0],
    ),
    "batch size": ("Sizing", "Batch size, as a number", lambda page: trait(page, "batch_size")),
    "image size": ("Sizing", "Image size, as a number", lambda page: trait(page, "input")[1]),
    "filters": (
        "Sizing",
        "Filters, as a number",
        lambda page: trait(page, "layers")[0]["out_channels"],
    ),
}


@pytest.mark.parametrize("what", FIELDS)
def test_what_is_typed_is_computed_at_once_or_refused_with_a_reason(browser, tmp_path, what):
    name, label, read = FIELDS[what]
    with opened(browser, tmp_path, getattr(explorers, name)()) as page:
        field = page.get_by_label(label, exact=True)
        refused = page.locator(".explorer-refusal")
        field.focus()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("12")
        settle(page)
        assert field.input_value() == "12" and read(page) == 12
        assert refused.is_hidden()
        for typed in ("1e9", "-1e9", "1e999", ""):
            page.keyboard.press("ControlOrMeta+a")
            page.keyboard.press("Delete")
            page.keyboard.type(typed)
            settle(page)
            now = read(page)
            said = refused.inner_text()
            assert " must be a " in said and " from " in said
            assert said.endswith(f"It is still {str(now).replace('-', '−')}."), (typed, said)
            assert field.get_attribute("aria-invalid") == "true"
        field.blur()
        assert field.input_value() == str(read(page)), "what is shown is what is computed"
        assert field.get_attribute("aria-invalid") is None
        field.focus()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("7")
        settle(page)
        assert read(page) == 7 and refused.is_hidden()


def test_a_number_is_read_with_four_digits_and_in_full_while_it_is_edited(browser, tmp_path):
    weight = [[[[1.23456789, -3.5e5], [0.0, 1.0]]]]
    with opened(browser, tmp_path, explorers.Convolution(weight=weight)) as page:
        field = page.get_by_label("weight of channel 1, row 1, column 1", exact=True)
        assert field.input_value() == "1.235"
        field.focus()
        assert field.input_value() == "1.23456789"
        field.blur()
        assert field.input_value() == "1.235"
        assert trait(page, "weight") == weight, "looking changes nothing"


def test_a_large_number_fits_into_its_square(browser, tmp_path):
    with opened(browser, tmp_path, explorers.Convolution([[[1e9, -2.5e7], [1.0, 999999]]])) as page:
        words = page.locator("[data-picture='input 1'] text").all_text_contents()
        assert words == ["1.0e9", "−2.5e7", "1", "999,999"]


@pytest.mark.parametrize(
    ("explorer", "traits", "label", "shown"),
    [
        (explorers.Convolution, {"row": 4, "stride": 3}, "Window row", "2"),
        (explorers.Convolution, {"size": 16}, "Input size", "7"),
        (explorers.Convolution, {"filter": 9}, "Filter number", "2"),
        (explorers.Pooling, {"row": 7}, "Window row", "4"),
        (explorers.Sizing, {"selected": 40}, "Layer", "11"),
        (explorers.ReceptiveField, {"row": 40}, "Row", "15"),
        (explorers.GradientFlow, {"layer": 55, "depth": 8}, "Layer", "7"),
        (explorers.Features, {"channel": 99}, "Feature map", "32"),
        (explorers.Features, {"unit": [120, 3]}, "Unit row", "112"),
    ],
)
def test_a_slider_says_what_is_computed(browser, tmp_path, explorer, traits, label, shown):
    with opened(browser, tmp_path, explorer()) as page:
        put(page, **traits)
        control = slider(page, label)
        assert control.get_attribute("aria-valuetext") == shown
        beside = control.locator("xpath=following-sibling::*")
        assert beside.inner_text() == shown


@pytest.mark.parametrize("name", NAMES)
def test_each_part_can_be_left_out(browser, tmp_path, name):
    explorer = getattr(explorers, name)
    with opened(browser, tmp_path, explorer()) as page:
        for part in explorer.PARTS:
            found = page.locator(f"[data-control={part}]")
            before = found.filter(visible=True).count()
            assert before >= 1, part
            put(page, without=[part])
            assert found.filter(visible=True).count() == 0, part
            put(page, without=[])
            assert found.filter(visible=True).count() == before, part


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match="Convolution has no part dilatation; it has size, "):
        explorers.Convolution(without=["dilatation"])


def test_what_is_left_out_is_not_told_either():
    assert "dilation" in explorers.Convolution().alt()
    assert "dilation" not in explorers.Convolution(without=["dilation"]).alt()


def used(control):
    """Use a control of the page in each of its ways, and say after each what was done."""
    kind = control.get_attribute("type")
    if control.evaluate("node => node.localName") == "select":
        control.focus()
        for i in range(control.locator("option").count()):
            control.select_option(index=i)
            yield f"option {i}"
    elif kind == "number":
        for value in ("7", "-1234567", "", "2"):
            control.fill(value)
            yield f"typed {value!r}"
    elif kind == "range":
        for end in ("End", "Home"):
            control.press(end)
            yield end
    else:
        control.hover()
        for i in range(4):
            control.page.mouse.down()
            control.page.mouse.up()
            yield f"click {i}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [1280, 390])
def test_what_is_used_stays_where_it_is(browser, tmp_path, name, width):
    """Whoever clicks twice in one place clicks the same button twice."""
    explorer = getattr(explorers, name)()
    moved = []
    with opened(browser, tmp_path, explorer, width=width) as page:
        page.add_style_tag(content="body { padding: 1500px 0 }")  # it can be scrolled both ways
        inputs = "input:not([type=radio], [type=file])"
        controls = page.locator(".explorer").locator(f"button, select, {inputs}")
        for i in range(controls.count()):
            put(page, **explorer.values())
            control = controls.nth(i)
            if not (control.is_visible() and control.is_enabled()):
                continue
            control.scroll_into_view_if_needed()
            node, before = control.element_handle(), control.bounding_box()
            label = node.evaluate("node => node.ariaLabel ?? node.textContent")
            for way in used(control):
                settle(page)
                if not node.is_visible():
                    break  # a layer was removed, and its button with it
                now = node.bounding_box()
                far = [abs(now[side] - before[side]) for side in ("x", "y")]
                moved += [(label, way, *far)] if max(far) > 1.5 else []
    assert moved == []


#: A slider of each explorer, and the picture that it moves.
MOVED = [
    ("Convolution", "Stride", "output"),
    ("Convolution", "Window row", "input 1"),
    ("Pooling", "Window size", "output"),
    ("Pooling", "Window row", "input"),
    ("Sizing", "Image size", "network"),
    ("Sizing", "Window size", "network"),
    ("ReceptiveField", "Unit of layer", "layers side"),
    ("ReceptiveField", "Input size", "layers side"),
    ("GradientFlow", "Layer", "network"),
    ("GradientFlow", "Layer", "network dashed"),
    ("Features", "Feature map", "map"),
    ("Features", "Unit column", "photograph"),
]


@pytest.mark.parametrize(("width", "height"), [(768, 800), (390, 780)])
@pytest.mark.parametrize(("name", "label", "moved"), MOVED)
def test_a_slider_and_what_it_moves_are_seen_together(
    browser, tmp_path, name, label, moved, width, height
):
    # A lesson's column on a desk is 736 pixels wide; on a phone the site's header takes 64.
    explorer = getattr(explorers, name)()
    with opened(browser, tmp_path, explorer, width=width, unfolded=False) as page:
        boxes = [
            slider(page, label).bounding_box(),
            page.locator(f"[data-picture='{moved}']").bounding_box(),
        ]
        top = min(box["y"] for box in boxes)
        bottom = max(box["y"] + box["height"] for box in boxes)
        assert bottom - top <= height


@pytest.mark.parametrize(
    ("name", "label", "moved"),
    [
        ("ReceptiveField", "Layers back", "layers map"),
        ("ReceptiveField", "Column", "other side"),
        ("ReceptiveField", "Row", "other map"),
        ("GradientFlow", "Layer", "signal"),
        ("GradientFlow", "Layer", "weight_gradient"),
    ],
)
def test_on_a_phone_a_slider_stays_in_sight(browser, tmp_path, name, label, moved):
    explorer = getattr(explorers, name)()
    with opened(browser, tmp_path, explorer, width=390, unfolded=False) as page:
        page.set_viewport_size({"width": 390, "height": 780})
        picture = page.locator(f"[data-picture='{moved}']")
        picture.evaluate("x => x.scrollIntoView({ block: 'end' })")
        settle(page)
        control, shown = slider(page, label).bounding_box(), picture.bounding_box()
        assert 0 <= control["y"] and control["y"] + control["height"] <= shown["y"]
        assert shown["y"] + shown["height"] <= 781
        # It is the slider that a finger meets there, and it moves the picture.
        before = picture.inner_html()
        x = control["x"] + control["width"] * (0.3 if label != "Layer" else 0.7)
        page.mouse.click(x, control["y"] + control["height"] / 2)
        settle(page)
        assert picture.inner_html() != before


@pytest.mark.parametrize("name", NAMES)
def test_what_need_not_be_read_first_is_folded(browser, tmp_path, name):
    with opened(browser, tmp_path, getattr(explorers, name)(), unfolded=False) as page:
        text = page.locator(".explorer").evaluate(
            """x => [...x.querySelectorAll("p, dt, dd, figcaption, summary, label, button, td, th")]
                .filter(y => y.checkVisibility() && !y.querySelector("p, select"))
                .map(y => y.innerText).join(" ").length"""
        )
        assert text < 1000
