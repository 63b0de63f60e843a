"""The protocol between the grader and its kernels: frames of JSON and raw bytes on a socket.

A frame is a JSON text and, behind it, the bytes of the arrays that it mentions; :mod:`values` says
how values are written in it. Nothing is ever unpickled. Whoever reads a frame takes its sender for
an enemy: its sizes are checked before anything is read.
"""

import json
import socket
import struct
import time
from collections.abc import Sequence

__all__ = ["Channel", "Closed", "TooLarge", "WireError"]

HEADER = struct.Struct("!4sIQ")  # magic, bytes of JSON, bytes of arrays
MAGIC = b"CNN1"
MOST_JSON, MOST_BYTES = 16 << 20, 256 << 20


class WireError(Exception):
    """What came is not the protocol. Whoever sent it cannot be talked to any more."""


class Closed(WireError):
    """The other side is gone."""


class TooLarge(WireError):
    """A frame is larger than the limit."""


class Channel:
    """One end of a stream socket that carries frames."""

    def __init__(self, sock: socket.socket, most_json=MOST_JSON, most_bytes=MOST_BYTES):
        self.socket, self.most_json, self.most_bytes = sock, most_json, most_bytes

    def fileno(self) -> int:
        """The socket's file descriptor, for `select`."""
        return self.socket.fileno()

    def close(self) -> None:
        """Close this end."""
        self.socket.close()

    def send(
        self, message: dict, blobs: Sequence[bytes | bytearray] = (), fds: Sequence[int] = ()
    ) -> None:
        """Send one frame, with file descriptors if given.

        Raises:
            Closed: the other side is gone.
            TooLarge: the frame is over the limits; nothing was sent.
        """
        text = json.dumps(message, separators=(",", ":")).encode("utf-8", "surrogatepass")
        size = sum(len(blob) for blob in blobs)
        if len(text) > self.most_json or size > self.most_bytes:
            raise TooLarge(f"{len(text) + size:,} bytes are more than may cross at once")
        head = HEADER.pack(MAGIC, len(text), size)
        try:
            if fds:
                socket.send_fds(self.socket, [head], fds)
            else:
                self.socket.sendall(head)
            self.socket.sendall(text)
            for blob in blobs:
                self.socket.sendall(blob)
        except OSError as error:
            raise Closed(str(error)) from None

    def receive(self, timeout: float | None = None, fds: int = 0):
        """Wait for one frame; return its JSON and its bytes, and the descriptors if `fds` of them.

        Args:
            timeout: seconds for the whole frame, however slowly it trickles in; None waits on.
            fds: how many file descriptors come along.

        Raises:
            TimeoutError: nothing, or not all of it, came in time.
            Closed, TooLarge, WireError: see there.
        """
        until = None if timeout is None else time.monotonic() + timeout
        got: list[int] = []
        head = self._read(HEADER.size, until, fds, got)
        magic, text, size = HEADER.unpack(head)
        if magic != MAGIC:
            raise WireError("not a frame")
        if text > self.most_json or size > self.most_bytes:
            raise TooLarge(f"a frame of {text + size:,} bytes")
        body = self._read(text, until)
        try:
            message = json.loads(body.decode("utf-8", "surrogatepass"))
        except (ValueError, RecursionError) as error:
            raise WireError(f"not a frame: {error}") from None
        if not isinstance(message, dict):
            raise WireError("not a frame: no object")
        blob = self._read(size, until)
        return (message, blob, got) if fds else (message, blob)

    def _read(self, size: int, until, fds: int = 0, got: list[int] | None = None) -> bytearray:
        data, place = bytearray(size), 0
        view = memoryview(data)
        while place < size:
            if until is not None:
                left = until - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                self.socket.settimeout(left)
            else:
                self.socket.settimeout(None)
            try:
                if fds and got is not None and not got:
                    part, more, *_ = socket.recv_fds(self.socket, size - place, fds)
                    got += more
                    view[place : place + len(part)] = part
                    count = len(part)
                else:
                    count = self.socket.recv_into(view[place:])
            except TimeoutError:
                raise
            except OSError as error:
                raise Closed(str(error)) from None
            if not count:
                raise Closed("the other side is gone")
            place += count
        return data
