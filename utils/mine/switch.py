"""When the library is read and written, and where it lies.

A part is read or kept only while somebody works at the kernel. Each front end tells the kernel so
with every cell: JupyterLab and Colab in the request's metadata, VS Code by a variable. A kernel
that runs a notebook by itself (*Validate*, `nbconvert`, the build of the solutions) is told nothing
of the kind, even where it was started from a notebook; the grader and the tests have no kernel.
``CONVNETS_MINE=off`` in the environment switches the library off everywhere.
"""

import os
from pathlib import Path

from IPython import get_ipython

__all__ = ["folder", "live", "shell"]

PACKAGE, NOTEBOOKS = "my_convnet", "notebooks"
COURSE = Path(__file__).resolve().parents[2]
FRONT_ENDS = {"cellId", "colab"}  # JupyterLab and Colab, in a request's metadata
VS_CODE = "__vsc_ipynb_file__"  # among the notebook's names

_seen = False  # somebody has run a cell: what a button does afterwards names no cell


def shell():
    """The shell of this kernel; None where there is no kernel."""
    running = get_ipython()
    return running if getattr(running, "kernel", None) is not None else None


def live() -> bool:
    """Say whether somebody works at this kernel, so that parts may be read and kept."""
    global _seen
    if os.environ.get("CONVNETS_MINE", "").lower() == "off" or (kernel := shell()) is None:
        return False
    metadata = kernel.get_parent().get("metadata") or {}
    _seen = _seen or not FRONT_ENDS.isdisjoint(metadata) or VS_CODE in kernel.user_ns
    return _seen


def folder() -> Path | None:
    """The folder of the library: beside the lessons, else in the working directory.

    None in the course's other folders: who tries `solutions/` leaves nothing in them.
    """
    here = Path.cwd() if Path.cwd() != COURSE else COURSE / NOTEBOOKS
    beside = next((x for x in (here, *here.parents) if x.name == NOTEBOOKS), None)
    if beside is not None:
        return beside / PACKAGE
    return None if here.is_relative_to(COURSE) else here / PACKAGE
