"""Ten photographs that ship in packages, so that a trained network has something to look at."""

from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from utils.data.pictures import photograph

__all__ = ["Photograph", "load", "photographs"]


class Photograph(NamedTuple):
    """A photograph (3, H, W), red, green and blue, float32 in [0, 1], and what to say of it.

    ``title`` names it, ``source`` says who took it and in which package it ships, ``licence`` what
    may be done with it; ``alt`` is what is to be seen, for those who cannot see it.
    """

    title: str
    source: str
    licence: str
    alt: str
    image: Tensor


# Folders of the packages that they ship in; nothing is downloaded.
SKIMAGE = "skimage/data"
SKLEARN = "sklearn/datasets/images"
MATPLOTLIB = "matplotlib/mpl-data/sample_data"
CC0, CC_BY, PUBLIC = "CC0 1.0", "CC BY 2.0", "public domain"

# Name -> file, title, source, licence, text alternative. Sources: the docstrings of skimage.data
# 0.26, scikit-learn's datasets/images/README.txt, the credits of matplotlib's sample data.
TABLE = {
    "coffee": (
        f"{SKIMAGE}/coffee.png",
        "A cup of espresso",
        "Rachel Michetti, courtesy of Pikolo Espresso Bar; in scikit-image",
        CC0,
        "A red cup of espresso on a red saucer with a spoon, seen from above on a wooden table.",
    ),
    "camera": (
        f"{SKIMAGE}/camera.png",
        "Photographer at work",
        "Lav Varshney; in scikit-image",
        CC0,
        "A man in a dark coat bends to a camera on a tripod, on a lawn; grey levels only.",
    ),
    "chelsea": (
        f"{SKIMAGE}/chelsea.png",
        "Chelsea the cat",
        "Stéfan van der Walt; in scikit-image",
        CC0,
        "The face of a ginger tabby cat with green eyes, close up, looking past the viewer.",
    ),
    "rocket": (
        f"{SKIMAGE}/rocket.jpg",
        "A Falcon 9 before its launch",
        "SpaceX (2015); in scikit-image",
        PUBLIC,
        "A white rocket stands upright between four lattice towers, lit by lamps at dusk.",
    ),
    "motorcycle": (
        f"{SKIMAGE}/motorcycle_left.png",
        "A motorcycle in a workshop",
        "Scharstein et al. (2014), the Middlebury stereo benchmark; in scikit-image",
        "no licence stated; published for research",
        "A red motorcycle on its stand, from the right side, in a workshop with full shelves.",
    ),
    "astronaut": (
        f"{SKIMAGE}/astronaut.png",
        "Eileen Collins",
        "NASA; in scikit-image",
        PUBLIC,
        "A smiling astronaut in an orange suit, her helmet before her; behind her a flag and a "
        "model of the space shuttle.",
    ),
    "coins": (
        f"{SKIMAGE}/coins.png",
        "Greek coins from Pompeii",
        "Brooklyn Museum; in scikit-image",
        "no known copyright",
        "Twenty-four old coins in four rows on a dark ground; grey levels only.",
    ),
    "flower": (
        f"{SKLEARN}/flower.jpg",
        "A dahlia",
        "flickr.com/photos/vultilion/6056698931; in scikit-learn",
        CC_BY,
        "A round orange dahlia with many petals before dark leaves; below it part of another one.",
    ),
    "china": (
        f"{SKLEARN}/china.jpg",
        "A tower of the Summer Palace",
        "flickr.com/photos/danielbuechele/6061409035; in scikit-learn",
        CC_BY,
        "A tower of four storeys with green and orange roofs stands among trees above a lake.",
    ),
    "hopper": (
        f"{MATPLOTLIB}/grace_hopper.jpg",
        "Grace Hopper",
        "US Navy; in matplotlib",
        PUBLIC,
        "Portrait of Grace Hopper in a dark naval uniform with a white cap, before a flag.",
    ),
}


def photographs() -> dict[str, Photograph]:
    """Ten photographs by their names: coffee, camera, chelsea, rocket, motorcycle, ...

    Raises:
        FileNotFoundError: a package does not ship the photograph.
        ModuleNotFoundError: a package is not installed.
    """
    return {name: load(name) for name in TABLE}


def load(name: str) -> Photograph:
    """One of the ten; errors as of :func:`photographs`."""
    file, title, source, licence, alt = TABLE[name]
    return Photograph(title, source, licence, alt, photograph(_path(file)))


def _path(file: str) -> Path:
    package, _, within = file.partition("/")
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        wanted = {"skimage": "scikit-image", "sklearn": "scikit-learn"}.get(package, package)
        raise ModuleNotFoundError(
            f"the photograph {Path(file).name} comes in the package {wanted}, which is not "
            f"installed: pip install {wanted}"
        )
    return Path(spec.origin).parent / within
