"""Exercise 4: what do the units of a recurrent network represent?

Four ways to look. The gates of an LSTM say what each unit reads, keeps and shows:

    i_t = sigmoid(W_i x_t + V_i h_{t-1} + b_i)      input gate
    f_t = sigmoid(W_f x_t + V_f h_{t-1} + b_f)      forget gate
    g_t = tanh(W_g x_t + V_g h_{t-1} + b_g)         candidate
    o_t = sigmoid(W_o x_t + V_o h_{t-1} + b_o)      output gate
    c_t = f_t c_{t-1} + i_t g_t                     cell state
    h_t = o_t tanh(c_t)                             hidden state

The saturation of a gate says how often a unit is fully closed or fully open (Karpathy, Johnson and
Fei-Fei, 2015). A correlation finds the unit that follows something you know about the text, such as
the position in the line. A projection shows the path of all units at once.

Time is always the first axis. Nothing that is handed in may be changed.

Replace every `raise NotImplementedError` below, then run `python grader.py ex4`.
"""

import torch
from torch import Tensor, nn


def gate_activations(
    cell: nn.LSTMCell, inputs: Tensor, state: tuple[Tensor, Tensor] | None = None
) -> dict[str, Tensor]:
    """Run an LSTM cell over a sequence, and keep everything that its equations compute.

    The documentation of nn.LSTMCell says how the weights of the four gates are stored.

    Args:
        cell: the cell, with its bias.
        inputs: x, (steps, batch, features).
        state: h and c before the first step, each (batch, hidden_size); None means zeros.

    Returns:
        `input`, `forget`, `candidate` and `output`: i, f, g and o of every step; `hidden` and
        `cell`: h and c after every step. Each is (steps, batch, hidden_size).
    """
    # BEGIN SOLUTION
    if state is None:
        zeros = inputs.new_zeros(inputs.shape[1], cell.hidden_size)
        state = zeros, zeros
    hidden, memory = state
    kept: dict[str, list[Tensor]] = {
        name: [] for name in ("input", "forget", "candidate", "output", "hidden", "cell")
    }
    for given in inputs:
        summed = nn.functional.linear(given, cell.weight_ih, cell.bias_ih)
        summed = summed + nn.functional.linear(hidden, cell.weight_hh, cell.bias_hh)
        i, f, g, o = summed.chunk(4, dim=1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        memory = f * memory + i * g
        hidden = o * memory.tanh()
        for values, value in zip(kept.values(), (i, f, g, o, hidden, memory), strict=True):
            values.append(value)
    return {name: torch.stack(values) for name, values in kept.items()}
    # END SOLUTION


def saturation(gate: Tensor, low: float = 0.1, high: float = 0.9) -> tuple[Tensor, Tensor]:
    """How often each unit of a gate is (nearly) closed, and how often (nearly) open.

    Args:
        gate: activations of a gate, (steps, batch, units).
        low: below this a gate is left-saturated.
        high: above this a gate is right-saturated.

    Returns:
        left and right, both (units,): of all entries of a unit, over steps and batch, the fraction
        (from 0 to 1) that is smaller than `low`, and the fraction that is greater than `high`.
    """
    # BEGIN SOLUTION
    entries = gate.flatten(end_dim=-2)
    left = (entries < low).to(gate.dtype).mean(dim=0)
    right = (entries > high).to(gate.dtype).mean(dim=0)
    return left, right
    # END SOLUTION


def unit_correlations(activations: Tensor, feature: Tensor) -> Tensor:
    """How closely each unit follows a feature: Pearson's r.

    Args:
        activations: (steps, units).
        feature: a number for each step, (steps,), of the same dtype.

    Returns:
        (units,): r of each unit with the feature, from -1 to 1. A unit that never varies has r = 0,
        and so does every unit if the feature never varies.
    """
    # BEGIN SOLUTION
    units = activations - activations.mean(dim=0)
    wanted = feature - feature.mean()
    r = wanted @ units / (wanted.norm() * units.norm(dim=0))
    # By its values: the mean of equal numbers may differ from them by a rounding error.
    varies = (activations != activations[0]).any(dim=0) & (feature != feature[0]).any()
    return torch.where(varies, r, 0.0)
    # END SOLUTION


def best_unit(activations: Tensor, feature: Tensor) -> int:
    """The unit that follows a feature best, be it upward or downward.

    Args:
        activations: (steps, units).
        feature: a number for each step, (steps,), of the same dtype.

    Returns:
        The number, from 0, of the unit whose r has the largest absolute value.
    """
    # BEGIN SOLUTION
    return int(unit_correlations(activations, feature).abs().argmax())
    # END SOLUTION


def project(states: Tensor, dims: int = 2) -> tuple[Tensor, Tensor]:
    """Principal component analysis: the directions in which the states vary most.

    Args:
        states: (steps, units); there may be more units than steps.
        dims: how many directions to keep, at most min(steps, units).

    Returns:
        points: (steps, dims), each state as seen from the mean state, along the `dims` directions
        of largest variance, largest first, in the units of the states. The sign of a direction is
        free.
        explained: (dims,), the variance along each direction as a fraction of the total variance.
    """
    # BEGIN SOLUTION
    centered = states - states.mean(dim=0)
    _, scales, directions = torch.linalg.svd(centered, full_matrices=False)
    variances = scales.square()
    points = centered @ directions[:dims].T
    return points, variances[:dims] / variances.sum()
    # END SOLUTION
