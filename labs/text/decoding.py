"""What can be read from a state: linear probes and nearest neighbors, with honest scores.

A score means something only next to a control: the same probe on an untrained network, or on the
last few characters, which need no network at all.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Keeps the probe solvable where units never vary; so small that it changes no score.
RIDGE = 1e-4


def balanced_accuracy(guessed: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    """The mean of the rates of right guesses in the true and the false cases; chance is 0.5."""
    return float((guessed[true].mean() + (~guessed[~true]).mean()) / 2)


def probe_class(states: Array, wanted: NDArray[np.bool_], held_out: NDArray[np.bool_]) -> float:
    """Balanced accuracy, on the held-out steps, of a linear probe fitted on the rest.

    states (step, unit), wanted and held_out (step,). Least squares on targets of +1 and -1, with
    equal weight for both classes.
    """
    share = wanted[~held_out].mean()
    weights = np.where(wanted, 1 / share, 1 / (1 - share))
    guessed = _read_off(states, np.where(wanted, 1.0, -1.0), weights, held_out)
    return balanced_accuracy(guessed > 0, wanted[held_out])


def probe_number(states: Array, wanted: Array, held_out: NDArray[np.bool_]) -> float:
    """R2, on held-out steps, of a linear probe fitted on the rest; guessing the mean scores 0."""
    guessed = _read_off(states, wanted, np.ones(len(wanted)), held_out)
    true = wanted[held_out]
    return float(1 - ((true - guessed) ** 2).mean() / true.var())


def _read_off(states: Array, wanted: Array, weights: Array, held_out: NDArray[np.bool_]) -> Array:
    """What weighted least squares, fitted on the rest, predicts for the held-out states."""
    fitted = ~held_out
    spread = states[fitted].std(axis=0)
    scaled = (states - states[fitted].mean(axis=0)) / np.where(spread > 0, spread, 1)
    columns = np.hstack([scaled, np.ones((len(states), 1))])
    weighted = columns[fitted] * weights[fitted, None]
    gram = weighted.T @ columns[fitted] + RIDGE * weights[fitted].sum() * np.eye(columns.shape[1])
    return columns[held_out] @ np.linalg.solve(gram, weighted.T @ wanted[fitted])


def nearest_neighbors(points: Array, wanted: NDArray[np.bool_], neighbors: int = 5) -> float:
    """Balanced accuracy when each point is guessed to be in the class of most of its neighbors.

    points (step, dimension), wanted (step,). It tells how far apart two classes are in a picture.
    """
    distances = ((points[:, None] - points) ** 2).sum(axis=-1)
    np.fill_diagonal(distances, np.inf)
    nearest = np.argpartition(distances, neighbors, axis=1)[:, :neighbors]
    return balanced_accuracy(wanted[nearest].mean(axis=1) > 0.5, wanted)
