"""A small step that nbgrader_config.py adds to nbgrader's own."""

from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.cells import BUILD_METADATA


class ClearBuildMetadata(NbGraderPreprocessor):
    """Remove from a student's notebook what only concerns the build of the solution."""

    def preprocess(self, nb, resources):
        """Return the notebook without the build's metadata, in the notebook and in its cells."""
        for name in (BUILD_METADATA, "course", "jupytext", "widgets"):
            nb.metadata.pop(name, None)
        for cell in nb.cells:
            cell.metadata.pop("execution", None)
        return nb, resources
