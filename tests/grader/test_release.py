"""The built notebooks are those of the lessons, and building is repeatable and fails clearly."""

import argparse
import filecmp
import itertools
import re
import shutil

import nbformat
import pytest
import torch

from autograder.build import release
from autograder.build.pack import REGIONS
from autograder.build.release import Lesson, convert
from autograder.build.slugs import give_ids, slug
from autograder.errors import CourseError
from tests.course import ROOT, info

LESSONS = [lesson.name for lesson in release.lessons(ROOT)]


def cells(*sources):
    """Cells from texts: a text that begins with # or a letter is Markdown, ">" begins code."""
    new = nbformat.v4
    return [
        new.new_code_cell(x[1:]) if x.startswith(">") else new.new_markdown_cell(x) for x in sources
    ]


def ids(notebook):
    return [cell["id"] for cell in notebook.cells]


# --- cell ids ---


def test_slugs_are_words_joined_by_hyphens():
    assert slug("What's a conv feature?") == "whats-a-conv-feature"
    assert slug("$D_2 = K$ — größer") == "d-2-k-groer"
    assert slug("…") == "cell"
    assert len(slug("word " * 40)) <= 52


def test_ids_come_from_headings_places_and_grade_ids():
    made = cells(
        "# Title", ">1", "## Part\n\ntext\n```\n# no heading\n```", "more", ">2", "## Part"
    )
    made[4].metadata["nbgrader"] = {"grade_id": "my-answer"}
    give_ids(made)
    assert [cell["id"] for cell in made] == [
        "title",
        "title-1",
        "part",
        "part-1",
        "my-answer",
        "part-heading",
    ]


@pytest.mark.parametrize("names", [("same", "same"), ("not a slug",), ("x" * 65,)])
def test_a_grade_id_that_is_no_unique_cell_id_is_refused(names):
    made = cells(*(">pass" for _ in names))
    for cell, name in zip(made, names, strict=True):
        cell.metadata["nbgrader"] = {"grade_id": name}
    with pytest.raises(ValueError, match="grade_id"):
        give_ids(made)


# --- what is committed ---


@pytest.fixture(params=LESSONS)
def lesson(request):
    return Lesson(ROOT, request.param)


def test_there_are_lessons():
    assert "01_convolution" in LESSONS


def test_the_solution_is_not_older_than_its_text(lesson):
    wanted, built = convert(lesson), release.read(lesson.solution)
    for new, old in zip(
        release.without_outputs(wanted), release.without_outputs(built), strict=True
    ):
        assert new == old, "run `make release`"


