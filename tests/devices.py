"""The devices of this machine."""

import torch

DEVICES = ["cpu"]
DEVICES += ["cuda"] if torch.cuda.is_available() else []
DEVICES += ["mps"] if torch.backends.mps.is_available() else []
# Apple's GPUs have no float64.
PRECISE = [name for name in DEVICES if name != "mps"]
