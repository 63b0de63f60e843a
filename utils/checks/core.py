"""The checks' machinery: exercises, mistakes, and `check`, which compares an answer.

A check runs an answer over a few cases beside a reference. When it differs, it runs every
mistake of the exercise over the same cases too, and names the one that gives the same.
"""

import functools
import inspect
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations
from typing import ClassVar, NamedTuple, Protocol

import torch

from utils import mine
from utils._common.devices import device
from utils._common.known_state import known_state
from utils.checks import notebook, wording
from utils.checks.difference import describe
from utils.checks.mistakes import Edit, Mistake, together
from utils.checks.running import Case, Outcome, run, same
from utils.elsewhere import RunsElsewhere
from utils.home import record
from utils.modules import RETURNS, forward_backward
from utils.watch import ELSEWHERE


class AnyExercise(Protocol):
    """What exercises of every kind have."""

    id: str
    mistakes: list[Mistake]

    @property
    def name(self) -> str:
        """The name that the student gives the answer."""

    def check(self, answer) -> str:
        """Return what was checked when the answer is right; raise CheckFailed when it is not."""


EXERCISES: dict[str, AnyExercise] = {}


class CheckFailed(AssertionError):
    """An answer failed its check. Jupyter shows the message alone, without a traceback.

    Args:
        message: what is wrong.
        mistakes: the names of the mistakes that were recognised.
    """

    first = notebook.WRONG

    def __init__(self, message: str, mistakes: Iterable[str] = ()):
        super().__init__(message)
        self.mistakes = tuple(mistakes)

    def _render_traceback_(self) -> list[str]:
        # The first line says what is wrong: bold red there, bold for a recognised mistake.
        lines = str(self).splitlines()
        lines[0] = self.first.format(lines[0])
        bold = [f"\x1b[1m{x}\x1b[0m" if x.startswith(RECOGNISED) else x for x in lines[1:]]
        return [lines[0], *bold]


class NotAnswered(CheckFailed):
    """There is no answer yet. That is no mistake, and does not look like one."""

    first = notebook.NOT_YET


RECOGNISED = "This is what you get if"


class Trait(NamedTuple):
    """A property that some cases have: ("stride > 1", "stride 1", predicate of the arguments)."""

    present: str
    absent: str
    holds: Callable[[Case], bool]


class Finding(NamedTuple):
    """One case with what came back, what was expected, and in words what is wrong, if anything."""

    case: Case
    outcome: Outcome
    expected: Outcome
    wrong: str | None


