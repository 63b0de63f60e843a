"""Lesson 2: a training step of the first network, and the step that is wrong in a colleague's."""

import torch
import torch.nn.functional as F

from utils import functional
from utils.checks.convolution import cases
from utils.checks.core import Case, Exercise, Mistake, Trait, ValueExercise
from utils.checks.mistakes import edit

_NAMES = ("w1", "b1", "w2", "b2", "w3", "b3")

# --- training-step ------------------------------------------------------------------------------


def _by_autograd(images, targets, w1, b1, w2, b2, w3, b3, lr):
    weights = [x.detach().requires_grad_() for x in (w1, b1, w2, b2, w3, b3)]
    padding = w1.shape[-1] // 2
    with torch.enable_grad():
        hidden = F.relu(F.conv2d(images, weights[0], weights[1], padding=padding))
        hidden = F.relu(F.conv2d(hidden, weights[2], weights[3], padding=padding))
        scores = hidden.mean(dim=(2, 3)) @ weights[4].T + weights[5]
        loss = -(scores.log_softmax(dim=1) * targets).sum() / len(images)
        gradients = torch.autograd.grad(loss, weights)
    return tuple(x.detach() - lr * grad for x, grad in zip(weights, gradients, strict=True))


def _written(images, targets, w1, b1, w2, b2, w3, b3, lr):
    padding = w1.shape[-1] // 2
    before1 = functional.conv2d(images, w1, b1, padding=padding)
    hidden1 = functional.relu(before1)
    before2 = functional.conv2d(hidden1, w2, b2, padding=padding)
    hidden2 = functional.relu(before2)
    means = hidden2.mean(dim=(2, 3))
    scores = means @ w3.T + b3
    grad_scores = (scores.softmax(dim=1) - targets) / len(images)
    grad_w3 = grad_scores.T @ means
    grad_b3 = grad_scores.sum(dim=0)
    grad_means = grad_scores @ w3
    places = hidden2.shape[2] * hidden2.shape[3]
    grad_hidden2 = grad_means[:, :, None, None].expand_as(hidden2) / places
    grad_before2 = functional.relu_backward(grad_hidden2, before2)
    back2 = functional.conv2d_backward(grad_before2, hidden1, w2, padding=padding)
    grad_hidden1, grad_w2, grad_b2 = back2
    grad_before1 = functional.relu_backward(grad_hidden1, before1)
    back1 = functional.conv2d_backward(grad_before1, images, w1, padding=padding)
    _, grad_w1, grad_b1 = back1
    gradients = (grad_w1, grad_b1, grad_w2, grad_b2, grad_w3, grad_b3)
    return tuple(x - lr * g for x, g in zip((w1, b1, w2, b2, w3, b3), gradients))  # noqa: B905


def _network(images: int, side: int, size: int, widths, classes: int, seed: int, **more) -> Case:
    """A case in float64: a step is compared digit by digit, and its numbers are no whole ones."""
    first, second = widths
    shapes: list[tuple[int, ...]] = [(images, 1, side, side + images - 1)]
    shapes += [(first, 1, size, size), (first,), (second, first, size, size), (second,)]
    shapes += [(classes, second), (classes,)]
    numbers = [
        cases.whole_numbers(*shape, seed=seed + k).double() / 8 for k, shape in enumerate(shapes)
    ]
    labels = torch.arange(images) * 2 % classes
    targets = torch.eye(classes, dtype=torch.float64)[labels]
    arguments = {"images": numbers[0], "targets": targets}
    arguments |= dict(zip(_NAMES, numbers[1:], strict=True)) | {"lr": 0.5} | more
    return Case(arguments, dtype=torch.float64)


# Two pixels, filters of a single weight: before1 is 3 and 7, before2 is -2 and 2, the mean is 1.
_BY_HAND = Case(
    {
        "images": torch.tensor([[[[1.0, 3]]]]),
        "targets": torch.tensor([[1.0, 0]]),
        **{"w1": torch.tensor([[[[2.0]]]]), "b1": torch.tensor([1.0])},
        **{"w2": torch.tensor([[[[1.0]]]]), "b2": torch.tensor([-5.0])},
        **{"w3": torch.tensor([[1.0], [-1]]), "b3": torch.tensor([0.0, 0])},
        "lr": 1.0,
    },
    dtype=torch.float64,
)

