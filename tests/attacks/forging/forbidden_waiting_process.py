"""Another process waits since before the call; it makes the forbidden call."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {}
KNOWN = "nobody knows what another process is for, and honest ones may run"
ANSWERS = {
    "conv2d-vectorised": """
import multiprocessing

from utils import functional

here, there = multiprocessing.Pipe()


def serve():
    while True:
        *arrays, stride, padding = there.recv()
        out = functional.conv2d(*map(torch.from_numpy, arrays), stride, padding)
        there.send(out.numpy())


context = multiprocessing.get_context("fork")
context.Process(target=serve, daemon=True).start()

def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    bias = torch.zeros(len(weight), dtype=weight.dtype) if bias is None else bias
    here.send((*(x.numpy() for x in (input, weight, bias)), stride, padding))
    return torch.from_numpy(here.recv())
"""
}
