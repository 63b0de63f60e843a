"""Grade the same submissions with stock nbgrader and with the course's grader, side by side.

    python -m benchmarks.grading --lesson 01_convolution --stock 10 --ours 10 100 --workers 1 2

The submissions mix the mistakes and right answers of the lesson's catalogue, as the tests do.
Stock nbgrader runs with its own preprocessors, in one batch process. Each run starts from a fresh
copy of the course. Counted are wall-clock seconds, the CPU seconds of all processes (in a control
group of their own, so that none is missed), and the peak of their memory together. Numbers of one
run compare; those of different machines, or of a busy one, do not.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.course import answered, copy_course, environment, nbgrader, released, submit
from tests.schedule import schedule

STOCK = """
c = get_config()
from pathlib import Path
root = Path(__file__).resolve().parent
records = "autograder/records"
(root / records).mkdir(parents=True, exist_ok=True)
c.CourseDirectory.course_id = "convnets"
c.CourseDirectory.root = str(root)
c.CourseDirectory.db_url = f"sqlite:///{root / records / 'gradebook.db'}"
c.CourseDirectory.source_directory, c.CourseDirectory.release_directory = "solutions", "notebooks"
for step in ("submitted", "autograded", "feedback"):
    setattr(c.CourseDirectory, f"{step}_directory", f"{records}/{step}")
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\\nraise NotImplementedError()"}
c.ExecutePreprocessor.timeout = 180
"""
CGROUPS = Path("/sys/fs/cgroup")


class Cost(NamedTuple):
    """What a run cost."""

    seconds: float
    cpu_seconds: float
    peak_memory: int  # bytes


class Meter:
    """Control groups around a command: version 2, or version 1's cpuacct and memory."""

    def __init__(self):
        name = f"convnets-benchmark-{os.getpid()}-{time.monotonic_ns()}"
        self.two = (CGROUPS / "cgroup.controllers").exists()
        kinds = ("",) if self.two else ("cpuacct", "memory")
        self.folders = [CGROUPS / kind / name for kind in kinds]
        for folder in self.folders:
            folder.mkdir()
        if not self.two:
            with contextlib.suppress(OSError):
                (self.folders[1] / "memory.use_hierarchy").write_text("1")

    def enter(self) -> None:
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(os.getpid()))

    def read(self) -> tuple[float, int]:
        if self.two:
            (folder,) = self.folders
            usage = dict(x.split() for x in (folder / "cpu.stat").read_text().splitlines())
            return int(usage["usage_usec"]) / 1e6, int((folder / "memory.peak").read_text())
        cpu, memory = self.folders
        used = int((cpu / "cpuacct.usage").read_text()) / 1e9
        return used, int((memory / "memory.max_usage_in_bytes").read_text())

    def close(self) -> None:
        for folder in self.folders:
            for _ in range(100):
                try:
                    folder.rmdir()
                    break
                except OSError:
                    time.sleep(0.05)


def measure(course: Path, *command: str) -> Cost:
    meter = Meter()
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=course,
        env=environment(course),
        preexec_fn=meter.enter,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - started
    cost = Cost(seconds, *meter.read())
    meter.close()
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
    return cost


def make(folder: Path, lesson: str, count: int) -> Path:
    """A fresh course with so many submissions, those of the tests' schedule over and over."""
    course = copy_course(folder / "course")
    rows = list(schedule(lesson, 20).values())
    for number in range(count):
        row = rows[number % len(rows)]
        sources = {exercise: answer.source for exercise, answer in row.items()}
        submit(course, f"s{number:04d}", answered(sources, released(lesson)), lesson=lesson)
    return course


def stock(lesson: str, count: int) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        course = make(Path(folder), lesson, count)
        (course / "nbgrader_config.py").write_text(STOCK)
        nbgrader(course, "generate_assignment", lesson, "--force")
        return measure(course, "nbgrader", "autograde", lesson)


def ours(lesson: str, count: int, workers: int, demonstrations: bool) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        course = make(Path(folder), lesson, count)
        if demonstrations:
            with (course / "nbgrader_config.py").open("a") as config:
                config.write("\nc.Execute.demonstrations = True\n")
        command = (sys.executable, "-m", "autograder", "grade", lesson)
        return measure(course, *command, "--workers", str(workers))


def show(name: str, count: int, cost: Cost, base: tuple[int, Cost] | None) -> None:
    rate, cpu = 60 * count / cost.seconds, cost.cpu_seconds / count
    ratio = less = ""
    if base is not None:
        number, other = base
        ratio = f"{rate / (60 * number / other.seconds):.1f}"
        less = f"{other.cpu_seconds / number / cpu:.1f}"
    row = (name, count, f"{rate:.1f}", ratio, f"{cpu:.2f}", less, f"{cost.peak_memory / 2**30:.1f}")
    print("| " + " | ".join(map(str, row)) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lesson", default="01_convolution")
    parser.add_argument("--stock", type=int, default=10, help="submissions for stock; 0: none")
    parser.add_argument("--ours", type=int, nargs="*", default=[10, 100])
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--demonstrations", type=int, default=0, help="submissions with them too")
    options = parser.parse_args()
    print(f"{options.lesson}, {os.cpu_count()} cores\n")
    print("| run | submissions | a minute | times stock | CPU s each | times less | peak GiB |")
    print("|---|---|---|---|---|---|---|")
    base = None
    if options.stock:
        base = options.stock, stock(options.lesson, options.stock)
        show("stock nbgrader", *base, base)
    for workers in options.workers:
        if options.demonstrations:
            cost = ours(options.lesson, options.demonstrations, workers, True)
            show(f"ours, {workers} workers, all cells", options.demonstrations, cost, base)
        for count in options.ours:
            show(
                f"ours, {workers} workers", count, ours(options.lesson, count, workers, False), base
            )


if __name__ == "__main__":
    main()
