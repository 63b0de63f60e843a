"""Which device to compute on, and on how many threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

__all__ = ["device", "one_thread"]


def device() -> "torch.device":
    """The fastest device of this machine: CUDA, else Apple's MPS, else the CPU."""
    import torch  # not with the module: commands of the grader do without

    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread of the CPU: small layers are faster so."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
