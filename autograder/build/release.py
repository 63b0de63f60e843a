"""Build the notebooks: lessons/L/L.md -> solutions/L/L.ipynb -> notebooks/L/L.ipynb.

The solution is executed; its outputs are kept until the lesson's code or `utils` changes. The
student's notebook is what `nbgrader generate_assignment` makes of the solution. Files that lie
beside the text (pictures, data) go along with both.
"""

import argparse
import ast
import contextlib
import filecmp
import hashlib
import io
import logging
import math
import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, zip_longest
from pathlib import Path

import jupytext
import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbgrader.apps import GenerateAssignmentApp
from nbgrader.utils import determine_grade, is_grade, is_solution
from tqdm import tqdm

from autograder import ROOT
from autograder.build import home
from autograder.build.slugs import give_ids
from autograder.cells import BUILD_METADATA, SCORE, without_outputs
from autograder.errors import CourseError

#: Written into every notebook in place of this machine's.
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "pygments_lexer": "ipython3",
    },
}
CELL_TIMEOUT = 300  # seconds
#: Outputs that no page draws: a widget, which is gone with its kernel, and the contest's score,
#: which is for the grader. Beside each stands one that is drawn.
FOR_PROGRAMS = ("application/vnd.jupyter.widget-view+json", SCORE)
NOT_OURS = (".ipynb_checkpoints", "__pycache__", ".DS_Store", "my_convnet")


@dataclass(frozen=True)
class Lesson:
    """One lesson of a course: a folder of the same name under lessons/, solutions/, notebooks/."""

    root: Path
    name: str

    @property
    def number(self) -> int:
        """Its place in the course, from its name."""
        return int(self.name.partition("_")[0])

    @property
    def topic(self) -> str:
        """Its name without the number: so are its checks and its right answers called."""
        return self.name.partition("_")[2]

    @property
    def checks(self) -> Path:
        """The package of its exercises and mistakes."""
        return self.root / "utils" / "checks" / self.topic

    @property
    def answers(self) -> Path:
        """The tests' other right answers to it."""
        return self.root / "tests" / "answers" / f"{self.topic}.py"

    @property
    def text(self) -> Path:
        """What the author writes."""
        return self.root / "lessons" / self.name / f"{self.name}.md"

    @property
    def solution(self) -> Path:
        """The executed notebook with solutions."""
        return self.root / "solutions" / self.name / f"{self.name}.ipynb"

    @property
    def student(self) -> Path:
        """The notebook that students get."""
        return self.root / "notebooks" / self.name / f"{self.name}.ipynb"


def lessons(root: Path = ROOT, names: list[str] | None = None) -> list[Lesson]:
    """Return the named lessons, or all, in order. Raises CourseError for a name without a text."""
    found = [Lesson(root, path.stem) for path in sorted((root / "lessons").glob("*/*.md"))]
    found = [lesson for lesson in found if lesson.text.is_file()]
    known = {lesson.name: lesson for lesson in found}
    if unknown := [name for name in names or [] if name not in known]:
        raise CourseError(f"no lesson {', '.join(unknown)}; there are: {', '.join(known)}")
    return [known[name] for name in names] if names else found


def convert(lesson: Lesson) -> nbformat.NotebookNode:
    """Return a lesson's text as a notebook without outputs, with readable cell ids.

    Raises:
        CourseError: a `grade_id` is used twice or is no valid cell id, or the text is no notebook.
    """
    try:
        notebook = jupytext.read(lesson.text, fmt="md:myst")
        give_ids(notebook.cells)
    except Exception as error:
        raise CourseError(f"{lesson.text.relative_to(lesson.root)}: {error}") from error
    course = {"course": notebook.metadata.course} if "course" in notebook.metadata else {}
    notebook.metadata = nbformat.from_dict(METADATA | course)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    return notebook


def notebooks(root: Path = ROOT) -> dict[Lesson, nbformat.NotebookNode]:
    """Return each lesson with its text as a notebook. Raises CourseError as :func:`convert`."""
    return {lesson: convert(lesson) for lesson in lessons(root)}


