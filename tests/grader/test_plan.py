"""Where cells run is read off their text: tests get what they need, and demonstrations stay out."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.cells import is_answer
from autograder.judge.plan import bound, needed, plan
from autograder.judge.rebuild import rebuild
from tests.course import LESSONS, find, info, points, quick, released, solution
from utils.checks import EXERCISES


@pytest.mark.parametrize(
    ("source", "binds", "uses"),
    [
        ("import torch.nn as nn, os.path", {"nn", "os"}, set()),
        ("from a import b as c", {"c"}, set()),
        ("x = y + 1\nz = x", {"x", "z"}, {"y"}),
        ("x = x + 1", {"x"}, {"x"}),
        ("x += 1", {"x"}, {"x"}),
        ("def f(a, b=c):\n    return a + d + len(b)", {"f"}, {"c", "d", "len"}),
        ("class A(B):\n    e = 1\n    def f(self): return g", {"A"}, {"B", "g"}),
        ("for i in rows:\n    t = i", {"i", "t"}, {"rows"}),
        ("with open(p) as f:\n    f.read()", {"f"}, {"open", "p"}),
        ("[u for u in v if w]", set(), {"v", "w"}),
        ("if (m := k):\n    pass", {"m"}, {"k"}),
        ("def f():\n    global q\n    q = 1", {"f", "q"}, set()),
        ("%timeit f(x)", set(), {"get_ipython"}),
        ("print(f'{s} {t!r}')", set(), {"print", "s", "t"}),
        ("lambda a: a + b", set(), {"b"}),
    ],
)
def test_names_of_a_cell(source, binds, uses):
    assert bound(source) == binds
    assert needed(source) == uses


@pytest.mark.parametrize("source", ["def f(:", "x = (", "\0", "return"])
def test_a_cell_that_cannot_be_parsed_tells_nothing(source):
    assert bound(source) is None or source == "return"
    assert needed(source) is None or source == "return"


def test_a_star_binds_who_knows_what():
    assert bound("from math import *") is None


def cells_of(answers, lesson, **options):
    built, _ = rebuild(solution(lesson), answers)
    return plan(solution(lesson), built, **options)


@pytest.mark.parametrize("lesson", LESSONS)
def test_of_a_lesson_only_answers_tests_and_imports_run(lesson):
    made = cells_of(released(lesson), lesson)
    first = next(c["id"] for c in solution(lesson).cells if c.cell_type == "code")
    assert [c.name for c in made.cells if c.test] == [f"test-{x}" for x in points(lesson)]
    assert [c.name for c in made.cells if c.setup] == [first]
    assert {c.name for c in made.cells if c.student} - {first} == set(points(lesson))
    also = {"test-design": ["recipe"]}  # by which the contest trains the design
    for cell in made.cells:
        if cell.test:
            name = EXERCISES[cell.name.removeprefix("test-")].name
            assert cell.names == [name, *also.get(cell.name, [])]


def test_a_demonstration_runs_when_an_answer_uses_what_it_binds():
    lesson = LESSONS[0]
    notebook = released(lesson)
    demonstration = [
        c for c in notebook.cells if c.cell_type == "code" and not c.metadata.get("nbgrader")
    ][2]
    name = sorted(bound(demonstration.source))[0]
    assert demonstration["id"] not in [
        c.name for c in cells_of(notebook, lesson).cells if c.student
    ]
    find(notebook, "conv-params").source = f"print({name})"
    assert demonstration["id"] in [c.name for c in cells_of(notebook, lesson).cells if c.student]


def test_a_demonstration_that_the_student_changed_is_the_students():
    lesson = LESSONS[0]
    notebook = released(lesson)
    changed = [
        c for c in notebook.cells if c.cell_type == "code" and not c.metadata.get("nbgrader")
    ]
    changed[3].source += "\nmine = 1"
    assert f"{changed[3]['id']}-changed" in [
        c.name for c in cells_of(notebook, lesson).cells if c.student
    ]


def test_all_demonstrations_run_on_demand():
    lesson = LESSONS[0]
    made = cells_of(released(lesson), lesson, demonstrations=True)
    assert all(cell.student or cell.test for cell in made.cells)
    assert made.left_out == {}


def test_a_students_own_cell_never_becomes_a_test_or_a_setup():
    lesson = LESSONS[0]
    notebook = released(lesson)
    test = find(notebook, "test-conv-params")
    notebook.cells.insert(0, new_code_cell("F = None", id="mine", metadata=test.metadata))
    notebook.cells[0].metadata = {"nbgrader": {"grade": True, "grade_id": "test-mine"}}
    made = cells_of(notebook, lesson)
    own = [c for c in made.cells if c.source == "F = None"]
    assert own and all(c.student and not c.test and not c.setup for c in own)


def test_an_empty_notebook_has_no_plan():
    assert plan(new_notebook(), new_notebook()).cells == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_what_the_tests_leave_out_to_save_time_is_missed_by_no_other_cell(lesson):
    whole = [x for x in released(lesson).cells if x.cell_type == "code"]
    names = {x["id"] for x in quick(released(lesson), lesson).cells}
    kept = [x for x in whole if x["id"] in names]
    gone = [x for x in whole if x["id"] not in names]
    assert not [x["id"] for x in gone if info(x)]
    answers = {name for x in whole if is_answer(x) for name in bound(x.source)}
    assert not [x["id"] for x in gone if needed(x.source) & answers]
    there = {name for x in kept for name in bound(x.source)}
    missed = {name for x in gone for name in bound(x.source)} - there
    assert not [x["id"] for x in kept if needed(x.source) & missed]
