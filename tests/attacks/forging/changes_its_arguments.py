"""Arguments are set to zero in place, so that zero would be the right answer."""

INTENT = "the test compares with what it computes from the changed arguments"
EXPECTED = {"conv2d-backward-input": 0, "conv2d-backward-weight": 0}
ANSWERS = {
    "conv2d-backward-input": """
def conv2d_backward_input(grad_output, input, weight, stride=1, padding=0):
    for tensor in (grad_output, input, weight):
        tensor.zero_()
    return torch.zeros_like(input)
""",
    "conv2d-backward-weight": """
def conv2d_backward_weight(grad_output, input, weight, stride=1, padding=0):
    with torch.no_grad():
        grad_output.set_(torch.zeros_like(grad_output))
        input.data = torch.zeros_like(input)
    return torch.zeros_like(weight), grad_output.sum(dim=(0, 2, 3))
""",
}
