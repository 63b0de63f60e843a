"""Lesson 6: how large the first weights must be, and what zero padding takes from the signal."""

import torch
import torch.nn.functional as F

from utils.checks.convolution.cases import in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit

# --- expected-signal -----------------------------------------------------------------------------


def _expected(stds, fan_in):
    factors = fan_in * stds**2 / 2
    return factors.cumprod(0)


def _stds(*values: float, fan_in: int, dtype=torch.float32) -> Case:
    return Case({"stds": torch.tensor(values, dtype=dtype), "fan_in": fan_in}, dtype=dtype)


expected_signal = Exercise(
    "expected-signal",
    reference=_expected,
    cases=[
        _stds(1.0, fan_in=1),
        _stds(0.5, fan_in=4),
        _stds(0.5, 0.25, fan_in=16),
        _stds(0.5, 0.5, 0.5, fan_in=9),
        _stds(0.125, 0.5, 0.25, 1.0, fan_in=27),
        _stds(0.125, 0.5, 0.25, 1.0, 0.0625, fan_in=27, dtype=torch.float64),
    ],
    traits=(
        Trait("several layers", "one layer", lambda case: len(case.arguments["stds"]) > 1),
        Trait("several inputs", "one input", lambda case: case.arguments["fan_in"] > 1),
    ),
)

expected_signal.mistake(
    "the ReLU is forgotten",
    "Where a sum is negative the ReLU gives 0: half of the mean square is lost in each layer.",
    edit(" / 2"),
)
expected_signal.mistake(
    "the standard deviation is not squared",
    "A mean square grows with the *variance* of the weights, which is the square of their standard "
    "deviation.",
    edit("stds**2", "stds"),
)
expected_signal.mistake(
    "fan_in is left out",
    "A unit adds up fan_in products, and their variances add up too.",
    edit("fan_in * "),
)
expected_signal.mistake(
    "fan_in is squared too",
    "Variances of independent terms add up: fan_in of them, not fan_in squared.",
    edit("fan_in * ", "fan_in**2 * "),
)
expected_signal.mistake(
    "each layer is counted alone",
    "Each layer multiplies what the one before has left: the factors must be multiplied up.",
    edit("factors.cumprod(0)", "factors"),
)
expected_signal.mistake(
    "the factors are added up",
    "Each layer multiplies what the one before has left.",
    edit("cumprod", "cumsum"),
)
expected_signal.mistake(
    "only the end is returned",
    "Asked for is the mean square after *each* layer, a tensor of shape (L,).",
    edit("cumprod(0)", "prod()"),
)
expected_signal.mistake(
    "the root is taken",
    "Asked for is the mean square, not its root.",
    edit("cumprod(0)", "cumprod(0).sqrt()"),
)

# --- he-init -------------------------------------------------------------------------------------

READY_MADE = ("torch.nn.init", "torch.nn.modules.conv", "torch.nn.modules.linear", "utils.nn")


def _he(noise):
    fan_in = noise.shape[1] * noise.shape[2] * noise.shape[3]
    return noise * (2 / fan_in) ** 0.5


_noises = [
    Case({"noise": whole_numbers(*shape, seed=seed)})
    for seed, shape in enumerate(
        [(1, 1, 1, 1), (1, 2, 1, 1), (2, 1, 1, 1), (1, 1, 2, 2), (3, 2, 3, 3), (2, 5, 3, 2)]
    )
]
FILTERS = Trait("several filters", "one filter", lambda case: len(case.arguments["noise"]) > 1)
DEEP = Trait("several channels", "one channel", lambda case: case.arguments["noise"].shape[1] > 1)

he_init = Exercise(
    "he-init",
    reference=_he,
    cases=[*_noises, *in_double(_noises[-2:])],
    traits=(FILTERS, DEEP),
    forbidden=READY_MADE,
    instead="Count a unit's inputs, and multiply.",
    every_device=True,
    part="he_init",
)

he_init.mistake(
    "the channels are forgotten",
    "A unit looks at all channels of its window: fan_in is C times F times F.",
    edit("noise.shape[1] * noise.shape[2]", "noise.shape[2]"),
)
he_init.mistake(
    "the window is forgotten",
    "A unit adds up a whole window, F times F pixels of each channel.",
    edit(" * noise.shape[2] * noise.shape[3]"),
)
he_init.mistake(
    "all weights of the layer are counted",
    "fan_in counts the inputs of *one* unit: the weights of one filter.",
    edit("noise.shape[1] * noise.shape[2] * noise.shape[3]", "noise.numel()"),
)
he_init.mistake(
    "fan_out is taken",
    "On the way forward it is the number of *inputs* that adds up: the channels, not the filters.",
    edit("noise.shape[1]", "noise.shape[0]"),
)
he_init.mistake(
    "the ReLU is not made up for",
    "ReLU halves the mean square, so the variance must be twice 1 / fan_in.",
    edit("(2 / fan_in)", "(1 / fan_in)"),
)
he_init.mistake(
    "it is multiplied by the variance",
    "Noise of variance 1 times s has the variance s squared. So s is a root.",
    edit(" ** 0.5"),
)
he_init.mistake(
    "it is divided where it should be multiplied",
    "Many inputs call for *small* weights.",
    edit("noise * ", "noise / "),
)

