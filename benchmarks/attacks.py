"""Print what stock nbgrader and our grader make of the corpus of hostile submissions.

    python benchmarks/attacks.py docs/attacks.md

Both grade the same submissions in throwaway copies of the course. What would harm this machine, or
would print its own secrets, is not run under stock nbgrader, which has no sandbox.
"""

import re
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / x) for x in ("", "tests")]

import nbformat  # noqa: E402
from corpus import CAPSTONE, LESSON, Attack, corpus, lesson_points, make_course  # noqa: E402
from course import RECORDS, autograded, run, scores  # noqa: E402

OURS = """
c.Limits.cell_seconds = {seconds}
c.Limits.grace_seconds = 1
c.Limits.memory = 1 << 30
c.Limits.scratch = 64 << 20
"""
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
c.ExecutePreprocessor.timeout = 30
"""
SECRET = "CANARY-0123456789ab"  # in the hidden tests and the solutions of the copies
FOUND = re.compile(rf"^(?!\s*print).*(HARM |CANARY-READ|{SECRET})", re.MULTILINE)
FOLDERS = {
    "forging": "Points that were not earned",
    "reading": "What is not for students",
    "harming": "Harm",
    "malformed": "Notebooks that are none, or are odd",
}


def grade(folder: Path, attacks: list[Attack], stock: bool) -> dict[str, str]:
    """Grade attacks on one lesson; return what came of each: name -> outcome."""
    lesson = attacks[0].lesson
    limits = OURS.format(seconds=120 if lesson == CAPSTONE else 5)
    course = make_course(folder, lesson, attacks, limits, lambda: plant(folder, lesson))
    if stock:
        (course / "nbgrader_config.py").write_text(STOCK)
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
    """Say in a few words what came of an attack."""
    notebook = graded(course, attack)
    if notebook is None:
        return "refused" if attack.refused else "not graded"
    got = {k: x or 0 for k, x in scores(course, attack.student, attack.lesson).items()}
    full = lesson_points(attack.lesson)
    due = attack.expected() if not attack.refused else full
    won = sum(max(got.get(k, 0) - x, 0) for k, x in due.items())
    lost = sum(max(x - got.get(k, 0), 0) for k, x in due.items())
    kept = sum(got.get(name, 0) for name in attack.aims())
    texts = (str(x.get("text", "")) for c in notebook.cells for x in c.get("outputs", []))
    parts = []
    if won:
        parts.append(f"**{won:g} points that are not due**")
    if any(FOUND.search(text) for text in texts):
        parts.append("**reaches it**")
    if attack.get("KNOWN"):
        forges = attack.name.startswith("forging/")
        parts.append(f"**succeeds**, {kept:g} points" if forges else "**succeeds**")
    if lost:
        parts.append(f"loses {lost:g} points besides")
    return ", ".join(parts) or ("graded" if attack.refused else "fails")


def table(attacks: list[Attack], ours: dict, stock: dict) -> str:
    """Write the Markdown tables, one for each folder."""
    lines = []
    for folder, title in FOLDERS.items():
        here = [x for x in attacks if x.name.startswith(f"{folder}/")]
        lines += [
            f"\n## {title} ({len(here)})\n",
            "| attack | stock nbgrader | ours |",
            "|---|---|---|",
        ]
        for attack in here:
            said = attack.module.__doc__.splitlines()[0].strip().replace("|", "\\|")
            other = stock.get(attack.name, "not run under stock")
            other = "does not apply" if attack.get("OURS_ONLY") else other
            lines.append(f"| `{attack.path.stem}`: {said} | {other} | {ours[attack.name]} |")
    known = [f"- `{x.name}`: {x.get('KNOWN')}." for x in attacks if x.get("KNOWN")]
    return "\n".join([*lines, "\n## Known to succeed\n", *known, ""])


INTRODUCTION = """\
# Attacks on the grader

Written by `benchmarks/attacks.py`; the submissions are in `tests/attacks`, and
`tests/attacks/test_attacks.py` grades them in each run of the tests. Every submission also holds
right answers, which are to keep their points.

"fails": the attack wins nothing, and costs nothing but the exercise it is about. "loses points
besides": right answers are lost too, all of them the attacker's own. "not run under stock": stock
nbgrader has no sandbox; the attack would harm the machine, or print its owner's secrets. "does not
apply": it is aimed at a protocol that only our grader has. Points are "not due" by our rules, which
for networks also say what may cross.

Both columns use the lessons' checks and the contest as they are now. Each attack ran once.
"""


def main() -> None:
    """Grade the corpus twice, and write the page."""
    attacks = corpus()
    found: dict[bool, dict] = {True: {}, False: {}}
    with tempfile.TemporaryDirectory(prefix="convnets-attacks-") as folder:
        for stock in (False, True):
            for lesson in (LESSON, CAPSTONE):
                chosen = [x for x in attacks if x.lesson == lesson]
                if stock:
                    chosen = [x for x in chosen if not (x.get("DESTRUCTIVE") or x.get("OURS_ONLY"))]
                place = Path(folder, f"{lesson}-{'stock' if stock else 'ours'}")
                found[stock] |= grade(place, chosen, stock)
    text = INTRODUCTION + table(attacks, found[False], found[True])
    print(text)
    for path in sys.argv[1:]:
        Path(path).write_text(text)


if __name__ == "__main__":
    main()
