"""Explorers: pictures of the course's ideas to be moved by hand, in JupyterLab and on a page.

Each class is a widget. Its traits are set and read from Python; all that it shows is computed in
the browser, so that it also lives in a saved page, where no kernel runs. `Features` needs a network
besides: its data come from the kernel, or lie beside the pages of the course's site.
`Classification` asks the kernel, where its network runs.
"""

from utils.explorers.classification import Classification
from utils.explorers.convolution import Convolution
from utils.explorers.features import Features
from utils.explorers.gradient_flow import GradientFlow
from utils.explorers.pooling import Pooling
from utils.explorers.receptive_field import ReceptiveField
from utils.explorers.sizing import Sizing

__all__ = [
    "Classification",
    "Convolution",
    "Features",
    "GradientFlow",
    "Pooling",
    "ReceptiveField",
    "Sizing",
]
