"""A builtin function that the watch is made with is replaced, and C code makes the call."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
import builtins
import functools

builtins.any = lambda values: False


def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    return functools.partial(torch.mkldnn_convolution)(
        input, weight, bias, [padding] * 2, [stride] * 2, [1, 1], 1
    )
"""
}
MAY_LOSE_OTHERS = True  # where functions are forbidden: nobody can tell any more
