"""Pack what students get into a zip that runs by itself and holds nothing they must not see."""

import argparse
import json
import re
import zipfile
from pathlib import Path

from nbgrader.utils import is_solution

from autograder import ROOT
from autograder.build.release import NOT_OURS, convert, lessons
from autograder.errors import CourseError

FOLDER = "convnets-course"  # the folder in the zip
#: Where each file of the zip comes from, besides the folders below.
FILES = {
    "README.md": "student/README.md",
    "colab.py": "student/colab.py",
    "Makefile": "setup.mk",
    "environment.yml": "environment.yml",
    "pyproject.toml": "pyproject.toml",
    "constraints.txt": "constraints.txt",
    "jupyter_nbgrader_config.py": "jupyter_nbgrader_config.py",
    "jupyterlab_settings.json": "jupyterlab_settings.json",
    "LICENSE": "LICENSE",
    "LICENSE-text.md": "LICENSE-text.md",
}
FOLDERS = ("labextension", "notebooks", "utils")
#: What somebody who takes the course here leaves in `notebooks/`.
PROGRESS = (
    "notebooks/home.md",
    "notebooks/network.svg",
    "notebooks/progress.txt",
    "notebooks/answers.txt",
    "notebooks/what_i_built.html",
    "notebooks/.*.part",
)
NEVER = (*NOT_OURS, "*.pyc", "*.egg-info", *PROGRESS)
#: nbgrader's delimiters: kind of secret -> the words around it.
REGIONS = {
    "solution": ("BEGIN SOLUTION", "END SOLUTION"),
    "hidden test": ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS"),
    "mark scheme": ("BEGIN MARK SCHEME", "END MARK SCHEME"),
}
RECORDS = re.compile(r"(^|/)(autograder|submitted|autograded|feedback)/|\.(db|sqlite3?|csv)$")
SQLITE = b"SQLite format 3\0"
SHORTEST = 12  # characters; a shorter line ("return out") gives nothing away


def contents(root: Path = ROOT) -> dict[str, bytes]:
    """Return what goes into the zip: name -> bytes, in order of the names."""
    sources = {name: root / path for name, path in FILES.items()}
    for folder in FOLDERS:
        for path in (root / folder).rglob("*"):
            name = path.relative_to(root)
            if path.is_symlink():
                raise CourseError(
                    f"{name} is a link, and what it leads to is not looked at: remove it"
                )
            if path.is_file() and not any(p.match(x) for p in _parents(name) for x in NEVER):
                sources[name.as_posix()] = path
    missing = [str(path) for path in sources.values() if not path.is_file()]
    missing += [f"notebooks/{x.name}" for x in lessons(root) if not x.student.is_file()]
    if missing:
        raise CourseError(f"missing: {', '.join(missing)}; `make release` builds the notebooks")
    return {name: sources[name].read_bytes() for name in sorted(sources)}


def _parents(name: Path) -> list[Path]:
    return [name, *name.parents]


def split(cell) -> dict[str | None, list[str]]:
    """Sort a cell's lines by what they are: a kind of secret, or None for what students see.

    As in nbgrader, a solution cell without delimiters is a solution from end to end.
    """
    lines: dict[str | None, list[str]] = {kind: [] for kind in (None, *REGIONS)}
    marks = {mark: kind for kind, pair in REGIONS.items() for mark in pair}
    whole = is_solution(cell) and REGIONS["solution"][0] not in cell.source
    kind = "solution" if whole else None
    for line in cell.source.splitlines():
        if mark := next((mark for mark in marks if mark in line), None):
            kind = marks[mark] if mark.startswith("BEGIN") else "solution" if whole else None
        else:
            lines[kind].append(line.strip())
    return lines


def secrets(root: Path = ROOT) -> dict[str, str]:
    """Return the lines that only the instructor may see: line -> what it is.

    A line that also stands in the open part of the lesson is no secret, and neither is a formula
    that stands in `utils` or in a module beside a lesson, which students read too.
    """
    modules = sorted([*(root / "utils").rglob("*.py"), *root.glob("lessons/*/*.py")])
    code = "\n".join(path.read_text("utf-8") for path in modules)
    found = {}
    for lesson in lessons(root):
        cells = [split(cell) for cell in convert(lesson).cells]
        shown = "\n".join(line for cell in cells for line in cell[None])
        for kind in REGIONS:
            for line in (line for cell in cells for line in cell[kind]):
                formula = kind != "mark scheme" and not line.startswith("assert")
                known = shown + code if formula else shown
                if len(line) >= SHORTEST and line not in known:
                    found[line] = f"a {kind} of {lesson.name}"
    return found


def notebook_text(data: bytes) -> str:
    """Return everything a notebook holds as text: each string of it, unescaped."""

    def strings(value):
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            # Sources and outputs are lists of lines that carry their own line ends.
            yield "".join(x for x in value if isinstance(x, str))
            yield from (s for x in value if not isinstance(x, str) for s in strings(x))
        elif isinstance(value, dict):
            yield from value
            yield from (s for x in value.values() for s in strings(x))

    return "\n".join(strings(json.loads(data)))


def text_of(name: str, data: bytes) -> str:
    """Return a packed file's text; of a picture or other data, whatever is readable in it."""
    return notebook_text(data) if name.endswith(".ipynb") else data.decode("utf-8", "replace")


def leaks(files: dict[str, bytes], root: Path = ROOT) -> list[str]:
    """Say, in a line each, what in these files students must not see."""
    found, secret = [], secrets(root)
    for name, data in files.items():
        record = RECORDS.search(name) and not _is_data_of_a_lesson(root, name, data)
        if record or data.startswith(SQLITE):
            found.append(f"{name}: a record of the course")
        text = text_of(name, data)
        for kind, marks in REGIONS.items():
            found += [f"{name}: a {kind}'s mark ({mark})" for mark in marks if mark in text]
        for line, kind in secret.items():
            if line in text:
                found.append(f"{name}: a line of {kind}: {line}")
        if name.endswith(".ipynb"):
            found += [f"{name}: an output in cell {x}" for x in _with_outputs(data)]
    return found


def _is_data_of_a_lesson(root: Path, name: str, data: bytes) -> bool:
    """Say whether a file of `notebooks/` is one that its author put beside the lesson's text."""
    source = root / "lessons" / name.removeprefix("notebooks/")
    return source.is_file() and source.read_bytes() == data


def _with_outputs(data: bytes) -> list[str]:
    cells = json.loads(data)["cells"]
    return [cell.get("id", "?") for cell in cells if cell.get("outputs")]


def write(files: dict[str, bytes], target: Path) -> None:
    """Write a zip whose bytes depend on the files alone, not on their dates or owners."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])


def pack(target: Path, root: Path = ROOT) -> dict[str, bytes]:
    """Write the students' zip; return what it holds.

    Raises:
        CourseError: something is missing, or would give away what students must not see.
    """
    files = contents(root)
    if found := leaks(files, root):
        raise CourseError(
            "not packed, because students must not see this:\n  " + "\n  ".join(found)
        )
    write(files, target)
    return files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line of `python -m autograder pack`."""
    parser.add_argument("--output", type=Path, help=f"default: dist/{FOLDER}-student.zip")


def main(arguments: argparse.Namespace, root: Path = ROOT) -> int:
    """Run the command; return its exit status."""
    target = arguments.output or root / "dist" / f"{FOLDER}-student.zip"
    files = pack(target, root)
    print(f"{target}: {len(files)} files, {target.stat().st_size / 1e6:.2f} MB")
    return 0
