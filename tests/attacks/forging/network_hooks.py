"""A forward hook computes the scores."""

from tests.designs import SMALL

LESSON = "08_architectures"
INTENT = "what the hook computes is not counted"
EXPECTED = {"design": 0}
ANSWERS = {
    "design": SMALL
    + """
recipe = {}


def design():
    model = small()
    model.register_forward_hook(lambda module, inputs, output: output * 2)
    model[0].register_forward_pre_hook(lambda module, inputs: inputs)
    return model
"""
}