def fingerprint(notebook: nbformat.NotebookNode, root: Path) -> str:
    """Return a hash of what decides a notebook's outputs: its code, and what it uses of `utils`.

    That is each module that its cells import, those that these import, the scripts, styles and
    tables that lie beside them, and of the checks those of its own exercises.
    """
    digest = hashlib.sha256()
    used: set[Path] = set()
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    for source in code:
        digest.update(source.encode() + b"\0")
        _follow(TransformerManager().transform_cell(source), root, used)
    for path in _checks(code, root):
        used.add(path)
        _follow(path.read_text("utf-8"), root, used)
    for path in (root / "utils").rglob("*"):
        if path.suffix in (".js", ".css", ".json", ".toml"):
            package = next(x for x in path.parents if (x / "__init__.py").is_file())
            used |= {path} if package / "__init__.py" in used else set()
    for path in sorted(used):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def _follow(source: str, root: Path, used: set[Path]) -> None:
    """Add the files of `utils` that a text imports, wherever it does, and those these import."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # executing it says more of it
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for path in {path for name in names for path in _files_of(name, root)} - used:
            used.add(path)
            _follow(path.read_text("utf-8"), root, used)


def _checks(code: list[str], root: Path) -> list[Path]:
    """Return the files of the packages in `utils.checks` that have the exercises of some cells.

    `utils.checks` imports them all, by no name that could be read here.
    """
    names = re.findall(r"""\bcheck\(\s*["']([\w-]+)["']""", "\n".join(code))
    found = []
    for package in sorted((root / "utils" / "checks").glob("*/")):
        files = sorted(package.glob("*.py"))
        texts = "".join(path.read_text("utf-8") for path in files)
        if any(f'"{name}"' in texts for name in names):
            found += files
    return found


def _files_of(name: str, root: Path) -> list[Path]:
    """Return the files that are run to import `utils.a.b`; b may be a module or a name in a."""
    words = name.split(".")
    if words[0] != "utils":
        return []
    places = [root.joinpath(*words[: n + 1]) for n in range(len(words))]
    files = [x for place in places for x in (place / "__init__.py", place.with_suffix(".py"))]
    return [x for x in files if x.is_file()]


def read(path: Path) -> nbformat.NotebookNode | None:
    """Read a built notebook; None when there is none that could be used."""
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.ValidationError, nbformat.reader.NotJSONError):
        return None


def _cells_seconds(notebook: nbformat.NotebookNode) -> dict[str, int]:
    """Return the seconds that its slow cells took: powers of two, so that a rebuild is the same."""
    found = {}
    for cell in notebook.cells:
        times = cell.metadata.pop("execution", {})
        if {"iopub.execute_input", "shell.execute_reply"} <= times.keys():
            begun, ended = (
                datetime.fromisoformat(times[x])
                for x in ("iopub.execute_input", "shell.execute_reply")
            )
            if (took := (ended - begun).total_seconds()) > 1:
                found[cell["id"]] = 2 ** math.ceil(math.log2(took))
    return found


def keep_outputs(notebook: nbformat.NotebookNode, built: nbformat.NotebookNode | None) -> str:
    """Take over the outputs of an earlier build if they are still those of this notebook.

    Returns:
        Why they are not; nothing if they are.
    """
    if built is None:
        return "it is not built yet"
    new = [cell for cell in notebook.cells if cell.cell_type == "code"]
    old = [cell for cell in built.cells if cell.cell_type == "code"]
    pairs = zip_longest((x.source for x in new), (x.source for x in old))
    if changed := [place for place, (one, other) in enumerate(pairs) if one != other]:
        cell = new[changed[0]]["id"] if changed[0] < len(new) else "the end"
        return f"its code has changed from {cell} on"
    wanted = notebook.metadata[BUILD_METADATA]["built_from"]
    if built.metadata.get(BUILD_METADATA, {}).get("built_from") != wanted:
        return "what it uses of utils has changed"
    if not _executed(built):
        return "its outputs are gone"
    for cell, executed in zip(new, old, strict=True):
        cell.outputs, cell.execution_count = executed.outputs, executed.execution_count
    notebook.metadata[BUILD_METADATA] = built.metadata[BUILD_METADATA]
    return ""


def _executed(notebook: nbformat.NotebookNode) -> bool:
    """Whether every cell with code has run. One that has not would count as solved."""
    code = (cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip())
    return all(cell.execution_count for cell in code)


def execute(notebook: nbformat.NotebookNode, lesson: Lesson) -> None:
    """Run a notebook in a fresh kernel, in its own folder, and keep the outputs in it.

    Raises:
        CourseError: a cell raises, takes too long, or kills the kernel.
    """
    folder = str(lesson.solution.parent)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        record_timing=True,
        store_widget_state=False,
        resources={"metadata": {"path": folder}},
    )
    running = []
    code = sum(cell.cell_type == "code" for cell in notebook.cells)
    # Nothing is drawn where there is no terminal.
    progress = tqdm(total=code, desc=lesson.name, unit=" cells", disable=None, leave=False)

    def starts(cell, cell_index):
        running.append(cell["id"])
        progress.set_postfix_str(cell["id"])

    client.on_cell_start = starts
    client.on_cell_complete = lambda cell, cell_index: progress.update(cell.cell_type == "code")
    # This course's utils, also where another copy of the course is installed.
    paths = [str(lesson.root), *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        with progress:
            client.execute(env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)})
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        cell = running[-1] if running else "?"
        raise CourseError(f"{lesson.name}: cell {cell!r} of the solution fails:\n{error}") from None
    seconds = _cells_seconds(notebook)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for kind in FOR_PROGRAMS:
                output.get("data", {}).pop(kind, None)
    notebook.metadata |= METADATA
    notebook.metadata[BUILD_METADATA]["seconds"] = seconds


