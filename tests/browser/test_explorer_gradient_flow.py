"""The gradient flow explorer: its table was measured, and what it shows is what the table holds."""

import json
import math
import random
import re
from itertools import product

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from traitlets import TraitError

from tests.explorers import (
    assert_a_picture_without_script,
    assert_fit_for_everyone,
    fact,
    label,
    number,
    opened,
    put,
    settle,
    trait,
)
from utils import data, gradients, models
from utils._common.seeding import seeded
from utils.explorers import GradientFlow
from utils.explorers.gradient_flow import (
    DEPTHS,
    FILE,
    GAINS,
    QUANTITIES,
    SEEDS,
    key,
    measure,
    summarise,
    table,
)
from utils.nn import Conv2d, CrossEntropyLoss, Linear, ReLU

SETTINGS = list(product(DEPTHS, (False, True), (False, True), GAINS))
NAMES = ("depth", "residual", "batch_norm", "gain")
FACTS = dict(zip(QUANTITIES, ("Signal", "Gradient", "Gradient of the weights"), strict=True))
RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def read(text):
    """The numbers of a text, as the explorer writes them: 0.0123 or 1.23 · 10⁻⁷."""
    found = re.findall(r"(\d[\d,]*(?:\.\d+)?)(?:\s·\s10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", text)
    return [number(x) * 10.0 ** int(power.translate(RAISED) or 0) for x, power in found]


def heard(text):
    """The same, as it is written for a voice."""
    found = re.findall(r"(\d[\d,]*(?:\.\d+)?)(?:\s·\s10 to the (minus )?(\d+))?", text)
    return [
        number(x) * 10.0 ** (int(power or 0) * (-1 if minus else 1)) for x, minus, power in found
    ]


def same(value):
    """Three digits are shown."""
    return pytest.approx(value, rel=6e-3)


def random_explorer(dice):
    setting, other = (dict(zip(NAMES, dice.choice(SETTINGS), strict=True)) for _ in range(2))
    return GradientFlow(
        **setting,
        compare=dice.choice([None, other]),
        layer=dice.randint(1, setting["depth"] + 2),  # the last ones do not exist
        backward=dice.random() < 0.6,
    )


# --- what was measured ----------------------------------------------------------------------------


def test_the_table_holds_every_setting_that_can_be_chosen():
    assert set(table()) == {key(*setting) for setting in SETTINGS}
    for setting in SETTINGS:
        found = table()[key(*setting)]
        assert list(found) == list(QUANTITIES)
        for spread in found.values():
            assert [len(numbers) for numbers in spread] == [setting[0] - 1] * 3
            assert min(spread[1] + spread[2]) >= 0
        explorer = GradientFlow(**dict(zip(NAMES, setting, strict=True)))
        assert len(explorer.norms("signal")["median"]) == setting[0] - 1
    assert FILE.stat().st_size < 60_000
    about = json.loads(FILE.read_text())["about"]
    assert about["seeds"] == list(SEEDS)
    assert {"what", "how", "numbers", "torch", "machine"} < set(about)


@pytest.mark.parametrize("depth", [8, 8, 20, 56])
def test_measured_again_it_is_the_same(depth, request):
    dice = random.Random(request.node.name)
    setting = dice.choice([setting for setting in SETTINGS if setting[0] == depth])
    again = summarise([measure(*setting, seed=seed) for seed in SEEDS])
    for quantity, expected in table()[key(*setting)].items():
        # In thousandths of a power of ten: 4 of them are 1 %.
        assert np.abs(np.array(again[quantity]) - expected).max() <= 4, (setting, quantity)


def test_median_and_range_are_those_of_the_seeds():
    runs = [{name: [10.0**power, 1.0] for name in QUANTITIES} for power in (-3, 2, 1, -30, 0)]
    assert summarise(runs) == {name: [[0, 0], [30_000, 0], [2000, 0]] for name in QUANTITIES}