@dataclass
class Exercise:
    """A function to write, called as :attr:`name`.

    Args:
        id: the `grade_id` of the solution cell; with underscores, the function's name.
        reference: a right function with the same parameters. Those without a default are passed
            by position, the others by keyword.
        cases: the calls to try; the first is small enough to be worked by hand.
        traits: properties of cases, used to say where an answer goes wrong.
        ranges: parameters whose range a passing check reports.
        returns: the names of a tuple's items.
        forbidden: dotted names of functions and modules that the answer may not call.
        instead: what to do instead of calling them.
        every_device: also try the last cases on `utils.device()`.
        written: a right function, written out, of which mistakes are edits; else the reference.
        part: the name under which a right answer enters the student's library (`utils.mine`).
    """

    id: str
    reference: Callable
    cases: list[Case]
    traits: tuple[Trait, ...] = ()
    ranges: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    instead: str = ""
    every_device: bool = False
    written: Callable | None = None
    part: str = ""
    mistakes: list[Mistake] = field(default_factory=list)
    kind: ClassVar[str] = "function"

    def __post_init__(self):
        EXERCISES[self.id] = self

    @cached_property
    def all_cases(self) -> list[Case]:
        """The cases, and the last ones once more on `utils.device()` when it isn't the CPU."""
        kind = device().type
        if not self.every_device or kind == "cpu":
            return self.cases
        # MPS has no float64.
        moved = [c for c in self.cases[-6:] if kind != "mps" or c.dtype == torch.float32]
        return [*self.cases, *(replace(case, on_device=True) for case in moved)]

    @cached_property
    def expected(self) -> list[Outcome]:
        """What the reference does in all cases."""
        return [self.call(self.reference, case) for case in self.all_cases]

    @property
    def name(self) -> str:
        """The name of the function that the student writes."""
        return self.id.replace("-", "_")

    @property
    def positional(self) -> int:
        """How many arguments are passed by position: the parameters without a default."""
        parameters = inspect.signature(self.reference).parameters.values()
        return sum(parameter.default is parameter.empty for parameter in parameters)

    def mistake(self, name: str, hint: str, *edits: Edit, of: Callable | None = None):
        """Add a mistake to this exercise's catalogue.

        Args:
            name: a clause that says what is done wrong.
            hint: what to think about.
            edits: what it changes in a right function; without them, this decorates a wrong one.
            of: the right function, by default the one that is `written` out.
        """
        if edits:
            right = of or self.written or self.reference
            self.mistakes.append(Mistake(name, hint, edits=edits, right=right))
            return None

        def register(function):
            self.mistakes.append(Mistake(name, hint, function))
            return function

        return register

    def call(self, answer: Callable, case: Case, forbidden: tuple[str, ...] = ()) -> Outcome:
        """Call a function as one case says."""
        return run(answer, case, forbidden, self.positional)

    def run(self, answer: Callable) -> list[Outcome]:
        """Run a function over all cases."""
        return [self.call(answer, case, self.forbidden) for case in self.all_cases]

    def check(self, answer) -> str:
        """Compare a function with the reference in all cases.

        Returns:
            A sentence that says what was tried.

        Raises:
            CheckFailed: it is wrong; the message names the mistake, or describes the difference.
            NotAnswered: there is no answer yet.
        """
        if not callable(answer):
            if placeholder(answer):
                raise NotAnswered(unwritten(self.name))
            raise CheckFailed(f"{self.name} must be a {self.kind}; it is {wording.kind(answer)}.")
        outcomes = self.run(answer)
        # With a text it is an error of the student's code: torch raises this type too.
        if isinstance(outcomes[0].error, NotImplementedError) and not str(outcomes[0].error):
            raise NotAnswered(unwritten(self.name))
        findings = self.findings(outcomes)
        if any(finding.wrong for finding in findings):
            recognised = self.recognise(findings)
            message = self.explain(answer, findings, recognised)
            raise CheckFailed(message, [x.name for mistake, _ in recognised for x in mistake.parts])
        return "\n".join(textwrap.wrap(self.passed(), 96, subsequent_indent="  "))

    def findings(self, outcomes: list[Outcome]) -> list[Finding]:
        """Compare outcomes with the reference's, case by case."""
        return [
            Finding(case, got, right, wording.misbehaviour(got, right, self.items(case)))
            for case, got, right in zip(self.all_cases, outcomes, self.expected, strict=True)
        ]

    def recognise(self, findings: list[Finding]) -> list[tuple[Mistake, int]]:
        """Find the mistakes that explain an answer, each with the number of failing cases.

        A mistake whose results equal the answer's in every case is certain; so are two mistakes
        that, made at once, do so. Failing that, up to two are chosen that explain at least two
        failing cases each, and at least half of all together.
        """
        failing = {place for place, finding in enumerate(findings) if finding.wrong}
        candidates, where = [], []
        for mistake in self.mistakes:
            others = self.run(mistake.answer)
            alike = {
                place
                for place, (finding, other) in enumerate(zip(findings, others, strict=True))
                if same(finding.outcome, other)
            }
            if len(alike) == len(findings):
                return [(mistake, len(failing))]
            own = {place for place, x in enumerate(self.findings(others)) if x.wrong}
            where.append((mistake, own))
            # Who makes this mistake fails wherever it shows; elsewhere agreement says nothing.
            if own <= failing:
                candidates.append((mistake, alike & failing))
        if both := self._two_at_once(findings, failing, where):
            return [(both, len(failing))]
        chosen: list[tuple[Mistake, int]] = []
        left = set(failing)
        while candidates and len(chosen) < 2:
            ranked = sorted(candidates, key=lambda candidate: -len(candidate[1] & left))
            counts = [len(places & left) for _, places in ranked]
            if counts[0] < 2 or (len(counts) > 1 and counts[0] == counts[1]):
                break
            chosen.append((ranked[0][0], counts[0]))
            left -= ranked[0][1]
        return chosen if 2 * len(left) <= len(failing) else []

    def _two_at_once(self, findings: list[Finding], failing: set[int], where) -> Mistake | None:
        """Find two mistakes that, made at once, do the same as the answer in every case.

        Args:
            findings: of the answer.
            failing: the places of its failing cases.
            where: each mistake with the places where it fails alone.
        """
        hardest = sorted(
            range(len(findings)), key=lambda x: (x not in failing, findings[x].case.size)
        )
        for (one, its), (other, others) in combinations(where, 2):
            if not failing <= its | others or not (both := together(one, other)):
                continue
            pairs = ((findings[x].outcome, findings[x].case) for x in hardest)
            if all(same(got, self.call(both.answer, case, self.forbidden)) for got, case in pairs):
                return both
        return None

    def explain(self, answer: Callable, findings: list[Finding], recognised: list) -> str:
        """Write the message of a failing check."""
        failing = [finding for finding in findings if finding.wrong]
        smallest = min(failing, key=lambda finding: finding.case.size)
        library = next((f.outcome.forbidden for f in findings if f.outcome.forbidden), None)
        lines = [f"{self.name}: wrong in {len(failing)} of {len(findings)} cases."]
        if library:
            called = library.replace("utils.mine.loans.", "mine.")  # as a student calls it
            lines = [f"{self.name} calls `{called}`, which this exercise does not allow."]
        if library in ELSEWHERE:
            lines = textwrap.wrap(
                f"{self.name} has a part of its work done in another thread or process "
                f"(`{library}`). This exercise forbids some functions, and what is called there "
                "cannot be seen: compute in the function itself.",
                96,
            )
        for mistake, explained in recognised:
            where = "" if explained == len(failing) else f" (in {explained} of these cases)"
            lines += named(mistake, where)
        if library:
            return "\n".join([*lines, self.instead])
        if sum(explained for _, explained in recognised) < len(failing):
            lines += self.where(findings)
            lines += self.difference(failing)
        return "\n".join([*lines, "", *self.show(answer, smallest)])

    def where(self, findings: list[Finding]) -> list[str]:
        """Say what the failing cases have in common."""
        failing = {id(finding.case) for finding in findings if finding.wrong}
        if len(failing) == len(findings):
            return []
        partly = []
        for trait in self.traits:
            with_it = {id(case) for case in self.all_cases if trait.holds(case)}
            for label, other, group in (
                (trait.present, trait.absent, with_it),
                (trait.absent, trait.present, {id(case) for case in self.all_cases} - with_it),
            ):
                if failing == group:
                    return [f"Every case with {other} is right, every case with {label} is wrong."]
                if failing < group and len(failing) > 1:
                    partly.append((len(group), f"All the failing cases have {label}."))
        return [min(partly)[1]] if partly else []

    def difference(self, failing: list[Finding]) -> list[str]:
        """Say how what came back differs from what was expected, if that can be said."""
        results = [(x.outcome.value, x.expected.value) for x in failing if x.outcome.error is None]
        said = describe(results) if len(results) == len(failing) else None
        return [said] if said else []

    def show(self, answer: Callable, finding: Finding) -> list[str]:
        """Show one failing case: the call, its inputs, what came back, what was expected."""
        case, outcome, expected, wrong = finding
        lines = [*self.calls(case), *self.inputs(case)]
        got, right, names = self.telling(finding)
        if outcome.error is not None:
            lines += wording.exception(outcome.error, answer)
        elif outcome.changed is None:
            lines += wording.result("came back", got, names)
        if expected.error is None and outcome.changed is None:
            lines += wording.result("expected", right, names)
        return [
            *textwrap.wrap(f"For example: {wrong}", 96),
            *(f"{wording.INDENT}{line}" for line in lines),
        ]

    def calls(self, case: Case) -> list[str]:
        """Show how a case calls the function."""
        return [wording.call(self.name, case.fresh(), self.positional)]

    def inputs(self, case: Case) -> list[str]:
        """Show the tensors that a case gives."""
        return wording.inputs(case)

    def items(self, case: Case) -> tuple[str, ...]:
        """The names of what the function returns, if it is a tuple."""
        return self.returns

    def telling(self, finding: Finding) -> tuple[object, object, tuple[str, ...]]:
        """What to show of a finding: what came back, what was expected, and their items' names."""
        return finding.outcome.value, finding.expected.value, self.items(finding.case)

    def passed(self) -> str:
        """Say what a right answer was tried on."""
        parts = []
        for name in self.ranges:
            default = inspect.signature(self.reference).parameters[name].default
            values = [case.arguments.get(name, default) for case in self.all_cases]
            parts.append(f"{name} {min(values)} to {max(values)}")
        for trait in self.traits:
            said = trait.absent.split()[0] in self.ranges
            if not said and len({trait.holds(case) for case in self.all_cases}) == 2:
                parts.append(f"{trait.absent} and {trait.present}")
        if any(case.on_device for case in self.all_cases):
            parts.append(f"on the CPU and on {device()}")
        count = len(self.all_cases)
        return f"{self.name}: {count} cases agree with the reference: {', '.join(parts)}."


