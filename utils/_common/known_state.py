"""A process's global settings as they are at the start, while an answer is called.

Whoever writes ``torch.set_default_dtype(torch.float64)`` somewhere in a notebook has changed what
every later ``torch.zeros(3)`` means, their own and ours. An answer must not become wrong by that.
"""

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch

__all__ = ["known_state"]

RECURSION_LIMIT = sys.getrecursionlimit()
NUMPY_ERRORS: dict[str, Any] = {
    "divide": "warn",
    "over": "warn",
    "under": "ignore",
    "invalid": "warn",
}
#: Settings of torch: how to read each, how to set it, and the value that it starts with.
SETTINGS: tuple[tuple[Callable[[], Any], Callable[[Any], Any], Any], ...] = (
    (torch.get_default_dtype, torch.set_default_dtype, torch.float32),
    (torch.is_grad_enabled, torch.set_grad_enabled, True),
    (torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly, False),
    (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "highest"),
    (
        lambda: torch.is_autocast_enabled("cpu"),
        lambda enabled: torch.set_autocast_enabled("cpu", enabled),
        False,
    ),
    (
        torch.get_deterministic_debug_mode,  # use_deterministic_algorithms, and whether it warns
        torch.set_deterministic_debug_mode,
        0,
    ),
)


@contextmanager
def known_state() -> Iterator[None]:
    """Inside, global settings are those of a fresh process; afterwards they are what they were.

    That is torch's default dtype and device, gradients on, no inference mode, no autocast, no
    deterministic algorithms, no anomaly detection, exact float32 products; NumPy's handling of
    floating-point errors; warnings that do not raise; Python's limit of recursion.
    """
    with ExitStack() as afterwards:
        if torch.get_default_device().type != "cpu":
            afterwards.callback(torch.set_default_device, torch.get_default_device())
            torch.set_default_device(None)
        if torch.is_inference_mode_enabled():
            afterwards.enter_context(torch.inference_mode(False))
        for get, set_to, value in SETTINGS:
            before = get()
            if before != value:
                afterwards.callback(set_to, before)
                set_to(value)
        afterwards.callback(sys.setrecursionlimit, sys.getrecursionlimit())
        sys.setrecursionlimit(max(RECURSION_LIMIT, sys.getrecursionlimit()))
        afterwards.enter_context(np.errstate(**NUMPY_ERRORS))
        afterwards.enter_context(warnings.catch_warnings())
        if any(action == "error" for action, *_ in warnings.filters):
            warnings.simplefilter("default")
        yield