def test_it_measures_what_it_says():
    """A plain network without batch norm, written out with torch's own autograd."""
    gain, seed = 1.5, 3
    digits = data.digits()
    pixels = digits.train_images.double()
    signal = ((pixels - pixels.mean()) / pixels.std())[:128]
    found = measure(8, False, False, gain, seed)
    weights, signals = drawn_weights(gain, seed), []
    for k, weight in enumerate(weights[:-2]):
        stride = 2 if k in (3, 5) else 1
        signal = torch.nn.functional.conv2d(signal, weight, stride=stride, padding=1).relu()
        signals.append(signal)
    scores = torch.nn.functional.linear(signal.mean((2, 3)), *weights[-2:])
    loss = torch.nn.functional.cross_entropy(scores, digits.train_labels[:128])
    by_signal = torch.autograd.grad(loss, signals, retain_graph=True)
    by_weight = torch.autograd.grad(loss, weights[:-2])
    for quantity, tensors in zip(QUANTITIES, (signals, by_signal, by_weight), strict=True):
        rms = [x.square().mean().sqrt().item() for x in tensors]
        assert found[quantity] == pytest.approx(rms, rel=1e-6), quantity


def drawn_weights(gain, seed):
    """The weights that `measure` draws, the conv layers' first."""
    with seeded(seed):
        model = models.cifar_resnet(8, False, width=8, in_channels=1, batch_norm=False).double()
        for layer in model.modules():
            if isinstance(layer, Conv2d):
                torch.nn.init.normal_(layer.weight, std=gain / layer.weight[0].numel() ** 0.5)
    found = [layer.weight for layer in model.modules() if isinstance(layer, Conv2d)]
    return [*found, model.fc.weight, model.fc.bias]


def test_what_its_remarks_say_is_so():
    ends = {}
    for setting in SETTINGS:
        found = table()[key(*setting)]
        median = {name: np.array(spread[0]) / 1000 for name, spread in found.items()}
        ends[setting] = (
            median["signal"][-1] - median["signal"][0],
            median["gradient"][0] - median["gradient"][-1],
            median["weight_gradient"],
        )
    for residual, gain in product((False, True), GAINS):
        _, by_gain, weights = zip(*(ends[d, residual, True, gain] for d in DEPTHS), strict=True)
        if not residual:
            assert by_gain[0] < by_gain[1] < by_gain[2], "with batch norm, it grows with depth"
        else:
            assert 0 < by_gain[2] < 0.5 * ends[56, False, True, gain][1]
        for depth, weight in zip(DEPTHS, weights, strict=True):
            # Hardly: batch norm's eps is added to a variance that the gain does change.
            one = ends[depth, residual, True, 1.0]
            assert ends[depth, residual, True, gain][:2] == pytest.approx(one[:2], abs=0.03)
            assert weight + math.log10(gain) == pytest.approx(one[2], abs=0.06)
    for gain in GAINS:
        signal, gradient, weights = zip(*(ends[d, False, False, gain] for d in DEPTHS), strict=True)
        assert max(np.ptp(weight) for weight in weights) < 1.5, "much the same in all layers"
        largest = [weight.max() for weight in weights]
        assert sorted(largest, reverse=gain < 2) == largest
        grows = gain == 2
        assert all((total > 0) == grows for total in (*signal, *gradient)), gain
    for depth in DEPTHS:
        by_gain = [ends[depth, True, False, gain][0] for gain in GAINS]
        assert sorted(by_gain) == by_gain, "the larger the gain, the more a block adds"


# --- in Python ------------------------------------------------------------------------------------


def test_norms_are_those_of_the_table():
    explorer = GradientFlow(depth=8, gain=2, compare={"batch_norm": True})
    median, below, above = table()["8 plain no norm 2.000"]["gradient"]
    shown = explorer.norms()
    assert [1000 * math.log10(x) for x in shown["median"]] == pytest.approx(median)
    spread = zip(*(shown[name] for name in ("low", "median", "high")), strict=True)
    for k, (low, middle, high) in enumerate(spread):
        assert 1000 * math.log10(middle / low) == pytest.approx(below[k], abs=1e-6)
        assert 1000 * math.log10(high / middle) == pytest.approx(above[k], abs=1e-6)
    other = GradientFlow(depth=8, gain=2, batch_norm=True)
    assert explorer.norms("signal", compare=True) == other.norms("signal")


