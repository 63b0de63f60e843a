"""Progress across the lessons: what has passed and become one's own, shown beside the lessons.

`notebooks/progress.txt` gets a line when a check passes for the first time: when, in which lesson,
which exercise. `notebooks/home.md` is the course home, `home/home.md` beside this file, with these
lines counted, and with a drawing, `network.svg`, of the parts that lie in `my_convnet/` (see
`utils.mine`); in JupyterLab it follows by itself (`labextension/`). Git ignores these files, and
they may be deleted. A check that has passed once stays counted.

Run as a script, this draws `home.md` and prints the page at which JupyterLab is to open. It needs
nothing but Python itself, so that `make lab` does not wait for torch.
"""

import contextlib
import json
import os
import re
import runpy
from datetime import datetime
from pathlib import Path

__all__ = ["draw", "page", "record"]

FOLDER, PAGE, LOG = "notebooks", "home.md", "progress.txt"
PACKAGE, PICTURE = "my_convnet", "network.svg"
HOME = Path(__file__).resolve().parent / PAGE
#: Run by their paths: as modules of `utils` they would bring torch.
MINE = HOME.parent.parent / "mine"
ATOMIC = HOME.parent.parent / "atomic.py"
#: A row of the home's table: it links to a lesson's folder and ends with the number of checks.
ROW = re.compile(r"^\| .*\]\((\w+)/.*, (\d+) checks \|$", re.MULTILINE)
ENTRY = re.compile(r"\d{4}-\S+ (\w+) ([\w-]+)")
HEAD = f"<!-- utils/home/{PAGE} with {LOG} counted. utils/home/page.py writes this file. -->\n"
NETWORK = "\n\n## Your network\n\n![{words}]({picture})"
FOOT = (
    "\n\nA check that has passed once stays counted, on this computer only."
    f" To begin from nothing, delete `{LOG}` and start JupyterLab again.{{}}\n"
)


def record(exercise: str) -> float | None:
    """Count a check that has passed, if it did so in a lesson that is open in JupyterLab.

    Elsewhere (while grading, in tests, under *Validate*), or where the folder cannot be written,
    it does nothing. It never raises.

    Args:
        exercise: the `grade_id` of the solution cell, such as "conv-output-size".

    Returns:
        How many points the exercise has in that lesson; None where no lesson is open.
    """
    with contextlib.suppress(Exception):  # a check must not fail for the sake of a count
        notebook = _open_notebook()
        if notebook is not None and notebook.parent.parent.name == FOLDER:
            _add(notebook.parent.parent, notebook.parent.name, exercise)
            return _points(notebook, exercise)
    return None


def _points(notebook: Path, exercise: str) -> float | None:
    """How many points an exercise has, as its test cell in the notebook says."""
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        graded = cell["metadata"].get("nbgrader", {})
        if graded.get("grade_id") == f"test-{exercise}":
            return float(graded["points"])
    return None


def _open_notebook() -> Path | None:
    """Return the notebook that somebody has open with this kernel, None when there is none.

    A Jupyter server names it to the kernels that it starts for a browser, and to no others: those
    of nbconvert, `nbgrader validate` and the grader run without a reader.
    """
    name = os.environ.get("JPY_SESSION_NAME")
    if not name:
        return None
    from IPython import get_ipython

    # A program that was started from a notebook inherits the name; it has no kernel.
    return Path(name) if getattr(get_ipython(), "kernel", None) else None


def _add(folder: Path, lesson: str, exercise: str) -> None:
    text = _read(folder / LOG)
    if (lesson, exercise) in _passed(text)[0]:
        return
    if lesson not in dict(ROW.findall(HOME.read_text("utf-8"))):
        return
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    after_a_broken_line = "\n" if text and not text.endswith("\n") else ""
    # One short write at the file's end: two lessons that are open at once lose nothing.
    with (folder / LOG).open("a", encoding="utf-8", newline="\n") as log:
        log.write(f"{after_a_broken_line}{now} {lesson} {exercise}\n")
    draw(folder)


def _read(path: Path) -> str:
    """Return a log's text, whatever it holds; nothing if there is none."""
    try:
        return path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return ""


def _passed(log: str) -> tuple[set[tuple[str, str]], int]:
    """Return what has passed, as (lesson, exercise), and the number of lines that say nothing."""
    lines = [line for line in log.splitlines() if line.strip()]
    entries = [(entry[1], entry[2]) for line in lines if (entry := ENTRY.fullmatch(line))]
    return set(entries), len(lines) - len(entries)


def page(home: str, log: str, network: str = "") -> str:
    """Return the course home with the checks that have passed.

    Args:
        home: the text of `utils/home/home.md`.
        log: the text of progress.txt.
        network: in words, what the drawing of the network shows; "" leaves the drawing out.
    """
    passed, unreadable = _passed(log)

    def counted(row: re.Match) -> str:
        lesson, total = row[1], int(row[2])
        # An exercise that a newer course has no longer must not make it 12 of 11.
        count = min(total, sum(place == lesson for place, _ in passed))
        bar = f'<progress max="{total}" value="{count}"></progress>'
        time = row[0].rpartition(", ")[0]
        words = f"{count} of {total} checks passed".replace(" ", "&nbsp;")  # one line
        return f"{time}<br><label>{words}<br>{bar}</label> |"

    note = f" Lines of that file that are not counted, because they are damaged: {unreadable}."
    rows = list(ROW.finditer(home))
    end = rows[-1].end() if rows else len(home)
    return (
        HEAD
        + ROW.sub(counted, home[:end])
        + (NETWORK.format(words=network, picture=PICTURE) if network else "")
        + FOOT.format(note if unreadable else "")
        + home[end:]
    )


def draw(folder: Path) -> Path:
    """Write `home.md` and its drawing in the folder of the lessons.

    Returns:
        The path of `home.md`; the folder if they cannot be written.
    """
    shown = None
    try:
        # Once more if another lesson's kernel has counted something in the meantime.
        while (log := _read(folder / LOG)) != shown:
            network = _draw_network(folder)
            _write(folder / PAGE, page(HOME.read_text("utf-8"), log, network))
            shown = log
    except OSError:
        return folder
    return folder / PAGE


def _draw_network(folder: Path) -> str:
    """Draw the network of the parts that are kept; return in words what it shows."""
    parts, picture = (runpy.run_path(str(MINE / f"{x}.py")) for x in ("parts", "picture"))
    files = {path.stem for path in (folder / PACKAGE).glob("*.py")}
    own = {name for name in parts["PARTS"] if parts["file_of"](name) in files}
    _write(folder / PICTURE, picture["draw"](parts["PARTS"], parts["LAYERS"], own))
    return picture["words"](parts["PARTS"], own)


def _write(path: Path, text: str) -> None:
    """Write a file that appears whole: whoever reads it meanwhile gets the old one."""
    with runpy.run_path(str(ATOMIC))["write_atomic"](path) as file:
        file.write(text.encode())


if __name__ == "__main__":
    course = Path(__file__).resolve().parents[2]
    print(draw(course / FOLDER).relative_to(course).as_posix())
