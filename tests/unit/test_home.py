"""The course home's table is made of the lessons' own texts."""

import re
import shutil

import pytest

from autograder.build import home, release
from autograder.errors import CourseError
from tests.course import LESSONS, ROOT, points
from utils.home import page


@pytest.fixture
def lesson(tmp_path):
    """A copy of a lesson's text in a course of its own."""
    name = LESSONS[0]
    shutil.copytree(ROOT / "lessons" / name, tmp_path / "lessons" / name)
    (tmp_path / "utils" / "home").mkdir(parents=True)
    shutil.copy(ROOT / "utils/home/home.md", tmp_path / "utils/home/home.md")
    return release.Lesson(tmp_path, name)


def test_the_home_has_a_row_for_each_lesson_with_its_checks():
    text = page.HOME.read_text("utf-8")
    named = {name: int(total) for name, total in page.ROW.findall(text)}
    assert named == {name: len(points(name)) for name in LESSONS}
    assert home.out_of_date(release.notebooks(), ROOT) == []


def test_a_changed_text_changes_the_home(lesson):
    assert home.out_of_date(release.notebooks(lesson.root), lesson.root)
    home.write(release.notebooks(lesson.root), lesson.root)
    assert not home.out_of_date(release.notebooks(lesson.root), lesson.root)
    text = lesson.text.read_text("utf-8")
    lesson.text.write_text(text.replace("# Lesson 1: ", "# Lesson 1: New and "), "utf-8")
    (said,) = home.out_of_date(release.notebooks(lesson.root), lesson.root)
    assert said == "utils/home/home.md: its table is not what the lessons' texts give"
    home.write(release.notebooks(lesson.root), lesson.root)
    path = lesson.root / "utils/home/home.md"
    assert "| 1 | [New and " in path.read_text("utf-8")
    assert "<img" not in path.read_text("utf-8").split("## How a lesson works")[0]  # none is drawn


@pytest.mark.parametrize(
    ("pattern", "new", "said"),
    [
        (r"^course:\n(  .*\n)+", "", "its front matter needs `course:` with builds and picture"),
        (r"^# Lesson 1", "# Lesson 2", "its first heading must be `# Lesson 1: TITLE`"),
        (r"^\*\*Time.*", "", r"it needs a line `\*\*Time:"),
        (r"Points:\*\* \d+", "Points:** 7", r"it says \*\*Points:\*\* 7, but its cells have \d+"),
    ],
)
def test_what_the_home_needs_is_named(lesson, pattern, new, said):
    text, count = re.subn(pattern, new, lesson.text.read_text("utf-8"), count=1, flags=re.M)
    assert count == 1
    lesson.text.write_text(text, "utf-8")
    with pytest.raises(CourseError, match=said):
        home.row(lesson, release.convert(lesson))
