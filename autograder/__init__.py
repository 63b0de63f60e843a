"""Release, pack and grade the course. `python -m autograder --help` lists the commands."""

import sys
from pathlib import Path

#: The course's folder.
ROOT = Path(__file__).resolve().parent.parent

# jsonschema would import it, to check a format that no notebook uses: it compiles a grammar, which
# takes as long as all the rest.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None forbids it
