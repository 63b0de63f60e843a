"""How the outcome of a check looks in a notebook, and what becomes of what an answer prints."""

import contextlib
import io
import sys
from collections.abc import Iterator

__all__ = ["NOT_YET", "PASSED", "WRONG", "Printed", "calm_stubs"]

# A sign besides the colour: not everybody sees that one is red and the other green.
PASSED, WRONG, NOT_YET = "\x1b[1;32m✓ Passed\x1b[0m", "\x1b[1;31m✗ {}\x1b[0m", "\x1b[1m○ {}\x1b[0m"
MOST_LINES, MOST_CHARACTERS = 12, 20_000
STUB = (
    "Not answered yet: `raise NotImplementedError()` still stands here. Put your answer in its "
    "place, then run the cell again."
)


class Printed(io.TextIOBase):
    """Keeps what an answer prints while it is checked, to be shown below the verdict.

    Mixed into the verdict it could not be told from it; and on the standard error even a harmless
    warning would be a failure for `nbgrader validate`.
    """

    encoding = "utf-8"

    def __init__(self):
        self.text, self.left = "", MOST_CHARACTERS

    def writable(self) -> bool:
        """Say that one can write."""
        return True

    def fileno(self) -> int:
        """The process's own standard error: programs that are started print there."""
        if sys.__stderr__ is None:
            raise io.UnsupportedOperation("this process has no standard error")
        return sys.__stderr__.fileno()

    def write(self, text: str) -> int:
        """Keep a text, unless there is a lot already."""
        self.text += text[: self.left]
        self.left -= min(self.left, len(text))
        return len(text)

    @contextlib.contextmanager
    def instead(self) -> Iterator[None]:
        """Inside, what is printed comes here, also by who has kept `sys.stderr` from before."""
        with contextlib.ExitStack() as afterwards:
            for stream in {sys.stdout, sys.stderr} - {None}:
                with contextlib.suppress(AttributeError):  # a plain file takes no attribute
                    stream.write = self.write  # type: ignore[method-assign]
                    afterwards.callback(delattr, stream, "write")
            afterwards.enter_context(contextlib.redirect_stdout(self))
            afterwards.enter_context(contextlib.redirect_stderr(self))
            yield

    def __str__(self):
        lines = self.text.strip("\n").splitlines()
        if not self.text.strip():
            return ""
        more = [f"... and {len(lines) - MOST_LINES} more lines"] if len(lines) > MOST_LINES else []
        shown = [f"  {line}" for line in [*lines[:MOST_LINES], *more]]
        return "\n".join(["", "Printed meanwhile by your code:", *shown])


def calm_stubs() -> None:
    """In a notebook, say of a cell that is not answered yet just that, without a traceback."""
    from IPython import get_ipython

    shell = get_ipython()
    if getattr(shell, "kernel", None) is None:
        return

    def say(shell, kind, error, trace, tb_offset=None):
        if str(error):  # torch raises this type too, with a text, where it cannot do something
            shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
            return None
        lines = [NOT_YET.format(STUB)]
        shell._showtraceback(kind, error, lines)
        return lines

    shell.set_custom_exc((NotImplementedError,), say)
