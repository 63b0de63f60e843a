"""An IPython shell without a Jupyter kernel around it: runs cells, and records their outputs."""

import codecs
import io
import sys

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.profiledir import ProfileDir
from traitlets import Type

__all__ = ["Shell"]

MOST_STREAM = 200_000  # characters of what one cell prints


class _Stream(io.TextIOBase):
    """Records what is printed while a cell runs, up to a limit; drops what is printed later.

    There is one for all cells, as in Jupyter: who keeps `sys.stdout` in one cell, as a default
    argument or in a logging handler, writes into the outputs of the cell that runs.
    """

    encoding, errors = "utf-8", "replace"

    def __init__(self, name: str, number: int):
        self.name, self.number, self.left = name, number, 0
        self.outputs: list | None = None
        self.buffer = _Bytes(self)

    def record(self, outputs: list | None):
        """Record into these outputs from now on; None to record no more."""
        self.outputs, self.left = outputs, MOST_STREAM

    def writable(self):
        return True

    def fileno(self):
        return self.number  # of a stream that leads nowhere, see `warm`

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() takes a str, not {type(text).__name__}")
        if self.outputs is None:
            return len(text)
        kept = text[: self.left]
        if self.left and len(kept) < len(text):
            kept += "\n... (more was printed than is kept)\n"
            self.left = 0
        self.left = max(0, self.left - len(kept))
        if kept:
            last = self.outputs[-1] if self.outputs else {}
            if last.get("output_type") == "stream" and last["name"] == self.name:
                last["text"].append(kept)
            else:
                self.outputs.append({"output_type": "stream", "name": self.name, "text": [kept]})
        return len(text)


class _Bytes(io.RawIOBase):
    """Takes bytes for a stream of text."""

    def __init__(self, stream: _Stream):
        self.stream, self.decoder = stream, codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self):
        return True

    def write(self, data):
        self.stream.write(self.decoder.decode(bytes(data)))
        return len(data)


class _Compiler(CachingCompiler):
    """Names the code of a cell after it: tracebacks then name the cell too."""

    cell = ""

    def get_code_name(self, raw_code, transformed_code, number):
        return f"<cell {self.cell}>"


class _Publisher(DisplayPublisher):
    shell: "Shell"

    def publish(self, data, metadata=None, *_, **__):
        self.shell.outputs.append(
            {"output_type": "display_data", "data": data, "metadata": metadata or {}}
        )

    def clear_output(self, wait=False):
        del self.shell.outputs[:]


class _Hook(DisplayHook):
    shell: "Shell"

    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        self.shell.outputs.append(
            {
                "output_type": "execute_result",
                "execution_count": self.shell.execution_count,
                "data": format_dict,
                "metadata": md_dict or {},
            }
        )

    def finish_displayhook(self):
        pass


class Shell(InteractiveShell):
    """Runs cells one after the other; `outputs` are those of the last one, as in a notebook."""

    display_pub_class = Type(_Publisher)
    displayhook_class = Type(_Hook)
    compiler_class = Type(_Compiler)
    compile: _Compiler

    def __init__(self, **options):
        self.outputs: list = []
        self.brief = False  # show of an error its type and text alone
        self.streams = _Stream("stdout", 1), _Stream("stderr", 2)
        super().__init__(**options)

    def init_ipython_dir(self, ipython_dir):
        """Read no settings, and leave no folder of them: there is no user and no home."""

    def init_profile_dir(self, profile_dir):
        """Use a profile that lies nowhere."""
        self.profile_dir = ProfileDir()

    def enable_gui(self, gui=None):
        """There is no display."""

    def _showtraceback(self, etype, evalue, stb):
        try:
            text = str(evalue)
        except Exception:
            text = ""
        self.outputs.append(
            {
                "output_type": "error",
                "ename": str(getattr(etype, "__name__", etype)),
                "evalue": text,
                "traceback": self._lines(etype, text, stb),
            }
        )

    def _lines(self, etype, text: str, stb) -> list[str]:
        if self.brief and not hasattr(etype, "_render_traceback_"):
            return [f"{etype.__name__}: {text}" if text else etype.__name__]
        return [str(line) for line in stb]

    def run(self, source: str, name: str):
        """Run a cell. Returns IPython's result; see `outputs` too."""
        self.outputs, self.compile.cell = [], name
        before, (sys.stdout, sys.stderr) = (sys.stdout, sys.stderr), self.streams
        for stream in self.streams:
            stream.record(self.outputs)
        try:
            return self.run_cell(source, store_history=False)
        finally:
            sys.stdout, sys.stderr = before
            for stream in self.streams:
                stream.record(None)
            for output in self.outputs:
                if output["output_type"] == "stream":
                    output["text"] = "".join(output["text"])
