"""Write docs/attacks.md: what stock nbgrader and our grader make of hostile submissions.

    python -m benchmarks.attacks [NAME ...]

Stock nbgrader grades the submissions here, in throwaway copies of the course: all, or those named,
and the others' rows stay as they are. What would harm this machine, or print its own secrets, is
not run: stock has no sandbox. What ours makes of them is said in the corpus, and
tests/attacks/test_attacks.py sees in each run of the tests that it is so. That the page shows the
corpus as it is, test_attacks.py sees too; no points are shown, which change with the lessons.
"""

import re
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import nbformat

from tests.corpus import CONTEST, Attack, corpus, lesson_points, make_course
from tests.course import RECORDS, ROOT, autograded, run, scores

PAGE = ROOT / "docs" / "attacks.md"
STOCK = f"""
from pathlib import Path

c = get_config()
ROOT = Path(__file__).resolve().parent
c.CourseDirectory.course_id = "convnets"
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.db_url = f"sqlite:///{{ROOT}}/{RECORDS}/gradebook.db"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
for step in ["submitted", "autograded", "feedback"]:
    setattr(c.CourseDirectory, f"{{step}}_directory", f"{RECORDS}/{{step}}")
"""
#: A row of the page: the attack, what it tries, what comes of it under stock and here.
ROW = re.compile(r"^\| `(.+?)`: .* \| (.+?) \| .+? \|$", re.M)
MISSING = "not run yet"
SECRET = "CANARY-0123456789ab"  # in the hidden tests and the solutions of the copies
FOUND = re.compile(rf"^(?!\s*print).*(HARM |CANARY-READ|{SECRET})", re.MULTILINE)
FOLDERS = {
    "forging": "Points that were not earned",
    "reading": "What is not for students",
    "harming": "Harm",
    "malformed": "Notebooks that are none, or are odd",
}


def grade(folder: Path, attacks: list[Attack]) -> dict[str, str]:
    """Let stock grade attacks on one lesson; return what came of each: name -> outcome."""
    lesson = attacks[0].lesson
    course = make_course(folder, lesson, attacks, prepare=lambda: plant(folder, lesson))
    seconds = 180 if lesson == CONTEST else 30  # a design is trained there
    limits = f"c.ExecutePreprocessor.timeout = {seconds}\n"
    (course / "nbgrader_config.py").write_text(STOCK + limits)
    left, outcomes = list(attacks), {}
    while left:
        said = run(course, "nbgrader", "autograde", lesson, status=None)
        done = [x for x in left if x.student in failed(said) or graded(course, x)]
        stopped = not done or "Traceback" in said[-3000:]
        if len(done) < len(left) and stopped:  # one of them has ended the whole run
            last = re.findall(r"Converting notebook .*/submitted/([^/]+)/", said)[-1:]
            culprits = [x for x in left if x.student in last and x not in done]
            outcomes |= {x.name: "**ends the grading of all**" for x in culprits}
            done += culprits
        for attack in done or left:
            outcomes.setdefault(attack.name, outcome(course, attack))
            for path in (course / RECORDS / "submitted" / attack.student).rglob("*.ipynb"):
                path.unlink()  # or the next run grades it again
        left = [x for x in left if x.name not in outcomes]
    return outcomes


def plant(course: Path, lesson: str) -> None:
    """Put a secret into the solutions and hidden tests of a copy."""
    path = course / "solutions" / lesson / f"{lesson}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        for marker in ("### END SOLUTION", "### END HIDDEN"):
            cell.source = cell.source.replace(marker, f"# {SECRET}\n{marker}")
    nbformat.write(notebook, path)


def failed(said: str) -> set[str]:
    """The students whose submissions nbgrader gave up."""
    return set(re.findall(r"There was an error processing .* for student '([^']+)'", said))


def graded(course: Path, attack: Attack):
    """The graded notebook, or None."""
    try:
        return autograded(course, attack.student, attack.lesson)
    except Exception:  # stock writes some that cannot be read
        return None


