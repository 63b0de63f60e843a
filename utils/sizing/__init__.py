"""Sizes of convolutional networks: outputs, parameters, work, memory, receptive fields."""

from utils.sizing.arithmetic import (
    ConvParams,
    ReceptiveField,
    conv_output_size,
    conv_params,
    receptive_field,
)
from utils.sizing.measured import MeasuredField, measured_receptive_field
from utils.sizing.memory import MemoryBudget, memory_budget
from utils.sizing.summary import LayerSize, Summary, summary

__all__ = [
    "ConvParams",
    "LayerSize",
    "MeasuredField",
    "MemoryBudget",
    "ReceptiveField",
    "Summary",
    "conv_output_size",
    "conv_params",
    "measured_receptive_field",
    "memory_budget",
    "receptive_field",
    "summary",
]