def test_settings_are_those_that_were_measured():
    explorer = GradientFlow(depth=56, gain=1.414)
    assert explorer.gain == 2**0.5
    assert explorer.compare == {**explorer.setting(), "residual": True}
    explorer.compare = {"depth": np.int64(8), "gain": 2}
    assert explorer.compare == {**explorer.setting(), "depth": 8, "gain": 2.0}
    assert GradientFlow(compare=None).compare is None
    with pytest.raises(ValueError, match="depth 30 was not measured, but 8, 20, 56 were"):
        explorer.depth = 30
    assert explorer.depth == 56


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"depth": 32}, ValueError, r"depth 32 was not measured, but 8, 20, 56 were\. Measure it"),
        ({"gain": 1.3}, ValueError, "gain 1.3 was not measured, but 0.5774, 1, 1.414, 2 were"),
        ({"residual": 3}, TraitError, "residual"),
        ({"layer": 0}, TraitError, "layer"),
        ({"of": "weights"}, TraitError, "parameters"),
        ({"compare": "plain"}, TraitError, "compare"),
        ({"compare": {"width": 4}}, ValueError, "compare has no 'width'; it takes depth"),
        ({"compare": {"residual": 1}}, TypeError, "residual must be True or False, but is 1"),
        ({"compare": {"gain": "He"}}, TypeError, "gain must be a number, but is 'He'"),
        ({"compare": {"gain": 3}}, ValueError, "gain 3 was not measured"),
        ({"measured": [1, 2]}, TraitError, "measured"),
        ({"measured": {"a": [1.0]}}, ValueError, r"2 to 200 layers, but its shape is \(1,\)"),
        ({"measured": {"a": torch.ones(3, 3)}}, ValueError, r"its shape is \(3, 3\)"),
        ({"measured": {"a": [1, -2]}}, ValueError, "the norm at layer 2 is -2"),
        ({"measured": {"a": [math.inf, 1]}}, ValueError, "layer 1 is inf; norms are finite"),
        ({"measured": {"a": "norms"}}, TypeError, "as utils.gradients.gradient_norms gives them"),
        ({"measured": {"a": torch.ones(2) * 1j}}, TypeError, "gradient_norms gives them"),
        ({"measured": {"": [1, 2]}}, TypeError, "1 to 40 letters"),
        ({"measured": {name: [1, 2] for name in "abcd"}}, ValueError, "4 curves; at most 3"),
        ({"normed": True}, TypeError, "has no normed; it has backward"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_reason(settings, error, message):
    with pytest.raises(error, match=message):
        GradientFlow(**settings)


def test_it_takes_what_gradient_norms_gives():
    model = torch.nn.Sequential(Linear(4, 6), ReLU(), Linear(6, 3))
    norms = gradients.gradient_norms(
        model, CrossEntropyLoss(), torch.rand(5, 4), torch.arange(5) % 3
    )
    found = list(norms.values())
    for given in (norms, found, torch.tensor(found, dtype=torch.float64), np.array(found)):
        assert GradientFlow(measured={"mine": given}).measured == {"mine": found}


def test_picture_and_text_say_what_is_there():
    explorer = GradientFlow(measured={"mine": [1e-3, 0, 1.0]})
    first, *_, last = explorer.norms("signal")["median"]
    assert f"The signal goes from {first:.3g} at the first layer to {last:.3g}" in explorer.alt()
    assert "Dashed, a residual network of 20 layers" in explorer.alt()
    assert "Your own curve mine: from 0.001 at the first of 3 layers to 1" in explorer.alt()
    assert "Dashed" not in GradientFlow(compare=None).alt()
    axes = explorer.picture().axes
    assert [axis.get_title() for axis in axes] == list(QUANTITIES.values())
    assert [len(axis.lines) for axis in axes] == [3, 3, 4]  # the last: the layer that is looked at
    assert list(axes[1].lines[0].get_ydata()) == explorer.norms("gradient")["median"]


# --- in the browser -------------------------------------------------------------------------------


def expected_ends(norms):
    """The numbers of the table of the whole network."""
    signal, gradient, weights = (norms[name]["median"] for name in QUANTITIES)
    return [
        signal[-1] / signal[0],
        gradient[0] / gradient[-1],
        max(weights),
        max(weights) / min(weights),
    ]


def test_its_numbers_are_those_that_were_measured(browser, tmp_path):
    dice = random.Random(19)
    fates = set()
    with opened(browser, tmp_path, GradientFlow()) as page:
        for _ in range(60):
            explorer = random_explorer(dice)
            put(page, **explorer.values())
            count = explorer.depth - 1
            layer = min(explorer.layer, count)
            assert fact(page, "Layer") == f"{layer} of {count}"
            norms = {name: explorer.norms(name) for name in QUANTITIES}
            for name, line in FACTS.items():
                here = {what: values[layer - 1] for what, values in norms[name].items()}
                assert read(fact(page, line)) == [same(here["median"])]
                how = page.locator(f"[data-fact='{line}'] dd span").inner_text()
                low, high = read(how.split("; ")[0])
                assert (low, high) == (same(here["low"]), same(here["high"]))
                if explorer.compare and explorer.compare["depth"] == explorer.depth:
                    dashed = explorer.norms(name, compare=True)["median"][layer - 1]
                    assert read(how.split("; dashed")[1]) == [same(dashed)]
                else:
                    assert "dashed" not in how
            columns = [expected_ends(norms)]
            if explorer.compare:
                other = {name: explorer.norms(name, compare=True) for name in QUANTITIES}
                columns.append(expected_ends(other))
            cells = page.locator("[data-part=ends] td").all_inner_texts()
            shown = [read(cell)[0] for cell in cells]
            for place, column in enumerate(columns):
                assert shown[place :: len(columns)] == [same(x) for x in column]
            fates.add(check_journey(page, explorer, layer))
    assert fates == {"vanished", "faded", "about as large", "grown", "exploded"}


def check_journey(page, explorer, layer):
    """The sentence below the network, and the mean factor of a step; gives what it says."""
    said = page.locator("[data-part=journey]").inner_text()
    norms = explorer.norms("gradient" if explorer.backward else "signal")["median"]
    travelled = norms[::-1] if explorer.backward else norms
    steps = explorer.depth - 1 - layer if explorer.backward else layer - 1
    total = read(page.locator("[data-part=mean]").inner_text().split("≈")[0])[0]
    assert total == same(travelled[-1] / travelled[0])
    factor = read(page.locator("[data-part=mean]").inner_text().split("multiplies it by ")[1])[0]
    assert factor == pytest.approx((travelled[-1] / travelled[0]) ** (1 / (len(norms) - 1)), 1e-3)
    if steps == 0:
        assert read(said)[-1] == same(travelled[0])
        return "about as large"
    ratios = [x / travelled[0] for x in travelled]
    limits = [(1e-3, "vanished"), (0.1, "faded"), (10, "about as large"), (1e3, "grown")]

    def word(x):
        return next((word for limit, word in limits if x < limit), "exploded")

    words = [word(x) for x in ratios]
    assert said.startswith(f"{'Back' if explorer.backward else 'Forward'}: by layer {layer} ")
    assert read(said.split(" is ")[1])[0] == same(ratios[steps])
    assert words[steps] in said
    if "since layer" in said:
        since = int(re.search(r"since layer (\d+)", said)[1])
        place = explorer.depth - 1 - since if explorer.backward else since - 1
        assert set(words[place : steps + 1]) == {words[steps]}
        assert words[place - 1] != words[steps] or place == 1
    return words[steps]


def test_the_curves_lie_where_the_table_says(browser, tmp_path):
    dice = random.Random(8)
    with opened(browser, tmp_path, GradientFlow()) as page:
        for _ in range(12):
            explorer = random_explorer(dice)
            put(page, **explorer.values())
            for name in QUANTITIES:
                svg = page.locator(f"[data-picture={name}]")
                ends = [explorer.norms(name)["median"][place] for place in (0, -1)]
                said = label(page, name)
                assert said.startswith(f"{FACTS[name]} by layer, logarithmic: from ")
                assert heard(said)[:2] == [same(x) for x in ends]
                scale = svg.locator("text.scale")
                power = [int(x[2:].replace("−", "-")) for x in scale.all_text_contents()]
                y = [float(scale.nth(i).get_attribute("y")) for i in range(len(power))]
                decade = (y[-1] - y[0]) / (power[-1] - power[0])
                kinds = [("waiting", False)] + [("dashed", True)] * bool(explorer.compare)
                for look, compare in kinds:
                    drawn = svg.locator(f"path.curve.{look}").get_attribute("d")
                    heights = [float(x) for x in re.findall(r"[ML][\d.]+ ([\d.-]+)", drawn)]
                    norms = explorer.norms(name, compare=compare)["median"]
                    setting = explorer.compare if compare else explorer.setting()
                    if setting["residual"] and name != "weight_gradient":
                        norms = norms[::2]  # the line joins what lies on the shortcuts
                    logs = [power[0] + (height - y[0]) / decade for height in heights]
                    # A tenth of a pixel.
                    assert logs == pytest.approx(np.log10(norms), abs=0.11 / abs(decade) + 1e-9)


def test_what_has_travelled_stands_out(browser, tmp_path):
    with opened(browser, tmp_path, GradientFlow(layer=5, backward=False)) as page:
        boxes = page.locator("[data-picture=network] .level")
        assert boxes.count() == 5
        assert (
            page.locator("[data-picture=signal] path.curve").last.get_attribute("d").count("L") == 4
        )
        assert page.locator("[data-picture=gradient] path.curve").last.get_attribute("d") == ""
        put(page, backward=True)
        assert page.locator("[data-picture=network] .level.gradient").count() == 15
        assert page.locator("[data-picture=network] .level.signal").count() == 4
        # A bar is half as high as its box where the travel starts, and shrinks with the gradient.
        heights = [float(boxes.nth(k).get_attribute("height")) for k in range(19)]
        norms = GradientFlow().norms("gradient")["median"]
        for k in range(4, 19):
            level = max(0, 0.5 + math.log10(norms[k] / norms[-1]) / 6)
            assert heights[k] == pytest.approx(max(1, 54 * level), abs=0.02)
        put(page, depth=56, gain=2, residual=True, layer=1)
        tall = float(boxes.first.get_attribute("height"))
        assert tall > 54, "what has exploded sticks out of its box"


def test_by_keyboard(browser, tmp_path):
    with opened(browser, tmp_path, GradientFlow()) as page:
        page.get_by_label("Layer", exact=True).focus()
        page.keyboard.press("End")
        assert trait(page, "layer") == 19
        settle(page)
        expect(page.locator("[data-part=journey]")).to_contain_text("at the last conv layer, 19")
        for name, pressed, value in [
            ("Depth", "ArrowUp", 8),
            ("Blocks", "ArrowDown", True),
            ("Batch norm", "ArrowDown", True),
            ("Gain", "ArrowDown", 2**0.5),
            ("Direction", "ArrowUp", False),
        ]:
            page.get_by_label(name, exact=True).focus()
            page.keyboard.press(pressed)
            names = {"Depth": "depth", "Blocks": "residual", "Batch norm": "batch_norm"}
            names |= {"Gain": "gain", "Direction": "backward"}
            assert trait(page, names[name]) == value, name
        settle(page)
        assert fact(page, "Layer") == "7 of 7", "layer 19 is gone"
        page.get_by_role("button", name="Step").focus()
        page.keyboard.press("Enter")  # at the last layer it turns round
        assert (trait(page, "layer"), trait(page, "backward")) == (7, True)
        page.keyboard.press("Enter")
        assert (trait(page, "layer"), trait(page, "backward")) == (6, True)
        page.get_by_role("button", name="Back", exact=True).focus()
        for _ in range(2):
            page.keyboard.press("Space")
        assert (trait(page, "layer"), trait(page, "backward")) == (7, False)


def test_a_second_curve_is_kept_swapped_and_removed(browser, tmp_path):
    with opened(browser, tmp_path, GradientFlow(compare=None)) as page:
        dashed = page.locator("path.curve.dashed")
        plots = page.locator(".explorer-flow svg[role=img]")
        assert plots.count() == 5
        assert plots.locator("path.curve.dashed").count() == 0
        expect(page.locator("[data-picture='network dashed']")).to_be_hidden()
        page.get_by_role("button", name="Swap").focus()
        page.keyboard.press("Enter")  # nothing to swap with
        assert trait(page, "compare") is None
        page.get_by_role("button", name="Keep as dashed").focus()
        page.keyboard.press("Enter")
        page.get_by_label("Batch norm", exact=True).select_option("with")
        page.get_by_label("Depth", exact=True).select_option("56 layers")
        settle(page)
        plain = {"depth": 20, "residual": False, "batch_norm": False, "gain": 1}
        assert trait(page, "compare") == plain
        assert plots.locator("path.curve.dashed").count() == 3
        assert "plain, no batch norm, 20 layers, gain 1" in label(page, "network dashed")
        page.get_by_role("button", name="Swap").click()
        assert {name: trait(page, name) for name in plain} == plain
        assert trait(page, "compare") == {**plain, "batch_norm": True, "depth": 56}
        page.get_by_role("button", name="Remove").click()
        assert trait(page, "compare") is None
        settle(page)
        expect(page.locator("[data-picture='network dashed']")).to_be_hidden()
        assert dashed.count() == 1, "only its swatch, which is hidden"


def test_by_mouse(browser, tmp_path):
    with opened(browser, tmp_path, GradientFlow()) as page:
        page.locator("[data-picture=gradient] rect[data-column='12']").click()
        assert trait(page, "layer") == 12
        settle(page)
        box = page.locator("[data-picture=gradient] rect[data-column='4']").bounding_box()
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40, steps=5)
        page.mouse.up()
        assert trait(page, "layer") == 4
        page.locator("[data-picture='network'] rect.hit[data-column='19']").click()
        assert trait(page, "layer") == 19
        page.get_by_role("button", name="Play").click()
        page.wait_for_function(
            "document.querySelector('[data-explorer]').model.get('layer') == 16", timeout=8000
        )
        page.get_by_role("button", name="Pause").click()
        stopped = trait(page, "layer")
        page.wait_for_timeout(700)
        assert trait(page, "layer") == stopped


