"""What a trained network sees: activations, strongest patches, and maps of what decides.

Everything here takes any model of any device, with layers of :mod:`utils.nn` or ``torch.nn``. It
runs it in evaluation mode, in batches, and leaves it as it was; results lie on the model's device.
"""

from utils.features.activations import activations
from utils.features.class_maps import class_activation_map, grad_cam
from utils.features.figures import overlay_map, patch_figure
from utils.features.occlusion import occlusion_map
from utils.features.patches import Patch, strongest_patches

__all__ = [
    "Patch",
    "activations",
    "class_activation_map",
    "grad_cam",
    "occlusion_map",
    "overlay_map",
    "patch_figure",
    "strongest_patches",
]
