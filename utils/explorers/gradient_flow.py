"""How signal and gradient fade or grow with depth: measured networks to compare.

The numbers were measured once, and lie in `front/gradient_flow.json`. To measure them anew, some
four minutes on one core: `python -m utils.explorers.gradient_flow`.
"""

import json
import math
import platform
from collections.abc import Mapping
from functools import cache
from itertools import product
from numbers import Integral, Real

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from traitlets import Bool, Dict, Enum, Float, Int, validate

from utils import data, gradients, models, plots
from utils._common.devices import one_thread
from utils._common.seeding import seeded
from utils.explorers.base import FRONT, Explorer
from utils.nn import Conv2d, CrossEntropyLoss, ReLU

__all__ = ["DEPTHS", "GAINS", "QUANTITIES", "SEEDS", "GradientFlow", "measure", "summarise"]

FILE = FRONT / "gradient_flow.json"
DEPTHS = (8, 20, 56)
GAINS = (3**-0.5, 1.0, 2**0.5, 2.0)  # as wide as torch's default, LeCun's, He's; too wide
SEEDS = (0, 1, 2, 3, 4)
BATCH = 128
QUANTITIES = {
    "signal": "signal",
    "gradient": "gradient by the signal",
    "weight_gradient": "gradient by the weights",
}
CURVES, LAYERS = 3, 200  # of a student's own, at most


def measure(
    depth: int, residual: bool, batch_norm: bool, gain: float, seed: int = 0
) -> dict[str, list[float]]:
    """Measure signal and gradient at each conv layer of a network that has not been trained.

    The network is lesson 7's: `models.cifar_resnet` with 8, 16 and 32 filters, for the first 128
    digits. Weights of conv layers are drawn from a normal distribution with standard deviation
    ``gain / sqrt(fan_in)``; biases are 0 and not trained. In float64, since the squares of what
    has vanished would be 0 in float32.

    Args:
        depth: ``6 n + 2`` layers, the last one fully connected.
        residual: with shortcuts, or plain.
        batch_norm: with batch norm behind each conv layer.
        gain: the square root of 2 is He's, 1 is LeCun's, that of 1/3 is as wide as torch's default.
        seed: of the weights.

    Returns:
        Root mean squares, depth - 1 of each, from the image upwards. ``"signal"``: of the output
        of the ReLU behind each conv layer (and behind the sum, at the end of a residual block).
        ``"gradient"``: of the loss's gradient by this output. ``"weight_gradient"``: of its
        gradient by the conv layer's weights.

    Source: He et al. (2015), arXiv:1502.01852, section 2.2; LeCun et al. (1998), "Efficient
    BackProp", section 4.6.
    """
    digits = data.digits()
    pixels = digits.train_images.double()
    images = ((pixels - pixels.mean()) / pixels.std())[:BATCH]
    labels, loss = digits.train_labels[:BATCH], CrossEntropyLoss()
    with seeded(seed):
        model = models.cifar_resnet(
            depth, residual, width=8, in_channels=1, batch_norm=batch_norm
        ).double()
        for layer in model.modules():
            if isinstance(layer, Conv2d):
                torch.nn.init.normal_(layer.weight, std=gain / layer.weight[0].numel() ** 0.5)
                if layer.bias is not None:
                    layer.bias.requires_grad_(False)
    batch = (model, loss, images, labels)
    with one_thread():
        norms = {
            "signal": gradients.signal_norms(model, images, layers=ReLU, rms=True),
            "gradient": gradients.gradient_norms(*batch, of="outputs", layers=ReLU, rms=True),
            "weight_gradient": gradients.gradient_norms(*batch, layers=Conv2d, rms=True),
        }
    return {name: list(by_layer.values()) for name, by_layer in norms.items()}


def summarise(runs: list[dict[str, list[float]]]) -> dict[str, list[list[int]]]:
    """Summarise several seeds as the file holds them: decimal logarithms, in whole thousandths.

    Returns:
        For each quantity ``[median, below, above]``, with one number for each conv layer: the
        median, and how far the smallest and the largest seed lie from it.
    """
    found = {}
    for name in QUANTITIES:
        logs = 1000 * torch.tensor([run[name] for run in runs], dtype=torch.float64).log10()
        median = logs.median(0).values
        spread = (median, median - logs.min(0).values, logs.max(0).values - median)
        found[name] = [numbers.round().int().tolist() for numbers in spread]
    return found


