"""Probes of exercise 2.

The cells that are measured are PyTorch's own, made here with weights that the grader has drawn.
The cells of the student's list keep their own weights, stored in any way: the probes describe them
by their behavior, the state after one step from inputs and states that the grader has drawn.
"""

from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

KINDS: dict[str, type[nn.LSTMCell | nn.GRUCell | nn.RNNCell]] = {
    "LSTM": nn.LSTMCell,
    "GRU": nn.GRUCell,
    "RNN": nn.RNNCell,
}


def make_cell(kind: str, weights: dict[str, Tensor]) -> Any:
    """PyTorch's cell of this kind with weight_ih, weight_hh, bias_ih and bias_hh."""
    cell = KINDS[kind](weights["weight_ih"].shape[1], weights["weight_hh"].shape[1])
    cell.to(weights["weight_ih"]).load_state_dict(weights)
    return cell


# --- set_forget_bias -------------------------------------------------------------------------


def biased_weights(module: ModuleType, value: float, **weights: Tensor) -> dict[str, Tensor]:
    """All weights of an LSTM after set_forget_bias."""
    cell = make_cell("LSTM", weights)
    module.set_forget_bias(cell, value)
    return {name: getattr(cell, name) for name in weights}


def biased_step(
    module: ModuleType,
    value: float,
    x: Tensor,
    h: Tensor,
    c: Tensor,
    weight_ih_later: Tensor,
    **weights: Tensor,
) -> dict[str, Tensor]:
    """h and c (batch, unit) after one step of the cell that set_forget_bias returned.

    Before that step, the cell that was passed in gets another weight_ih; a copy keeps the old one.
    """
    cell = make_cell("LSTM", weights)
    returned = module.set_forget_bias(cell, value)
    if not callable(returned):
        raise TypeError(f"set_forget_bias returned {type(returned).__name__}, not the cell")
    with torch.no_grad():
        cell.weight_ih.copy_(weight_ih_later)
    hidden, memory = returned(x, (h, c))
    return {"h": hidden, "c": memory}


# --- gradient_norms --------------------------------------------------------------------------


def norms(module: ModuleType, kind: str, inputs: Tensor, **weights: Tensor) -> dict[str, Tensor]:
    """The curve (step,) of a cell of this kind."""
    return {"norms": module.gradient_norms(make_cell(kind, weights), inputs)}


def norms_in_turn(
    module: ModuleType, kind: str, inputs: Tensor, others: Tensor, **weights: Tensor
) -> dict[str, Tensor]:
    """Curves of one cell for `inputs`, `others` and `inputs` again; the inputs afterwards."""
    cell = make_cell(kind, weights)
    given = inputs.clone()
    return {
        "first": module.gradient_norms(cell, given),
        "second": module.gradient_norms(cell, others.clone()),
        "third": module.gradient_norms(cell, given),
        "inputs_after": given,
    }


def norms_with_forget_bias(
    module: ModuleType, value: float, inputs: Tensor, **weights: Tensor
) -> dict[str, Tensor]:
    """The curve (step,) of an LSTM after set_forget_bias."""
    cell = make_cell("LSTM", weights)
    module.set_forget_bias(cell, value)
    return {"norms": module.gradient_norms(cell, inputs)}


# --- probe_list ------------------------------------------------------------------------------


def listed_cells(module: ModuleType, name: str, count: int, size: int, like: Tensor) -> list[Any]:
    """New cells of one name in the list. Raises LookupError if it is not there."""
    makers = module.probe_list()
    if name not in makers:
        raise LookupError(f"probe_list() has no {name!r}")
    return [makers[name](size).to(like) for _ in range(count)]


def step(cell: Any, x: Tensor, h: Tensor, c: Tensor | None) -> dict[str, Tensor]:
    """The state after one step from each row of x (row, 1), h (row, unit) and, of an LSTM, c.

    Row by row, as the contract promises only a batch of 1.
    """
    hidden, memory = [], []
    with torch.no_grad():
        for row in range(len(x)):
            here = slice(row, row + 1)
            if c is None:
                state = cell(x[here], h[here])
                # A cell like that of exercise 1 returns its state twice.
                hidden.append(state[-1] if isinstance(state, tuple) else state)
            else:
                after, kept = cell(x[here], (h[here], c[here]))
                hidden.append(after)
                memory.append(kept)
    states = {"h": hidden} if c is None else {"h": hidden, "c": memory}
    return {name: torch.cat(rows).to(h) for name, rows in states.items()}


def listed_step(
    module: ModuleType, name: str, x: Tensor, h: Tensor, c: Tensor | None = None
) -> dict[str, Tensor]:
    """h and c (row, unit) after one step of a listed cell of the size of h."""
    (cell,) = listed_cells(module, name, 1, h.shape[1], x)
    return step(cell, x, h, c)


def listed_twice(
    module: ModuleType, name: str, x: Tensor, h: Tensor, c: Tensor | None = None
) -> dict[str, Tensor]:
    """The same step of one listed cell before and after all weights of another are set to zero."""
    one, other = listed_cells(module, name, 2, h.shape[1], x)
    before = step(one, x, h, c)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.zero_()
    return {
        **{f"{key}_before": value for key, value in before.items()},
        **{f"{key}_after": value for key, value in step(one, x, h, c).items()},
    }
