"""The bank of questions: its form, that it tells something, and that each number in it is right."""

import ast
import functools
import math
import re

import pytest
import torch
import torch.nn.functional as F

from tests.course import ROOT
from utils import functional, models, sizing
from utils.checks import EXERCISES
from utils.mine.bank import bank, read
from utils.mine.quiz import markdown

QUESTIONS = list(bank().values())
BY_NAME = pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)


def texts(question):
    return [question.text, *(x for option in question.options for x in option[:2])]


def test_each_lesson_has_ten_questions_or_more():
    counts = [sum(q.lesson == lesson for q in QUESTIONS) for lesson in range(9)]
    assert min(counts) >= 10, counts


@BY_NAME
def test_a_question_is_drawn_as_markdown_with_formulas(question):
    for text in texts(question):
        shown = markdown(text)
        assert "$" not in shown and "<code>\\" not in shown and "merror" not in shown, shown
        assert text.count("$") // 2 == shown.count("<math")
    assert all(len(option.why) > 20 for option in question.options)


def test_the_right_answer_is_not_known_by_its_place_or_its_length():
    places = [question.right for question in QUESTIONS]
    lengths = [[len(option.text) for option in q.options] for q in QUESTIONS]
    longest = sum(x.index(max(x)) == q.right for x, q in zip(lengths, QUESTIONS, strict=True))
    assert all(places.count(place) > len(places) / 8 for place in range(4)), places
    assert longest < 0.4 * len(QUESTIONS)


def test_the_checks_that_are_named_exist():
    # An exercise in words has no check; it is named so that its question can be found.
    words = "".join(path.read_text("utf-8") for path in ROOT.glob("lessons/*/*.md"))
    graded = set(re.findall(r'"grade_id": "([\w-]+)"', words))
    assert not {x for question in QUESTIONS for x in question.checks} - EXERCISES.keys() - graded


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("text = 'a'\nright = ['b', 'c']\nwrong = [['d', 'e']]", "2 answers"),
        ("text = 'a'\nright = ['b']\nwrong = [['d', 'e'], ['f', 'g']]", r"\[q\] needs text"),
        ("text = 'a'\nwrong = [['d', 'e'], ['f', 'g']]", "right"),
        ("text = 'a'\nright = ['b', 'c']\nwrong = [['b', 'e'], ['f', 'g']]", "the same"),
        ("text = 'a'\nwhy = 'b'", "unknown: why"),
        ("text = 'a", "TOML"),
    ],
)
def test_a_question_that_is_not_whole_is_refused_by_name(tmp_path, table, said):
    path = tmp_path / "01_a.toml"
    path.write_text(f"title = 'A'\n[q]\n{table}\n")
    with pytest.raises(ValueError, match=said) as error:
        read(path)
    assert "01_a.toml" in str(error.value)


# --- numbers -------------------------------------------------------------------------------------


@functools.cache
def network(name):
    """A summary of a network; sizes alone are asked for."""
    make, size = {
        "alexnet": (lambda: models.alexnet(towers=2), 227),
        "vgg16": (lambda: models.vgg("D"), 224),
        "vgg19": (lambda: models.vgg("E"), 224),
        "resnet18": (lambda: models.resnet(18), 224),
        "resnet152": (lambda: models.resnet(152), 224),
    }[name]
    with torch.device("meta"):
        return sizing.summary(make(), (3, size, size))


def size(*window):
    return sizing.conv_output_size(*window)


def weights(*layer):
    return sizing.conv_params(*layer, bias=False).total


def field(*layers):
    return sizing.receptive_field([(*layer, 0) for layer in layers]).size


def fully_connected(name):
    return network(name).only("Linear").parameters


def billions(name):
    return f"{network(name).multiply_adds / 1e9:.1f}"


def millions(count):
    return round(count / 1e6)


def grad(layer, *shape):
    """The gradient of the sum of a layer's outputs, by an input of ones."""
    x = torch.ones(*shape, requires_grad=True)
    layer(x).sum().backward()
    return x.grad


def ones(size):
    return torch.ones(1, 1, size, size)


def three_layers():
    gradient = grad(
        lambda x: F.conv2d(F.conv2d(F.conv2d(x, ones(3)), ones(3)), ones(3)), 1, 1, 7, 7
    )
    return gradient[0, 0, 3, 3] / gradient[0, 0, 0, 0]


