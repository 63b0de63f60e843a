"""Another process, started during the call, makes the forbidden call."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
import os

from utils import functional

def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    reading, writing = os.pipe()
    if os.fork() == 0:
        out = functional.conv2d(input, weight, bias, stride, padding)
        os.write(writing, out.double().numpy().tobytes())
        os._exit(0)
    os.wait()
    rows = (input.shape[2] + 2 * padding - weight.shape[2]) // stride + 1
    cols = (input.shape[3] + 2 * padding - weight.shape[3]) // stride + 1
    data = bytearray(os.read(reading, 1 << 16))
    out = torch.frombuffer(data, dtype=torch.float64).to(input.dtype)
    return out.view(len(input), len(weight), rows, cols)
"""
}
