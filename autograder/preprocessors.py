"""Two small steps that nbgrader_config.py adds to nbgrader's own."""

from nbgrader.nbgraderformat import SCHEMA_VERSION
from nbgrader.preprocessors import NbGraderPreprocessor

#: The notebook metadata in which a built solution records what it was executed from.
BUILD_METADATA = "convnets"


class ClearBuildMetadata(NbGraderPreprocessor):
    """Remove from a student's notebook what only concerns the build of the solution."""

    def preprocess(self, nb, resources):
        """Return the notebook without the build's metadata, in the notebook and in its cells."""
        for name in (BUILD_METADATA, "jupytext", "widgets"):
            nb.metadata.pop(name, None)
        for cell in nb.cells:
            cell.metadata.pop("execution", None)
        return nb, resources


class CheckSchema(NbGraderPreprocessor):
    """Let nobody's metadata stop the grading of the others.

    nbgrader's DeduplicateIds empties the metadata of all copies of a cell but the last. nbgrader
    0.9.6 takes empty metadata, like those of any other version, for a course that has to be
    converted, and stops: nobody after that student is graded.
    """

    def preprocess_cell(self, cell, resources, index):
        """Make a cell with empty metadata an ordinary one; refuse the notebook for other versions.

        Raises:
            ValueError: the metadata are of another version; nbgrader goes on to the next student.
        """
        if "nbgrader" not in cell.metadata:
            return cell, resources
        if not cell.metadata["nbgrader"]:
            del cell.metadata["nbgrader"]
        elif (version := cell.metadata["nbgrader"].get("schema_version", 0)) != SCHEMA_VERSION:
            name = cell.metadata["nbgrader"].get("grade_id", index)
            raise ValueError(
                f"cell {name!r} has nbgrader metadata of version {version}, not {SCHEMA_VERSION}:"
                " ask the student to copy the answers into a fresh copy of the lesson"
            )
        return cell, resources
