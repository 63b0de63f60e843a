"""What the READMEs say holds: their examples run, and their links lead somewhere."""

import re

import pytest
from course import ROOT

READMES = [
    "README.md",
    "lessons/README.md",
    *(f"docs/{x.name}" for x in sorted((ROOT / "docs").glob("*.md"))),
]


@pytest.mark.parametrize("name", READMES)
def test_examples_run(name, capsys):
    for code in re.findall(r"^```python\n(.*?)^```", (ROOT / name).read_text("utf-8"), re.M | re.S):
        exec(compile(code, name, "exec"), {})
        said = capsys.readouterr().out
        assert "multiply-adds" in said or said == "espresso\n"


@pytest.mark.parametrize("name", READMES)
def test_links_lead_somewhere(name):
    # What stands in notebooks/ is linked as it lies there.
    folder = ROOT / ("notebooks" if name.startswith("lessons/") else name.rpartition("/")[0])
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / name).read_text("utf-8")):
        assert (folder / link).exists(), link
