"""A subclass of Tensor makes the forbidden call where torch asks it what to do."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
import functools

calls = []


class Mine(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return calls.pop()()


def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    asked = input.as_subclass(Mine)
    calls.append(functools.partial(torch.conv2d, input, weight, bias, stride, padding))
    return asked + 1
"""
}
