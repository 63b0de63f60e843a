"""How a test in the trusted kernel reaches what a student wrote in the other kernel.

The trusted kernel asks, the student's kernel answers. Values cross as data (`wire`), networks as
steps (`networks`); a function, a class or any other object stays where it is, and the test gets a
stand-in for it. Rules that an author of tests can rely on:

- Arguments are copies. What a student does to them does not reach the test; a tensor that was
  changed in place is reported (`RemoteFunction.call_elsewhere`).
- An exception crosses as its type and its text. Built-in exceptions are raised as what they are,
  others as :class:`RemoteError`.
- A stand-in is an instance of no class of the student's, has only the attributes that are asked
  for by name (none that begins with an underscore), and equals only itself.
- A network that cannot be traced, such as a layer around an `autograd.Function`, does not cross.
  Its class is tried where it lives (`RemoteFunction.forward_backward`), and tensors come back.
- A function that a test hands over can be called by the student during that call, and only it.
- The student's random numbers are seeded for each call from the test's own generator, so that a
  score repeats.
"""

import builtins
import hashlib
import random
from collections.abc import Sequence
from functools import partial

# By name: what somebody puts into these modules later does not change what is called here.
from os import WNOHANG, _exit, fork, kill, waitpid
from signal import SIGKILL
from time import monotonic, sleep
from typing import ClassVar

import numpy as np
import torch

from autograder.judge.inside.guard import Guard, GuardedWatch, other_threads
from autograder.judge.inside.networks import NetworkDecoder, NetworkEncoder
from autograder.judge.inside.values import Decoder, Encoder, Uncrossable
from autograder.judge.inside.wire import Channel, Closed, WireError
from utils._common.known_state import known_state
from utils.elsewhere import Call, RunsElsewhere
from utils.modules import forward_backward

__all__ = ["Answers", "RemoteError", "RemoteFunction", "RemoteObject", "Student", "StudentGone"]

MOST_TEXT = 4000
ENDS_LOOPS = ("StopIteration", "StopAsyncIteration")
MOST_CALLBACKS = 100_000
ALONE_SECONDS = 5.0
WAITS = (
    "it waits for a thread that was started earlier. This exercise forbids some functions, and "
    "what another thread calls cannot be seen: compute in the function itself"
)


class RemoteError(Exception):
    """An exception of a type of the student's own; the text begins with the type's name."""


class StudentGone(Exception):
    """The student's kernel has died, or does not speak the protocol any more."""


# --- in the student's kernel ---