def join_streams(notebook: nbformat.NotebookNode) -> None:
    """Join what a cell prints: a kernel sends it in pieces, which readers would see set apart."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            runs = groupby(cell.outputs, lambda x: x.get("name"))  # streams alone have names
            cell.outputs = [x for name, run in runs for x in (_joined(run) if name else run)]


def _joined(streams: Iterable[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    first, *others = streams
    first.text += "".join(x.text for x in others)
    return [first]


def check_points(notebook: nbformat.NotebookNode, lesson: Lesson) -> None:
    """Raise CourseError if the executed solution loses any of its automatic points."""
    for cell in notebook.cells:
        if is_grade(cell) and not is_solution(cell) and cell.cell_type == "code":
            score, possible = determine_grade(cell)
            if score != possible:
                raise CourseError(
                    f"{lesson.name}: the solution earns {score} of {possible} points"
                    f" in cell {cell['id']!r}"
                )


def copy_files(lesson: Lesson) -> None:
    """Make the solution's folder hold the files that lie beside the text, and no others."""
    source, target = lesson.text.parent, lesson.solution.parent
    target.mkdir(parents=True, exist_ok=True)
    wanted = set(_files(source)) - {lesson.text.relative_to(source)}
    for name in set(_files(target)) - wanted - {lesson.solution.relative_to(target)}:
        (target / name).unlink()
    for name in wanted:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target / name)


def _files(folder: Path) -> list[Path]:
    """List a folder's files, relative to it, without what tools leave behind."""
    found = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    return [path for path in found if not set(path.parts) & set(NOT_OURS)]


def build_solution(lesson: Lesson, force: bool = False, say=lambda text: None) -> bool:
    """Build a lesson's solution; return whether it had to be executed, and `say` before why."""
    notebook = convert(lesson)
    notebook.metadata[BUILD_METADATA] = {"built_from": fingerprint(notebook, lesson.root)}
    copy_files(lesson)
    why = "you ask for it" if force else keep_outputs(notebook, read(lesson.solution))
    if why:
        say(f"{lesson.name}: executed anew, as {why} ...")
        execute(notebook, lesson)
    join_streams(notebook)
    check_points(notebook, lesson)
    nbformat.write(notebook, lesson.solution)
    return bool(why)


def generate(lesson: Lesson, release_directory: Path | None = None, database: bool = False) -> None:
    """Let nbgrader make the students' folder of a lesson, in notebooks/ or another directory.

    With `database` the lesson's cells are also written into the gradebook.

    Raises:
        CourseError: nbgrader refuses, for instance because of a solution without a cell to be in.
    """
    target = release_directory or lesson.root / "notebooks"
    target.mkdir(parents=True, exist_ok=True)
    log = io.StringIO()
    flags = ["--force", f"--CourseDirectory.release_directory={target}"]
    flags += [] if database else ["--no-db"]
    app = GenerateAssignmentApp()
    # nbgrader finds its configuration in the working directory only.
    with contextlib.chdir(lesson.root):
        app.initialize([lesson.name, *flags])
        app.log.handlers = [logging.StreamHandler(log)]
        try:
            app.start()
        except SystemExit as stopped:
            if stopped.code:
                message = f"{lesson.name}: nbgrader generate_assignment fails:\n{log.getvalue()}"
                raise CourseError(message) from None


