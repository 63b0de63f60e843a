"""Our networks with torch's layers, to compare results and speed."""

import torch

from utils import nn

__all__ = ["COPIED", "as_torch"]

# What torch has for each of our layers, with the same attributes.
COPIED = {
    nn.Conv2d: ["in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation"],
    nn.Linear: ["in_features", "out_features"],
    nn.MaxPool2d: ["kernel_size", "stride", "padding", "dilation", "return_indices", "ceil_mode"],
    nn.BatchNorm2d: ["num_features", "eps", "momentum"],
    nn.LocalResponseNorm: ["size", "alpha", "beta", "k"],
    nn.PReLU: ["num_parameters"],
    nn.AdaptiveAvgPool2d: ["output_size"],
    nn.Dropout: ["p"],
    nn.ReLU: [],
    nn.ReLU6: [],
    nn.ZeroPad2d: ["padding"],
}


def as_torch(model: torch.nn.Module) -> torch.nn.Module:
    """Put torch's layers in the place of ours, with the same weights; return the model."""
    for name, child in model.named_children():
        kind = next((x for x in COPIED if isinstance(child, x)), None)
        if kind:
            arguments = {key: getattr(child, key) for key in COPIED[kind]}
            if isinstance(child, nn.Conv2d):
                arguments["groups"] = child.groups
            if isinstance(child, nn.Conv2d | nn.Linear):
                arguments["bias"] = child.bias is not None
            theirs = getattr(torch.nn, kind.__name__)(**arguments)
            theirs.load_state_dict(child.state_dict())
            setattr(model, name, theirs)
        else:
            as_torch(child)
    return model
