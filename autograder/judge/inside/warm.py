"""The fork server: a process that has imported what lessons need, and forks a kernel on demand.

It runs no code of a student's and knows nothing of the course but `utils`. A forked child joins a
sandbox that is ready (`namespaces`), forks once more to be inside its process namespace, gives up
its rights, and only then serves. Forking is safe from one thread alone; with more, a lock that
another thread held stays locked in the child for ever. So it refuses.

Students' kernels must not hold the checks, which know the answers. So there are two servers: the
first one never imports `utils.checks`; the second is forked from it and does.
"""

import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import sys
import traceback

from autograder.judge.inside import namespaces
from autograder.judge.inside.kernel import make_shell, run_student, run_trusted
from autograder.judge.inside.wire import Channel, Closed

__all__ = ["main"]

CHECKS = "utils.checks"
LOOK = 0.2  # seconds


def main(descriptor: int, preload: list[str]) -> None:
    """Serve on a socket that was inherited, until the grader closes it."""
    mine = Channel(socket.socket(fileno=descriptor))
    with _only_while_open(mine):
        shell = make_shell()
        problem = _preload(preload)
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        mine.close()
        ours.close()
        with _only_while_open(Channel(theirs)):
            problem = problem or _preload([CHECKS])
        _serve(Channel(theirs), shell, problem)
        os._exit(0)
    theirs.close()
    _serve(mine, shell, problem, trusted=Channel(ours))


@contextlib.contextmanager
def _only_while_open(channel: Channel):
    """Exit at once if the other side closes: imports take seconds, and nobody needs them then."""
    poll = select.poll()
    poll.register(channel.socket, select.POLLHUP)

    def look(*_):
        if poll.poll(0):
            os._exit(0)

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, LOOK, LOOK)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _preload(modules: list[str]) -> str:
    """Import what can be imported; return why no kernel may be forked from here, if so."""
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception:  # the cell that wants it will say so
            continue
    import torch

    torch.set_num_threads(1)
    torch.compile = _uncompiled
    gc.collect()
    gc.freeze()  # what is there by now is never freed: pages stay shared with the children
    if namespaces.one_thread():
        return ""
    return f"{len(os.listdir('/proc/self/task'))} threads run after importing {', '.join(modules)}"


def _uncompiled(model=None, **_):
    """Give back what `torch.compile` gets: a sandbox has no compiler, and the results are the same.

    To look for one takes several seconds and ends in a page of errors.
    """
    return _uncompiled if model is None else model


def _serve(requests: Channel, shell, problem: str, trusted: Channel | None = None) -> None:
    while True:
        try:
            request, _, fds = requests.receive(fds=3)
        except Closed:
            return
        if problem:
            requests.send({"problem": problem})
        elif trusted is not None and request["role"] == "trusted":
            trusted.send(request, fds=fds)
            requests.send(trusted.receive()[0])
        else:
            requests.send(_start(requests, shell, request, fds))
        for fd in fds:
            os.close(fd)


def _start(requests: Channel, shell, request: dict, fds: list[int]) -> dict:
    """Fork a kernel; return its process number as the grader sees it, or a problem."""
    reading, writing = os.pipe()
    middle = os.fork()
    if middle == 0:
        try:
            os.close(reading)
            requests.close()
            namespaces.join(fds[0], request["user"])
            kernel = os.fork()
            if kernel == 0:
                os.close(writing)
                _become_kernel(shell, request, fds)
            os.write(writing, str(kernel).encode())
        except BaseException as error:
            os.write(writing, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(middle, 0)
    return {"pid": int(said)} if said.isdigit() else {"problem": said or "it died at once"}


def _become_kernel(shell, request: dict, fds: list[int]) -> None:
    """Serve as a kernel; never returns."""
    status, control = 1, None
    try:
        os.setsid()
        nothing = os.open("/dev/null", os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        kept = [os.dup(fd) for fd in fds[1:]]
        for fd in range(3, 256):
            if fd not in kept:
                try:
                    os.close(fd)
                except OSError:
                    pass
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.umask(0o022)
        namespaces.limit(request["limits"])
        namespaces.give_up_rights(request["uid"])
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        sys.path.insert(0, request["folder"])
        importlib.invalidate_caches()
        _seed()
        control = socket.socket(fileno=kept[0])
        if request["role"] == "trusted":
            run_trusted(shell, control)
        else:
            run_student(shell, control, socket.socket(fileno=kept[1]))
        status = 0
    except BaseException:
        if control is not None:
            Channel(control).send({"failed": traceback.format_exc()[-4000:]})
    finally:
        os._exit(status)


def _seed() -> None:
    """The same random numbers in each kernel, so that a score repeats."""
    import random

    import numpy
    import torch

    random.seed(0)
    numpy.random.seed(0)
    torch.manual_seed(torch.default_generator.initial_seed())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
