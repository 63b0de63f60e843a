"""nbgrader's configuration for students: what *Validate* makes of a notebook, and how it says it.

It is installed into the environment (`etc/jupyter/`), where nbgrader looks wherever it is started.
The server reads it at each *Validate*, so it imports nothing of the course, and no torch.
"""

import textwrap

from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    Execute,
    NbGraderPreprocessor,
)
from nbgrader.utils import determine_grade, is_grade, is_solution
from nbgrader.validator import Validator

NOT_ANSWERED = ("NotAnswered", "NotImplementedError")


def grade_id(cell):
    """The name of a cell of the lesson's, or None."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


class TakeTogether(NbGraderPreprocessor):
    """Takes cells of one name for what the grader takes them for; stock nbgrader gives up there.

    Whoever splits an answer's cell gets two of one name. Side by side they are one answer; a copy
    elsewhere does not count.
    """

    def preprocess(self, nb, resources):
        """Return the notebook with each name once."""
        kept, seen = [], set()
        for cell in nb.cells:
            name = grade_id(cell)
            if name is not None and name in seen:
                last = kept[-1]
                if grade_id(last) == name and is_solution(cell):
                    if last.cell_type == cell.cell_type:
                        last.source += f"\n{cell.source}"
                        continue
                del cell.metadata["nbgrader"]
            seen.add(name)
            kept.append(cell)
        nb.cells = kept
        return nb, resources


class SumUp(NbGraderPreprocessor):
    """Says first how much has passed, and of all that is not answered yet only that, in a line."""

    def preprocess(self, nb, resources):
        """Return the notebook with a summary in place of the tests of what is not answered."""
        tests = [
            x for x in nb.cells if is_grade(x) and not is_solution(x) and x.cell_type == "code"
        ]
        outcome = {grade_id(x): _outcome(x) for x in tests}
        names = {
            kind: [name.removeprefix("test-") for name, x in outcome.items() if x == kind]
            for kind in ("passed", "wrong", "not answered yet")
        }
        if not names["wrong"] and not names["not answered yet"]:
            return nb, resources
        lines = [f"{len(names['passed'])} of {len(tests)} checks passed."]
        for kind, found in names.items():
            if found and kind != "passed":
                line = f"{kind}: {', '.join(found)}"
                lines += textwrap.wrap(line, 80, subsequent_indent="  ", break_on_hyphens=False)
        nb.cells.insert(0, _summary(tests[0], lines))
        for cell in tests:
            if outcome[grade_id(cell)] == "not answered yet":
                del cell.metadata["nbgrader"]
        return nb, resources


def _outcome(test):
    """What became of a test: "passed", "wrong" or "not answered yet"."""
    score, most = determine_grade(test)
    if score == most:
        return "passed"
    kinds = {x.ename for x in test.outputs if x.output_type == "error"}
    return "not answered yet" if kinds & set(NOT_ANSWERED) else "wrong"


def _summary(like, lines):
    """A failing cell that holds some lines: nbgrader shows of it the source and the error."""
    cell = type(like)(like)
    cell.metadata = type(like.metadata)(
        nbgrader={**like.metadata.nbgrader, "grade_id": "summary", "points": 1}
    )
    cell.metadata.nbgrader.pop("checksum", None)
    cell.source = "Summary"
    cell.outputs = [
        type(like)(output_type="error", ename="Summary", evalue="", traceback=["\n".join(lines)])
    ]
    return cell


# The list of steps is no setting of nbgrader 0.9.6, so its default is replaced.
Validator.preprocessors.default_args = (
    [TakeTogether, CheckCellMetadata, ClearOutput, Execute, SumUp],
)