@dataclass
class ModuleExercise(Exercise):
    """A `torch.nn.Module` to write, with an `autograd.Function` or other modules inside.

    Each case builds one, loads its parameters, and goes forward and backward. The arguments of a
    case are ``input`` and ``grad_output``; every other tensor is loaded, under its key of the
    state_dict; all else is passed to the class, by name:
    ``Case({"kernel_size": 2, ..., "input": x, "grad_output": g, "weight": w})``. Compared are what
    :func:`utils.modules.forward_backward` returns.

    Args:
        class_name: what the student calls it.
        composed: it is made of other modules. How these start and who goes back in them is then
            their business: keys, output and gradients are compared.
    """

    class_name: str = ""
    composed: bool = False
    kind: ClassVar[str] = "class"

    @property
    def name(self) -> str:
        """The name of the class that the student writes."""
        return self.class_name

    @property
    def positional(self) -> int:
        """All arguments are passed by name."""
        return 0

    def call(self, answer: Callable, case: Case, forbidden: tuple[str, ...] = ()) -> Outcome:
        """Build a module, and go forward and backward, as one case says."""
        # The grader's stand-in for a class goes through it where it lives, in another process.
        there = getattr(answer, "forward_backward", None)
        here = functools.partial(forward_backward, answer)
        outcome = run(there if isinstance(there, RunsElsewhere) else here, case, forbidden)
        if not self.composed or not isinstance(outcome.value, tuple):
            return outcome
        count = len(self.items(case))
        values = (*outcome.value[1:2], *outcome.value[3:], *[None] * count)
        return replace(outcome, value=values[:count])

    def calls(self, case: Case) -> list[str]:
        """Show how a case builds and uses the module."""
        given = case.arguments.items()
        settings = ", ".join(f"{x}={y!r}" for x, y in given if not isinstance(y, torch.Tensor))
        loaded = " and ".join(_state(case))
        state = "a state loaded" if self.composed else f"the {loaded} below"
        return [
            f"layer = {self.name}({settings}), with {state}",
            "output = layer(input); output.backward(grad_output)",
        ]

    def inputs(self, case: Case) -> list[str]:
        """Show the tensors that a case gives; of a composed module not its long state."""
        if not self.composed:
            return super().inputs(case)
        given = {name: case.arguments[name] for name in ("input", "grad_output")}
        return wording.inputs(replace(case, arguments=given))

    def items(self, case: Case) -> tuple[str, ...]:
        """The names of what is compared."""
        learnt = [x for x in _state(case) if "running_" not in x and "num_batches" not in x]
        before = (RETURNS[1], *RETURNS[3:]) if self.composed else RETURNS
        return (*before, *(f"grad_{name}" for name in sorted(learnt)))

    def telling(self, finding: Finding) -> tuple[object, object, tuple[str, ...]]:
        """Of so many items, the first that is wrong; after an error, the tensors."""
        if finding.outcome.error is not None:
            names, value = self.items(finding.case), tuple(finding.expected.value)
            if self.composed:
                return None, value[names.index("output")], ()
            return None, value[3:], names[3:]
        pairs = zip(finding.outcome.value, finding.expected.value, strict=True)
        one, other = next(pair for pair in pairs if wording.difference(*pair))
        return one, other, ()