def release(lesson: Lesson, force: bool = False, say=lambda text: None) -> bool:
    """Build a lesson's solution and student notebook; return whether it had to be executed.

    Args:
        lesson: the lesson.
        force: execute it even if nothing has changed.
        say: is told in a line why it is executed, before it is.
    """
    executed = build_solution(lesson, force, say)
    generate(lesson)
    return executed


def out_of_date(lesson: Lesson) -> list[str]:
    """Say, in a line each, what of a built lesson differs from its source. Executes nothing."""
    name = lesson.name
    built = read(lesson.solution)
    if built is None:
        return [f"solutions/{name}: not built"]
    notebook = convert(lesson)
    found, built_from = [], built.metadata.get(BUILD_METADATA, {}).get("built_from")
    if without_outputs(notebook) != without_outputs(built):
        found.append(f"solutions/{name}: the text has changed{_first_difference(notebook, built)}")
    elif built_from != fingerprint(notebook, lesson.root):
        found.append(f"solutions/{name}: utils has changed since the lesson was executed")
    elif not _executed(built):
        found.append(f"solutions/{name}: its outputs are gone")
    found += [
        f"solutions/{name}/{path}: differs from lessons/{name}/{path}"
        for path in _differing(lesson.text.parent, lesson.solution.parent)
    ]
    with tempfile.TemporaryDirectory() as scratch:
        generate(lesson, Path(scratch))
        differing = _differing(Path(scratch) / name, lesson.student.parent)
    found += [f"notebooks/{name}/{path}: is not what the solution gives" for path in differing]
    return found


def _first_difference(notebook, built) -> str:
    pairs = zip(without_outputs(notebook), without_outputs(built), strict=False)
    return next((f" from cell {new[0]!r} on" for new, old in pairs if new != old), "")


def _differing(source: Path, target: Path) -> list[Path]:
    """List the files that two folders do not have in common, but for a lesson's own."""
    own = {Path(f"{source.name}.md"), Path(f"{target.name}.ipynb")}
    here, there = set(_files(source)), set(_files(target))
    odd = (here ^ there) - (own if source.parent.name == "lessons" else set())
    changed = (x for x in here & there if not filecmp.cmp(source / x, target / x, shallow=False))
    return sorted({*odd, *changed})


def strays(root: Path) -> list[str]:
    """Say which built folders have no lesson any more."""
    known = {lesson.name for lesson in lessons(root)}
    folders = [path for name in ("solutions", "notebooks") for path in (root / name).glob("*/")]
    stray = [path for path in sorted(folders) if path.name not in known | set(NOT_OURS)]
    return [f"{path.relative_to(root)}: there is no such lesson; delete it" for path in stray]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line of `python -m autograder release`."""
    parser.add_argument("lesson", nargs="*", help="such as 01_convolution (default: all lessons)")
    parser.add_argument("--force", action="store_true", help="execute even what has not changed")
    parser.add_argument(
        "--check", action="store_true", help="only say what is out of date; exit with 1 if any is"
    )


def main(arguments: argparse.Namespace, root: Path = ROOT) -> int:
    """Run the command; return its exit status."""
    chosen = lessons(root, arguments.lesson)
    if arguments.check:
        found = [line for lesson in chosen for line in out_of_date(lesson)]
        found += [*strays(root), *home.out_of_date(notebooks(root), root)]
        print("\n".join(found) or "Everything is up to date.")
        return 1 if found else 0
    for lesson in chosen:
        executed = release(lesson, arguments.force, lambda text: print(text, flush=True))
        how = "executed, full points" if executed else "unchanged code, outputs kept"
        print(f"{lesson.name}: solutions/ and notebooks/ built ({how})", flush=True)
    home.write(notebooks(root), root)
    return 0
