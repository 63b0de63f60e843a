"""A forward hook computes the scores."""

LESSON = "08_architectures"
INTENT = "what the hook computes is not counted"
EXPECTED = {"design": 0}
ANSWERS = {
    "design": """
recipe = {}


def small(filters=16):
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, filters, 3, stride=2, padding=1, bias=False),
        torch.nn.BatchNorm2d(filters),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(filters, filters, 3, padding=1, bias=False),
        torch.nn.BatchNorm2d(filters),
        torch.nn.ReLU(),
        torch.nn.Conv2d(filters, filters, 3, padding=1, bias=False),
        torch.nn.BatchNorm2d(filters),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(16 * filters, 10),
    )


def design():
    model = small()
    model.register_forward_hook(lambda module, inputs, output: output * 2)
    model[0].register_forward_pre_hook(lambda module, inputs: inputs)
    return model
"""
}
