"""Writes values as JSON and bytes, and reads them back, each with its exact type.

Plain data crosses: None, bool, int, float, complex, str, bytes, list, tuple, dict, set, range,
slice, NumPy arrays and scalars, torch tensors, sizes, dtypes and devices. Nothing else does.
Sizes, nesting and types are checked before anything is built.
"""

import numpy as np
import torch

from autograder.judge.inside.wire import MOST_BYTES, WireError

__all__ = ["Decoder", "Encoder", "Uncrossable"]

MOST_BITS = 4096  # of an int
DEEPEST = 32


class Uncrossable(TypeError):
    """A value has no way across; the message says which, and what would have."""


PLAIN = (type(None), bool, float, str)
DTYPES = {
    str(x).removeprefix("torch."): x
    for x in (
        *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64),
        *(torch.complex64, torch.complex128),
    )
}
#: How those are called that are no set.
SEQUENCES: dict[type, str] = {list: "list", tuple: "tuple", torch.Size: "size"}
ARRAYS = {
    x.str: x
    for x in map(
        np.dtype,
        ("bool", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"),
    )
}


class Encoder:
    """Turns values into what a frame carries; `blobs` are the bytes to send behind it.

    `other` is asked for what is not plain data; it returns a tagged list, or raises Uncrossable.
    """

    def __init__(self, other=None):
        self.blobs, self.size, self.other = [], 0, other

    def __call__(self, value, depth: int = 0):
        """Encode one value.

        Raises:
            Uncrossable: it is no plain data, is too large, or nested too deeply.
        """
        kind = type(value)
        if kind in PLAIN:
            return value
        if kind is int:
            if value.bit_length() > MOST_BITS:
                raise Uncrossable(f"an int of {value.bit_length():,} bits is too large")
            return value
        if depth > DEEPEST:
            raise Uncrossable(f"nested more than {DEEPEST} deep")
        if kind in (list, tuple, set, frozenset, torch.Size):
            return [SEQUENCES.get(kind, "set"), *(self(x, depth + 1) for x in value)]
        if kind is dict:
            return ["dict", *([self(k, depth + 1), self(x, depth + 1)] for k, x in value.items())]
        if kind is complex:
            return ["complex", value.real, value.imag]
        if kind is bytes:
            return ["bytes", *self._blob(value)]
        if kind in (range, slice):
            parts = (value.start, value.stop, value.step)
            return [kind.__name__, *(self(x, depth + 1) for x in parts)]
        if kind is np.ndarray and value.dtype.str in ARRAYS:
            return ["array", value.dtype.str, list(value.shape), *self._blob(value.tobytes())]
        if isinstance(value, np.generic) and value.dtype.str in ARRAYS:
            return ["scalar", value.dtype.str, *self._blob(value.tobytes())]
        if kind in (torch.Tensor, torch.nn.Parameter):
            return self._tensor(value)
        if kind is torch.dtype and str(value).removeprefix("torch.") in DTYPES:
            return ["dtype", str(value).removeprefix("torch.")]
        if kind is torch.device:
            return ["device", str(value)]
        if self.other is not None:
            return self.other(value, self, depth)
        raise Uncrossable(f"a value of type {kind.__name__!r} cannot cross to the other kernel")

    def _tensor(self, value):
        name = str(value.dtype).removeprefix("torch.")
        if name not in DTYPES or value.layout is not torch.strided or value.is_meta:
            raise Uncrossable(f"a tensor of {value.dtype}, {value.layout} on {value.device}")
        if value.numel() * value.element_size() > MOST_BYTES:
            raise Uncrossable(f"a tensor of {value.numel():,} numbers is too large")
        # A fresh tensor: torch calls some contiguous whose strides no view of bytes accepts.
        flat = torch.empty(value.numel(), dtype=value.dtype, device="cpu")
        flat.copy_(value.detach().reshape(-1))
        data = flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""
        return ["tensor", name, list(value.shape), *self._blob(data)]

    def _blob(self, data: bytes):
        place = self.size
        self.blobs.append(data)
        self.size += len(data)
        if self.size > MOST_BYTES:
            raise Uncrossable("more data than may cross at once")
        return place, len(data)


def _short(tag) -> str:
    return repr(tag[:50]) if isinstance(tag, str) else type(tag).__name__


class Decoder:
    """Builds values from a frame. `others` maps further tags to functions of their parts."""

    def __init__(self, blob: bytes, others=None):
        self.blob, self.others = blob, others or {}

    def __call__(self, data, depth: int = 0):
        """Decode one value.

        Raises:
            WireError: this is nothing that an :class:`Encoder` writes.
        """
        if type(data) in PLAIN:
            return data
        if type(data) is int:
            if data.bit_length() > MOST_BITS:
                raise WireError("an int is too large")
            return data
        if not isinstance(data, list) or not data or depth > DEEPEST:
            raise WireError("a value that nobody writes")
        tag, parts = data[0], data[1:]
        try:
            if isinstance(tag, str) and tag in self.others:
                return self.others[tag](*parts)
            return self._build(tag, parts, depth + 1)
        except WireError:
            raise
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RuntimeError):
            raise WireError(f"a {_short(tag)} that nobody writes") from None

    def _build(self, tag, parts, depth):
        if tag == "list":
            return [self(x, depth) for x in parts]
        if tag in ("tuple", "range", "slice", "size"):
            items = tuple(self(x, depth) for x in parts)
            if tag == "size":
                return torch.Size(items)
            return items if tag == "tuple" else {"range": range, "slice": slice}[tag](*items)
        if tag == "set":
            return {self(x, depth) for x in parts}
        if tag == "dict":
            return {self(k, depth): self(x, depth) for k, x in parts}
        if tag == "complex":
            return complex(float(parts[0]), float(parts[1]))
        if tag == "bytes":
            return bytes(self._bytes(*parts))
        if tag == "array":
            dtype, shape, *where = parts
            data = self._numbers(ARRAYS[dtype], np.prod(self._shape(shape), dtype=object), *where)
            return data.reshape(shape)
        if tag == "scalar":
            dtype, *where = parts
            return self._numbers(ARRAYS[dtype], 1, *where)[0]
        if tag == "tensor":
            return self._tensor(*parts)
        if tag == "dtype":
            return DTYPES[parts[0]]
        if tag == "device":
            return torch.device(str(parts[0]))
        raise WireError(f"no kind of value: {_short(tag)}")

    def _shape(self, shape) -> list[int]:
        if not isinstance(shape, list) or len(shape) > DEEPEST:
            raise WireError("no shape")
        if any(type(x) is not int or not 0 <= x < 1 << 40 for x in shape):
            raise WireError("no shape")
        return shape

    def _bytes(self, place, size):
        if type(place) is not int or type(size) is not int:
            raise WireError("no place among the bytes")
        if place < 0 or size < 0 or place + size > len(self.blob):
            raise WireError("a place outside of the bytes")
        return self.blob[place : place + size]

    def _numbers(self, dtype, count, place, size):
        data = self._bytes(place, size)
        if len(data) != count * dtype.itemsize:
            raise WireError("as many bytes as the shape says are expected")
        if dtype == np.bool_:  # any byte but 0 is true; another one than 1 would confuse NumPy
            return np.frombuffer(data, np.uint8) != 0
        return np.frombuffer(data, dtype).copy()

    def _tensor(self, name, shape, place, size):
        dtype, shape = DTYPES[name], self._shape(shape)
        data, count = self._bytes(place, size), 1
        for extent in shape:
            count *= extent
        if len(data) != count * dtype.itemsize:
            raise WireError("as many bytes as the shape says are expected")
        if not count:
            return torch.zeros(shape, dtype=dtype, device="cpu")
        raw = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        return (raw != 0 if dtype is torch.bool else raw.view(dtype)).reshape(shape)
