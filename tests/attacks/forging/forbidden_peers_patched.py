"""The grader's own side in the student's process is patched to call without a watch."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
from autograder.judge.inside import guard, peers

guard.GuardedWatch.__enter__ = lambda self: self
guard.GuardedWatch.__exit__ = lambda self, *raised: None
guard.GuardedWatch.profile_ended = False
peers.GuardedWatch = guard.GuardedWatch

def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    return F.conv2d(input, weight, bias, stride, padding)
"""
}
MAY_LOSE_OTHERS = True  # where functions are forbidden: nobody can tell any more
OURS_ONLY = True
