"""Lesson 4: a step of gradient descent with momentum and L2."""

from utils.checks.convolution.cases import in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit


def _step(weight, grad, velocity, lr, momentum, weight_decay):
    velocity = momentum * velocity + (grad + weight_decay * weight)
    return weight - lr * velocity, velocity


def _case(seed, shape, lr, momentum, weight_decay):
    tensors = zip(("weight", "grad", "velocity"), range(3), strict=True)
    options = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
    return Case({name: whole_numbers(*shape, seed=10 * seed + i) for name, i in tensors} | options)


_cases = [
    _case(0, (1,), 1.0, 0.0, 0.0),
    _case(1, (1,), 0.5, 0.0, 0.0),
    _case(2, (2,), 1.0, 0.5, 0.0),
    _case(3, (2,), 1.0, 0.0, 0.5),
    _case(4, (2, 2), 0.5, 0.5, 0.25),
    _case(5, (2, 3), 0.01, 0.9, 0.0005),
]

momentum_step = Exercise(
    "momentum-step",
    reference=_step,
    cases=[*_cases, *in_double(_cases[-2:])],
    traits=(
        Trait("momentum", "no momentum", lambda c: c.arguments["momentum"] > 0),
        Trait("weight decay", "no weight decay", lambda c: c.arguments["weight_decay"] > 0),
        Trait("a learning rate other than 1", "learning rate 1", lambda c: c.arguments["lr"] != 1),
    ),
    returns=("weight", "velocity"),
    forbidden=("torch.optim", "utils.optim"),
    instead="Three lines: the gradient with its L2 part, the new velocity, the new weight.",
    every_device=True,
    part="momentum_step",
)

momentum_step.mistake(
    "the L2 term is forgotten",
    "L2 adds weight_decay * weight to the gradient.",
    edit(" + weight_decay * weight"),
)
momentum_step.mistake(
    "the L2 term is subtracted from the gradient",
    "The gradient of weight_decay / 2 * weight^2 is *plus* weight_decay * weight: descending it "
    "pulls towards 0.",
    edit("grad +", "grad -"),
)
momentum_step.mistake(
    "the L2 pull bypasses the velocity",
    "Here the L2 term is a part of the gradient, so it goes into the velocity. (Pulling the weight "
    "directly is another method, decoupled weight decay.)",
    edit(" + weight_decay * weight"),
    edit("- lr * velocity", "- lr * velocity - lr * weight_decay * weight"),
)
momentum_step.mistake(
    "the step uses the old velocity",
    "First the velocity, then the weight moves along the *new* velocity.",
    edit("velocity =", "new ="),
    edit("velocity, velocity", "velocity, new"),
)
momentum_step.mistake(
    "the weight moves uphill",
    "The gradient points to where the loss grows: subtract.",
    edit("weight -", "weight +"),
)
momentum_step.mistake(
    "the gradient is damped by 1 - momentum",
    "That is an average of gradients. Here the gradient enters the velocity in full.",
    edit("(grad", "(1 - momentum) * (grad"),
)
momentum_step.mistake(
    "the learning rate is put into the velocity",
    "That is the form of the AlexNet paper. This exercise asks for torch's: the velocity is free "
    "of the learning rate.",
    edit("+ (grad", "- lr * (grad"),
    edit("- lr * velocity", "+ velocity"),
)
momentum_step.mistake(
    "the learning rate is forgotten",
    "The step is lr times the velocity.",
    edit("lr * velocity", "velocity"),
)
momentum_step.mistake(
    "weight and velocity are returned in the wrong order",
    "The weight comes first.",
    edit("weight - lr * velocity, velocity", "velocity, weight - lr * velocity"),
)
