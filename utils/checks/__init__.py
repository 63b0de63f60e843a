"""Checks that teach: they say which mistake an answer shows, and where it goes wrong."""

import importlib
import pkgutil

from utils.checks.core import (
    EXERCISES,
    CheckFailed,
    Exercise,
    Mistake,
    ModuleExercise,
    NotAnswered,
    check,
)
from utils.checks.notebook import calm_stubs

__all__ = [
    "EXERCISES",
    "CheckFailed",
    "Exercise",
    "Mistake",
    "ModuleExercise",
    "NotAnswered",
    "check",
]

# One package for each lesson; to import a module is to enter its exercises.
for _found in pkgutil.walk_packages(__path__, f"{__name__}."):
    importlib.import_module(_found.name)

calm_stubs()
