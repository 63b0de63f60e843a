"""Every link of the syllabus leads to a section, and every exercise that it names exists."""

import re

from tests.course import LESSONS, ROOT, points, questions

TEXT = (ROOT / "lessons" / "SYLLABUS.md").read_text("utf-8")


def anchor(heading):
    """What GitHub and Jupyter make of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def test_links_lead_to_sections():
    links = re.findall(r"\]\((\d\d_[a-z]+/[^)#]+)#([^)]+)\)", TEXT)
    assert len(links) >= 20
    for path, wanted in links:
        lesson = (ROOT / "lessons" / path).read_text("utf-8")
        headings = re.findall(r"^#{2,3} (.+)$", lesson, re.MULTILINE)
        assert wanted in map(anchor, headings), f"{path}#{wanted}"


def test_exercises_exist_and_each_is_named():
    named = set(re.findall(r"`([a-z0-9-]+)`", TEXT.partition("|---|")[2]))
    graded = {exercise for lesson in LESSONS for exercise in [*points(lesson), *questions(lesson)]}
    assert named <= graded
    # Written for a lesson's own sake: no statement of the lecture asks for them.
    beyond = {"conv2d-vectorised", "conv2d-backward-weight", "conv2d-backward-input"}
    beyond |= {"im2col", "col2im", "numerical-gradient", "training-step", "wrong-step"}
    beyond |= {"explain-backward", "conv2d-module"}
    assert graded - named == beyond | {"global-avg-pool2d", "wrong-layer"}
