"""Keeps hidden tests and mark schemes out of the feedback that students get."""

from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.cells import is_locked, visible

__all__ = ["HideTests"]

HIDDEN_HERE = "# Hidden tests ran here too."


class HideTests(NbGraderPreprocessor):
    """An nbgrader preprocessor: shows each test's visible part, and a failed one's message only."""

    def preprocess_cell(self, cell, resources, index):
        """Return the cell without hidden tests and mark schemes."""
        if not is_locked(cell):
            return cell, resources
        shown = visible(cell.source)
        if shown != cell.source and cell.cell_type == "code":
            shown = f"{shown.rstrip()}\n{HIDDEN_HERE}"
        cell.source = shown
        for output in cell.get("outputs", []):
            # The visible checks raise CheckFailed: a bare assert is a hidden test's.
            if output.output_type == "error" and output.ename == "AssertionError":
                output.traceback = [f"A hidden test failed. {output.evalue}".strip()]
        return cell, resources
