"""The two kernels: the student's, which answers, and the trusted one, which asks.

Both take orders from the grader over one socket. The trusted kernel reaches the student's kernel
over another, which the grader makes for the two of them.
"""

import base64
import math
import select
import socket

from autograder.judge.inside.peers import Answers, Student, StudentGone
from autograder.judge.inside.shell import Shell
from autograder.judge.inside.wire import Channel, Closed, TooLarge, WireError

__all__ = ["run_student", "run_trusted"]


def run_student(shell: Shell, control: socket.socket, peer: socket.socket) -> None:
    """Execute cells for the grader, and answer the trusted kernel, until the grader is gone."""
    orders, answers = Channel(control), Answers(Channel(peer), shell.user_ns)
    while True:
        try:
            ready, _, _ = select.select([orders, answers.channel], [], [])
            if answers.channel in ready:
                answers.serve()
            if orders in ready:
                order, _ = orders.receive()
                _execute(shell, order)
                _report(orders, shell.outputs)
        except KeyboardInterrupt:  # too late to stop anything
            continue
        except Closed:
            return


def run_trusted(shell: Shell, control: socket.socket) -> None:
    """Execute cells and tests for the grader until it is gone."""
    shell.brief = True
    orders = Channel(control)
    student: Student | None = None
    while True:
        try:
            order, _, fds = orders.receive(fds=1)
        except Closed:
            return
        if fds:
            student = Student(Channel(socket.socket(fileno=fds[0])))
            orders.send({})
        elif "names" in order:
            if student is None:
                raise WireError("a test came before the student's kernel")
            _test(shell, orders, student, order)
        else:
            result = _execute(shell, order)
            _report(orders, shell.outputs, ok=result.success)


def _test(shell: Shell, orders: Channel, student: Student, order: dict) -> None:
    """Run one test cell with what the student wrote; report whether it passed."""
    try:
        for name in order["names"]:
            shell.user_ns.pop(name, None)
            try:
                shell.user_ns[name] = student.get(name)
            except KeyError:
                pass  # the test will say that it is not there
    except Exception as error:
        kind = "StudentGone" if isinstance(error, StudentGone) else type(error).__name__
        text = f"{name}: {error}"
        outputs = [{"output_type": "error", "ename": kind, "evalue": text, "traceback": [text]}]
        _report(orders, outputs, ok=False, partial=None, gone=student.gone)
        return
    result = _execute(shell, order)
    _report(
        orders,
        shell.outputs,
        ok=result.success,
        partial=_number(result.result) if result.success else None,
        mistakes=list(getattr(result.error_in_exec, "mistakes", ())),
        gone=student.gone if student is not None else None,
    )


def _number(value) -> float | None:
    """A score for part of the points: the number that a test's last line gives, if any."""
    if type(value) in (int, float) and math.isfinite(value):
        return float(value)
    return None if value is None else math.nan


def _execute(shell: Shell, order: dict):
    shell.execution_count = order["count"]
    return shell.run(order["source"], order["name"])


def _report(orders: Channel, outputs: list, **verdict) -> None:
    """Send a cell's outputs; if they are too large, send what fits."""
    kept = [_plain(x) for x in outputs]
    while True:
        try:
            orders.send({"outputs": kept, **verdict})
            return
        except TooLarge:
            kept = kept[: len(kept) // 2]


def _plain(output: dict) -> dict:
    """An output as a notebook stores it: pictures in base64, all else as text or JSON."""
    if "data" not in output:
        return output
    data = {}
    for kind, value in output["data"].items():
        if isinstance(value, bytes):
            value = base64.b64encode(value).decode()
        data[str(kind)] = value if isinstance(value, str) else repr(value)
    return {**output, "data": data, "metadata": {}}


def make_shell() -> Shell:
    """Make the one shell of this process, with its figures as pictures in the outputs."""
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    shell = Shell.instance(config=config)
    shell.enable_matplotlib("inline")
    return shell
