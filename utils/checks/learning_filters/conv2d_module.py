"""The layer as a module: an `autograd.Function` around forward and backward, and its parameters."""

import math

import torch

from utils import functional
from utils.checks.convolution import cases
from utils.checks.core import Case, ModuleExercise
from utils.checks.mistakes import edit


class _Conv2d(torch.nn.Module):
    class Convolve(torch.autograd.Function):
        @staticmethod
        def forward(ctx, input, weight, bias, stride, padding):
            ctx.save_for_backward(input, weight)
            ctx.stride, ctx.padding = stride, padding
            return functional.conv2d(input, weight, bias, stride, padding)

        @staticmethod
        def backward(ctx, grad_output):
            input, weight = ctx.saved_tensors
            grad_input, grad_weight, grad_bias = functional.conv2d_backward(
                grad_output, input, weight, ctx.stride, ctx.padding
            )
            if not ctx.needs_input_grad[2]:
                return grad_input, grad_weight, None, None, None
            return grad_input, grad_weight, grad_bias, None, None

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        bound = 1 / math.sqrt(in_channels * kernel_size**2)
        weight = torch.empty(out_channels, in_channels, kernel_size, kernel_size)
        self.weight = torch.nn.Parameter(weight.uniform_(-bound, bound))
        self.bias = None
        if bias:
            self.bias = torch.nn.Parameter(torch.empty(out_channels).uniform_(-bound, bound))

    def forward(self, input):
        return self.Convolve.apply(input, self.weight, self.bias, self.stride, self.padding)


def _arguments(layer: cases.Layer, seed: int) -> dict:
    sizes = {"in_channels": layer.channels, "out_channels": layer.filters}
    bias = 10 * cases.whole_numbers(layer.filters, seed=seed + 3) if layer.bias else False
    return {
        **sizes,
        "kernel_size": layer.kernel,
        "input": cases.whole_numbers(*layer.input_shape, seed=seed),
        "grad_output": cases.whole_numbers(*layer.output_shape, seed=seed + 1),
        "weight": cases.whole_numbers(*layer.weight_shape, seed=seed + 2),
        "bias": bias,
    }


# Two pixels, one product each: all of the way there and back can be worked by hand.
_BY_HAND = Case(
    {
        **{"in_channels": 1, "out_channels": 1, "kernel_size": 1},
        "input": torch.tensor([[[[2.0, 3]]]]),
        "grad_output": torch.tensor([[[[1.0, 10]]]]),
        "weight": torch.tensor([[[[4.0]]]]),
        "bias": torch.tensor([5.0]),
    }
)
# A module takes longer than a function, so some of a layer's cases are left out.
_CASES = [case for place, case in enumerate(cases.layer_cases(_arguments)) if place not in (2, 8)]

conv2d_module = ModuleExercise(
    "conv2d-module",
    class_name="Conv2d",
    reference=_Conv2d,
    cases=[_BY_HAND, *_CASES, *cases.in_double(_CASES[-3:])],
    traits=(
        *cases.LAYER_TRAITS,
        cases.BIAS._replace(holds=lambda case: case.arguments["bias"] is not False),
        cases.DOUBLE,
    ),
    ranges=("stride", "padding"),
    # The way there and back is borrowed from `mine` or `functional`, the module is not.
    forbidden=(*(x for x in cases.LIBRARY if x != "utils.functional"), "torch.nn.grad"),
    instead="Call your own conv2d and its gradients, or `mine`'s.",
    every_device=True,
    part="Conv2d",
)

