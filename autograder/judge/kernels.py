"""Starts kernels in sandboxes, and gives them orders: the grader's side of `judge.inside`."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from autograder import ROOT
from autograder.judge.inside.wire import Channel, Closed, TooLarge, WireError
from autograder.judge.sandbox import HOME, Limits, Sandbox

__all__ = ["ForkServer", "Kernel", "KernelDied", "NotWarm"]

WARM = "autograder.judge.inside.warm"
START_SECONDS = 120.0


class KernelDied(Exception):
    """A kernel ended, was ended, or broke the protocol; the message says why."""


class NotWarm(RuntimeError):
    """The fork server cannot fork kernels; the message says why."""


class ForkServer:
    """A warm process for one lesson's imports; see :mod:`autograder.judge.inside.warm`.

    Args:
        root: the course's folder, whose `utils` the kernels get.
        preload: modules to import in it.
    """

    def __init__(self, root: Path, preload: list[str]):
        ours, theirs = socket.socketpair()
        paths = [str(root), str(ROOT)]
        environment = {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": HOME,
            "MPLBACKEND": "agg",
            "MPLCONFIGDIR": str(_matplotlib_folder()),
            # torch makes a folder for compiled code when it is imported; this one is there already.
            "TORCHINDUCTOR_CACHE_DIR": str(_matplotlib_folder()),
            **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
        }
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", WARM, str(theirs.fileno()), *preload],
                pass_fds=[theirs.fileno()],
                env=environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        self.channel = Channel(ours)

    def start(self, request: dict, fds: list[int]) -> int:
        """Fork a kernel into a sandbox; return its process number.

        Raises:
            NotWarm: it cannot.
        """
        try:
            self.channel.send(request, fds=fds)
            reply, _ = self.channel.receive(START_SECONDS)
        except (WireError, TimeoutError) as error:
            said = self._said()
            raise NotWarm(f"the fork server does not answer: {said or error}") from None
        if "pid" not in reply:
            raise NotWarm(reply["problem"])
        return reply["pid"]

    def _said(self) -> str:
        self.process.kill()
        assert self.process.stderr  # a pipe
        return self.process.stderr.read().decode(errors="replace")[-2000:].strip()

    def close(self) -> None:
        """End it."""
        self.channel.close()
        with self.process:  # which waits for its end, and closes its pipe
            self.process.kill()


def _matplotlib_folder() -> Path:
    """Where matplotlib keeps its list of fonts, so that it is not made each time."""
    import matplotlib

    return Path(matplotlib.get_cachedir())


class Kernel:
    """One kernel in a sandbox of its own.

    Args:
        role: "student" or "trusted".
        server: the process to fork it from.
        root, files, limits: see :class:`~autograder.judge.sandbox.Sandbox`.
        peer: for a student's kernel, its end of the socket to the trusted kernel.
    """

    def __init__(self, role: str, server: ForkServer, root: Path, files, limits: Limits, peer=None):
        self.role, self.limits, self.pidfd = role, limits, None
        self.sandbox = Sandbox(root, files, role == "trusted", limits)
        ours, theirs = socket.socketpair()
        self.channel = Channel(ours, most_bytes=0)
        request = {
            "role": role,
            "user": self.sandbox.user,
            "uid": self.sandbox.uid,
            "limits": limits.of_resources(self.sandbox.group is not None),
            "environment": self.sandbox.environment,
            "folder": HOME,
        }
        try:
            with theirs:
                fds = [self.sandbox.pidfd, theirs.fileno(), *([peer.fileno()] if peer else [])]
                pid = server.start(request, fds)
            self.pidfd = os.pidfd_open(pid)
            self.sandbox.add(pid)
        except ProcessLookupError:
            self.close()
            raise KernelDied("the kernel ended as soon as it had started") from None
        except BaseException:
            self.close()
            raise

    def order(self, message: dict, seconds: float, fds: Sequence[int] = (), stops=None) -> dict:
        """Give an order and wait for its result; stop the kernel when that takes too long.

        Args:
            message: the order.
            seconds: how long it may take.
            fds: file descriptors to send along.
            stops: what to try then, one after the other; by default to interrupt the kernel.

        Raises:
            KernelDied: it did not stop, ended, or sent what is no answer.
        """
        try:
            self.channel.socket.settimeout(seconds)  # a kernel that does not read holds up nobody
            self.channel.send(message, fds=fds)
            reply = self._reply(seconds, [self.interrupt] if stops is None else stops)
            if "failed" in reply:
                raise WireError(f"its own code failed: {str(reply['failed'])[:2000]}")
            return reply
        except TimeoutError:
            self.close()
            raise KernelDied(
                f"it ran for {seconds:.0f} seconds, the limit here, and did not stop"
            ) from None
        except TooLarge as error:
            self.close()
            raise KernelDied(f"its output is too large: {error}") from None
        except Closed:
            self.close()
            raise KernelDied("it ended (out of memory or CPU time, or a crash)") from None
        except WireError as error:
            self.close()
            raise KernelDied(f"it sent what is no answer: {error}") from None

    def _reply(self, seconds: float, stops: list) -> dict:
        for stop in stops:
            try:
                return self.channel.receive(seconds)[0]
            except TimeoutError:
                stop()
                seconds = self.limits.grace_seconds
        return self.channel.receive(seconds)[0]

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in it."""
        if self.pidfd is None:
            return
        with contextlib.suppress(ProcessLookupError, OSError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGINT)

    @property
    def closed(self) -> bool:
        """Whether it was ended: by a limit, or by whoever waits for another that waits for it."""
        return self.pidfd is None

    def peak(self) -> int | None:
        """Peak memory in bytes since the last call, where that can be told."""
        group = self.sandbox.group
        return None if group is None else group.peak()

    def close(self) -> dict:
        """End it and all that it started; return what it used."""
        self.channel.close()
        if self.pidfd is not None:
            os.close(self.pidfd)
            self.pidfd = None
        return self.sandbox.close()


def clock(until: float, at_most: float) -> float:
    """Seconds until a moment of the monotonic clock, but no more than a limit."""
    return max(0.1, min(at_most, until - time.monotonic()))