# --- glorot-init ---------------------------------------------------------------------------------


def _glorot(noise):
    fan_in = noise.shape[1] * noise.shape[2] * noise.shape[3]
    fan_out = noise.shape[0] * noise.shape[2] * noise.shape[3]
    return noise * (2 / (fan_in + fan_out)) ** 0.5


glorot_init = Exercise(
    "glorot-init",
    reference=_glorot,
    cases=[*_noises, *in_double(_noises[-2:])],
    traits=(FILTERS, DEEP),
    forbidden=READY_MADE,
    instead="Count a unit's inputs and the units that an input goes to, and multiply.",
    every_device=True,
)

glorot_init.mistake(
    "fan_out counts the filters alone",
    "An input pixel lies in F times F windows, and in each it goes to all K filters.",
    edit("noise.shape[0] * noise.shape[2] * noise.shape[3]", "noise.shape[0]"),
)
glorot_init.mistake(
    "fan_in counts the channels alone",
    "A unit adds up a whole window of each channel.",
    edit("noise.shape[1] * noise.shape[2] * noise.shape[3]", "noise.shape[1]"),
)
glorot_init.mistake(
    "the sum is not halved",
    "The variance is 1 over the *mean* of fan_in and fan_out, so 2 over their sum.",
    edit("(2 / (", "(1 / ("),
)
glorot_init.mistake(
    "it is He's",
    "Glorot's is a compromise between the two ways: fan_out counts as well.",
    edit("(fan_in + fan_out)", "fan_in"),
)
glorot_init.mistake(
    "only fan_out counts",
    "That suits the way back alone. Glorot's is a compromise between the two ways.",
    edit("(fan_in + fan_out)", "fan_out"),
)
glorot_init.mistake(
    "it is multiplied by the variance",
    "Noise of variance 1 times s has the variance s squared. So s is a root.",
    edit(" ** 0.5"),
)
glorot_init.mistake(
    "the ReLU is made up for",
    "Glorot and Bengio thought of units that are about linear near 0, such as tanh: no second "
    "factor of 2.",
    edit("(2 / (", "(4 / ("),
)

# --- signal-map ----------------------------------------------------------------------------------


def _signal_map(power, depth):
    shares = power.new_ones(3, 3)[None, None] / 9
    power = power[None, None]
    for _ in range(depth):
        power = F.conv2d(power, shares, padding=1)
    return power[0, 0]


def _power(height: int, width: int, depth: int, seed: int) -> Case:
    power = whole_numbers(height, width, seed=seed).abs() + 1
    return Case({"power": power, "depth": depth})


_maps = [
    Case({"power": torch.full((1, 1), 9.0), "depth": 1}),
    Case({"power": torch.full((2, 2), 9.0), "depth": 1}),
    Case({"power": torch.full((3, 3), 9.0), "depth": 1}),
    _power(1, 3, 1, seed=60),
    _power(3, 3, 2, seed=61),
    _power(4, 3, 3, seed=62),
    _power(5, 6, 4, seed=63),
]

signal_map = Exercise(
    "signal-map",
    reference=_signal_map,
    cases=[*_maps, *in_double(_maps[-2:])],
    traits=(
        Trait("several layers", "one layer", lambda case: case.arguments["depth"] > 1),
        Trait("several pixels", "one pixel", lambda case: case.arguments["power"].numel() > 1),
    ),
    every_device=True,
)

signal_map.mistake(
    "the padding carries signal too",
    "Padded zeros add nothing to a sum. What you describe is padding that wraps around.",
    edit(
        "F.conv2d(power, shares, padding=1)",
        'F.conv2d(F.pad(power, (1, 1, 1, 1), mode="circular"), shares)',
    ),
)
signal_map.mistake(
    "the edge is repeated outwards",
    "Padded zeros add nothing to a sum, whatever stands at the edge.",
    edit(
        "F.conv2d(power, shares, padding=1)",
        'F.conv2d(F.pad(power, (1, 1, 1, 1), mode="replicate"), shares)',
    ),
)
signal_map.mistake(
    "the mean is taken over the pixels inside only",
    "He's weights are made for nine pixels a channel. Where some are zeros, less comes out: it "
    "stays a ninth for each, however few there are.",
    edit(
        "F.conv2d(power, shares, padding=1)",
        "F.avg_pool2d(power, 3, 1, padding=1, count_include_pad=False)",
    ),
)
signal_map.mistake(
    "the nine parts are added up and not averaged",
    "A ninth of the weights' variance belongs to each pixel of the window.",
    edit(" / 9"),
)
signal_map.mistake(
    "only one layer is done",
    "Each layer starts with what the one before has left.",
    edit("range(depth)", "range(1)"),
)
signal_map.mistake(
    "ReLU's half is taken away as well",
    "He's 2 has made up for the ReLU already.",
    edit(" / 9", " / 18"),
)
signal_map.mistake(
    "the map is evened out after each layer",
    "The border stays weaker than the middle: keep the map, and do not replace it by its mean.",
    edit(
        "padding=1)",
        "padding=1)\n        power = torch.full_like(power, power.mean().item())",
    ),
)
