"""Checkpoints: the state of a training run in a file, whole or not at all."""

from os import PathLike
from pathlib import Path

import torch
from torch import nn

from utils.atomic import write_atomic

__all__ = ["CheckpointError", "check_free", "check_model", "load", "read", "save"]

FORMAT = 1
MOST_LISTED = 20  # of what is wrong with a file


class CheckpointError(RuntimeError):
    """A checkpoint cannot be read, or is of another run."""


def save(path: str | PathLike, state: dict) -> None:
    """Write a state of tensors, numbers, texts, lists and dictionaries, atomically.

    Args:
        path: of the file; an older one is replaced once the new one is complete.
        state: what to write.
    """
    with write_atomic(path) as file:
        torch.save({"format": FORMAT} | state, file)


def load(path: str | PathLike) -> dict:
    """Read what :func:`save` wrote, on the CPU; a checkpoint cannot run code.

    Raises:
        CheckpointError: the file is broken, or no checkpoint of this package.
    """
    state = read(path)
    if state.get("format") != FORMAT:
        raise CheckpointError(f"{path} is not a checkpoint of utils.training.fit")
    return state


def read(path: str | PathLike) -> dict:
    """Read a dictionary of tensors, on the CPU; the file cannot run code.

    Raises:
        CheckpointError: the file is broken, or holds something else.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # torch raises many kinds for a file that is not its own
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    if not isinstance(state, dict):
        raise CheckpointError(f"{path} holds no dictionary of tensors, but {type(state).__name__}")
    return state


def check_free(path: str | PathLike | None, resume: bool) -> None:
    """Refuse to overwrite a checkpoint that nobody asked to go on from.

    Raises:
        FileExistsError: ``path`` is there, but ``resume`` is False.
        ValueError: ``resume`` is True, but no path is given.
    """
    if resume and path is None:
        raise ValueError("resume=True needs to know from where: pass checkpoint=...")
    if path is not None and not resume and Path(path).exists():
        raise FileExistsError(
            f"{path} holds a run already: pass resume=True to go on with it, or delete it"
        )


def check_model(path: str | PathLike, model: nn.Module, saved: dict) -> None:
    """Check that saved tensors fit a model, before any of them is loaded.

    Raises:
        CheckpointError: they do not; the message lists what is missing, too much or of another
            shape.
    """
    ours = model.state_dict()
    wrong = [f"{name} is missing" for name in ours if name not in saved]
    wrong += [f"{name} is not of this model" for name in saved if name not in ours]
    for name in (x for x in ours if x in saved):
        here, there = tuple(ours[name].shape), getattr(saved[name], "shape", None)
        there = there if there is None else tuple(there)
        if there != here:
            wrong.append(f"{name} is {there} there, but {here} here")
    if wrong:
        listed = wrong[:MOST_LISTED]
        listed += [f"and {len(wrong) - MOST_LISTED} more"] * (len(wrong) > MOST_LISTED)
        raise CheckpointError(f"{path} is of another model:\n  " + "\n  ".join(listed))
