"""The contest at the end of the course: shapes cut out of photographs, accuracy against cost.

:func:`grade` trains a design by its own recipe and says what it is worth; :func:`cost` only counts;
:func:`pictures` draws what it is about, :func:`draw` shows designs beside the front.
"""

from utils.contest import typical
from utils.contest.cost import Cost, Uncountable
from utils.contest.cutouts import CLASSES, SIZE, Pictures, pictures
from utils.contest.drawing import describe, draw
from utils.contest.recipe import Recipe, train
from utils.contest.scoring import (
    FRONT,
    MOST_COST,
    POINTS,
    Score,
    accuracy,
    cost,
    front,
    grade,
    same_weights,
)

__all__ = [
    "CLASSES",
    "FRONT",
    "MOST_COST",
    "POINTS",
    "SIZE",
    "Cost",
    "Pictures",
    "Recipe",
    "Score",
    "Uncountable",
    "accuracy",
    "cost",
    "describe",
    "draw",
    "front",
    "grade",
    "pictures",
    "same_weights",
    "train",
    "typical",
]