def _state(case: Case) -> list[str]:
    """The keys of the state that a case loads into a module."""
    tensors = [name for name, x in case.arguments.items() if isinstance(x, torch.Tensor)]
    return [name for name in tensors if name not in ("input", "grad_output")]


@dataclass
class ValueExercise:
    """A number, or a list of numbers, to work out.

    A failing check never shows the right answer: it names the mistake, or gives the `advice`.

    Args:
        id: the `grade_id` of the solution cell; with underscores, the name of the value.
        reference: the right answer.
        advice: what to think about, for an answer that shows no known mistake.
        passed: what a right answer shows.
        mistakes: the known mistakes, each with its wrong value.
        order: what the numbers of a list are, such as "[width, height, depth]"; without it they may
            stand in any order.
    """

    id: str
    reference: int | list[int]
    advice: str
    passed: str
    mistakes: list[Mistake] = field(default_factory=list)
    order: str = ""

    def __post_init__(self):
        EXERCISES[self.id] = self

    @property
    def name(self) -> str:
        """The name that the student gives a value."""
        return self.id.replace("-", "_")

    def check(self, answer) -> str:
        """Return what was checked when the answer is right; raise CheckFailed when it is not."""
        if placeholder(answer):
            raise NotAnswered(unwritten(self.name))
        problem = self._refuse(answer)
        if problem:
            raise CheckFailed("\n".join(textwrap.wrap(f"{self.name}: {problem}", 96)))
        answer = self._normalised(answer)
        if answer == self._normalised(self.reference):
            return f"{self.name}: right; {self.passed}"
        lines, recognised = [f"{self.name} = {answer} is not right."], []
        for mistake in self.mistakes:
            if answer == self._normalised(mistake.answer):
                lines += named(mistake)
                recognised = [mistake.name]
                break
        else:
            right = self._normalised(self.reference)
            if self.order and sorted(answer) == sorted(right):
                lines.append(
                    f"The numbers are right, but asked for is {self.order}, in this order."
                )
            else:
                lines += textwrap.wrap(self.advice, 96)
        raise CheckFailed("\n".join(lines), recognised)

    def _refuse(self, answer) -> str | None:
        if not isinstance(self.reference, list):
            return wording.not_an_integer(answer)
        if not isinstance(answer, (list, tuple)):
            return f"{wording.kind(answer)} is given; a list of ints is expected."
        problems = (wording.not_an_integer(item) for item in answer)
        return next((problem for problem in problems if problem), None)

    def _normalised(self, answer):
        if isinstance(answer, (list, tuple)):
            numbers = [int(item) for item in answer]
            return numbers if self.order else sorted(numbers)
        return int(answer)


