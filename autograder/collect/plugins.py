"""What nbgrader_config.py plugs into nbgrader's own commands, for the sake of odd names."""

import glob
import os
from pathlib import Path

from nbgrader.plugins import ExtractorPlugin

__all__ = ["CollectorPlugin", "LiteralFolders"]


class CollectorPlugin(ExtractorPlugin):
    """Lets stock `nbgrader zip_collect` read its archives as :func:`collect` does.

    It takes the place of nbgrader's extractor: of each student the version that counts lies then in
    a folder of their id, which is all that nbgrader's own collector has to find.
    """

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Put each student's notebook into a folder, and say what was not taken."""
        # Students too have this configuration of nbgrader, but not what only grading needs.
        from autograder.collect.archives import look_through
        from autograder.collect.choice import choose

        lesson = self.parent.coursedir.assignment_id
        archive = Path(archive_path)
        choice = choose(look_through([archive / x.name for x in sorted(archive.iterdir())]), lesson)
        for student, upload in choice.chosen.items():
            path = Path(extracted_path) / student / f"{lesson}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(upload.data)
        for upload in choice.older:
            self.log.warning("%s: %s", upload.original, upload.outcome)
        for name, why in choice.left_out.items():
            self.log.warning("Not collected: %s: %s", name, why)


class LiteralFolders:
    """Stands for the module `glob` where nbgrader looks for the notebooks of a folder it has found.

    nbgrader takes the folder's own name for a pattern again, and finds nothing in `[abc]`.
    """

    @staticmethod
    def glob(pattern: str) -> list[str]:
        """Find files by a pattern in a folder that exists, else by the whole as a pattern."""
        folder, name = os.path.split(pattern)
        if os.path.isdir(folder):
            pattern = os.path.join(glob.escape(folder), name)
        elif os.path.isdir(pattern):
            return [pattern]
        return glob.glob(pattern)