class Answers:
    """Answers the trusted kernel's requests out of a student's namespace."""

    def __init__(self, channel: Channel, namespace: dict):
        self.channel, self.namespace = channel, namespace
        self.objects: list = []
        self.networks = NetworkEncoder()
        self.guard = Guard()
        self.waits_for_threads: set = set()  # places of objects that did not come back alone

    def serve(self) -> None:
        """Answer one request. Raises Closed when nobody asks any more."""
        request, blob = self.channel.receive()
        forbidden = request.get("forbidden")
        answer = self._watched if forbidden else self._attempt
        with known_state():  # around the watch, which does not like others to change modes of torch
            if forbidden and other_threads():
                self._alone(request, blob)
            else:
                self._reply(*answer(request, blob))

    def _alone(self, request: dict, blob) -> None:
        """Do what is asked in a copy of this process, which has none of its other threads.

        A watch sees its own thread only. What a student's other threads do meanwhile must neither
        pass unseen nor be taken for the answer's; in the copy there is nothing but the answer.
        """
        if request.get("object") in self.waits_for_threads:
            self._reply({"error": ["RuntimeError", WAITS, []], "changed": []}, [])
            return
        said = WAITS
        try:
            child = fork()
        except OSError:  # no more processes or threads are allowed
            self._reply(*self._watched(request, blob))
            return
        if child == 0:
            status = 1
            try:
                torch.set_num_threads(1)  # a copy has lost torch's threads too
                self._reply(*self._watched(request, blob))
                status = 0
            finally:
                _exit(status)
        try:
            until = monotonic() + ALONE_SECONDS
            while (ended := waitpid(child, WNOHANG)) == (0, 0) and monotonic() < until:
                sleep(0.001)
        except KeyboardInterrupt:
            ended, said = (0, 0), "it was stopped: it took too long"
        if ended == (0, 0):
            kill(child, SIGKILL)
            waitpid(child, 0)
            self.waits_for_threads.add(request.get("object"))
        elif ended[1]:
            said = "the answer ended its process"
        if ended[1] or ended == (0, 0):
            self._reply({"error": ["RuntimeError", said, []], "changed": []}, [])

    def _watched(self, request: dict, blob):
        """Do what is asked, and tell at once of forbidden calls.

        The watch goes on until the value is encoded: nothing can change it after that.
        """
        if self._tell_replaced():
            return self._attempt(request, blob)
        with GuardedWatch(self.guard, tuple(request["forbidden"]), self._tell) as watch:
            reply, blobs = self._attempt(request, blob)
        if watch.profile_ended and "error" not in reply:
            self._tell("sys.setprofile")
        self._tell_replaced()
        return reply, blobs

    def _tell(self, name: str) -> None:
        self.channel.send({"forbidden": name})

    def _tell_replaced(self) -> bool:
        names = self.guard.replaced()
        if names:
            self._tell(f"a replaced {names[0]}")
        return bool(names)

    def _attempt(self, request: dict, blob):
        """Do what is asked; return the reply and its bytes."""
        changed: list = []
        try:
            value = self._do(request, blob, changed)
            encode = Encoder(self._other)
            return {"value": encode(value), "changed": changed}, encode.blobs
        except Closed:
            raise
        except BaseException as error:
            return {"error": self._described(error, request), "changed": changed}, []

    def _reply(self, reply: dict, blobs: list) -> None:
        try:
            self.channel.send(reply, blobs)
        except Closed:
            raise
        except Exception as error:
            self.channel.send({"error": ["Uncrossable", str(error)[:MOST_TEXT], []], "changed": []})

    def _do(self, request: dict, blob, changed: list):
        if "name" in request:
            return self.namespace[request["name"]]
        target = self.objects[request["object"]]
        if "attribute" in request:
            return getattr(target, request["attribute"])
        if "module" in request:
            target = partial(forward_backward, target)
        decode = Decoder(blob, {"callback": self._callback})
        args, options = decode(request["args"]), decode(request["options"])
        before = [_copy(x) for x in (*args, *options.values())]
        random.seed(request["seed"])
        np.random.seed(request["seed"])
        torch.default_generator.manual_seed(request["seed"])  # torch.manual_seed is slow
        try:
            return target(*args, **options)
        finally:
            names = [*range(len(args)), *options]
            pairs = zip(names, before, (*args, *options.values()), strict=True)
            changed += [name for name, old, new in pairs if _differs(old, new)]

    def _other(self, value, encode: Encoder, depth: int):
        if isinstance(value, torch.nn.Module):
            return self.networks(value, encode, depth)
        if isinstance(value, torch.Tensor):
            raise Uncrossable(f"a tensor of type {type(value).__name__!r} cannot cross")
        self.objects.append(value)
        name = getattr(value, "__name__", type(value).__name__)
        kind = "function" if callable(value) else "object"
        return ["remote", kind, len(self.objects) - 1, str(name)[:200]]

    def _callback(self, place):
        def call(*args):
            encode = Encoder()
            self.channel.send({"callback": place, "args": encode(args)}, encode.blobs)
            reply, blob = self.channel.receive()
            if "error" in reply:
                raise RuntimeError(reply["error"])
            return Decoder(blob)(reply["value"])

        return call

    def _described(self, error: BaseException, request: dict) -> list:
        """Type, text, and the lines of the student's own that led to it."""
        lines: list[list] = []
        trace = error.__traceback__
        while trace is not None and len(lines) < 50:
            code = trace.tb_frame.f_code
            if code.co_filename.startswith("<cell "):
                lines.append([code.co_name[:200], trace.tb_lineno])
            trace = trace.tb_next
        try:
            text = str(error)[:MOST_TEXT]
        except Exception:
            text = ""
        return [type(error).__name__[:200], text, lines]


def _copy(value):
    return value.detach().clone() if isinstance(value, torch.Tensor) else None


def _differs(old, new) -> bool:
    if old is None:
        return False
    return old.shape != new.shape or not torch.equal(old, new.detach())


# --- in the trusted kernel ---


