"""What the journal says about a lesson, exercise by exercise."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from nbformat import NotebookNode

from autograder.cells import grade_id, is_test, points
from autograder.gradebook.journal import Entry
from autograder.judge.judging import Verdict
from autograder.texts import named

__all__ = ["Exercise", "Report", "megabytes", "percent", "report_on", "seconds"]


@dataclass(frozen=True)
class Exercise:
    """One exercise, and the verdicts of its test on all graded submissions."""

    name: str
    most: float  # points
    verdicts: Sequence[Verdict]

    @property
    def solved(self) -> int:
        """How many submissions earned all points."""
        return sum(x.points >= x.most for x in self.verdicts)

    @property
    def partly(self) -> int:
        """How many earned some points, but not all."""
        return sum(0 < x.points < x.most for x in self.verdicts)

    @property
    def share(self) -> float | None:
        """Which share of the submissions earned all points."""
        return self.solved / len(self.verdicts) if self.verdicts else None

    @property
    def mean(self) -> float | None:
        """Mean points."""
        return _mean([x.points for x in self.verdicts])

    @property
    def times(self) -> list[float]:
        """Seconds that the test took."""
        return [x.seconds for x in self.verdicts]

    @property
    def memory(self) -> list[int]:
        """Peak bytes of the students' kernels during the test, where they are known."""
        return [x.peak_memory for x in self.verdicts if x.peak_memory is not None]

    @property
    def limit(self) -> float | None:
        """Seconds that the test was given."""
        return max((x.limit for x in self.verdicts if x.limit), default=None)

    @property
    def mistakes(self) -> list[tuple[str, int]]:
        """The mistakes that the check recognised, in how many submissions, most first."""
        found = Counter(name for x in self.verdicts for name in set(x.mistakes))
        return sorted(found.items(), key=lambda item: (-item[1], item[0]))

    @property
    def unrecognised(self) -> int:
        """How many submissions lost points by no mistake that the check knows."""
        return sum(x.points < x.most and not x.mistakes for x in self.verdicts)


SCORED = ("cost", "accuracy", "front")


@dataclass(frozen=True)
class Ranked:
    """A student's design in the contest."""

    student: str
    points: float
    cost: dict[str, int]  # its parts and their "total"
    accuracy: float | None  # None: it was not trained
    front: float  # the accuracy to beat at this cost

    @property
    def margin(self) -> float:
        """Accuracy above the front; a design that was not trained comes last."""
        return -1.0 if self.accuracy is None else self.accuracy - self.front

    def cells(self) -> list[str]:
        """Points, accuracy, margin and cost, as texts."""
        if self.accuracy is None:
            return [f"{self.points:g}", "not trained", "–", f"{self.cost['total']:,}"]
        return [
            f"{self.points:g}",
            f"{self.accuracy:.1%}",
            f"{self.margin:+.1%}",
            f"{self.cost['total']:,}",
        ]


@dataclass(frozen=True)
class Report:
    """What came of all submissions to a lesson."""

    lesson: str
    exercises: list[Exercise]
    entries: list[Entry]
    names: dict[str, str] = field(default_factory=dict)  # students' display names, by id

    @property
    def graded(self) -> list[Entry]:
        """The submissions that have scores."""
        return [x for x in self.entries if x.graded]

    @property
    def quarantined(self) -> list[Entry]:
        """The submissions that could not be graded."""
        return [x for x in self.entries if not x.graded]

    @property
    def noted(self) -> list[Entry]:
        """The submissions that the grader has something to say about."""
        return [x for x in self.entries if x.notes]

    @property
    def missing_modules(self) -> list[tuple[str, int]]:
        """Modules that are not installed here, and in how many submissions they are imported."""
        found = Counter(name for x in self.entries for name in set(x.missing_modules))
        return sorted(found.items(), key=lambda item: (-item[1], item[0]))

    @property
    def most(self) -> float:
        """All automatic points of the lesson."""
        return sum(x.most for x in self.exercises)

    @property
    def ranking(self) -> list[Ranked]:
        """The designs of the contest, the best first; empty where the lesson has none."""
        found = [
            Ranked(x.student, verdict.points, **{name: verdict.score[name] for name in SCORED})
            for x in self.graded
            for verdict in x.tests.values()
            if verdict.score
        ]
        return sorted(found, key=lambda x: (-x.margin, x.cost["total"], x.student))

    def who(self, student: str) -> str:
        """A student's id and display name."""
        return named(student, self.names.get(student))

    def summary(self) -> list[tuple[str, str]]:
        """What to know before the exercises: names and values."""
        totals = [x.points for x in self.graded]
        memory = [x.peak_memory for x in self.graded if x.peak_memory]
        lines = [
            ("Submissions", str(len(self.entries))),
            ("Graded", str(len(self.graded))),
            ("Quarantined", str(len(self.quarantined))),
            ("With notes", str(len(self.noted))),
            ("Automatic points", f"{self.most:g}"),
        ]
        if totals:
            times = [x.seconds for x in self.graded]
            lines += [
                ("Mean points", f"{_mean(totals):.1f}"),
                ("Median points", f"{median(totals):g}"),
                ("Time of a submission", f"median {seconds(times)}, at most {seconds(times, max)}"),
            ]
        if memory:
            middle, peak = median(memory), max(memory)
            text = f"median {megabytes(middle)}, at most {megabytes(peak)}"
            lines.append(("Peak memory of a submission", text))
        limits = {v.limit for x in self.graded for v in x.tests.values() if v.limit}
        if limits:
            span = f"{min(limits):.0f} s"
            span += f" to {max(limits):.0f} s" if max(limits) > min(limits) else ""
            lines.append(("Time limit of a test", span))
        if self.missing_modules:
            named = (f"{x} (imported in {n})" for x, n in self.missing_modules)
            lines.append(("Modules that are not installed here", ", ".join(named)))
        latest = max(x.graded_at for x in self.entries)  # such as 2026-02-01T12:00:00+00:00
        return [*lines, ("Last graded", f"{latest[:16].replace('T', ' ')} UTC")]


def report_on(
    lesson: str, notebook: NotebookNode, entries: list[Entry], names: dict[str, str] | None = None
) -> Report:
    """Put the journal's entries in the order of the lesson's notebook.

    A test that the journal knows and the notebook lacks comes last: the lesson has changed.
    `names` are the students' display names, by id, as far as they are known.
    """
    cells = [x for x in notebook.cells if x.cell_type == "code" and is_test(x)]
    worth = {name: points(x) for x in cells if (name := grade_id(x))}
    tests = [entry.tests for entry in entries if entry.graded]
    for name in sorted({name for verdicts in tests for name in verdicts} - set(worth)):
        worth[name] = max(verdicts[name].most for verdicts in tests if name in verdicts)
    exercises = [
        Exercise(name.removeprefix("test-"), most, [x[name] for x in tests if name in x])
        for name, most in worth.items()
    ]
    return Report(lesson, exercises, entries, names or {})


def _mean(numbers: Sequence[float]) -> float | None:
    return sum(numbers) / len(numbers) if numbers else None


# --- how numbers are written ---


def percent(share: float | None) -> str:
    """Write a share; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.0f} %"


def seconds(times: Sequence[float], choose=median) -> str:
    """Write the median of some times, or another one of them; a dash where there are none."""
    return f"{choose(times):.2f} s" if times else "–"


def megabytes(size: float) -> str:
    """Write a size in bytes."""
    return f"{size / 2**20:.0f} MiB"
