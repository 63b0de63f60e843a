"""What the READMEs say holds: their examples run, and their links lead somewhere."""

import re

import pytest
from course import ROOT

READMES = [
    "README.md",
    "utils/home/home.md",
    *(f"docs/{x.name}" for x in sorted((ROOT / "docs").glob("*.md"))),
]


@pytest.mark.parametrize("name", READMES)
def test_examples_run(name, capsys):
    for code in re.findall(r"^```python\n(.*?)^```", (ROOT / name).read_text("utf-8"), re.M | re.S):
        exec(compile(code, name, "exec"), {})
        assert "multiply-adds" in capsys.readouterr().out


@pytest.mark.parametrize("name", READMES)
def test_links_lead_somewhere(name):
    # The course home is drawn in notebooks/, and its links lead on from there.
    folder = ROOT / ("notebooks" if name.startswith("utils/") else name.rpartition("/")[0])
    text = (ROOT / name).read_text("utf-8")
    for link in re.findall(r"(?:\]\(|src=\")(?!https?:)([^)#\"]+)", text):
        assert (folder / link).exists(), link