class Student:
    """The student's kernel as the trusted one sees it."""

    def __init__(self, channel: Channel):
        self.channel = channel
        self.calls = 0
        self.networks = NetworkDecoder()
        self.gone: str | None = None

    def get(self, name: str):
        """Fetch what the student calls `name`: data, a network, or a stand-in.

        Raises:
            KeyError: there is nothing of that name.
            StudentGone: nobody answers.
        """
        value, error, *_ = self.ask({"name": name})
        if error is not None:
            raise KeyError(name) if isinstance(error, KeyError) else error
        return value

    def ask(self, request: dict, blobs=(), callbacks=()) -> Call:
        """Ask, and wait for the answer."""
        forbidden = None
        try:
            if self.gone:
                raise StudentGone(self.gone)
            self.channel.send(request, list(blobs))
            for _ in range(MOST_CALLBACKS):
                reply, blob = self.channel.receive()
                if "forbidden" in reply:
                    forbidden = forbidden or str(reply["forbidden"])[:200]
                elif "callback" in reply:
                    self._call_back(reply, blob, callbacks)
                else:
                    value, error = self._result(reply, blob)
                    return Call(value, error, forbidden, _names(reply.get("changed")))
            raise WireError("too many calls back")
        except WireError as error:
            self.gone = f"the student's kernel does not answer any more ({str(error)[:300]})"
            self.channel.close()
            raise StudentGone(self.gone) from None

    def _result(self, reply: dict, blob):
        if "error" in reply:
            return None, _exception(reply["error"])
        decode = Decoder(blob)
        decode.others = {
            "remote": lambda kind, place, name: _stand_in(self, kind, place, name),
            "network": lambda module, steps: self.networks(decode, module, steps),
        }
        return decode(reply["value"]), None

    def _call_back(self, reply: dict, blob, callbacks) -> None:
        place = reply["callback"]
        if type(place) is not int or not 0 <= place < len(callbacks):
            raise WireError("a call of something that was not handed over")
        args = Decoder(blob)(reply.get("args"))
        if type(args) is not tuple:
            raise WireError("arguments are a tuple")
        encode = Encoder()
        try:
            answer = {"value": encode(callbacks[place](*args))}
        except Exception as error:  # the function's own complaint about what it was given
            answer = {"error": f"{type(error).__name__}: {error}"[:MOST_TEXT]}
        self.channel.send(answer, encode.blobs if "value" in answer else [])

    def seed(self) -> int:
        """A seed for one call: from the test's generator, without moving it on."""
        self.calls += 1
        state = torch.get_rng_state().numpy().tobytes()
        digest = hashlib.sha256(state + self.calls.to_bytes(8, "big")).digest()
        return int.from_bytes(digest[:4], "big")


class RemoteObject:
    """Stands for an object in the student's kernel."""

    def __init__(self, student: Student, place: int, name: str):
        self._student, self._place, self.__name__ = student, place, name

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        call = self._student.ask({"object": self._place, "attribute": name})
        if call.error is not None:
            raise call.error
        return call.value

    def __repr__(self):
        return f"<the student's {self.__name__}>"


class RemoteFunction(RemoteObject, RunsElsewhere):
    """Stands for a function, a class or anything else that can be called."""

    way: ClassVar[dict] = {}  # what a request says besides

    @property
    def forward_backward(self) -> "RemoteModule":
        """:func:`utils.modules.forward_backward` of this class, in the student's kernel."""
        return RemoteModule(self._student, self._place, self.__name__)

    def __call__(self, *args, **options):
        """Call it, with copies of the arguments; raise what it raises."""
        call = self.call_elsewhere(args, options)
        if call.error is not None:
            raise call.error
        return call.value

    def call_elsewhere(self, args: Sequence, options: dict, forbidden: Sequence[str] = ()) -> Call:
        """Call it with copies of the arguments; the first forbidden call that it makes counts."""
        callbacks: list = []

        def other(value, encode, depth):
            if not callable(value) or isinstance(value, RemoteObject | torch.nn.Module | type):
                kind = type(value).__name__
                raise Uncrossable(f"a value of type {kind!r} cannot be handed to a student's code")
            callbacks.append(value)
            return ["callback", len(callbacks) - 1]

        encode = Encoder(other)
        request = {
            "object": self._place,
            "args": encode(tuple(args)),
            "options": encode(dict(options)),
            "forbidden": list(forbidden),
            "seed": self._student.seed(),
            **self.way,
        }
        return self._student.ask(request, encode.blobs, callbacks)


class RemoteModule(RemoteFunction):
    """Stands for a class of modules, which a call takes forward and backward."""

    way: ClassVar[dict] = {"module": True}


def _stand_in(student: Student, kind, place, name):
    if kind not in ("function", "object") or type(place) is not int or not isinstance(name, str):
        raise WireError("no stand-in")
    return (RemoteFunction if kind == "function" else RemoteObject)(student, place, name[:200])


def _names(changed) -> list:
    if not isinstance(changed, list) or len(changed) > 1000:
        raise WireError("no list of arguments")
    return [x for x in changed if type(x) in (int, str)]


def _exception(described) -> Exception:
    match described:
        case [str(name), str(text), list(lines)]:
            pass
        case _:
            raise WireError("no exception")
    kind = getattr(builtins, name, None)
    text = text[:MOST_TEXT]
    error = None
    # A StopIteration would end a loop of the test's, which then passes.
    if isinstance(kind, type) and issubclass(kind, Exception) and name not in ENDS_LOOPS:
        try:
            error = kind(text) if text else kind()
        except Exception:  # some, such as UnicodeDecodeError, want more than a text
            error = None
    if error is None:
        error = RemoteError(f"{name}: {text}" if text else name)
    vars(error)["student_lines"] = [
        (x[0], x[1])
        for x in lines[:50]
        if isinstance(x, list) and len(x) == 2 and type(x[0]) is str and type(x[1]) is int
    ]
    return error
