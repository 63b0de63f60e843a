"""torch's profiler, which lists operators for the watch, is stopped during the call."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
import functools
from torch.autograd import _disable_profiler_legacy, _enable_profiler_legacy
from torch.autograd import ProfilerConfig, ProfilerState
from torch._C._profiler import _ExperimentalConfig

off = functools.partial(_disable_profiler_legacy)
config = ProfilerConfig(ProfilerState.CPU, *[False] * 5, _ExperimentalConfig())
on = functools.partial(_enable_profiler_legacy, config)


def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    call = functools.partial(torch.conv2d, input, weight, bias, stride, padding)
    off()
    with torch._C.DisableTorchFunction():
        out = call()
    on()
    return out
"""
}
OURS_ONLY = True