@cache
def table() -> dict[str, dict[str, list[list[int]]]]:
    """What was measured, by :func:`key`."""
    return json.loads(FILE.read_text("utf-8"))["norms"]


def key(depth: int, residual: bool, batch_norm: bool, gain: float) -> str:
    """The name of a setting in the file."""
    kind = "residual" if residual else "plain"
    return f"{depth} {kind} {'batch norm' if batch_norm else 'no norm'} {gain:.3f}"


def setting_of(values: Mapping) -> dict:
    """Check a setting, and give it with its numbers exactly as they were measured.

    Raises:
        ValueError: it was not measured.
    """
    found: dict[str, float] = {name: bool(values[name]) for name in ("residual", "batch_norm")}
    for name, known in (("depth", DEPTHS), ("gain", GAINS)):
        value = values[name]
        same = [one for one in known if math.isclose(one, value, rel_tol=1e-3)]
        if not same:
            raise ValueError(
                f"{name} {value:.4g} was not measured, but {', '.join(f'{x:.4g}' for x in known)} "
                "were. Measure it with utils.explorers.gradient_flow.measure, and hand the curve "
                "over as `measured`"
            )
        found[name] = same[0]
    return found


class GradientFlow(Explorer, script="gradient_flow.js"):
    """See signal and gradient travel through plain and residual networks, as they were measured.

    Every argument is a trait, which can be read and set while the explorer is open. Only what was
    measured can be chosen; :func:`measure` says how that was done.

    Args:
        depth: 8, 20 or 56 layers, the last one fully connected.
        residual: with shortcuts, or plain.
        batch_norm: with batch norm behind each conv layer.
        gain: standard deviation of the first weights, times the square root of fan_in:
            0.577 (as torch's default), 1 (LeCun's), 1.414 (He's) or 2.
        compare: a second setting, drawn dashed: a dictionary with any of the four above (the others
            are as they are now), or None. Without it, the same network with the other blocks.
        layer: the conv layer that is looked at, counted from 1 at the image.
        backward: whether the gradient is on its way back, or the signal on its way forward.
        measured: your own curves: name to norms by layer, from the image upwards, such as
            ``{"mine": gradient_norms(model, loss, input, target, layers=Conv2d, rms=True)}``; at
            most 3, of 2 to 200 layers.
        of: what your own gradients are taken by: ``"parameters"`` or ``"outputs"``, as for
            :func:`utils.gradients.gradient_norms`.

    Raises:
        ValueError, TypeError, traitlets.TraitError: a setting was not measured, or `measured` holds
            something else than norms.
    """

    PARTS = (
        "depth", "residual", "batch_norm", "gain", "layer", "backward", "player", "keep",
    )  # fmt: skip

    depth = Int(20).tag(sync=True)
    residual = Bool(False).tag(sync=True)
    batch_norm = Bool(False).tag(sync=True)
    gain = Float(1.0).tag(sync=True)
    compare = Dict(allow_none=True, default_value=None).tag(sync=True)
    layer = Int(1, min=1).tag(sync=True)
    backward = Bool(True).tag(sync=True)
    measured = Dict().tag(sync=True)
    of = Enum(["parameters", "outputs"], "parameters").tag(sync=True)

    def __init__(self, **traits):
        traits.setdefault("compare", {"residual": not traits.get("residual", False)})
        super().__init__(**traits)

    def setting(self) -> dict:
        """Give depth, residual, batch_norm and gain, as :func:`measure` takes them."""
        return {name: getattr(self, name) for name in ("depth", "residual", "batch_norm", "gain")}

    def norms(self, quantity: str = "gradient", *, compare: bool = False) -> dict[str, list]:
        """Give what is shown of a quantity by conv layer: its median, low and high of five seeds.

        Args:
            quantity: ``"signal"``, ``"gradient"`` (by the signal) or ``"weight_gradient"``.
            compare: of the dashed curve instead.

        Raises:
            ValueError: the quantity is another, or there is no dashed curve.
        """
        if quantity not in QUANTITIES:
            raise ValueError(f"quantity must be {', '.join(QUANTITIES)}, but is {quantity!r}")
        if compare and self.compare is None:
            raise ValueError("compare is None: there is no dashed curve")
        setting = self.compare if compare else self.setting()
        median, below, above = table()[key(**setting)][quantity]
        low = [m - b for m, b in zip(median, below, strict=True)]
        high = [m + a for m, a in zip(median, above, strict=True)]
        shown = {"median": median, "low": low, "high": high}
        return {name: [10 ** (x / 1000) for x in logs] for name, logs in shown.items()}

    @validate("depth", "gain")
    def _was_measured(self, proposal):
        name = proposal["trait"].name
        return setting_of({**self.setting(), name: proposal["value"]})[name]

    @validate("compare")
    def _can_be_compared(self, proposal):
        given = proposal["value"]
        if given is None:
            return None
        known = {"depth": Integral, "residual": bool, "batch_norm": bool, "gain": Real}
        for name, value in given.items():
            if name not in known:
                raise ValueError(f"compare has no {name!r}; it takes {', '.join(known)}")
            if not isinstance(value, known[name]):
                kind = "True or False" if known[name] is bool else "a number"
                raise TypeError(f"compare: {name} must be {kind}, but is {value!r}")
        return setting_of({**self.setting(), **given})

    @validate("measured")
    def _are_norms(self, proposal):
        curves = proposal["value"]
        if len(curves) > CURVES:
            raise ValueError(f"measured holds {len(curves)} curves; at most {CURVES} can be shown")
        return {name: own_curve(name, norms) for name, norms in curves.items()}

    def picture(self) -> Figure:
        """Draw the three quantities by layer."""
        figure, axes = plt.subplots(1, 3, figsize=(9.6, 3.1), layout="constrained")
        colours = ("blue", "vermillion", "green")
        for axis, (quantity, title), colour in zip(axes, QUANTITIES.items(), colours, strict=True):
            look = {"color": plots.OKABE_ITO[colour]}
            shown = self.norms(quantity)
            place = torch.linspace(0, 1, len(shown["median"]))
            axis.fill_between(place, shown["low"], shown["high"], alpha=0.2, linewidth=0, **look)
            axis.plot(
                place,
                shown["median"],
                marker="o",
                markersize=3,
                label=in_short(self.setting()),
                **look,
            )
            if self.compare:
                kept = self.norms(quantity, compare=True)["median"]
                axis.plot(
                    torch.linspace(0, 1, len(kept)),
                    kept,
                    "--",
                    label=in_short(self.compare),
                    **look,
                )
            layer = min(self.layer, self.depth - 1) - 1
            axis.plot(place[layer], shown["median"][layer], "o", fillstyle="none", color="k")
            axis.set(yscale="log", title=title, xticks=[0, 1], xticklabels=["image", "top"])
            axis.spines[["top", "right"]].set_visible(False)
        own = axes[2 if self.of == "parameters" else 1]
        for (name, norms), line in zip(self.measured.items(), [":", "-.", "--"], strict=False):
            alive = [norm or math.nan for norm in norms]  # a logarithm has no place for 0
            place = torch.linspace(0, 1, len(norms))
            own.plot(place, alive, line, color="k", marker="s", markersize=3, label=name)
        axes[0].set_ylabel("root mean square")
        if self.compare or self.measured:
            axes[2].legend(fontsize=8)
            own.legend(fontsize=8)
        return figure

    def alt(self) -> str:
        """Say what the picture shows."""
        text = (
            f"{in_words(self.setting()).capitalize()}, before training: root mean squares at its "
            f"{self.depth - 1} conv layers, median of {len(SEEDS)} seeds. {self._story()}"
        )
        if self.compare:
            text += f" Dashed, a {in_words(self.compare)}. {self._story(True)}"
        for name, norms in self.measured.items():
            text += (
                f" Your own curve {name}: from {norms[0]:.3g} at the first of {len(norms)} layers "
                f"to {norms[-1]:.3g} at the last."
            )
        return text

    def _story(self, compare: bool = False) -> str:
        signal, gradient, weights = (
            self.norms(name, compare=compare)["median"] for name in QUANTITIES
        )
        return (
            f"The signal goes from {signal[0]:.3g} at the first layer to {signal[-1]:.3g} at the "
            f"last; the gradient by it from {gradient[-1]:.3g} at the last layer back to "
            f"{gradient[0]:.3g} at the first. The gradients by the weights lie between "
            f"{min(weights):.3g} and {max(weights):.3g}."
        )


