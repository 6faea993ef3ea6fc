"""Inputs of the exercise-2 checks: cells whose curves neither vanish nor explode in a few steps.

A curve that falls to nothing would hide what makes up its first entries, so the recurrent weights
have a gain near 1 and forget gates are half open.
"""

from math import sqrt

import numpy as np

from grading.checking import Draw

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
GAIN = {"LSTM": 1.5, "GRU": 1.5, "RNN": 1.2}
# The gates, in the order of the documentation of nn.LSTMCell.
INPUT, FORGET, CANDIDATE, OUTPUT = range(4)

# The LSTMs of the list, with their forget biases.
FORGET_BIASES = {
    "LSTM (-2)": -2.0,
    "LSTM (0)": 0.0,
    "LSTM (+1)": 1.0,
    "LSTM (+2)": 2.0,
    "LSTM (+10)": 10.0,
}
NAMES = (*FORGET_BIASES, "GRU", "RNN")

CURVE_AXES = {"norms": ("step",), "first": ("step",), "second": ("step",), "third": ("step",)}
STATE_AXES = {"h": ("batch", "unit"), "c": ("batch", "unit")}

Arrays = dict[str, np.ndarray]


def cell_weights(draw: Draw, kind: str, size: int, dtype: str = "float32") -> Arrays:
    """The four weights of a cell with an input of size 1, gates first to last along axis 0."""
    rows = GATES[kind] * size
    return {
        "weight_ih": draw.normal(rows, 1, scale=0.7, dtype=dtype),
        "weight_hh": draw.normal(rows, size, scale=GAIN[kind] / sqrt(size), dtype=dtype),
        "bias_ih": draw.normal(rows, scale=0.5, dtype=dtype),
        "bias_hh": draw.normal(rows, scale=0.5, dtype=dtype),
    }


def default_weights(draw: Draw, kind: str, size: int) -> Arrays:
    """The four weights as PyTorch draws them: uniform within 1 / sqrt(size)."""
    rows, bound = GATES[kind] * size, 1 / sqrt(size)
    shapes = {"weight_ih": (rows, 1), "weight_hh": (rows, size), "bias_ih": (rows,)}
    shapes["bias_hh"] = shapes["bias_ih"]
    return {name: draw.uniform(*shape, low=-bound, high=bound) for name, shape in shapes.items()}


def listed_state(draw: Draw, name: str, rows: int, size: int) -> Arrays:
    """An input x (row, 1) and a state h (and c for an LSTM), (row, unit), for a listed cell."""
    arrays = {
        "x": draw.normal(rows, 1, dtype="float64"),
        "h": draw.uniform(rows, size, low=-0.9, high=0.9, dtype="float64"),
    }
    if name in FORGET_BIASES:
        arrays["c"] = draw.normal(rows, size, dtype="float64")
    return arrays