conv2d_module.mistake(
    "the weight is a plain tensor, not a Parameter",
    "An optimiser asks a module for its parameters. Which tensors count as such?",
    edit("self.weight = torch.nn.Parameter(weight", "self.weight = (weight"),
)
conv2d_module.mistake(
    "the bias is a plain tensor, not a Parameter",
    "The bias is learnt too: an optimiser has to find it among the module's parameters.",
    edit("self.bias = torch.nn.Parameter(torch", "self.bias = (torch"),
)
conv2d_module.mistake(
    "the weight has the input's channels first",
    "Each filter is as deep as the input, and there are `out_channels` of them. Which axis of the "
    "weight counts the filters?",
    edit("torch.empty(out_channels, in_channels,", "torch.empty(in_channels, out_channels,"),
)
conv2d_module.mistake(
    "there is one bias for each input channel",
    "A bias belongs to a filter.",
    edit("torch.empty(out_channels).uniform_", "torch.empty(in_channels).uniform_"),
)
conv2d_module.mistake(
    "`bias=False` is ignored",
    "With bias=False the layer has no bias: neither a parameter nor a key in the state_dict. Set "
    "`self.bias = None`.",
    edit("if bias:", "if True:"),
)
conv2d_module.mistake(
    "all weights start at 0",
    "Filters that start alike get the same gradient, and stay alike. Draw the weights at random.",
    edit("weight.uniform_(-bound, bound)", "weight.zero_()"),
)
conv2d_module.mistake(
    "the stride is ignored",
    "`stride` has to get from the constructor to your forward pass. Where is it kept, and who "
    "hands it on?",
    edit("bias, stride, padding)\n\n", "bias, 1, padding)\n\n"),
    edit("weight, ctx.stride, ctx.padding", "weight, 1, ctx.padding"),
)
conv2d_module.mistake(
    "the padding is ignored",
    "`padding` has to get from the constructor to your forward pass. Where is it kept, and who "
    "hands it on?",
    edit("bias, stride, padding)\n\n", "bias, stride, 0)\n\n"),
    edit("weight, ctx.stride, ctx.padding", "weight, ctx.stride, 0"),
)
conv2d_module.mistake(
    "the way back does not know the stride",
    "What the forward pass was told, the backward pass has to be told as well. `ctx` can carry a "
    "number as an attribute.",
    edit("weight, ctx.stride, ctx.padding", "weight, 1, ctx.padding"),
)
conv2d_module.mistake(
    "the way back does not know the padding",
    "What the forward pass was told, the backward pass has to be told as well. `ctx` can carry a "
    "number as an attribute.",
    edit("weight, ctx.stride, ctx.padding", "weight, ctx.stride, 0"),
)
conv2d_module.mistake(
    "what comes back from the next layer is not used",
    "`grad_output` says how the loss depends on each output. The chain rule multiplies by it.",
    edit("grad_output, input, weight, ctx", "torch.ones_like(grad_output), input, weight, ctx"),
)
conv2d_module.mistake(
    "no gradient is handed back to the input",
    "`backward` returns a gradient for each argument of `forward`. Without the input's, the layers "
    "before this one learn nothing.",
    edit("return grad_input, grad_weight, None", "return None, grad_weight, None"),
    edit("return grad_input, grad_weight, grad_bias", "return None, grad_weight, grad_bias"),
)
conv2d_module.mistake(
    "a gradient is returned for a bias that is not there",
    "An argument that is None gets the gradient None. `ctx.needs_input_grad` says which gradients "
    "are asked for.",
    edit("if not ctx.needs_input_grad[2]:", "if False:"),
)
conv2d_module.mistake(
    "`backward` does not return one value for each argument of `forward`, in their order",
    "Each argument gets its gradient, in the order of the arguments, and None if it is no tensor.",
    edit("grad_bias, None, None", "grad_bias"),
)
conv2d_module.mistake(
    "autograd goes back by itself",
    "The output is right, and so are the gradients, but autograd has followed each step of the "
    "forward pass. Call your Function by its `apply`: then it calls your `backward`.",
    edit("self.Convolve.apply(", "functional.conv2d("),
)


@conv2d_module.mistake(
    "the module of a library is used",
    "The task is to write the module itself, so that you see what a library's does.",
)
class _Library(torch.nn.Conv2d):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, bias=bias)
