"""Lesson 5: what one large filter costs, and what a stack of small ones does."""

from utils.checks.cases import table
from utils.checks.core import Exercise, Mistake, Trait, ValueExercise
from utils.checks.mistakes import edit

_several = Trait("several layers", "one layer", lambda case: case.arguments["layers"] > 1)
_deep = Trait("D > 1", "D = 1", lambda case: case.arguments["depth"] > 1)


# --- stack-weights -------------------------------------------------------------------------------


def _weights(layers, kernel_size, depth):
    return layers * kernel_size * kernel_size * depth * depth


stack_weights = Exercise(
    "stack-weights",
    reference=_weights,
    cases=table(
        "layers kernel_size depth",
        [(1, 2, 1), (1, 7, 1), (3, 3, 1), (1, 3, 2), (2, 3, 4), (3, 3, 5), (1, 7, 512)],
        [(3, 3, 512), (5, 3, 64), (2, 1, 16)],
    ),
    traits=(_several, _deep),
    forbidden=("utils.sizing", "utils.nn", "torch.nn.modules.conv"),
    instead="Count: the numbers in one filter, the filters in one layer, the layers.",
)

stack_weights.mistake(
    "the layers are forgotten", "Each of the layers has weights of its own.", edit("layers * ")
)
stack_weights.mistake(
    "only one filter a layer is counted",
    "A layer of depth D has D filters, and each reaches through D channels.",
    edit("depth * depth", "depth"),
)
stack_weights.mistake(
    "the kernel has only one side",
    "It is F wide *and* F high.",
    edit("kernel_size * kernel_size", "kernel_size"),
)
stack_weights.mistake(
    "the biases are counted too",
    "The slide counts weights only.",
    edit("kernel_size * kernel_size * depth", "(kernel_size * kernel_size * depth + 1)"),
)
stack_weights.mistake(
    "the kernel's area is raised to the number of layers",
    "The layers' weights stand side by side: they add up.",
    edit("layers * kernel_size * kernel_size", "(kernel_size * kernel_size) ** layers"),
)
stack_weights.mistake(
    "the depth is multiplied at each layer",
    "Each layer takes D channels and gives D channels: D * D for each, and then add the layers.",
    edit("depth * depth", "depth ** (layers + 1)"),
)

# --- the non-linearities -------------------------------------------------------------------------

nonlinearities = ValueExercise(
    "nonlinearities",
    reference=[1, 3],
    advice="VGG puts a ReLU behind each conv layer. How many conv layers are in each of the two?",
    passed="three small layers have three ReLUs in a row.",
    mistakes=[
        Mistake(
            "only the ReLUs between two conv layers are counted",
            "There is one behind the last conv layer too.",
            [0, 2],
        ),
        Mistake(
            "each tap of a filter is thought to have one",
            "A filter's taps are added up first. The ReLU comes behind the layer.",
            [49, 27],
        ),
        Mistake(
            "each of the two is thought to end in a single ReLU",
            "VGG puts a ReLU behind *each* conv layer.",
            [1, 1],
        ),
        Mistake(
            "the kernel sizes are given", "Count the layers: a ReLU follows each of them.", [3, 7]
        ),
    ],
)

# --- stack-costs ---------------------------------------------------------------------------------


def _costs(layers, kernel_size, depth, size):
    pixels = size * size
    multiply_adds = layers * kernel_size * kernel_size * depth * depth * pixels
    return multiply_adds, layers * depth * pixels


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
        _deep,
        Trait("several pixels", "one pixel", lambda case: case.arguments["size"] > 1),
    ),
    returns=("multiply_adds", "outputs"),
    forbidden=("utils.sizing", "utils.nn", "torch.nn.modules.conv"),
    instead="Count: the weights are used once at each pixel; each layer has an output.",
)

stack_costs.mistake(
    "the weights are used only once",
    "All weights are used at *each* of the size * size places.",
    edit("depth * depth * pixels", "depth * depth"),
)
stack_costs.mistake(
    "the image has only one side",
    "There are size * size places.",
    edit("pixels = size * size", "pixels = size"),
)
stack_costs.mistake(
    "only the last output is kept",
    "Each layer's output is kept until its gradient has been computed.",
    edit("layers * depth", "depth"),
)
stack_costs.mistake(
    "the outputs of each layer have one channel only",
    "An output has D channels.",
    edit("layers * depth", "layers"),
)
stack_costs.mistake(
    "the work of one layer is given",
    "Each of the layers does this work.",
    edit("layers * kernel_size", "kernel_size"),
)
stack_costs.mistake(
    "only one filter of each layer is counted",
    "A layer of depth D has D filters, and each reaches through D channels.",
    edit("depth * depth", "depth"),
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
    return work, outputs
