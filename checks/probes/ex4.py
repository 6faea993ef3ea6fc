"""Probes of exercise 4. Its functions take plain tensors, and PyTorch's own LSTM cell."""

import operator
from types import ModuleType
from typing import Any

from torch import Tensor, nn


def make_cell(weights: dict[str, Tensor]) -> nn.LSTMCell:
    """An nn.LSTMCell with these weights: weight_ih, weight_hh, bias_ih and bias_hh."""
    cell = nn.LSTMCell(weights["weight_ih"].shape[1], weights["weight_hh"].shape[1])
    cell.to(weights["weight_ih"]).load_state_dict(weights)
    return cell


def gates(
    module: ModuleType,
    inputs: Tensor,
    h: Tensor | None = None,
    c: Tensor | None = None,
    **weights: Tensor,
) -> dict[str, Tensor]:
    """All six activations (step, batch, unit), from the state (h, c) or from none."""
    cell = make_cell(weights)
    answer: dict[str, Tensor] = (
        module.gate_activations(cell, inputs)
        if h is None
        else module.gate_activations(cell, inputs, (h, c))
    )
    return dict(answer)


def saturation(module: ModuleType, gate: Tensor, **thresholds: float) -> dict[str, Tensor]:
    """left and right, both (unit,), with the default thresholds where none are given."""
    left, right = module.saturation(gate, **thresholds)
    return {"left": left, "right": right}


def correlations(module: ModuleType, activations: Tensor, feature: Tensor) -> dict[str, Tensor]:
    """r (unit,)."""
    return {"r": module.unit_correlations(activations, feature)}


def best(module: ModuleType, activations: Tensor, feature: Tensor) -> dict[str, Any]:
    """The number of the unit that best_unit finds, as an int."""
    return {"unit": operator.index(module.best_unit(activations, feature))}


def project(module: ModuleType, states: Tensor, dims: int | None = None) -> dict[str, Tensor]:
    """points (step, dimension) and explained (dimension,); without `dims` the default number."""
    points, explained = module.project(states) if dims is None else module.project(states, dims)
    return {"points": points, "explained": explained}


def arguments_after(
    module: ModuleType,
    inputs: Tensor,
    h: Tensor,
    c: Tensor,
    activations: Tensor,
    feature: Tensor,
    gate: Tensor,
    **weights: Tensor,
) -> dict[str, Tensor]:
    """Every tensor that was passed to a function, after all functions have been called."""
    module.gate_activations(make_cell(weights), inputs, (h, c))
    module.saturation(gate)
    module.unit_correlations(activations, feature)
    module.best_unit(activations, feature)
    module.project(activations)
    return {
        "inputs": inputs,
        "h": h,
        "c": c,
        "activations": activations,
        "feature": feature,
        "gate": gate,
    }
