"""nn.LSTMCell itself for h and c, gates worked out beside it; prints, type hints, early returns."""

import torch
from torch import Tensor, nn

NAMES = ("input", "forget", "candidate", "output", "hidden", "cell")


def gate_activations(
    cell: nn.LSTMCell, inputs: Tensor, state: tuple[Tensor, Tensor] | None = None
) -> dict[str, Tensor]:
    steps, batch, _ = inputs.shape
    print(f"{steps} steps, {batch} sequences")
    size = cell.hidden_size
    kept = torch.empty(6, steps, batch, size, dtype=inputs.dtype, device=inputs.device)
    hidden = torch.zeros_like(kept[0, 0]) if state is None else state[0]
    memory = torch.zeros_like(kept[0, 0]) if state is None else state[1]
    for t in range(steps):
        drive = inputs[t] @ cell.weight_ih.t() + hidden @ cell.weight_hh.t()
        drive = (drive + cell.bias_ih + cell.bias_hh).reshape(batch, 4, size).transpose(0, 1)
        kept[0, t], kept[1, t] = drive[0].sigmoid(), drive[1].sigmoid()
        kept[2, t], kept[3, t] = drive[2].tanh(), drive[3].sigmoid()
        hidden, memory = cell(inputs[t], (hidden, memory))
        kept[4, t], kept[5, t] = hidden, memory
    return dict(zip(NAMES, kept))


def saturation(gate: Tensor, low: float = 0.1, high: float = 0.9) -> tuple[Tensor, Tensor]:
    left, right = torch.lt(gate, low), torch.gt(gate, high)
    return left.double().mean((0, 1)), right.double().mean((0, 1))


def unit_correlations(activations: Tensor, feature: Tensor) -> Tensor:
    found = []
    for unit in activations.t().double():
        found.append(pearson(unit, feature.double()))
    return torch.stack(found).to(activations.dtype)


def pearson(one: Tensor, other: Tensor) -> Tensor:
    if bool((one == one[0]).all()) or bool((other == other[0]).all()):
        return one.new_zeros(())
    return torch.cosine_similarity(one - one.mean(), other - other.mean(), dim=0, eps=1e-300)


def best_unit(activations: Tensor, feature: Tensor) -> int:
    strength = unit_correlations(activations, feature).abs()
    return strength.topk(1).indices.item()


def project(states: Tensor, dims: int = 2) -> tuple[Tensor, Tensor]:
    centered = (states - states.mean(dim=0)).double()
    U, S, _ = torch.svd(centered)
    explained = S.pow(2) / S.pow(2).sum()
    return (U * S)[:, :dims].to(states.dtype), explained[:dims].to(states.dtype)
