"""Inputs of the exercise-4 checks, whose answers do not depend on rounding errors."""

from math import sqrt

import numpy as np

from grading.checking import Draw

# In the order of the contract.
GATES = ("input", "forget", "candidate", "output", "hidden", "cell")
GATE_AXES = dict.fromkeys(GATES, ("step", "batch", "unit"))
SATURATION_AXES = {"left": ("unit",), "right": ("unit",)}
R_AXES = {"r": ("unit",)}
PROJECTION_AXES = {"points": ("step", "dimension"), "explained": ("dimension",)}

Arrays = dict[str, np.ndarray]


def lstm_weights(draw: Draw, features: int, size: int, dtype: str = "float32") -> Arrays:
    """The four weights of an nn.LSTMCell; each of them matters, none makes the gates stick."""
    return {
        "weight_ih": draw.normal(4 * size, features, scale=1 / sqrt(features), dtype=dtype),
        "weight_hh": draw.normal(4 * size, size, scale=1.5 / sqrt(size), dtype=dtype),
        "bias_ih": draw.normal(4 * size, scale=0.5, dtype=dtype),
        "bias_hh": draw.normal(4 * size, scale=0.5, dtype=dtype),
    }


def lstm_state(draw: Draw, batch: int, size: int, dtype: str = "float32") -> Arrays:
    """h and c, both (batch, size)."""
    return {
        "h": draw.uniform(batch, size, low=-0.9, high=0.9, dtype=dtype),
        "c": draw.normal(batch, size, dtype=dtype),
    }


def gate_values(
    draw: Draw, steps: int, batch: int, size: int, low: float, high: float
) -> np.ndarray:
    """Activations of a gate, (steps, batch, size), none of them close to a threshold.

    Each unit has its own taste for being closed, in between, or open.
    """
    taste = draw.uniform(size, 3, low=0.1, high=1.0)
    edges = np.cumsum(taste / taste.sum(axis=1, keepdims=True), axis=1)
    kind = (draw.uniform(steps, batch, size, low=0.0, high=1.0)[..., None] > edges[:, :2]).sum(-1)
    margin = 0.01
    closed = draw.uniform(steps, batch, size, low=0.0, high=low - margin)
    between = draw.uniform(steps, batch, size, low=low + margin, high=high - margin)
    opened = draw.uniform(steps, batch, size, low=high + margin, high=1.0)
    values: np.ndarray = np.choose(kind, [closed, between, opened])
    return values


def correlated(draw: Draw, steps: int, units: int, dtype: str = "float32") -> Arrays:
    """activations (steps, units) that follow feature (steps,) to different degrees, some downward.

    Units have different scales and offsets.
    """
    feature = draw.normal(steps, dtype=dtype)
    mixture = draw.uniform(units, low=-1.0, high=1.0, dtype=dtype)
    noise = draw.normal(steps, units, dtype=dtype)
    scale = draw.uniform(units, low=0.3, high=3.0, dtype=dtype)
    offset = draw.normal(units, dtype=dtype)
    activations = (feature[:, None] * mixture + noise) * scale + offset
    return {"activations": activations.astype(dtype), "feature": feature}


def counter(steps: int, length: int) -> np.ndarray:
    """A position that rises from -1 to 1 and starts again every `length` steps: (steps,)."""
    return (2 * (np.arange(steps) % length) / (length - 1) - 1).astype(np.float32)


def flat_states(
    draw: Draw, steps: int, units: int, dims: int, rest: float = 0.05, dtype: str = "float32"
) -> np.ndarray:
    """States (steps, units) that lie near a `dims`-dimensional plane, away from the origin.

    The first `dims` singular values of the centered states are 1, 1/1.6, 1/1.6^2, ..., and all
    others `rest` times the last of those, all times sqrt(steps). So the directions are well
    defined, even for a randomized method; the others still add 0.4 to 3 % to the total variance.
    """
    rank = min(steps - 1, units)
    scales = 1.6 ** -np.arange(dims, dtype=np.float64)
    scales = np.append(scales, np.full(rank - dims, rest * scales[-1])) * sqrt(steps)
    times = draw.normal(steps, rank, dtype="float64")
    left = np.linalg.qr(times - times.mean(axis=0))[0]
    right = np.linalg.qr(draw.normal(units, rank, dtype="float64"))[0]
    offset = draw.normal(units, scale=2.0, dtype="float64")
    states: np.ndarray = (left * scales) @ right.T + offset
    return states.astype(dtype)
