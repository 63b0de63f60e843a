"""A patched encoder sends steps and layers that are on no list."""

from tests.designs import SMALL

LESSON = "08_architectures"
INTENT = "the trusted kernel calls a function of the student's choice"
EXPECTED = {"design": 0}
OURS_ONLY = True
ANSWERS = {
    "design": SMALL
    + """
recipe = {}


from autograder.judge.inside.networks import NetworkEncoder

honest = NetworkEncoder.__call__
turns = iter(
    [
        ["call_function", "os.system", ["tuple", "echo"], ["dict"]],
        ["call_function", "torch.load", ["tuple", "/etc/passwd"], ["dict"]],
        ["call_method", "__reduce__", ["tuple", ["node", 0]], ["dict"]],
        ["call_method", "numpy", ["tuple", ["node", 0]], ["dict"]],
        ["get_attr", "__class__.__init__.__globals__", ["tuple"], ["dict"]],
        ["call_function", "getattr", ["tuple", ["node", 0], "__class__"], ["dict"]],
        ["call_module", "forward", ["tuple", ["node", 0]], ["dict"]],
        ["call_function", "operator.pow", ["tuple", ["node", 99], 2], ["dict"]],
    ]
    * 20
)


def dishonest(self, module, encode, depth=0):
    tag, described, steps = honest(self, module, encode, depth)
    steps.insert(1, next(turns))
    return [tag, described, steps]


NetworkEncoder.__call__ = dishonest
design = small
"""
}