def check(exercise_id: str, answer) -> None:
    """Check an answer to an exercise: say that it passed and what was tried, or raise CheckFailed.

    What the answer prints meanwhile is shown below that.

    In JupyterLab, an answer that passes is counted on the course home (see `utils.home.page`), and
    where somebody works at the kernel it enters the student's library (see `utils.mine`). That an
    answer failed is noted there, so that a later lesson asks about it (`mine.review`).
    Numbers must be ints: of Python, NumPy or torch (0-dimensional). A whole float such as 55.0
    is refused with a hint at `//`, and so is a bool. A list may be a tuple, and a tuple a list.

    Args:
        exercise_id: the `grade_id` of the solution cell, such as "conv-output-size".
        answer: the student's function, number or list.

    Raises:
        CheckFailed: with a message that names the mistake, where it is known.
        KeyError: there is no such exercise.
    """
    if exercise_id not in EXERCISES:
        raise KeyError(f"no exercise {exercise_id!r}; there are {', '.join(sorted(EXERCISES))}")
    printed = notebook.Printed()
    try:
        with known_state(), printed.instead():
            passed = EXERCISES[exercise_id].check(answer)
    except CheckFailed as failed:
        if not isinstance(failed, NotAnswered):
            mine.answers.keep("check", exercise_id, right=False)
        raise type(failed)(f"{failed}{printed}", failed.mistakes) from None
    points = record(exercise_id)
    worth = f" ({points:g} point{'s' * (points != 1)})" if points else ""
    kept = _keep(EXERCISES[exercise_id], answer)
    print(f"{notebook.PASSED}{worth}\n{passed}{kept}{printed}")


def _keep(exercise: AnyExercise, answer) -> str:
    """Put an answer that has passed into the student's library; say so, or why it cannot be."""
    part = getattr(exercise, "part", "")
    if not part:
        return ""

    def again(answer):
        with known_state(), notebook.Printed().instead():
            exercise.check(answer)

    line = mine.shelf.shelve(part, exercise.id, answer, exercise.name, again)
    return "".join(f"\n{x}" for x in textwrap.wrap(line, 96))


def named(mistake: Mistake, where: str = "") -> list[str]:
    """Name a recognised mistake, with its hint."""
    hint = textwrap.wrap(mistake.hint, 96, initial_indent="  ", subsequent_indent="  ")
    return [f"{RECOGNISED} {mistake.name}{where}:", *hint]


def placeholder(answer) -> bool:
    """Say whether nothing has been answered yet."""
    return answer is None or answer is Ellipsis or answer is NotImplemented


def unwritten(name: str) -> str:
    """Say that an answer is still to be written."""
    return f"{name} is not written yet: put your answer in the cell above and run it first."
