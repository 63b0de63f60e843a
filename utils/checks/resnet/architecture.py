"""Lesson 7: the networks' layers, from the paper's table.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

from utils.checks.core import Case, Exercise, Mistake, Trait, ValueExercise
from utils.checks.mistakes import edit

# --- resnet-convs --------------------------------------------------------------------------------


def _convs(counts, bottleneck):
    layers, channels = [(64, 3, 7, 2)], 64
    for stage, count in enumerate(counts):
        filters = 64 * 2**stage
        wide = 4 * filters if bottleneck else filters
        for place in range(count):
            stride = 2 if stage > 0 and place == 0 else 1
            if bottleneck:
                layers += [(filters, channels, 1, stride), (filters, filters, 3, 1)]
                layers += [(wide, filters, 1, 1)]
            else:
                layers += [(filters, channels, 3, stride), (filters, filters, 3, 1)]
            if stride != 1 or channels != wide:
                layers.append((wide, channels, 1, stride))
            channels = wide
    return layers


resnet_convs = Exercise(
    "resnet-convs",
    reference=_convs,
    cases=[
        Case({"counts": counts, "bottleneck": bottleneck})
        for counts, bottleneck in [
            ((1,), False),
            ((1,), True),
            ((2,), False),
            ((2,), True),
            ((1, 1), False),
            ((1, 1), True),
            ((2, 2), False),
            ((2, 2, 2, 2), False),
            ((3, 4, 6, 3), False),
            ((3, 4, 6, 3), True),
            ((3, 8, 36, 3), True),
        ]
    ],
    traits=(
        Trait("bottlenecks", "basic blocks", lambda case: case.arguments["bottleneck"]),
        Trait("several stages", "one stage", lambda case: len(case.arguments["counts"]) > 1),
        Trait("several blocks", "one block", lambda case: max(case.arguments["counts"]) > 1),
    ),
    forbidden=("utils.models", "utils.nn", "torch.nn.modules.conv"),
    instead="Go through stages and blocks in two loops, and keep the channels in a variable.",
)

resnet_convs.mistake(
    "the projections are forgotten",
    "Where a block's output has another shape than its input, a 1x1 layer stands on the shortcut.",
    edit("layers.append((wide, channels, 1, stride))", "pass"),
)
resnet_convs.mistake(
    "the shortcut is projected only where the stride is 2",
    "The first bottleneck has stride 1, but 64 channels go in and 256 come out.",
    edit("stride != 1 or channels != wide", "stride != 1"),
)
resnet_convs.mistake(
    "the first stage has a stride too",
    "The pooling layer has just halved the image: the first stage keeps its size.",
    edit("stage > 0 and place == 0", "place == 0"),
)
resnet_convs.mistake(
    "every block of a later stage has a stride",
    "Only the first block of a stage halves the image.",
    edit("stage > 0 and place == 0", "stage > 0"),
)
resnet_convs.mistake(
    "the stride is forgotten",
    "The first block of stages 2, 3 and 4 has stride 2, in its first layer and its projection.",
    edit("2 if stage > 0 and place == 0 else 1", "1"),
)
resnet_convs.mistake(
    "the filters do not double",
    "Each stage has twice as many filters as the one before: 64, 128, 256, 512.",
    edit("64 * 2**stage", "64"),
)
resnet_convs.mistake(
    "the first conv layer is forgotten",
    "The list begins with the 64 filters of 7x7 that see the image.",
    edit("[(64, 3, 7, 2)]", "[]"),
)

# --- head-weights --------------------------------------------------------------------------------

head_weights = ValueExercise(
    "head-weights",
    reference=2048 * 1000,
    advice="How many channels does the last stage of ResNet-50 give, and how many numbers of each "
    "are left behind global average pooling?",
    passed="VGG's first fully connected layer has fifty times as many.",
    mistakes=[
        Mistake(
            "the channels of ResNet-34 are taken",
            "ResNet-50 has bottlenecks: four times as many channels come out of its last stage.",
            512 * 1000,
        ),
        Mistake(
            "the pooling is left out",
            "Global average pooling leaves one number of each channel, not 7 x 7.",
            7 * 7 * 2048 * 1000,
        ),
        Mistake("the biases are counted", "Weights only.", 2048 * 1000 + 1000),
        Mistake(
            "the pooling is left out, and the channels of ResNet-34 are taken",
            "ResNet-50's last stage gives four times as many, and pooling leaves one number each.",
            7 * 7 * 512 * 1000,
        ),
    ],
)