def test_the_solution_is_executed_from_top_to_bottom_without_errors(lesson):
    code = [c for c in release.read(lesson.solution).cells if c.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    kinds = {output.output_type for cell in code for output in cell.outputs}
    assert kinds and "error" not in kinds
    release.check_points(release.read(lesson.solution), lesson)


def test_what_a_cell_prints_is_in_one_piece(lesson):
    for cell in release.read(lesson.solution).cells:
        names = [x.get("name") for x in cell.get("outputs", [])]
        assert not [x for x, after in itertools.pairwise(names) if x == after is not None], cell.id


def test_pieces_of_a_print_are_joined_and_what_lies_between_stays():
    new = nbformat.v4
    texts = [("stdout", "a\n"), ("stdout", "b\n"), ("stderr", "c\n"), ("stderr", "d\n")]
    pieces = [new.new_output("stream", name=name, text=text) for name, text in texts]
    figure = new.new_output("display_data", {"text/plain": "a figure"})
    notebook = new.new_notebook(cells=cells("text", ">1"))
    notebook.cells[1].outputs = [figure, *pieces[:2], figure, figure, *pieces[2:], pieces[0]]
    release.join_streams(notebook)
    said = [(x.get("name"), x.get("text")) for x in notebook.cells[1].outputs]
    other = (None, None)
    assert said[:5] == [other, ("stdout", "a\nb\n"), other, other, ("stderr", "c\nd\n")]


def test_no_output_is_a_raw_object(lesson):
    code = [c for c in release.read(lesson.solution).cells if c.cell_type == "code"]
    outputs = [x for cell in code for x in cell.outputs]
    texts = [x.get("text", "") + x.get("data", {}).get("text/plain", "") for x in outputs]
    found = [x for text in texts for x in re.finditer(r"\b([A-Z]\w+)\(\w+=|<[\w.]+ object", text)]
    # A layer says in torch's way what it is, which students have learnt to read.
    assert not [x.string for x in found if not hasattr(torch.nn, x[1] or "")]


def test_the_solution_keeps_nothing_of_the_machine_that_ran_it(lesson):
    notebook = release.read(lesson.solution)
    kinds = {"kernelspec", "language_info", "course", release.BUILD_METADATA}
    assert set(notebook.metadata) == kinds
    assert "version" not in notebook.metadata.language_info
    assert not [cell["id"] for cell in notebook.cells if "execution" in cell.metadata]
    assert not re.search(r"/(home|Users|root|tmp)/", lesson.solution.read_text())


def test_notebooks_are_what_nbgrader_makes_of_the_solutions(lesson, tmp_path):
    release.generate(lesson, tmp_path)
    built = sorted(x.relative_to(tmp_path) for x in tmp_path.rglob("*") if x.is_file())
    assert built
    for path in built:
        same = filecmp.cmp(tmp_path / path, ROOT / "notebooks" / path, shallow=False)
        assert same, f"notebooks/{path} is out of date: run `make release`"


def test_the_outputs_are_those_of_todays_utils(lesson):
    assert release.out_of_date(lesson) == [], "run `make release`"


def test_nothing_else_is_released():
    assert release.strays(ROOT) == []


def test_a_students_notebook_holds_nothing_of_the_instructors(lesson):
    notebook = release.read(lesson.student)
    text = lesson.student.read_text()
    assert not [mark for marks in REGIONS.values() for mark in marks if mark in text]
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    for cell in notebook.cells:
        kinds = {"nbgrader", "deletable", "editable", "tags", "jupyter"}
        assert set(cell.metadata) <= kinds, cell["id"]
        # The code that only draws a figure is folded; nothing else is said of it.
        assert cell.metadata.get("jupyter", {}) in ({}, {"source_hidden": True}), cell["id"]
        assert not cell.get("outputs") and not cell.get("execution_count"), cell["id"]
        if info(cell).get("solution"):
            assert re.search("YOUR (CODE|ANSWER) HERE", cell.source), cell["id"]


def test_cell_ids_are_unique_and_the_same_in_every_build(lesson):
    once, twice = ids(convert(lesson)), ids(convert(lesson))
    assert once == twice == ids(release.read(lesson.solution)) == ids(release.read(lesson.student))
    assert len(set(once)) == len(once)
    assert all(re.fullmatch("[a-zA-Z0-9_-]{1,64}", name) for name in once)
    for cell in convert(lesson).cells:
        if name := info(cell).get("grade_id"):
            assert cell["id"] == name


def test_jupytext_gives_the_text_back_from_the_solution(lesson):
    """An instructor may edit the solution in JupyterLab and run `jupytext --sync`."""
    import jupytext

    built = release.read(lesson.solution)
    again = jupytext.reads(jupytext.writes(built, fmt="md:myst"), fmt="md:myst")
    for new, old in zip(again.cells, built.cells, strict=True):
        assert (new.cell_type, new.source, new.metadata) == (
            old.cell_type,
            old.source,
            old.metadata,
        )


# --- building, with a lesson that takes a second ---

TINY = """\
---
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# A tiny lesson

```{code-cell} ipython3
import utils
print(utils.HERE)
```

## Double

```{code-cell} ipython3
:nbgrader: {"grade": false, "grade_id": "double", "locked": false, "schema_version": 3, "solution": true, "task": false}

def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
```

```{code-cell} ipython3
:nbgrader: {"grade": true, "grade_id": "test-double", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}

assert double(2) == 4
### BEGIN HIDDEN TESTS
assert double(-3) == -6
### END HIDDEN TESTS
```
"""  # noqa: E501


@pytest.fixture
def tiny(tmp_path):
    """A course with one lesson, a picture beside it, and a `utils` of its own."""
    lesson = Lesson(tmp_path, "01_tiny")
    lesson.text.parent.mkdir(parents=True)
    lesson.text.write_text(TINY)
    (lesson.text.parent / "img").mkdir()
    (lesson.text.parent / "img/dot.svg").write_text("<svg/>")
    (tmp_path / "utils").mkdir()
    (tmp_path / "utils/__init__.py").write_text("HERE = 'the tiny utils'\n")
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    return lesson


def command(lesson, *flags):
    parser = argparse.ArgumentParser()
    release.add_arguments(parser)
    return release.main(parser.parse_args(flags), lesson.root)


def test_a_build_is_repeatable_and_executes_only_what_changed(tiny, capsys):
    assert command(tiny) == 0
    said = capsys.readouterr().out
    assert "01_tiny: executed anew, as it is not built yet ..." in said
    assert "executed, full points" in said
    built = {path: path.read_bytes() for path in tiny.root.rglob("*.ipynb")}
    assert set(built) == {tiny.solution, tiny.student}
    assert "the tiny utils" in tiny.solution.read_text(), "another course's utils was imported"
    assert "2 * x" not in tiny.student.read_text() and "-6" not in tiny.student.read_text()
    for kind in ["solutions", "notebooks"]:
        assert (tiny.root / kind / "01_tiny/img/dot.svg").read_text() == "<svg/>"
    assert command(tiny, "--check") == 0

    # Nothing has changed: the same bytes. Forced: the students' bytes are the same all the same.
    assert release.release(tiny) is False
    assert all(path.read_bytes() == data for path, data in built.items())
    assert release.release(tiny, force=True) is True
    assert tiny.student.read_bytes() == built[tiny.student]

    # Somebody has cleared the outputs, which are no part of the code: it is executed anew.
    notebook = nbformat.read(tiny.solution, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, tiny.solution)
    assert release.out_of_date(tiny) == ["solutions/01_tiny: its outputs are gone"]
    assert release.release(tiny) is True
    assert "the tiny utils" in tiny.solution.read_text()

    # Words, pictures: built anew, not executed.
    tiny.text.write_text(TINY.replace("# A tiny lesson", "# A small lesson"))
    (tiny.text.parent / "img/dot.svg").unlink()
    capsys.readouterr()
    assert command(tiny, "--check") == 1
    said = capsys.readouterr().out
    assert "solutions/01_tiny: the text has changed from cell 'a-small-lesson' on" in said
    assert "solutions/01_tiny/img/dot.svg: differs" in said
    assert release.release(tiny) is False
    assert "a-small-lesson" in tiny.student.read_text()
    assert not (tiny.student.parent / "img/dot.svg").exists()

    # A part of utils that the lesson does not import: nothing of the lesson comes from there.
    (tiny.root / "utils/unused.py").write_text("HERE = 'unused'\n")
    assert release.out_of_date(tiny) == []

    # utils: the outputs are out of date, the students' notebook is not.
    (tiny.root / "utils/__init__.py").write_text("HERE = 'the new utils'\n")
    assert command(tiny, "--check") == 1
    assert "utils has changed" in capsys.readouterr().out
    said = []
    assert release.release(tiny, say=said.append) is True
    assert said == ["01_tiny: executed anew, as what it uses of utils has changed ..."]
    assert "the new utils" in tiny.solution.read_text()

    # A cell's code: the line says from which one on.
    tiny.text.write_text(tiny.text.read_text().replace("2 * x", "x + x"))
    assert release.release(tiny, say=said.append) is True
    assert re.search(r"as its code has changed from [\w-]+ on", said[-1])

    # A student's notebook that someone changed, a lesson that is gone.
    tiny.student.write_text(tiny.student.read_text().replace("small", "short"))
    shutil.copytree(tiny.student.parent, tiny.root / "notebooks/00_gone")
    assert command(tiny, "--check") == 1
    said = capsys.readouterr().out
    assert "notebooks/01_tiny/01_tiny.ipynb: is not what the solution gives" in said
    assert "notebooks/00_gone: there is no such lesson" in said


@pytest.mark.parametrize(
    ("code", "used"),
    [
        ("import utils", {"__init__.py"}),
        ("import utils.a", {"__init__.py", "a.py", "b/__init__.py", "b/c.py", "b/table.json"}),
        ("from utils import a", {"__init__.py", "a.py", "b/__init__.py", "b/c.py", "b/table.json"}),
        ("from utils.b import VALUE", {"__init__.py", "b/__init__.py", "b/table.json"}),
        ("def later():\n    from utils.d import D", {"__init__.py", "d.py"}),
        ("%matplotlib inline\nimport utils.d", {"__init__.py", "d.py"}),
        ("import utils.d\n1 +", set()),  # it cannot be executed
        ("import numpy, utilities", set()),
    ],
)
def test_a_fingerprint_is_that_of_what_a_lesson_imports(tmp_path, code, used):
    files = {
        "__init__.py": "",
        "a.py": "from utils.b import c",
        "b/__init__.py": "VALUE = 1",
        "b/c.py": "import utils.a",
        "b/table.json": "{}",
        "d.py": "D = 1",
    }
    for name, text in files.items():
        (tmp_path / "utils" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "utils" / name).write_text(text)
    notebook = nbformat.v4.new_notebook(cells=cells(f">{code}"))
    before = release.fingerprint(notebook, tmp_path)
    changed = set()
    for name, text in files.items():
        (tmp_path / "utils" / name).write_text(text + "\n")
        if release.fingerprint(notebook, tmp_path) != before:
            changed.add(name)
        (tmp_path / "utils" / name).write_text(text)
    assert changed == used


FAULTS = {
    "a cell raises": ("print(utils.HERE)", "1 / 0", "cell 'a-tiny-lesson-1' .*(?s:.)*ZeroDivision"),
    "a hidden test fails": ("-6", "-7", "cell 'test-double' of the solution fails"),
    "part of the points": ("assert double(2) == 4", "0.5", "earns 0.5 of 2.0 points.*test-double"),
    "a name used twice": ("test-double", "double", "01_tiny.md: grade_id 'double' is used twice"),
    "a solution in an ordinary cell": (
        "print(utils.HERE)",
        "### BEGIN SOLUTION\n1\n### END SOLUTION",
        "nbgrader generate_assignment fails(?s:.)*Solution region detected in a non-solution cell",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_lesson_that_cannot_be_released_is_refused_by_name(tiny, fault):
    old, new, message = FAULTS[fault]
    text = TINY.replace(old, new)
    if fault == "part of the points":
        text = text.replace("### BEGIN", "0.5\n### BEGIN").replace("assert double(-3) == -6", "0.5")
    tiny.text.write_text(text)
    with pytest.raises(CourseError, match=message):
        release.release(tiny)
    assert not tiny.student.exists()


def test_an_unknown_lesson_is_refused(tiny):
    with pytest.raises(CourseError, match="no lesson 07_nothing; there are: 01_tiny"):
        release.lessons(tiny.root, ["07_nothing"])


def test_the_command_fails_in_a_line(course):
    from tests.course import run

    said = run(course, "python", "-m", "autograder", "release", "07_nothing", status=1)
    assert said.startswith("release: no lesson 07_nothing; there are: ")
    assert "Traceback" not in said
