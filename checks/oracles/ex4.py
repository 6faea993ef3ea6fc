"""Exercise 4 in numpy, in float64."""

import numpy as np

Arrays = dict[str, np.ndarray]


def lstm(weights: Arrays, inputs: np.ndarray, h: np.ndarray, c: np.ndarray) -> Arrays:
    """All six activations (steps, batch, units) for inputs (steps, batch, features)."""
    size = h.shape[1]
    W, V = weights["weight_ih"].astype(np.float64), weights["weight_hh"].astype(np.float64)
    b = weights["bias_ih"].astype(np.float64) + weights["bias_hh"]
    h, c = h.astype(np.float64), c.astype(np.float64)
    steps = []
    for x in inputs.astype(np.float64):
        summed = (x @ W.T + h @ V.T + b).reshape(len(x), 4, size)
        i, f, o = (1 / (1 + np.exp(-summed[:, gate])) for gate in (0, 1, 3))
        g = np.tanh(summed[:, 2])
        c = f * c + i * g
        h = o * np.tanh(c)
        steps.append((i, f, g, o, h, c))
    names = ("input", "forget", "candidate", "output", "hidden", "cell")
    stacked = map(np.stack, zip(*steps, strict=True))
    return dict(zip(names, stacked, strict=True))


def saturated(gate: np.ndarray, low: float, high: float) -> Arrays:
    """left and right, (units,), of gate (steps, batch, units)."""
    entries = gate.shape[0] * gate.shape[1]
    return {
        "left": np.count_nonzero(gate < low, axis=(0, 1)) / entries,
        "right": np.count_nonzero(gate > high, axis=(0, 1)) / entries,
    }


def pearson(activations: np.ndarray, feature: np.ndarray) -> np.ndarray:
    """r (units,) of the columns of activations (steps, units) with feature (steps,).

    Computed from standard scores; every column and the feature must vary.
    """
    columns = activations.astype(np.float64)
    wanted = feature.astype(np.float64)
    scores = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    target = (wanted - wanted.mean()) / wanted.std()
    r: np.ndarray = (scores * target[:, None]).mean(axis=0)
    return r


def principal_components(states: np.ndarray, dims: int) -> Arrays:
    """points (steps, dims), signs arbitrary, and explained (dims,) of states (steps, units).

    Computed from the eigenvectors of the covariance.
    """
    values = states.astype(np.float64)
    centered = values - values.mean(axis=0)
    variances, directions = np.linalg.eigh(centered.T @ centered)
    largest = np.argsort(variances)[::-1][:dims]
    points = centered @ directions[:, largest]
    return {"points": points, "explained": variances[largest] / variances.sum()}


def distances(points: np.ndarray) -> np.ndarray:
    """Distances between all pairs of points (steps, dims): (steps, steps), in float64."""
    values = points.astype(np.float64)
    between: np.ndarray = np.linalg.norm(values[:, None] - values[None], axis=-1)
    return between
