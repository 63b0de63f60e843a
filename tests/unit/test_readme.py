"""What the READMEs say holds: their examples run, and their links lead somewhere."""

import re

import pytest

from tests.course import ROOT

READMES = [
    "README.md",
    "CONTRIBUTING.md",
    "utils/home/home.md",
    *(f"docs/{x.name}" for x in sorted((ROOT / "docs").glob("*.md"))),
]


EXAMPLES = [
    pytest.param(code, id=f"{name}-{number}")
    for name in READMES
    for number, code in enumerate(
        re.findall(r"^```python\n(.*?)^```", (ROOT / name).read_text("utf-8"), re.M | re.S)
    )
]


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("code", EXAMPLES)
def test_an_example_runs(code, capsys):
    exec(compile(code, "example", "exec"), {})
    said = capsys.readouterr().out
    assert "multiply-adds" in said or said == "espresso\n"


@pytest.mark.parametrize("name", READMES)
def test_links_lead_somewhere(name):
    # The course home is drawn in notebooks/, and its links lead on from there.
    folder = ROOT / ("notebooks" if name.startswith("utils/") else name.rpartition("/")[0])
    text = (ROOT / name).read_text("utf-8")
    for link in re.findall(r"(?:\]\(|src=\")(?!https?:)([^)#\"]+)", text):
        assert (folder / link).exists(), link
