"""Trains and evaluates models: reproducible, with a progress bar, resumable from a checkpoint."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from tqdm.auto import tqdm

from utils._common import checkpoints
from utils._common.printing import as_printed
from utils._common.seeding import get_random_state, seeded, set_random_state
from utils.data.batches import Batches, BatchSource
from utils.optim import SGD

__all__ = ["DivergenceError", "Evaluation", "History", "evaluate", "fit"]


class DivergenceError(ArithmeticError):
    """The loss or a weight became NaN or infinite; the message names the step and likely causes.

    Attributes: ``epoch`` and ``step`` (both from 0), ``history`` up to there.
    """

    def __init__(self, message: str, epoch: int, step: int, history: "History"):
        super().__init__(message)
        self.epoch, self.step, self.history = epoch, step, history


class Evaluation(NamedTuple):
    """Mean loss, and share of right answers (None where the targets are not classes)."""

    loss: float
    accuracy: float | None

    def __str__(self) -> str:
        accuracy = "" if self.accuracy is None else f", accuracy {self.accuracy:.1%}"
        return f"loss {self.loss:.4f}{accuracy}"

    def _repr_pretty_(self, printer, cycle: bool) -> None:
        as_printed(self, printer, cycle)


@dataclass
class History:
    """Losses and accuracies during training: one entry per epoch, in ``step_loss`` one per batch.

    ``train_loss`` and ``train_accuracy`` are means over the epoch, while the weights moved and
    with augmentation and dropout; ``validation_loss`` and ``validation_accuracy`` are taken at
    its end, without. ``lr`` is the learning rate that the epoch used. ``seconds`` is time, and
    so the only thing that differs from run to run.
    """

    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float | None] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float | None] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    step_loss: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list, compare=False)

    def __len__(self) -> int:
        return len(self.train_loss)

    def __str__(self) -> str:
        heading = f"{'train':>19} {'validation':>19}"
        lines = [heading, "epoch    loss accuracy    loss accuracy       lr  seconds"]
        for i in range(len(self)):
            loss, accuracy = None, None
            if self.validation_loss:
                loss, accuracy = self.validation_loss[i], self.validation_accuracy[i]
            lines.append(
                f"{i + 1:5} {_figure(self.train_loss[i], 7)} {_percent(self.train_accuracy[i])} "
                f"{_figure(loss, 7)} {_percent(accuracy)} {self.lr[i]:8.2g} {self.seconds[i]:8.1f}"
            )
        return "\n".join(lines)

    _repr_pretty_ = as_printed


def _figure(value: float | None, width: int) -> str:
    return f"{'-' if value is None else format(value, '.4f'):>{width}}"


def _percent(value: float | None) -> str:
    return f"{'-' if value is None else format(value, '.1%'):>8}"


def fit(
    model: nn.Module,
    train: Batches,
    validation: Batches | None = None,
    *,
    epochs: int = 10,
    batch_size: int = 64,
    optimizer: torch.optim.Optimizer | None = None,
    schedule: LRScheduler | None = None,
    loss_fn: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
    augment: Callable[..., Tensor] | None = None,
    seed: int = 0,
    checkpoint: str | PathLike | None = None,
    resume: bool = False,
    progress: bool = True,
) -> History:
    """Train a model where its parameters are: on the CPU, or on the device it was moved to.

    The same seed gives the same run, bit for bit on a CPU with the same number of threads; on a
    GPU as far as its kernels repeat. The seed rules the order of the images, the augmentation
    and dropout, not the model's first weights: make those within ``seeding.seeded(seed)``.
    Random numbers outside of ``fit`` come as if it had not run.

    Args:
        model: returns (N, classes) for (N, ...). It is trained in place, and left in the mode
            (training or evaluation) it was in.
        train: (inputs, targets), two tensors with N first, which are shuffled anew in each
            epoch; or a ``DataLoader`` or other collection of such pairs, one a batch.
        validation: the same, measured after each epoch.
        epochs: passes over ``train``, counted from the beginning when resumed.
        batch_size: of tensors; a ``DataLoader`` has its own. The last batch may be smaller.
        optimizer: that of ``schedule`` when None, or else :class:`utils.optim.SGD` as the
            lecture has it.
        schedule: told after each epoch to step; None keeps the learning rate.
        loss_fn: ``loss_fn(output, target)``, the mean over the batch.
        augment: ``augment(inputs, generator=generator)``, such as
            :class:`utils.data.Augment`; for training batches only.
        seed: of all random numbers.
        checkpoint: file that holds the state after each epoch; it is replaced only by a complete
            one.
        resume: go on from ``checkpoint`` if it is there; begin if it is not.
        progress: show a progress bar.

    Returns:
        The history, of all epochs when resumed.

    Raises:
        CheckpointError: ``checkpoint`` cannot be read, or is of another run.
        DivergenceError: the loss or a weight became NaN or infinite. The step that would have
            followed is not taken; the checkpoint is that of the last good epoch.
        FileExistsError: ``checkpoint`` is there, but ``resume`` is False.
        TypeError: an argument has the wrong type.
        ValueError: the data do not fit together or to the model, or a number is out of range.
    """
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
        raise ValueError(f"epochs must be a whole number, at least 1, but is {epochs!r}")
    optimizer = _optimizer(model, optimizer, schedule)
    source = BatchSource(train, batch_size, "train")
    test = None if validation is None else BatchSource(validation, batch_size, "validation")
    device = _device(model)
    checkpoints.check_free(checkpoint, resume)
    with seeded(seed, device), _modes_kept(model):
        run = _Run(model, source, optimizer, schedule, loss_fn, augment, device, seed)
        if resume and checkpoint is not None and Path(checkpoint).exists():
            run.resume(checkpoint)
        done = len(run.history)
        bar = tqdm(total=epochs * len(source), initial=done * len(source), disable=not progress)
        with bar:
            for epoch in range(done, epochs):
                bar.set_description(f"epoch {epoch + 1}/{epochs}")
                run.epoch(test, bar)
                if checkpoint is not None:
                    checkpoints.save(checkpoint, run.state())
    return run.history


def evaluate(
    model: nn.Module,
    data: Batches | BatchSource,
    *,
    batch_size: int = 256,
    loss_fn: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
) -> Evaluation:
    """Mean loss and accuracy, in evaluation mode and without gradients.

    Args:
        model: returns (N, classes) for (N, ...); left in the mode it was in.
        data: (inputs, targets), two tensors with N first, or a ``DataLoader`` or other
            collection of such pairs.
        batch_size: how many inputs at a time; it changes memory and speed only.
        loss_fn: ``loss_fn(output, target)``, the mean over the batch.

    Raises:
        TypeError: ``data`` has the wrong type.
        ValueError: ``data`` is empty, or inputs and targets differ in number.
    """
    source = data if isinstance(data, BatchSource) else BatchSource(data, batch_size, "data")
    device, totals = _device(model), _Totals()
    # no_grad, not inference_mode: a layer may keep what it computed from its weights, and an
    # inference tensor among that could not be trained with later.
    with _modes_kept(model), torch.no_grad():
        model.eval()
        for inputs, target in source.batches():
            inputs, target = inputs.to(device), target.to(device)
            output = model(inputs)
            totals.add(loss_fn(output, target).item(), output, target)
    return Evaluation(totals.loss, totals.accuracy)


@dataclass
class _Run:
    """A training run: all that :func:`fit` was given, and all that a checkpoint must hold."""

    model: nn.Module
    source: BatchSource
    optimizer: torch.optim.Optimizer
    schedule: LRScheduler | None
    loss_fn: Callable
    augment: Callable | None
    device: torch.device
    seed: int

    def __post_init__(self):
        self.history = History()
        # A stream apart from the one that dropout draws from, so that the two are not alike.
        self.generator = torch.Generator().manual_seed(int(torch.randint(2**62, ())))

    def epoch(self, validation: BatchSource | None, bar: tqdm) -> None:
        start, lr = time.perf_counter(), self.optimizer.param_groups[0]["lr"]
        totals = _Totals()
        self.model.train()
        for inputs, target in self.source.batches(self.generator):
            inputs, target = inputs.to(self.device), target.to(self.device)
            if self.augment is not None:
                inputs = self.augment(inputs, generator=self.generator)
            self.history.step_loss.append(self.step(inputs, target, totals))
            bar.set_postfix(totals.figures(), refresh=False)
            bar.update()
        self.check_weights()
        result = Evaluation(totals.loss, None)
        if validation is not None:
            result = evaluate(self.model, validation, loss_fn=self.loss_fn)
            self.history.validation_loss.append(result.loss)
            self.history.validation_accuracy.append(result.accuracy)
        self.history.train_loss.append(totals.loss)
        self.history.train_accuracy.append(totals.accuracy)
        self.history.lr.append(float(lr))
        self.history.seconds.append(time.perf_counter() - start)
        if isinstance(self.schedule, ReduceLROnPlateau):
            self.schedule.step(result.loss)
        elif self.schedule is not None:
            self.schedule.step()

    def step(self, inputs: Tensor, target: Tensor, totals: "_Totals") -> float:
        output = self.model(inputs)
        if not self.history.step_loss and self.loss_fn is F.cross_entropy:
            _check_classes(output, self.source.tensors[1] if self.source.tensors else target)
        loss = self.loss_fn(output, target)
        if not isinstance(loss, Tensor) or loss.numel() != 1:
            what = tuple(loss.shape) if isinstance(loss, Tensor) else type(loss).__name__
            raise ValueError(f"loss_fn must return one number, a mean over the batch, not {what}")
        value = loss.item()
        if not math.isfinite(value):
            causes = _causes(self.model, inputs, target, output)
            raise self.diverged(f"the loss became {value}", causes)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        totals.add(value, output, target)
        return value

    def check_weights(self) -> None:
        # The loss shows what a step has broken only at the next step, so the last one of an
        # epoch needs this, before it gets into a checkpoint.
        if broken := _broken_tensor(self.model):
            raise self.diverged(f"the last step of an epoch made {broken} NaN or infinite", [])

    def diverged(self, what: str, causes: list[str]) -> DivergenceError:
        step, epoch = len(self.history.step_loss), len(self.history)
        lr = self.optimizer.param_groups[0]["lr"]
        before = ", ".join(f"{loss:.4g}" for loss in self.history.step_loss[-5:]) or "none"
        causes = [
            *causes,
            f"the learning rate, {lr:.3g}, is too high: try {lr / 10:.3g}",
            "the first weights are too large: the signal grows with depth (see utils.gradients)",
        ]
        message = (
            f"{what} at step {step} (epoch {epoch + 1}, batch {step % len(self.source) + 1} of "
            f"{len(self.source)}). Losses before it: {before}. Likely causes, the likeliest first:"
        )
        message = "\n- ".join([message, *causes])
        return DivergenceError(message, epoch, step, self.history)

    def describe(self) -> dict:
        return {"seed": self.seed, "optimizer": type(self.optimizer).__name__} | (
            self.source.describe()
        )

    def state(self) -> dict:
        own = self.source.generator
        return {
            "run": self.describe(),
            "epoch": len(self.history),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": None if self.schedule is None else self.schedule.state_dict(),
            "random": get_random_state(self.device),
            "generator": self.generator.get_state(),
            "loader": None if own is None else own.get_state(),
            "history": asdict(self.history),
        }

    def resume(self, path: str | PathLike) -> None:
        state = checkpoints.load(path)
        ours = self.describe() | {"schedule": self.schedule is not None}
        theirs = state["run"] | {"schedule": state["schedule"] is not None}
        for name in ours | theirs:
            if ours.get(name) != theirs.get(name):
                raise checkpoints.CheckpointError(
                    f"{path} is of another run: {name} was {theirs.get(name)}, "
                    f"but is {ours.get(name)} now"
                )
        checkpoints.check_model(path, self.model, state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.model.load_state_dict(state["model"])
        if self.schedule is not None:
            self.schedule.load_state_dict(state["schedule"])
        set_random_state(state["random"], self.device)
        self.generator.set_state(state["generator"])
        if self.source.generator is not None and state["loader"] is not None:
            self.source.generator.set_state(state["loader"])
        self.history = History(**state["history"])


class _Totals:
    """Sums up losses and right answers over batches of any size."""

    def __init__(self):
        self.count, self.loss_sum, self.answers, self.right = 0, 0.0, 0, 0

    def add(self, loss: float, output: Tensor, target: Tensor) -> None:
        self.count += len(target)
        self.loss_sum += loss * len(target)
        if _are_classes(output, target):
            self.answers += len(target)
            self.right += int((output.detach().argmax(1) == target).sum())

    @property
    def loss(self) -> float:
        return self.loss_sum / self.count

    @property
    def accuracy(self) -> float | None:
        return self.right / self.answers if self.answers else None

    def figures(self) -> dict[str, str]:
        accuracy = {} if self.accuracy is None else {"accuracy": f"{self.accuracy:.1%}"}
        return {"loss": f"{self.loss:.4f}"} | accuracy


def _are_classes(output: Tensor, target: Tensor) -> bool:
    return (
        isinstance(output, Tensor)
        and output.ndim == 2
        and target.ndim == 1
        and not target.is_floating_point()
    )


def _check_classes(output: Tensor, target: Tensor) -> None:
    # On a GPU, torch would stop the whole program here with a message about an assertion.
    if not _are_classes(output, target):
        return
    if target.dtype != torch.int64:
        raise TypeError(f"the targets must be int64, but are {target.dtype}: use targets.long()")
    classes, counted = output.shape[1], target[target != -100]  # which cross_entropy leaves out
    if counted.numel() and not 0 <= counted.min() <= counted.max() < classes:
        raise ValueError(
            f"the targets go from {counted.min().item()} to {counted.max().item()}, but a model "
            f"with {classes} outputs knows classes 0 to {classes - 1}"
        )


def _causes(model: nn.Module, inputs: Tensor, target: Tensor, output: Tensor) -> list[str]:
    if not inputs.isfinite().all():
        return [
            "the inputs of this batch hold NaN or infinity: look at how they are read, and "
            "whether normalising divides by a deviation of 0"
        ]
    if target.is_floating_point() and not target.isfinite().all():
        return ["the targets of this batch hold NaN or infinity"]
    if broken := _broken_tensor(model):
        return [f"an earlier step was too large: {broken} is NaN or infinite already"]
    if not isinstance(output, Tensor) or output.isfinite().all():
        return [
            "loss_fn makes it out of finite outputs: look for log(0) or a division by 0 "
            "(cross_entropy wants the outputs before softmax)"
        ]
    if output.dtype == torch.float16:
        return ["float16 ends at 65504: use bfloat16, or float32"]
    return ["the weights are finite, but so large that the outputs overflow"]


def _broken_tensor(model: nn.Module) -> str | None:
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            return name
    return None


def _optimizer(
    model: nn.Module, optimizer: torch.optim.Optimizer | None, schedule: LRScheduler | None
) -> torch.optim.Optimizer:
    if optimizer is None:
        optimizer = SGD(model.parameters()) if schedule is None else schedule.optimizer
    if schedule is not None and schedule.optimizer is not optimizer:
        raise ValueError("schedule is of another optimizer: make it with this one")
    ours = set(model.parameters())
    if not any(param in ours for group in optimizer.param_groups for param in group["params"]):
        raise ValueError(
            "the optimizer holds no parameter of this model: make it anew with model.parameters()"
        )
    return optimizer


def _device(model: nn.Module) -> torch.device:
    for tensor in model.state_dict().values():
        return tensor.device
    return torch.device("cpu")


@contextmanager
def _modes_kept(model: nn.Module) -> Iterator[None]:
    modes = {module: module.training for module in model.modules()}
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode
