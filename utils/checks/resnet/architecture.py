"""Lesson 7: the blocks of a ResNet, from a row of the paper's table.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit


def _blocks(counts, width, expansion):
    blocks, channels = [], width
    for stage, count in enumerate(counts):
        filters = width * 2**stage
        for place in range(count):
            stride = 2 if stage > 0 and place == 0 else 1
            blocks.append((channels, filters, stride))
            channels = expansion * filters
    return blocks


resnet_blocks = Exercise(
    "resnet-blocks",
    reference=_blocks,
    cases=[
        Case({"counts": counts, "width": width, "expansion": expansion})
        for counts, width, expansion in [
            ((1,), 8, 1),
            ((2,), 8, 1),
            ((1, 1), 8, 1),
            ((2,), 8, 4),
            ((1, 1), 8, 4),
            ((2, 2), 8, 1),
            ((3, 3, 3), 16, 1),
            ((2, 2, 2, 2), 64, 1),
            ((3, 4, 6, 3), 64, 4),
        ]
    ],
    traits=(
        Trait("bottlenecks", "basic blocks", lambda case: case.arguments["expansion"] > 1),
        Trait("several stages", "one stage", lambda case: len(case.arguments["counts"]) > 1),
        Trait(
            "several blocks a stage", "one block", lambda case: max(case.arguments["counts"]) > 1
        ),
    ),
    forbidden=("utils.models", "utils.nn", "torch.nn.modules.conv"),
    instead="Go through stages and blocks in two loops, and keep the channels in a variable.",
)

resnet_blocks.mistake(
    "a bottleneck's wide output is forgotten",
    "A bottleneck with `filters` gives 4 * filters channels, and the next block takes those in.",
    edit("expansion * filters", "filters"),
)
resnet_blocks.mistake(
    "the first block is given a bottleneck's channels",
    "Before the first block stands one conv layer with `width` filters.",
    edit("[], width", "[], expansion * width"),
)
resnet_blocks.mistake(
    "the first stage has a stride too",
    "What comes before has halved the image already: the first stage keeps its size.",
    edit("stage > 0 and place == 0", "place == 0"),
)
resnet_blocks.mistake(
    "every block of a later stage has a stride",
    "Only the first block of a stage halves the image.",
    edit("stage > 0 and place == 0", "stage > 0"),
)
resnet_blocks.mistake(
    "the stride is forgotten",
    "The first block of every later stage has stride 2.",
    edit("2 if stage > 0 and place == 0 else 1", "1"),
)
resnet_blocks.mistake(
    "the filters do not double",
    "Each stage has twice as many filters as the one before.",
    edit("width * 2**stage", "width"),
)
resnet_blocks.mistake(
    "the filters double from block to block",
    "They double from stage to stage. Within a stage all blocks are alike.",
    edit("width * 2**stage", "width * 2**len(blocks)"),
    edit("        filters = width * 2**len(blocks)\n", ""),
    edit(
        "            stride =", "            filters = width * 2**len(blocks)\n            stride ="
    ),
)