def in_words(setting: Mapping) -> str:
    """Say a setting as a reader would."""
    kind = "residual" if setting["residual"] else "plain"
    norm = "with" if setting["batch_norm"] else "without"
    layers, gain = f"{setting['depth']} layers", f"gain {setting['gain']:.4g}"
    return f"{kind} network of {layers} {norm} batch norm, {gain}"


def in_short(setting: Mapping) -> str:
    """Name a setting in a legend."""
    norm = ", batch norm" * setting["batch_norm"]
    return f"{'residual' if setting['residual'] else 'plain'}, {setting['depth']} layers{norm}"


def own_curve(name, norms) -> list[float]:
    """Check a student's own measurement, and give it as a list.

    Raises:
        TypeError: the name is no text, or the norms are no numbers.
        ValueError: a norm is negative or not finite, or there are too few or too many.
    """
    if not isinstance(name, str) or not 1 <= len(name) <= 40:
        raise TypeError(f"measured: a curve's name must have 1 to 40 letters, but is {name!r}")
    if isinstance(norms, Mapping):
        norms = list(norms.values())
    try:
        if isinstance(norms, torch.Tensor) and norms.is_complex():
            raise TypeError
        numbers = torch.as_tensor(norms, dtype=torch.float64).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(
            f"measured[{name!r}] must hold norms by layer, as utils.gradients.gradient_norms gives "
            f"them, but is {type(norms).__name__}"
        ) from None
    if numbers.ndim != 1 or not 2 <= len(numbers) <= LAYERS:
        raise ValueError(
            f"measured[{name!r}] must hold one norm for each of 2 to {LAYERS} layers, but its "
            f"shape is {tuple(numbers.shape)}"
        )
    if bad := [k for k, x in enumerate(numbers.tolist(), start=1) if not 0 <= x < math.inf]:
        raise ValueError(
            f"measured[{name!r}]: the norm at layer {bad[0]} is {numbers[bad[0] - 1].item():g}; "
            "norms are finite and not negative (where float32 overflows, measure in float64)"
        )
    return numbers.tolist()


