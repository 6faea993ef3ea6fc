"""Exercise 2 in numpy, in float64: closed forms of curves, and tests of a cell's behavior."""

import numpy as np

Arrays = dict[str, np.ndarray]


def sigmoid(values: np.ndarray) -> np.ndarray:
    between: np.ndarray = 1 / (1 + np.exp(-values))
    return between


def logit(values: np.ndarray) -> np.ndarray:
    """The inverse of sigmoid; NaN or infinite outside its range."""
    with np.errstate(all="ignore"):
        logits: np.ndarray = np.log(values) - np.log1p(-values)
    return logits


def norms_without_recurrence(weights: Arrays, inputs: np.ndarray) -> np.ndarray:
    """The curve (steps,) of an LSTM or GRU whose weight_hh is zero: inputs (steps, 1, 1).

    Then a state reaches the next one only through a gate: in an LSTM through the forget gate f,
    as c_t = f_t c_{t-1} + i_t g_t, in a GRU through the update gate z, as
    h_t = z_t h_{t-1} + (1 - z_t) n_t. Entry t is the norm of the product of that gate over all
    steps after t. Both gates are the second block of rows in PyTorch's weights.
    """
    size = weights["weight_hh"].shape[1]
    block = slice(size, 2 * size)
    W = weights["weight_ih"][block].astype(np.float64)
    b = weights["bias_ih"][block].astype(np.float64) + weights["bias_hh"][block]
    gates = sigmoid(inputs[:, 0, :].astype(np.float64) @ W.T + b)
    after = np.vstack([gates[1:], np.ones((1, size))])
    products = np.cumprod(after[::-1], axis=0)[::-1]
    curve: np.ndarray = np.linalg.norm(products, axis=1)
    return curve


def norms_of_a_scaled_rotation(size: int, gain: float, steps: int) -> np.ndarray:
    """The curve (steps,) if each step multiplies the state by `gain` times a rotation.

    The gradient of the sum is a vector of ones at the last step, and a rotation keeps lengths:
    sqrt(size) * gain^distance.
    """
    distance = np.arange(steps)[::-1]
    curve: np.ndarray = np.sqrt(size) * gain**distance
    return curve


def affine_misfit(points: np.ndarray, values: np.ndarray) -> float:
    """The largest error of the best affine function from points (row, m) to values (row, n).

    Meaningful only with more rows than m + 1. NaN or infinite values give infinity.
    """
    if not np.isfinite(values).all():
        return np.inf
    columns = np.hstack([points, np.ones((len(points), 1))])
    best = np.linalg.lstsq(columns, values, rcond=None)[0]
    return float(np.abs(columns @ best - values).max())
