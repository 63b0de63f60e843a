"""A photograph, the names that a trained network gives it, and where the evidence for each lies."""

import base64
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from traitlets import Bool, Dict, Enum, Int, List, Unicode, observe

from utils import data
from utils.data import gallery
from utils.explorers.base import Explorer, as_address
from utils.explorers.sheets import network
from utils.features import class_activation_map, grad_cam, overlay_map
from utils.features.activations import as_batch
from utils.sizing.tracing import evaluation_mode

__all__ = ["Classification"]

COUNT = 5  # names that are shown
OWN = ""  # in the place of a shipped photograph's name
LONGEST = 1000  # pixels of a photograph's longer side: more are not seen, and take time
SIDE = 448  # pixels of the picture that is shown: twice as many as the network gets


class Classification(Explorer, script="classification.js"):
    """Drop a photograph: its five most probable ImageNet classes, with a map of each.

    A photograph is dropped, chosen or pasted in JupyterLab, or is one of those that ship with the
    course. The map is a class activation map, or Grad-CAM's where the network does not end in
    global average pooling and one linear layer. Unlike the other explorers it needs a kernel, where
    the network runs; a saved page shows what was found, but never a photograph that was dropped.

    Args:
        photograph: the name of a shipped one, such as ``"coffee"``; or what
            :func:`utils.data.photograph` takes: a path, bytes, an open file, an upload.
        model: takes (N, 3, 224, 224) and gives scores of ImageNet's 1000 classes; None means
            ``models.efficientnet_lite0(weights="imagenet")``. Images are prepared for it by
            :func:`utils.data.torchvision_input` where torchvision publishes weights for it, else by
            :func:`utils.data.imagenet_input`.
        selected: which of the names is looked at, counted from 0.
        show_map: whether its map lies over the photograph.

    Raises:
        PhotographError, FileNotFoundError, TypeError: the photograph cannot be read.
        ValueError: the model does not give 1000 scores.

    Source: Zhou et al. (2016), arXiv:1512.04150; Selvaraju et al. (2017), arXiv:1610.02391.
    """

    PARTS = ("show_map",)

    photograph = Enum([OWN, *gallery.TABLE], OWN).tag(sync=True)
    photographs: List = List().tag(sync=True)  # [name, title] of those that ship
    selected = Int(0, min=0, max=COUNT - 1).tag(sync=True)
    show_map = Bool(True).tag(sync=True)
    result = Dict().tag(sync=True)  # as _result makes it
    error = Unicode().tag(sync=True)

    def __init__(self, photograph="coffee", *, model: nn.Module | None = None, **settings):
        self.model = network() if model is None else model
        self._saved: dict = {}  # what a saved page shows instead of what was dropped
        titles = [[name, title] for name, (_, title, *_) in gallery.TABLE.items()]
        super().__init__(photographs=titles, **settings)
        self.show(photograph, selected=self.selected)
        self.on_msg(self._dropped)

    def show(self, photograph, *, selected: int = 0) -> None:
        """Name another photograph.

        Args:
            photograph: as of the class.
            selected: which of the names is looked at, counted from 0.

        Raises:
            PhotographError, FileNotFoundError, TypeError: it cannot be read.
        """
        if isinstance(photograph, str) and photograph in gallery.TABLE:
            shipped = gallery.load(photograph)
            result = self._result(shipped.image, shipped.title, shipped.alt)
        else:
            image = data.photograph(photograph, longest=LONGEST)
            photograph, name = OWN, _file_name(photograph)
            result = self._result(image, name, f"Your photograph{name and ', '}{name}.")
        self._put(photograph=photograph, result=result, selected=selected, error="")
        self._saved = {}

    @observe("photograph")
    def _is_chosen(self, change):
        if change["new"] not in (OWN, self._shown):
            with self._errors_shown():
                self.show(change["new"])

    def _dropped(self, _, content, buffers):
        """Name a file that came from the browser; whatever happens, the browser hears of it."""
        saved = self._saved or self.values()
        with suppress(Exception), self._errors_shown():
            self.show({"name": content["name"], "content": buffers[0]})
            self._saved = saved

    @contextmanager
    def _errors_shown(self):
        try:
            yield
        except Exception as error:
            known = isinstance(error, data.PhotographError)
            words = str(error) if known else f"The network failed: {type(error).__name__}: {error}"
            stop = "" if words.endswith((".", ".)")) else "."
            self._put(photograph=self._shown, error=words + stop)
            raise
        finally:
            self.send("done")

    def _put(self, **traits):
        """Set traits, so that the browser gets all of them at once."""
        if "result" in traits:
            self._shown = traits["photograph"]
        with self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)

    def _result(self, image: Tensor, title: str, alt: str) -> dict:
        """What the network says of a photograph (3, H, W), as JSON has it."""
        published = getattr(self.model, "torchvision_name", None)
        prepare = data.torchvision_input if published else data.imagenet_input
        input = prepare(image)
        with evaluation_mode(self.model), torch.no_grad():
            scores = self.model(as_batch(self.model, input))
        count = len(data.imagenet_classes())
        if not isinstance(scores, Tensor) or scores.shape != (1, count):
            shape = tuple(scores.shape) if isinstance(scores, Tensor) else type(scores).__name__
            raise ValueError(f"the model must give (1, {count}) scores, but gave {shape}")
        best, classes = scores[0].softmax(0).topk(COUNT)
        if not best.isfinite().all():
            raise ValueError("the model's scores are not finite")
        maps, method = _maps(self.model, input, classes.tolist())
        names = [data.imagenet_classes()[place] for place in classes]
        large = data.imagenet_input(image, size=SIDE, short_side=SIDE * 256 // 224)
        return {
            "title": title,
            "alt": alt,
            "picture": as_address(data.imagenet_picture(large), "jpeg", 85),
            "method": method,
            "names": [
                {"name": name, "probability": p, "map": _rounded(map), "where": _where(map)}
                for name, p, map in zip(names, best.tolist(), maps, strict=True)
            ],
        }

    def values(self) -> dict:
        """The explorer's own traits, as JSON has them, without a photograph that was dropped."""
        return super().values() | self._saved

    def picture(self) -> Figure:
        """Draw the photograph, and the map of each name over it."""
        result = self.values()["result"]
        picture = data.photograph(base64.b64decode(result["picture"].partition(",")[2]))
        picture = torch.nn.functional.avg_pool2d(picture, 2)
        figure, axes = plt.subplots(1, COUNT + 1, figsize=(1.5 * (COUNT + 1), 1.85))
        axes[0].imshow(picture.permute(1, 2, 0).numpy())
        axes[0].axis("off")
        grey = picture.mean(dim=0, keepdim=True).expand_as(picture)  # the map has the colours
        for axis, found in zip(axes[1:], result["names"], strict=True):
            overlay_map(axis, grey, torch.tensor(found["map"]), strength=0.7)
            axis.set_title(f"{found['name']}\n{_percent(found['probability'])}", fontsize=7)
        return figure

    def alt(self) -> str:
        """Say what the photograph shows, and what the network calls it."""
        result = self.values()["result"]
        named = "; ".join(
            f"{x['name']} {_percent(x['probability'])}, {x['where']}" for x in result["names"]
        )
        return (
            f"{result['alt']} The network's five most probable names, and where its "
            f"{result['method']} is highest: {named}."
        )


def _maps(model: nn.Module, input: Tensor, classes: list[int]) -> tuple[Tensor, str]:
    """Maps (classes, h, w), and what they are called."""
    try:
        maps = class_activation_map(model, input, classes, progress=False)
        method = "class activation map"
    except ValueError:  # it ends in another way
        maps, method = grad_cam(model, input, classes, progress=False), "Grad-CAM map"
    return maps.detach().float().cpu(), method


def _rounded(map: Tensor) -> list:
    """The evidence for a class, from 0 to 1; what speaks against it counts as none."""
    map = map.clamp(min=0)
    return [[round(x, 3) for x in row] for row in (map / map.max().clamp(min=1e-12)).tolist()]


def _where(map: Tensor) -> str:
    """In which third of the picture a map is highest, in words."""
    if not map.max() > 0:
        return "nowhere"
    row, column = divmod(map.argmax().item(), map.shape[1])
    height, width = map.shape
    vertical = ("top", "", "bottom")[int(3 * (row + 0.5) / height)]  # by the middle of the place
    horizontal = ("left", "", "right")[int(3 * (column + 0.5) / width)]
    if not (vertical or horizontal):
        return "in the middle"
    return f"at the {vertical} {horizontal}".strip() if vertical else f"on the {horizontal}"


def _file_name(source) -> str:
    """What to call a photograph of the student's."""
    if isinstance(source, Mapping):
        source = source.get("name", "")
    elif not isinstance(source, str | PathLike):
        source = getattr(source, "name", "")
    return Path(str(source)).name


def _percent(probability: float) -> str:
    percent = 100 * probability
    return f"{percent:.0f} %" if percent >= 9.95 else f"{percent:.1f} %"
