"""Lesson 8: the contest's design. A check looks at form and cost; `utils.contest` trains it.

The wrong designs use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn

from utils import contest
from utils._common.seeding import seeded
from utils.checks import wording
from utils.checks.core import (
    EXERCISES,
    CheckFailed,
    Mistake,
    NotAnswered,
    named,
    placeholder,
    unwritten,
)
from utils.checks.mistakes import Edit, edit


@dataclass
class DesignExercise:
    """A function without arguments that builds a network; each mistake has a sign."""

    id: str
    mistakes: list[Mistake] = field(default_factory=list)
    signs: list[Callable] = field(default_factory=list)

    def __post_init__(self):
        EXERCISES[self.id] = self

    @property
    def name(self) -> str:
        """The name of the function that the student writes."""
        return self.id.replace("-", "_")

    def mistake(self, name: str, hint: str, sign: Callable, *edits: Edit):
        """Add a mistake to the catalogue, which ``sign(models, scores)`` recognises.

        Args:
            name: a clause that says what is done wrong.
            hint: what to think about.
            sign: says whether two networks, and what they give for two images, show it.
            edits: what it changes in `_network`; without them, this decorates a wrong design.
        """
        self.signs.append(sign)
        if edits:
            self.mistakes.append(Mistake(name, hint, edits=edits, right=_network))
            return None

        def register(function):
            self.mistakes.append(Mistake(name, hint, function))
            return function

        return register

    def check(self, answer) -> str:
        """Return what a right answer costs; raise CheckFailed when it is not one."""
        if placeholder(answer):
            raise NotAnswered(unwritten(self.name))
        if isinstance(answer, nn.Module) or not callable(answer):
            raise CheckFailed(
                f"{self.name} must be a function that builds a network; it is "
                f"{wording.kind(answer)}."
            )
        with seeded(0):
            models, scores = self._try(answer)  # two networks, one after the other
            for mistake, sign in zip(self.mistakes, self.signs, strict=True):
                if sign(models, scores):
                    lines = [f"{self.name}: this is not a network for the task."]
                    raise CheckFailed("\n".join([*lines, *named(mistake), *_facts(models[0])]))
            if scores.shape != (2, len(contest.CLASSES)):
                raise CheckFailed(
                    f"{self.name}: for two images the network gives {tuple(scores.shape)}; "
                    f"it should give (2, {len(contest.CLASSES)}): a score for each class."
                )
            paid = contest.cost(models[0])
        return "\n".join(
            [
                f"{self.name}: {paid};",
                f"  the front there is at {contest.front(paid.total):.0%}; accuracy not known yet.",
            ]
        )

    def _try(self, answer) -> tuple[list[nn.Module], torch.Tensor]:
        try:
            models = [answer(), answer()]
            for model in models:
                if not isinstance(model, nn.Module):
                    kind = wording.kind(model)
                    raise CheckFailed(f"{self.name}() gave {kind}; it should give a torch module.")
                model.cpu()
            pictures = torch.rand(2, 3, contest.SIZE, contest.SIZE)
            with torch.no_grad():  # both: a lazy layer has no weights before its first images
                scores, _ = (model.eval()(pictures) for model in models)
                contest.cost(models[0])
            if not isinstance(scores, torch.Tensor):
                kind = wording.kind(scores)
                raise CheckFailed(f"{self.name}: the network gives {kind}, not a tensor.")
        except NotImplementedError as error:
            if not str(error):
                raise NotAnswered(unwritten(self.name)) from None
            raise
        except CheckFailed:
            raise
        except Exception as error:
            size = contest.SIZE
            lines = [f"{self.name}: it failed on two images, (2, 3, {size}, {size}):"]
            raise CheckFailed("\n".join([*lines, *wording.exception(error, answer)])) from None
        return models, scores


def _facts(model: nn.Module) -> list[str]:
    text = f"It costs {contest.cost(model)}; at most {contest.MOST_COST:,}."
    return ["", *textwrap.wrap(text, 96)]


design = DesignExercise("design")


def _network():
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 16, 3, stride=2, padding=1, bias=False),
        torch.nn.BatchNorm2d(16),
        torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(16, 10),
    )


def _shared(models, scores):
    weights = {id(weight) for weight in models[0].parameters()}
    return any(id(weight) in weights for weight in models[1].parameters())


def _sums_to_one(models, scores):
    if scores.shape != (2, len(contest.CLASSES)):
        return False
    return bool((scores >= 0).all() and torch.allclose(scores.sum(1), torch.ones(2), atol=1e-4))


@design.mistake(
    "the same network is handed out each time",
    "Build a new one in each call: a network that has been trained once is no fresh start.",
    _shared,
)
def _once(made=[]):  # noqa: B006
    if not made:
        made.append(
            torch.nn.Sequential(
                torch.nn.Conv2d(3, 16, 3, stride=4, padding=1),
                torch.nn.ReLU(),
                torch.nn.Flatten(),
                torch.nn.Linear(16 * 64, 10),
            )
        )
    return made[0]


design.mistake(
    "the network always starts from the same weights",
    "Each call must draw new random weights: no fixed seed, and no weights from elsewhere. Filters "
    "that always start alike, identity filters for example, are refused too.",
    lambda models, scores: contest.same_weights(*models),
    edit("    return", "    torch.manual_seed(0)\n    return"),
)
design.mistake(
    "there are scores for five classes",
    "There are ten classes; `contest.CLASSES` names them.",
    lambda models, scores: scores.shape == (2, 5),
    edit("Linear(16, 10)", "Linear(16, 5)"),
)
design.mistake(
    "each pixel has scores of its own",
    "One answer for each image is wanted: average over the pixels at the end.",
    lambda models, scores: scores.ndim == 4,
    edit("        torch.nn.AdaptiveAvgPool2d(1),\n        torch.nn.Flatten(),\n"),
    edit("Linear(16, 10)", "Conv2d(16, 10, 1)"),
)
design.mistake(
    "probabilities are given instead of scores",
    "Leave the softmax out: the loss takes it, and a second one flattens the gradient.",
    _sums_to_one,
    edit("Linear(16, 10)", "Linear(16, 10), torch.nn.Softmax(1)"),
)


@design.mistake(
    "it costs too much, and a large part of that are parameters",
    "Where do they sit? A fully connected layer after Flatten has one weight for each pixel of "
    "each channel and each unit: global average pooling needs far fewer.",
    lambda models, scores: _over(models[0]) and _mostly_parameters(models[0]),
)
def _flattened():
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 32, 3, stride=2, padding=1),
        torch.nn.ReLU(),
        torch.nn.Flatten(),
        torch.nn.Linear(32 * 16 * 16, 512),
        torch.nn.ReLU(),
        torch.nn.Linear(512, 10),
    )


design.mistake(
    "it costs too much, and nearly all of that are multiply-adds",
    "Where are they made? A weight works at each pixel of its layer's output: halve the image "
    "early, by a stride or by pooling, and double the channels only then.",
    lambda models, scores: _over(models[0]),
    edit("stride=2, "),
    edit(
        "torch.nn.ReLU(),",
        "torch.nn.ReLU(), torch.nn.Conv2d(16, 40, 3, padding=1, bias=False), "
        "torch.nn.BatchNorm2d(40), torch.nn.ReLU(),",
    ),
    edit("Linear(16, 10)", "Linear(40, 10)"),
)


def _over(model: nn.Module) -> bool:
    return contest.cost(model).total > contest.MOST_COST


def _mostly_parameters(model: nn.Module) -> bool:
    paid = contest.cost(model)
    return 4 * paid.parameters > paid.total