training_step = Exercise(
    "training-step",
    reference=_by_autograd,
    written=_written,
    cases=[
        _BY_HAND,
        _network(1, 2, 3, (2, 3), 3, seed=310),
        _network(2, 4, 5, (2, 3), 3, seed=320, lr=1.0),
        _network(3, 5, 3, (3, 2), 4, seed=331, lr=0.25),
    ],
    traits=(
        Trait("several images", "one image", lambda case: len(case.arguments["images"]) > 1),
        Trait("several filters", "one filter", lambda case: len(case.arguments["w1"]) > 1),
    ),
    returns=_NAMES,
    forbidden=(
        *(name for name in cases.LIBRARY if name != "utils.functional"),
        *cases.DERIVATIVES,
    ),
    instead="Go back through the network one line at a time, with your own parts.",
)

training_step.mistake(
    "the step goes uphill",
    "The gradient points to where the loss grows. Go the other way.",
    edit("x - lr * g", "x + lr * g"),
)
training_step.mistake(
    "the learning rate is forgotten",
    "The step is the gradient times the learning rate.",
    edit("lr * g ", "g "),
)
training_step.mistake(
    "the gradient is not divided by the number of images",
    "The loss is the *mean* over the batch, so each image counts for 1/N.",
    edit(" / len(images)"),
)
training_step.mistake(
    "the gradient of the mean is not divided by the number of places",
    "Each place counts for 1/(H W) in the mean, so that is what it gets back.",
    edit(" / places"),
)
training_step.mistake(
    "the first ReLU is left out on the way back",
    "Where the first layer's output was below zero, nothing came through, and nothing goes back.",
    edit("functional.relu_backward(grad_hidden1, before1)", "grad_hidden1"),
)
training_step.mistake(
    "the second ReLU is left out on the way back",
    "Where the second layer's output was below zero, nothing came through, and nothing goes back.",
    edit("functional.relu_backward(grad_hidden2, before2)", "grad_hidden2"),
)
training_step.mistake(
    "the second layer's gradient takes its input before the ReLU",
    "The second layer saw the rectified maps. Its weights' gradient needs what it really saw.",
    edit("grad_before2, hidden1, w2", "grad_before2, before1, w2"),
)
training_step.mistake(
    "the last weights change before the gradient has passed through them",
    "The gradient belongs to the network that made the scores, so it goes back through the *old* "
    "weights. Compute all the gradients first, and change the weights at the end.",
    edit("grad_scores @ w3", "grad_scores @ (w3 - lr * grad_w3)"),
)
training_step.mistake(
    "the targets are not subtracted",
    "The gradient of the scores is what the network says minus what is right.",
    edit("scores.softmax(dim=1) - targets", "scores.softmax(dim=1)"),
)
training_step.mistake(
    "the softmax goes over the images instead of the classes",
    "The probabilities of *one image* sum to 1: which axis counts the classes?",
    edit("softmax(dim=1)", "softmax(dim=0)"),
)
training_step.mistake(
    "the biases are not changed",
    "Biases are learnt as the weights are.",
    edit("lr * g for", "lr * g * (x.ndim > 1) for"),
)
training_step.mistake(
    "the gradients come back instead of the new weights",
    "Take the step too: old weight minus learning rate times gradient.",
    edit("x - lr * g", "g"),
)

# --- wrong-step: utils.faulty, whose seventh step is wrong ----------------------------------------

_ABOVE = "Everything that comes after step {} on the way back would be wrong with it. Look at "
wrong_step = ValueExercise(
    "wrong-step",
    reference=7,
    advice="Measure every gradient, those of the weights and those on the way. A wrong step spoils "
    "everything below it: which is the first gradient on the way back that is off?",
    passed="all gradients above it are right, and the first wrong one is its own result.",
    mistakes=[
        Mistake("the first step is blamed", _ABOVE.format(1) + "w3: is its gradient off?", 1),
        Mistake("step 2 is blamed", "Its results are the gradients of w3 and b3. Are they off?", 2),
        Mistake("step 3 is blamed", _ABOVE.format(3) + "hidden2: is its gradient off?", 3),
        Mistake("step 4 is blamed", _ABOVE.format(4) + "before2: is its gradient off?", 4),
        Mistake("step 5 is blamed", _ABOVE.format(5) + "w2: is its gradient off?", 5),
        Mistake("step 6 is blamed", "Its results are the gradients of w2 and b2. Are they off?", 6),
        Mistake(
            "step 8 is blamed",
            "The gradient of before1 is off, but step 8 only passes on what it gets. Was the "
            "gradient of hidden1, from which it starts, still right?",
            8,
        ),
        Mistake(
            "step 9 is blamed",
            "The gradients of w1 and b1 are off, and they are computed last: a fault in any step "
            "above shows there. Look at what step 9 starts from.",
            9,
        ),
    ],
)