def corner_and_middle(padding=0):
    gradient = grad(lambda x: F.conv2d(x, ones(3), padding=padding), 1, 1, 5, 5)[0, 0]
    return gradient[0, 0], gradient[2, 2]


def biases():
    return grad(lambda b: F.conv2d(torch.ones(2, 1, 4, 4), torch.ones(3, 1, 1, 1), b), 3)[0]


def maximum_gradient():
    x = torch.tensor([[[[1.0, 5], [3, 2]]]])
    return functional.max_pool2d_backward(torch.full((1, 1, 1, 1), 4.0), x, 2).flatten()


def mean_gradient():
    grad_output = torch.full((1, 1, 1, 1), 4.0)
    return functional.avg_pool2d_backward(grad_output, torch.rand(1, 1, 2, 2), 2).flatten()[0]


def composed():
    signal = torch.zeros(1, 1, 5)
    signal[0, 0, 2] = 1
    first, second = torch.tensor([[[1.0, 2]]]), torch.tensor([[[1.0, -2]]])
    # The answer to a pulse is the filter, turned round.
    return F.conv1d(F.conv1d(signal, first), second).flatten().flip(0).abs()


def scores():
    z = torch.zeros(1, 4, requires_grad=True)
    F.cross_entropy(z, torch.tensor([0])).backward()
    return z.grad[0, :2].abs()


def velocity(steps):
    v = 0.0
    for _ in range(steps):
        v = 0.8 * v + 1
    return round(v, 6)


def projections(depth):
    with torch.device("meta"):
        names = models.resnet(depth).state_dict()
    return sum(name.endswith("downsample.0.weight") for name in names)


def small_filters(channels):
    return weights(3, channels, 3) + weights(channels, channels, 3)


def bottleneck():
    return weights(512, 128, 1) + weights(128, 128, 3) + weights(128, 512, 1)


