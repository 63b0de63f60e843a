"""Random numbers that repeat, without a trace in the rest of the program."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

__all__ = ["get_random_state", "kept_random_state", "seeded", "set_random_state"]


def get_random_state(device: torch.device) -> dict[str, Tensor]:
    """State of torch's global generators that work on ``device`` draws from, the CPU's included."""
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        state["mps"] = torch.mps.get_rng_state()
    return state


def set_random_state(state: dict[str, Tensor], device: torch.device) -> None:
    """Go on from what :func:`get_random_state` returned."""
    torch.set_rng_state(state["cpu"])
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)
    elif device.type == "mps" and "mps" in state:
        torch.mps.set_rng_state(state["mps"])


@contextmanager
def kept_random_state(device: torch.device | str = "cpu") -> Iterator[None]:
    """Put torch's global generators back, at the end, to where they were.

    Args:
        device: what the code inside computes on; only its generator and the CPU's are touched.
    """
    device = torch.device(device)
    before = get_random_state(device)
    try:
        yield
    finally:
        set_random_state(before, device)


@contextmanager
def seeded(seed: int, device: torch.device | str = "cpu") -> Iterator[None]:
    """Inside, torch's random numbers start at ``seed``; afterwards they go on as if never used.

    Args:
        seed: any whole number from 0 to 2**63 - 1.
        device: what the code inside computes on; only its generator and the CPU's are touched.

    Raises:
        TypeError: ``seed`` is not a whole number.
        ValueError: ``seed`` is out of range.
    """
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"seed must be a whole number, but is {seed!r}")
    if not 0 <= seed < 2**63:
        raise ValueError(f"seed must be from 0 to 2**63 - 1, but is {seed}")
    device = torch.device(device)
    with kept_random_state(device):
        # Not torch.manual_seed: it also reseeds the devices that we do not use.
        torch.default_generator.manual_seed(seed)
        if device.type == "cuda":
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        elif device.type == "mps":
            torch.mps.manual_seed(seed)
        yield
