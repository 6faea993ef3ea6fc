"""Inputs of the exercise-1 checks: pairwise different sizes, and weights that all matter.

The weights are drawn so that every term of the equation matters: V has gain 0.8, so the state
remembers some steps and does not blow up rounding errors; W and O are of order one, so that the
output that is fed back changes the next one.
"""

from math import sqrt

import numpy as np

from grading.checking import Draw

CELL_AXES = {
    "output": ("batch", "unit"),
    "hidden": ("batch", "unit"),
    "inputs": ("batch", "unit"),
    "V": ("to unit", "from unit"),
    "b": ("unit",),
}
NET_AXES = {
    "output": ("batch", "output unit"),
    "outputs": ("step", "batch", "output unit"),
    "outputs_from_zeros": ("step", "batch", "output unit"),
    "hidden": ("batch", "unit"),
    "inputs": ("step", "batch", "input"),
    "W": ("unit", "input"),
    "V": ("to unit", "from unit"),
    "O": ("output unit", "unit"),
    "b": ("unit",),
}

Arrays = dict[str, np.ndarray]


def recurrent(draw: Draw, size: int, dtype: str = "float32") -> np.ndarray:
    """V, (size, size), with gain about 0.8."""
    return draw.normal(size, size, scale=0.8 / sqrt(size), dtype=dtype)


def cell_arrays(draw: Draw, batch: int, size: int, dtype: str = "float32") -> Arrays:
    """Everything that one step of a cell takes: inputs, hidden, V and b."""
    return {
        "inputs": draw.normal(batch, size, dtype=dtype),
        "hidden": draw.uniform(batch, size, low=-0.9, high=0.9, dtype=dtype),
        "V": recurrent(draw, size, dtype),
        "b": draw.normal(size, scale=0.5, dtype=dtype),
    }


def net_weights(draw: Draw, inputs: int, outputs: int, size: int, dtype: str = "float32") -> Arrays:
    """W (size, inputs), V (size, size), O (outputs, size) and b (size,)."""
    return {
        "W": draw.normal(size, inputs, scale=0.8, dtype=dtype),
        "V": recurrent(draw, size, dtype),
        "O": draw.normal(outputs, size, scale=1.2 / sqrt(size), dtype=dtype),
        "b": draw.normal(size, scale=0.3, dtype=dtype),
    }
