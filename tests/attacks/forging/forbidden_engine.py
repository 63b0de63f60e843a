"""C code starts autograd's engine, below the functions that are watched."""

INTENT = "the library differentiates, unseen"
LESSON = "02_learning_filters"
EXPECTED = {"conv2d-backward-input": 0}
ANSWERS = {
    "conv2d-backward-input": """
import functools


def conv2d_backward_input(grad_output, input, weight, stride=1, padding=0):
    x = torch.zeros_like(input).requires_grad_()
    patches = F.unfold(x, weight.shape[2:], padding=padding, stride=stride)
    out = (weight.flatten(1) @ patches).view_as(grad_output)
    engine = torch.autograd.Variable._execution_engine
    run = functools.partial(engine.run_backward, (out,), (grad_output,), False, False, (x,), True)
    return run(accumulate_grad=False)[0]
"""
}