def test_nothing_moves_by_itself(browser, tmp_path):
    with opened(browser, tmp_path, GradientFlow(), reduced_motion="reduce") as page:
        before = page.locator(".explorer").inner_html()
        page.wait_for_timeout(1000)
        assert page.locator(".explorer").inner_html() == before


def test_own_curves_are_drawn_with_their_gaps(browser, tmp_path):
    own = {"<b>mine</b>": [1e-3, 0, 2e-2, 1e-5], "huge": [1e200, 1e-200], "dead": [0, 0, 0]}
    with opened(browser, tmp_path, GradientFlow(measured=own)) as page:
        plot = page.locator("[data-picture=weight_gradient]")
        assert plot.locator("path.curve.own").count() == 3
        assert plot.locator("rect.own-mark").count() == 5
        assert plot.locator("path.curve.own-1").get_attribute("d").count("M") == 2
        assert plot.locator("path.curve.own-3").get_attribute("d") == ""
        assert read(fact(page, "<b>mine</b>")) == [same(1e-3), same(1e-5)]
        how = page.locator("[data-fact='<b>mine</b>'] dd span").inner_text()
        assert "largest / smallest = 2,000; exactly 0 at 1 layer" in how
        assert fact(page, "dead") == "0 to 0"
        assert page.locator(".explorer b").count() == 0
        put(page, of="outputs")
        assert plot.locator("path.curve.own").count() == 0
        assert page.locator("[data-picture=gradient] path.curve.own").count() == 3


