"""Cosine similarity of centered columns; the components from the Gram matrix of the steps."""

from collections import defaultdict

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def gate_activations(
    cell: nn.LSTMCell, inputs: Tensor, state: tuple[Tensor, Tensor] | None = None
) -> dict[str, Tensor]:
    H = cell.hidden_size
    h, c = state if state is not None else (torch.zeros(inputs.shape[1], H).to(inputs),) * 2
    weight = torch.cat([cell.weight_ih, cell.weight_hh], dim=1)
    bias = cell.bias_ih + cell.bias_hh
    record = defaultdict(list)
    for x in inputs.unbind(0):
        z = F.linear(torch.cat([x, h], dim=1), weight, bias)
        step = {
            "input": torch.sigmoid(z[:, :H]),
            "forget": torch.sigmoid(z[:, H : 2 * H]),
            "candidate": torch.tanh(z[:, 2 * H : 3 * H]),
            "output": torch.sigmoid(z[:, 3 * H :]),
        }
        c = step["forget"] * c + step["input"] * step["candidate"]
        h = step["output"] * torch.tanh(c)
        step |= {"cell": c, "hidden": h}
        for name, value in step.items():
            record[name] += [value]
    return {name: torch.stack(values, dim=0) for name, values in record.items()}


def saturation(gate: Tensor, low: float = 0.1, high: float = 0.9) -> tuple[Tensor, Tensor]:
    def fraction(mask: Tensor) -> Tensor:
        return mask.double().mean(dim=tuple(range(mask.dim() - 1)))

    return fraction(gate < low), fraction(gate > high)


def unit_correlations(activations: Tensor, feature: Tensor) -> Tensor:
    columns = activations.T - activations.T.mean(dim=1, keepdim=True)
    wanted = (feature - feature.mean()).expand_as(columns)
    return F.cosine_similarity(columns, wanted, dim=1)


def best_unit(activations: Tensor, feature: Tensor) -> int:
    return int(unit_correlations(activations, feature).square().argmax())


def project(states: Tensor, dims: int = 2) -> tuple[Tensor, Tensor]:
    centered = states - states.mean(dim=0)
    values, vectors = torch.linalg.eigh(centered @ centered.T)
    values, vectors = values.flip(0), vectors.flip(1)
    points = vectors[:, :dims] * values[:dims].clamp(min=0).sqrt()
    return points, values[:dims] / values.clamp(min=0).sum()
