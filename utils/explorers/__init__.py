"""Explorers: pictures of the course's ideas to be moved by hand, in JupyterLab and on a page.

Each class is a widget. Its traits are set and read from Python; all that it shows is computed in
the browser, so that it also lives in a saved page, where no kernel runs. `Classification` alone
asks the kernel, where its network runs.
"""

from utils.explorers.classification import Classification
from utils.explorers.convolution import Convolution
from utils.explorers.gradient_flow import GradientFlow
from utils.explorers.pooling import Pooling
from utils.explorers.receptive_field import ReceptiveField
from utils.explorers.sizing import Sizing

__all__ = ["Classification", "Convolution", "GradientFlow", "Pooling", "ReceptiveField", "Sizing"]
