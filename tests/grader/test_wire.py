"""Plain data crosses between kernels with its exact type; what is no data, or a lie, does not."""

import json
import math
import socket
import struct
import threading

import numpy as np
import pytest
import torch

from autograder.judge.inside.values import Decoder, Encoder, Uncrossable
from autograder.judge.inside.wire import (
    HEADER,
    MAGIC,
    MOST_JSON,
    Channel,
    Closed,
    TooLarge,
    WireError,
)


@pytest.fixture
def channels():
    one, other = socket.socketpair()
    with one, other:
        yield Channel(one), Channel(other)


def across(value):
    """Encode a value, through JSON as on the socket, and decode it."""
    encode = Encoder()
    data = json.loads(json.dumps(encode(value)))
    return Decoder(bytearray(b"".join(encode.blobs)))(data)


PLAIN = [
    *(None, True, False, 0, -7, 2**200, 0.1, -0.0, math.inf, "", "ä\ud800", b"", b"\0\xff", 1 + 2j),
    *([], [1, [2.0, "x"]], (), (1,), {}, {"a": 1, 2: (3,)}, {1, 2}, range(2, 9, 3), slice(None, 4)),
    *(np.int32(3), np.float64(0.5), np.bool_(True), torch.float32, torch.device("cpu")),
    torch.Size([2, 3]),
]


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_data_crosses_exactly(value):
    got = across(value)
    assert type(got) is type(value)
    assert got == value and repr(got) == repr(value)


def test_nan_crosses():
    assert math.isnan(across(math.nan))


@pytest.mark.parametrize("dtype", [torch.bool, torch.int64, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("shape", [(), (0,), (1, 1), (2, 0, 3), (2, 3)])
def test_tensors_cross_with_shape_dtype_and_numbers(dtype, shape):
    value = torch.randint(0, 5, shape).to(dtype)
    got = across(value)
    assert got.dtype == dtype and got.shape == value.shape and torch.equal(got, value)


def test_a_tensor_is_copied_whatever_its_strides():
    base = torch.arange(24.0).reshape(4, 6)
    for value in (base.T, base[:1, ::2][:, :1], base[1:, 1::2], base.expand(2, 4, 6), base.flip(0)):
        got = across(value)
        assert torch.equal(got, value) and got.is_contiguous()
    got = across(base)
    got += 1
    assert base[0, 0] == 0
    assert across(torch.nn.Parameter(base)).requires_grad is False


@pytest.mark.parametrize("dtype", ["?", "i2", "f4", "c16"])
def test_arrays_cross(dtype):
    value = np.arange(6).reshape(2, 3).astype(dtype)
    got = across(value)
    assert got.dtype == value.dtype and np.array_equal(got, value)


class Liar(int):
    """An int that claims to equal everything."""

    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        *(Liar(3), object(), print, [object()], {"a": Liar(1)}, nested(100), 1 << 5000),
        *(np.array([object()]), np.array(["x"]), torch.zeros(2, device="meta")),
        torch.sparse_coo_tensor(torch.zeros(1, 1).long(), [1.0], (2,)),
    ],
    ids=lambda x: type(x).__name__,
)
def test_what_is_no_plain_data_is_refused(value):
    with pytest.raises(Uncrossable):
        Encoder()(value)


@pytest.mark.parametrize(
    "data",
    [
        *({}, [], ["nothing"], [["list"]], ["list", {}], ["complex", "1", []], 1 << 5000),
        *(["tensor", "float32", [2], 0, 8], ["tensor", "float32", [1], 0, 8]),
        *(["tensor", "float32", [-1], 0, 4], ["tensor", "object", [1], 0, 4]),
        *(["tensor", "float32", [1 << 50, 1 << 50], 0, 4], ["tensor", "float32", [1.0], 0, 4]),
        *(["array", "|O", [1], 0, 8], ["bytes", -4, 4], ["bytes", 2, 4], ["bytes", "0", 1]),
        *(["range", "a", 1, 2], ["dict", [["list"], 1]], ["dict", [1]], ["set", ["list"]]),
        *(["dtype", "float3"], ["device", "nowhere"], ["size", -1.5], ["remote", "x", 1, "y"]),
        *(["scalar", "<f8", 0, 4], ["node", 1], ["list", *[["list"]] * 3, {"a": 1}]),
    ],
    ids=repr,
)
def test_what_nobody_writes_is_refused(data):
    with pytest.raises(WireError):
        Decoder(bytearray(4))(data)


def test_bytes_other_than_0_and_1_are_true():
    got = Decoder(bytearray(b"\x00\x01\x02\xff"))(["tensor", "bool", [4], 0, 4])
    assert torch.equal(got, torch.tensor([False, True, True, True]))
    assert got.view(torch.uint8).tolist() == [0, 1, 1, 1]


def test_a_frame_with_bytes_arrives(channels):
    one, other = channels
    one.send({"a": [1, "ü"]}, [b"abc", b"", b"d"])
    assert other.receive(5) == ({"a": [1, "ü"]}, b"abcd")


def test_frames_follow_each_other(channels):
    one, other = channels
    for number in range(3):
        one.send({"n": number}, [bytes([number])])
    assert [other.receive(5) for _ in range(3)] == [({"n": n}, bytes([n])) for n in range(3)]


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b"GET / HTTP/1.1\r\n", WireError),
        (HEADER.pack(MAGIC, MOST_JSON + 1, 0), TooLarge),
        (HEADER.pack(MAGIC, 2, 1 << 60), TooLarge),
        (HEADER.pack(MAGIC, 3, 0) + b"[1]", WireError),
        (HEADER.pack(MAGIC, 3, 0) + b"{1}", WireError),
        (HEADER.pack(MAGIC, 2, 0) + b"\xff\xff", WireError),
        (HEADER.pack(MAGIC, 200_000, 0) + b"[" * 200_000, WireError),
        (struct.pack("!4s", MAGIC), Closed),
        (b"", Closed),
    ],
)
def test_what_is_no_frame_is_refused(channels, raw, error):
    one, other = channels

    def write():
        one.socket.sendall(raw)
        one.close()

    thread = threading.Thread(target=write)
    thread.start()
    with pytest.raises(error):
        other.receive(5)
    thread.join()


def test_a_frame_that_trickles_in_is_given_up(channels):
    one, other = channels
    one.socket.sendall(MAGIC)
    with pytest.raises(TimeoutError):
        other.receive(0.2)


def test_a_frame_over_the_limit_is_not_sent(channels):
    one, _ = channels
    with pytest.raises(TooLarge):
        one.send({"a": "x" * (MOST_JSON + 1)})
