"""How long a large course takes: our export beside nbgrader's, our report, the formgrader's pages.

    python -m benchmarks.gradebook                    # 1000 students, 6 lessons; minutes
    python -m benchmarks.gradebook --students 50      # a minute

It fills the gradebook of a copy of the course with random scores, the same ones each time.
The commands are timed as one types them, with their start; the two exported files must be equal.
"""

import argparse
import filecmp
import json
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from autograder.gradebook import scores as gradebook
from autograder.gradebook.export import nbgrader as our_form
from benchmarks.random_gradebook import fill
from tests.course import LESSONS, copy_course, environment


def timed(course: Path, *command) -> float:
    """Run a command in the copy of the course; return its seconds."""
    started = time.perf_counter()
    subprocess.run(command, cwd=course, env=environment(course), check=True, capture_output=True)
    return time.perf_counter() - started


def exports(course: Path, stock: bool) -> list[str]:
    """Time both exports and compare their files; return rows of the table."""
    ours = (sys.executable, "-m", "autograder")
    start = statistics.median(timed(course, *ours, "--help") for _ in range(3))
    export = statistics.median(timed(course, *ours, "export", "--to=ours.csv") for _ in range(3))
    started = time.perf_counter()
    with gradebook.opened(course) as session:
        our_form(gradebook.read_grades(session))
    inside = time.perf_counter() - started
    report = timed(course, *ours, "report", LESSONS[0], "--html=report.html")
    rows = [
        f"| `python -m autograder --help`: the start alone | {start:.1f} | |",
        f"| `python -m autograder export` | {export:.1f} | 1 |",
        f"| … its reading and writing alone, in a process that runs | {inside:.2f} | |",
        f"| `python -m autograder report {LESSONS[0]} --html` | {report:.1f} | |",
    ]
    if stock:
        seconds = timed(course, "nbgrader", "export", "--to=stock.csv")
        same = filecmp.cmp(course / "ours.csv", course / "stock.csv", shallow=False)
        assert same, "the two exports differ"
        rows.append(
            f"| `nbgrader export`: the same file | {seconds:.1f} | {seconds / export:.1f} |"
        )
    return rows


@contextmanager
def server(course: Path):
    """A Jupyter server with the formgrader; gives a function from a path to its answer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    settings = {"port": port, "root_dir": course, "open_browser": False}
    flags = [f"--ServerApp.{name}={value}" for name, value in settings.items()]
    command = ["jupyter", "server", "--allow-root", f"--IdentityProvider.token={token}", *flags]
    with (course / "server.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=course, env=environment(course), stdout=log, stderr=log
        )

    def get(path: str) -> bytes:
        url = f"http://127.0.0.1:{port}/{path}"
        request = urllib.request.Request(url, headers={"Authorization": f"token {token}"})
        with urllib.request.urlopen(request, timeout=900) as answer:
            return answer.read()

    try:
        for _ in range(120):
            try:
                get("api/status")
                break
            except OSError:
                time.sleep(0.5)
        yield get
    finally:
        process.terminate()
        process.wait()


def pages(course: Path) -> list[str]:
    """Time what the formgrader's pages ask for; return rows of the table."""
    lesson, rows = LESSONS[0], []
    with server(course) as get:
        for title, page, data in [
            ("manage assignments", "manage_assignments", "assignments"),
            ("gradebook", "gradebook", "assignments"),
            ("submissions of a lesson", f"manage_submissions/{lesson}", f"submissions/{lesson}"),
            ("notebooks of a lesson", f"gradebook/{lesson}", f"notebooks/{lesson}"),
            (
                "a lesson's notebook, all students",
                f"gradebook/{lesson}/{lesson}",
                f"submitted_notebooks/{lesson}/{lesson}",
            ),
            ("students", "manage_students", "students"),
            ("one student", "manage_students/s0001", "student_submissions/s0001"),
        ]:
            started = time.perf_counter()
            get(f"formgrader/{page}")
            shown = time.perf_counter()
            answer = get(f"formgrader/api/{data}")
            ended = time.perf_counter()
            size = f"{len(json.loads(answer))} rows"
            rows.append(f"| {title} | {shown - started:.2f} | {ended - shown:.1f} | {size} |")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--without-stock", action="store_true", help="leave out nbgrader's export")
    parser.add_argument("--without-formgrader", action="store_true", help="leave out its pages")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        course = copy_course(Path(scratch) / "course")
        started = time.perf_counter()
        counts = fill(course, arguments.students)
        filled = time.perf_counter() - started
        many = ", ".join(f"{count} {table}" for table, count in counts.items())
        print(f"{len(LESSONS)} lessons; rows: {many}. Filled in {filled:.1f} s.\n", flush=True)
        print("| command | seconds | ratio |\n|---|--:|--:|")
        print(*exports(course, not arguments.without_stock), sep="\n", flush=True)
        if not arguments.without_formgrader:
            print("\n| the formgrader's page | page, s | its data, s | data |\n|---|--:|--:|--:|")
            print(*pages(course), sep="\n", flush=True)


if __name__ == "__main__":
    main()