def outcome(course: Path, attack: Attack) -> str:
    """Say in a few words what came of an attack under stock."""
    notebook = graded(course, attack)
    if notebook is None:
        return "refused" if attack.refused else "not graded"
    got = {k: x or 0 for k, x in scores(course, attack.student, attack.lesson).items()}
    due = attack.expected() if not attack.refused else lesson_points(attack.lesson)
    texts = (str(x.get("text", "")) for c in notebook.cells for x in c.get("outputs", []))
    parts = []
    kept = any(got.get(name) for name in attack.aims())
    if attack.get("KNOWN") and (kept or not attack.name.startswith("forging/")):
        parts.append("**succeeds**")
    elif any(got.get(k, 0) > x for k, x in due.items()):
        parts.append("**wins points that are not due**")
    if any(FOUND.search(text) for text in texts):
        parts.append("**reaches it**")
    if any(got.get(k, 0) < x for k, x in due.items()):
        parts.append("loses right answers too")
    return ", ".join(parts) or ("graded" if attack.refused else "fails")


def ours(attack: Attack) -> str:
    """Say what comes of an attack here, as the tests of the corpus see it."""
    if attack.refused:
        return "refused"
    if attack.get("KNOWN"):
        return "**succeeds**"
    return "fails, may lose right answers too" if attack.get("MAY_LOSE_OTHERS") else "fails"


def runs_under_stock(attack: Attack) -> bool:
    """Whether stock can grade it without harm, and has what it is aimed at."""
    return not (attack.get("DESTRUCTIVE") or attack.get("OURS_ONLY"))


def measured(page: str) -> dict[str, str]:
    """Read what a page says of attacks under stock: name -> outcome."""
    found = {}
    for part in page.split("\n## "):
        folder = next((x for x, title in FOLDERS.items() if part.startswith(f"{title} (")), None)
        found |= {f"{folder}/{name}": said for name, said in ROW.findall(part)}
    return found


def write(attacks: list[Attack], stock: dict[str, str]) -> str:
    """Return the page: a table for each folder.

    Args:
        attacks: the corpus.
        stock: what came of those that run under stock, name -> outcome.
    """
    lines = [INTRODUCTION.format(version=version("nbgrader")).rstrip()]
    for folder, title in FOLDERS.items():
        here = [x for x in attacks if x.name.startswith(f"{folder}/")]
        lines += [
            f"\n## {title} ({len(here)})\n",
            "| attack | stock nbgrader | ours |",
            "|---|---|---|",
        ]
        for attack in here:
            said = attack.module.__doc__.splitlines()[0].strip().replace("|", "\\|")
            other = "does not apply" if attack.get("OURS_ONLY") else "not run under stock"
            other = stock.get(attack.name, MISSING) if runs_under_stock(attack) else other
            lines.append(f"| `{attack.path.stem}`: {said} | {other} | {ours(attack)} |")
    known = [f"- `{x.name}`: {x.get('KNOWN')}." for x in attacks if x.get("KNOWN")]
    return "\n".join([*lines, "\n## Known to succeed\n", *known, ""])


INTRODUCTION = """\
# Attacks on the grader

Written by `benchmarks/attacks.py`; the submissions are in `tests/attacks`, and
`tests/attacks/test_attacks.py` grades them in each run of the tests. Every submission also holds
right answers, which are to keep their points.

"fails": the attack wins nothing, and costs nothing but the exercise it is about. "may lose right
answers too": all of them the attacker's own. "not run under stock": stock nbgrader has no sandbox;
the attack would harm the machine, or print its owner's secrets. "does not apply": it is aimed at a
protocol that only our grader has. Points are "not due" by our rules, which for networks also say
what may cross.

Stock nbgrader is {version}. There, each attack ran once, with the lesson as it was then; here, it
runs in each run of the tests.
"""


def main() -> None:
    """Let stock grade the corpus, or what is named, and write the page."""
    attacks = corpus()
    chosen = [x for x in attacks if runs_under_stock(x)]
    if names := sys.argv[1:]:
        if unknown := set(names) - {x.path.stem for x in chosen}:
            sys.exit(f"no attack that runs under stock: {', '.join(sorted(unknown))}")
        chosen = [x for x in chosen if x.path.stem in names]
    stock = measured(PAGE.read_text("utf-8"))
    with tempfile.TemporaryDirectory(prefix="convnets-attacks-") as folder:
        for lesson in sorted({x.lesson for x in chosen}):
            stock |= grade(Path(folder, lesson), [x for x in chosen if x.lesson == lesson])
    PAGE.write_text(write(attacks, stock), "utf-8")


if __name__ == "__main__":
    main()
