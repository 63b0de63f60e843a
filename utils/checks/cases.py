"""Cases and traits that exercises of several lessons share."""

from utils.checks.core import Case, Trait


def table(names: str, *lists: list[tuple[int, ...]]) -> list[Case]:
    """Make a case of every row in the lists: its numbers have these names, in this order.

    A shorter row leaves out the last arguments, so that their defaults are tried as well.
    """
    return [Case(dict(zip(names.split(), row, strict=False))) for rows in lists for row in rows]


# Of an argument `input`, (N, C, H, W).
IMAGES = Trait("several images", "one image", lambda case: len(case.arguments["input"]) > 1)
CHANNELS = Trait(
    "several channels", "one channel", lambda case: case.arguments["input"].shape[1] > 1
)
PIXELS = Trait(
    "several pixels", "one pixel", lambda case: case.arguments["input"].shape[2:].numel() > 1
)
