"""A dataclass for what a step computes, torch.corrcoef, and eigenvectors of the covariance."""

from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn


@dataclass
class Moment:
    input: Tensor
    forget: Tensor
    candidate: Tensor
    output: Tensor
    hidden: Tensor
    cell: Tensor

    @classmethod
    def after(cls, lstm: nn.LSTMCell, x: Tensor, h: Tensor, c: Tensor) -> "Moment":
        both = torch.cat([x, h], dim=1)
        weights = torch.cat([lstm.weight_ih, lstm.weight_hh], dim=1)
        rows = torch.einsum("bi,gi->gb", both, weights) + (lstm.bias_ih + lstm.bias_hh)[:, None]
        i, f, g, o = (part.T for part in rows.split(lstm.hidden_size))
        i, f, o, g = torch.sigmoid(i), torch.sigmoid(f), torch.sigmoid(o), torch.tanh(g)
        c = torch.addcmul(i * g, f, c)
        return cls(i, f, g, o, o * torch.tanh(c), c)


def gate_activations(cell, inputs, state=None):
    h = c = torch.zeros(inputs.size(1), cell.hidden_size, dtype=inputs.dtype, device=inputs.device)
    if state is not None:
        h, c = state
    moments: list[Moment] = []
    for x in inputs:
        moments.append(Moment.after(cell, x, h, c))
        h, c = moments[-1].hidden, moments[-1].cell
    return {
        one.name: torch.stack([getattr(moment, one.name) for moment in moments])
        for one in fields(Moment)
    }


def saturation(gate, low=0.1, high=0.9):
    count = gate[..., 0].numel()
    over = list(range(gate.dim() - 1))
    return (gate < low).sum(over) / count, (gate > high).sum(over) / count


def unit_correlations(activations, feature):
    table = torch.corrcoef(torch.cat([activations.T, feature[None]]))
    r = table[-1, :-1]
    still = (activations.amax(0) == activations.amin(0)) | (feature.max() == feature.min())
    return r.masked_fill(still, 0.0)


def best_unit(activations, feature):
    r = unit_correlations(activations, feature).tolist()
    return max(range(len(r)), key=lambda unit: abs(r[unit]))


def project(states, dims=2):
    away = states - states.mean(0, keepdim=True)
    values, vectors = torch.linalg.eigh(away.T.double() @ away.double())
    values, vectors = values.flip(0).clamp_min(0), vectors.flip(1)
    points = away.double() @ vectors[:, :dims]
    return points.to(states.dtype), (values[:dims] / values.sum()).to(states.dtype)
