"""The course home's table of lessons, from the lessons' own texts.

A lesson's title, time and points stand in its text; what one builds in it, and a picture's text
alternative, in the text's front matter (`course`). Its place is its folder's number.
"""

import re
from pathlib import Path

from autograder.cells import answers_in_words, is_test, points
from autograder.errors import CourseError

__all__ = ["out_of_date", "row", "table", "write"]

HEAD = "| # | lesson | you will build | time, checks |\n|---|---|---|---|\n"
TABLE = re.compile(r"^\| # \|.*?(?=\n\n)", re.M | re.S)
TITLE = re.compile(r"^# Lesson (\d+): (.+)$", re.M)
TIME = re.compile(r"^\*\*Time:\*\* (\d+) to (\d+) minutes.*\*\*Points:\*\* (\d+)", re.M)


def table(lessons: dict) -> str:
    """Return the table, as Markdown, without a newline at its end.

    Args:
        lessons: `release.Lesson` -> its notebook, as `release.convert` reads it; in order.

    Raises:
        CourseError: a text lacks what the table needs, or states other points than its cells have.
    """
    return HEAD + "\n".join(row(*item) for item in lessons.items())


def row(lesson, notebook) -> str:
    """Return a lesson's row. Raises CourseError as `table` does."""
    where = lesson.text.relative_to(lesson.root)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    about, title, time = notebook.metadata.get("course", {}), TITLE.search(text), TIME.search(text)
    if missing := [name for name in ("builds", "picture") if not about.get(name)]:
        raise CourseError(f"{where}: its front matter needs `course:` with {' and '.join(missing)}")
    if title is None or int(title[1]) != lesson.number:
        raise CourseError(f"{where}: its first heading must be `# Lesson {lesson.number}: TITLE`")
    if time is None:
        raise CourseError(f"{where}: it needs a line `**Time:** 60 to 90 minutes. **Points:** 30`")
    graded = [cell for cell in notebook.cells if is_test(cell) or answers_in_words(cell)]
    checks, total = sum(map(is_test, graded)), sum(map(points, graded))
    if int(time[3]) != total:
        raise CourseError(f"{where}: it says **Points:** {time[3]}, but its cells have {total:g}")
    picture = ""
    if (_path(lesson.root).parent / f"{lesson.name}.svg").is_file():
        source = f"../utils/home/{lesson.name}.svg"
        picture = f'<br><img src="{source}" width="160" alt="{about["picture"]}">'
    return (
        f"| {lesson.number} | [{title[2]}]({lesson.name}/{lesson.name}.ipynb){picture} "
        f"| {about['builds']} | {time[1]}–{time[2]} min, {checks} checks |"
    )


def write(lessons: dict, root: Path) -> None:
    """Write the table into the course home, utils/home/home.md, if the course has one."""
    path = _path(root)
    if path.is_file():
        path.write_text(_with_table(path, lessons), "utf-8", newline="\n")


def out_of_date(lessons: dict, root: Path) -> list[str]:
    """Say, in a line, if the course home has another table than the texts give."""
    path = _path(root)
    if not path.is_file() or _with_table(path, lessons) == path.read_text("utf-8"):
        return []
    return [f"{path.relative_to(root)}: its table is not what the lessons' texts give"]


def _path(root: Path) -> Path:
    return root / "utils" / "home" / "home.md"


def _with_table(path: Path, lessons: dict) -> str:
    return TABLE.sub(lambda _: table(lessons), path.read_text("utf-8"))
