"""Lesson 5: what one large filter costs, and what a stack of small ones does."""

from utils.checks.cases import table
from utils.checks.core import Exercise, Trait
from utils.checks.mistakes import edit

_several = Trait("several layers", "one layer", lambda case: case.arguments["layers"] > 1)
_pixels = Trait("several pixels", "one pixel", lambda case: case.arguments["size"] > 1)
_COUNT = "Count: the numbers in one filter, the filters in one layer, the layers, the pixels."

# --- stack-costs ---------------------------------------------------------------------------------


def _costs(layers, kernel_size, depth, size):
    pixels = size * size
    weights = layers * kernel_size * kernel_size * depth * depth
    return weights, weights * pixels, layers * depth * pixels


stack_costs = Exercise(
    "stack-costs",
    reference=_costs,
    cases=table(
        "layers kernel_size depth size",
        [(1, 2, 1, 1), (1, 3, 1, 2), (3, 3, 1, 2), (1, 3, 2, 2), (1, 7, 4, 3), (3, 3, 4, 3)],
        [(2, 5, 3, 7), (1, 7, 64, 56), (3, 3, 64, 56), (5, 1, 8, 10)],
    ),
    traits=(
        _several,
        Trait("D > 1", "D = 1", lambda case: case.arguments["depth"] > 1),
        _pixels,
    ),
    returns=("weights", "multiply_adds", "outputs"),
    forbidden=("utils.sizing", "utils.nn", "torch.nn.modules.conv"),
    instead=_COUNT,
)

stack_costs.mistake(
    "the weights of one layer are given",
    "Each of the layers has weights of its own.",
    edit("weights = layers * ", "weights = "),
)
stack_costs.mistake(
    "only one filter of each layer is counted",
    "A layer of depth D has D filters, and each reaches through D channels.",
    edit("depth * depth", "depth"),
)
stack_costs.mistake(
    "the kernel has only one side",
    "It is F wide *and* F high.",
    edit("kernel_size * kernel_size", "kernel_size"),
)
stack_costs.mistake(
    "the biases are counted too",
    "The slide counts weights only.",
    edit("kernel_size * kernel_size * depth", "(kernel_size * kernel_size * depth + 1)"),
)
stack_costs.mistake(
    "the kernel's area is raised to the number of layers",
    "The layers' weights stand side by side: they add up.",
    edit("layers * kernel_size * kernel_size", "(kernel_size * kernel_size) ** layers"),
)
stack_costs.mistake(
    "the weights are used only once",
    "All weights are used at *each* of the size * size positions.",
    edit("weights * pixels", "weights"),
)
stack_costs.mistake(
    "the image has only one side",
    "There are size * size positions.",
    edit("pixels = size * size", "pixels = size"),
)
stack_costs.mistake(
    "only the last output is kept",
    "Each layer's output is kept until its gradient has been computed.",
    edit("layers * depth * pixels", "depth * pixels"),
)
stack_costs.mistake(
    "the outputs of each layer have one channel only",
    "An output has D channels.",
    edit("layers * depth * pixels", "layers * pixels"),
)


@stack_costs.mistake(
    "the windows are thought to shrink the image", "The layers pad, so that the size stays."
)
def _shrinking(layers, kernel_size, depth, size):
    work = outputs = 0
    for _ in range(layers):
        size = max(size - kernel_size + 1, 0)
        work += kernel_size * kernel_size * depth * depth * size * size
        outputs += depth * size * size
    return layers * kernel_size * kernel_size * depth * depth, work, outputs