@functools.cache
def computed():
    """Question -> numbers of its right answer, and other numbers of its answers, each computed."""
    return {
        "reshape-is-no-transpose": ([*torch.arange(1, 7).reshape(3, 2)[0]], []),
        "negative-floor": ([abs(-3 // 2)], [-3 / -2]),
        "chain-rule-product": ([3 * 2], []),
        "downhill": ([0.1 * 4], []),
        "what-a-filter-spans": ([weights(16, 1, 3)], [weights(1, 1, 3), weights(3, 1, 3)]),
        "depth-of-the-output": ([32], [16 * 32, 16 + 32]),
        "keep-the-size": ([next(p for p in range(9) if size(50, 5, 1, p) == 50)], []),
        "steps-that-do-not-fit": ([size(10, 3, 2)], []),
        "parameters-and-image-size": ([sizing.conv_params(3, 8, 5).total], [weights(3, 8, 5)]),
        "flat-region": ([7 * 0 + 0.5], [7 * 1 + 0.5, 7 * 0.5]),
        "shapes-of-im2col": ([8, weights(3, 1, 5), size(32, 5, 1, 2) ** 2], [24, 25, 28, 28**2]),
        "gradient-of-a-bias": ([biases()], [4 * 4, 3 * biases()]),
        "corner-and-middle": ([*corner_and_middle()], [*corner_and_middle(padding=1)]),
        "price-of-differences": ([], [sizing.conv_params(3, 8, 5).total * x for x in (1, 2)]),
        "relu-backwards": ([0, 4, 6], [3 * 4, 0.5 * 6]),
        "two-small-layers": ([field((3, 1), (3, 1))], []),
        "stride-comes-first": ([field((5, 2), (3, 1)), field((3, 1), (5, 2))], []),
        "many-ways-to-the-middle": ([three_layers()], [math.isqrt(int(three_layers()))]),
        "region-with-padding": ([0, 5 - 1 - 2], []),
        "volume-after-pooling": ([size(28, 2, 2), 64], [size(28, 2, 1), 64 // 2]),
        "gradient-of-the-maximum": ([*maximum_gradient()], [4 * 5]),
        "winner-of-two-windows": ([2 + 3], [(2 + 3) / 2]),
        "gradient-of-a-mean": ([mean_gradient()], [4 * 4]),
        "relu-and-pooling": ([], [(max(0, -3) + 1) / 2]),
        "pooling-widens-the-field": ([field((2, 2), (3, 1), (3, 1), (3, 1))], []),
        "pooling-and-exact-places": ([2**5], [2 * 5, 224 // 2**5]),
        "two-poolings-in-a-row": ([2 * 2], []),
        "where-the-parameters-are": (
            [],
            [round(100 - 100 * fully_connected("alexnet") / network("alexnet").parameters)],
        ),
        "twotwentyfour": ([size(224, 11, 4), size(227, 11, 4)], [(224 - 11) / 4 + 1, 227, 11 - 4]),
        "scale-of-dropout": ([4, 3], [1 - 0.25, 0.5]),
        "when-tanh-saturates": ([round(1 - 0.99**2, 2)], [50, 0.5, round(math.sqrt(0.5), 1)]),
        "top-speed-of-momentum": ([velocity(1000)], [velocity(2)]),
        "weight-without-gradient": ([], [0.01, 0.0005]),
        "two-threes-for-a-five": (
            [2 * weights(1, 1, 3), weights(1, 1, 5), round(100 * (1 - 18 / 25))],
            [round(100 * (1 - 9 / 25)), 9 * 9],
        ),
        "small-filters-on-an-image": (
            [small_filters(32), weights(3, 32, 5)],
            [2 * weights(3, 32, 3), 18, 25, round(100 * (1 - 18 / 25))],
        ),
        "stack-without-relu": ([7], [3 * 9, 7 * 7]),
        "compose-by-hand": ([*composed()], []),
        "memory-of-a-stack": ([], [3 * 9, 7 * 7]),
        "root-of-the-ways": (
            [],
            [three_layers(), three_layers() ** 0.5, round((7 / 49) ** 0.5, 2)],
        ),
        "equal-cost": (
            [round((49 / 27) ** 0.5, 2)],
            [round(49 / 27, 1), weights(1, 1, 7), 3 * weights(1, 1, 3), 3],
        ),
        "linear-layer-slides": ([size(384 // 2**5, 7)], [384 // 2**5, 2**5]),
        "cheapest-cut": (
            [],
            [
                millions(fully_connected("vgg16")),
                millions(weights(512, 4096, 7)),
                round(sum(x.parameters for x in list(network("vgg16").only("Conv2d"))[:4]) / 1e3),
                *network("vgg16").only("Linear")[0].output_shape,
                network("vgg16").only("Conv2d")[-1].output_shape[0],
            ],
        ),
        "field-of-vgg": ([], [(224 - 212) // 2]),
        "degradation-or-overfitting": ([], [34 - 18]),
        "argument-by-copying": ([56 - 20], [36]),
        "ten-times-plus-five": ([], [10**2]),
        "momentum-of-statistics": (
            [0.9 * 2 + 0.1 * 12],
            [0.9, 0.1 * 2 + 0.9 * 12, 0.5, 2 + 0.1 * 12],
        ),
        "a-tenth-less-per-layer": ([], [0.9, round(0.9**50, 3), 15, round(0.9**15, 1), 90]),
        "he-for-relu": ([weights(64, 1, 3)], []),
        "padding-on-small-maps": ([2 * 2, 9 - 2 * 2], []),
        "plus-one": ([10, 7, round(1.2**10)], [10 * 0.2, 10 * 1.2, 10]),
        "projections-of-resnet-50": (
            [],
            [projections(50), projections(34), network("resnet18")[0].output_shape[0]],
        ),
        "why-a-bottleneck": (
            [round(2 * weights(512, 512, 3) / bottleneck())],
            [bottleneck(), 2 * weights(512, 512, 3), 3 / 2],
        ),
        "thin-though-deep": (
            [],
            [
                millions(weights(512, 4096, 7)),
                millions(network("vgg19").only("Conv2d").parameters),
                millions(fully_connected("resnet152")),
                224,
            ],
        ),
        "nine-times-deeper-and-cheaper": ([], [size(size(224, 7, 2, 3), 3, 2, 1)]),
        "separable-five-by-five": ([weights(1, 1, 5)], []),
        "reduce-before-five": (
            [],
            [32, 192, 16, weights(192, 32, 5), weights(192, 16, 1) + weights(16, 32, 5)],
        ),
        "early-or-late": (
            [],
            [weights(16, 16, 3), weights(32, 32, 3), weights(16, 16, 3) * 32 * 32],
        ),
        "gradient-of-the-scores": ([*scores()], []),
    }


#: Numbers of papers and libraries, with their source.
PUBLISHED = {
    "what-the-control-shows": "28.54 25.03",  # He et al. (2016), table 2
    "when-deeper-errs-more": "7.93 6.43 50,000",  # He et al. (2016), table 6; CIFAR-10
    # torchvision 0.29, IMAGENET1K_V1: accuracies 69.758 and 71.592; layers by name.
    "deeper-and-worse": "30.2 28.4 8 11 16 18 19 152",
    # The same: VGG-16 without and with batch norm, ResNet-34.
    "a-control-for-batch-norm": "28.4 26.6 26.7 16 18 19 34",
    "still-espresso": "0.93 0.36 0.19",  # printed by the lesson
}
#: Numbers of examples: any others would do as well.
EXAMPLES = {"one-pixel-filters": "256 64", "same-weights-everywhere": "64"}


@functools.cache
def given():
    """Facts in the questions' own texts."""
    return {
        "where-the-parameters-are": [millions(network("alexnet").parameters)],
        "cheapest-cut": [millions(network("vgg16").parameters)],
        "thin-though-deep": [millions(network(x).parameters) for x in ("resnet152", "vgg19")],
        "nine-times-deeper-and-cheaper": [billions("resnet152"), billions("vgg16")],
        "loss-that-does-not-move": [round(math.log(100), 1)],
        "steps-that-do-not-fit": [(10 - 3) / 2 + 1],
        "field-of-vgg": [
            field(*[(3, 1) if x == "C" else (2, 2) for x in "CCPCCPCCCPCCCPCCCP"]),
        ],
    }


def numbers(text):
    """The numbers in a text, without those in names, such as ResNet-34."""
    text = re.sub(r"\\frac(\d)(\d)", r"\1 \2", text)
    text = re.sub(r"[A-Za-z]{3,}-\d+|\d+-bit", "", text)
    found = re.findall(r"\d(?:[\d,]|\{,\})*(?:\.\d+)?", text)
    return {float(re.sub(r"[{},]", "", x)) for x in found}


def floats(values):
    return {float(x) for x in values}


def near(left, right):
    return all(any(math.isclose(x, y, rel_tol=1e-6) for y in right) for x in left)


@BY_NAME
def test_the_numbers_of_the_right_answer_are_computed(question):
    stated = numbers(question.options[question.right].text)
    right = computed().get(question.name, ([], []))[0]
    assert near(stated, floats(right) | numbers(question.text) | {0, 1, 2, 3, 180}), stated
    assert near(floats(right), stated), "computed otherwise"


@BY_NAME
def test_no_other_number_comes_from_nowhere(question):
    known = set().union(*(floats(x) for x in computed().get(question.name, ([], []))))
    known |= numbers(question.text) | numbers(PUBLISHED.get(question.name, ""))
    known |= numbers(EXAMPLES.get(question.name, ""))
    # Small whole numbers count things or are parts of sums; 180 degrees turn something round.
    free = {float(x) for x in range(11)} | {180.0}
    used = set().union(*(numbers(x) for option in question.options for x in option[:2]))
    assert near(used - free, known | {0}), sorted(used - free - known)


def test_facts_in_the_questions_are_right():
    for name, values in given().items():
        assert near(floats(values), numbers(bank()[name].text)), (name, values)


def test_sums_that_are_written_out_are_right():
    """Such as $3 \\cdot 3 \\cdot 16$, or $0.9 \\cdot 2 + 0.1 \\cdot 12$, where a result follows."""
    checked = 0
    for question in QUESTIONS:
        for text in texts(question):
            for left, right in re.findall(r"\$([\d\s.+()/^{},\\a-z-]+?) = ([\d.{},]+)\$", text):
                sum_ = left.replace(r"\cdot", "*").replace("^", "**").replace("{,}", "")
                sum_ = re.sub(r"\\frac(\d)(\d)", r"(\1/\2)", sum_)
                sum_ = sum_.replace("{", "(").replace("}", ")")
                if "\\" in sum_ or re.search("[a-z]", sum_):
                    continue
                value = eval(compile(ast.parse(sum_.strip(), mode="eval"), "", "eval"))
                assert math.isclose(value, float(right.replace("{,}", ""))), text
                checked += 1
    assert checked >= 10