def test_it_fits_the_room_that_there_is(browser, tmp_path):
    with opened(browser, tmp_path, GradientFlow()) as page:
        svg = page.locator("[data-picture=network]")
        wide = svg.bounding_box()["width"]
        page.set_viewport_size({"width": 390, "height": 800})
        page.wait_for_timeout(200)
        box, view = svg.bounding_box(), svg.get_attribute("viewBox")
        assert box["width"] < 380 < wide
        assert float(view.split()[2]) == pytest.approx(box["width"], abs=1), (
            "drawn anew, not shrunk"
        )


def test_what_is_taken_off_the_page_leaves_nothing(browser, tmp_path):
    explorer = GradientFlow()
    with opened(browser, tmp_path, explorer) as page:
        left = page.evaluate(
            """async (code) => {
                const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
                const { render } = (await import(url)).default;
                const first = document.querySelector("[data-explorer]");
                const { model } = first;
                const before = model.listeners.length;
                const el = document.body.appendChild(document.createElement("div"));
                const remove = render({ model, el });
                const during = [model.listeners.length, el.querySelectorAll(".explorer").length];
                [...el.querySelectorAll("button")].find((x) => x.textContent == "Play").click();
                model.set("layer", 7);
                remove();
                await new Promise((done) => setTimeout(done, 900));
                return [during, model.listeners.length - before, el.innerHTML, model.get("layer")];
            }""",
            explorer._esm,
        )
        assert left == [[2, 1], 0, "", 7]
        put(page, layer=3)
        assert fact(page, "Layer") == "3 of 19", "the other one lives on"


def test_two_of_them_do_not_disturb_each_other(browser, tmp_path):
    with opened(browser, tmp_path, GradientFlow(), GradientFlow()) as page:
        put(page, place=1, depth=56)
        assert (trait(page, "depth", 0), trait(page, "depth", 1)) == (20, 56)
        layers = page.locator("[data-fact=Layer] strong").all_inner_texts()
        assert layers == ["1 of 19", "1 of 55"]


def test_for_everyone(browser, tmp_path):
    own = {"mine": [1e-3, 0, 2e-2, 1e-5], "a name of forty letters, which is a lot.": [1, 2]}
    deep = GradientFlow(depth=56, residual=True, gain=2, layer=20, measured=own)
    small = GradientFlow(depth=8, batch_norm=True, compare=None, backward=False, layer=3)
    assert_fit_for_everyone(browser, tmp_path, GradientFlow(), deep, small)


def test_without_a_script_it_is_a_picture(browser, tmp_path):
    assert_a_picture_without_script(browser, tmp_path, GradientFlow())