# The browser needs the table too.
GradientFlow._esm = f"const MEASURED = {FILE.read_text('utf-8').strip()};\n{GradientFlow._esm}"


def main() -> None:
    """Measure every setting, and write the file."""
    lines = []
    for setting in product(DEPTHS, (False, True), (False, True), GAINS):
        found = summarise([measure(*setting, seed=seed) for seed in SEEDS])
        lines.append(f"{json.dumps(key(*setting))}:{json.dumps(found, separators=(',', ':'))}")
        print(key(*setting), flush=True)
    notes = {
        "what": "root mean squares by conv layer, from the image upwards; see measure()",
        "how": "python -m utils.explorers.gradient_flow",
        "seeds": SEEDS,
        "numbers": "[median, below, above] of the seeds: 1000 times the decimal logarithm",
        "torch": torch.__version__.split("+")[0],
        "machine": f"{platform.machine()}, CPU, float64",
    }
    digit = (data.digits().train_images[0, 0] * 16).int().tolist()
    parts = [
        f'"about":{json.dumps(notes)}',
        f'"digit":{json.dumps(digit, separators=(",", ":"))}',
        '"norms":{\n' + ",\n".join(lines) + "\n}",
    ]
    FILE.write_text("{" + ",\n".join(parts) + "}\n", "utf-8")


if __name__ == "__main__":
    main()
