"""The cell itself advances the state; the gates are computed for all steps at once afterwards."""

import torch
import torch.nn.functional as F


def gate_activations(cell, inputs, state=None):
    hidden, memory = [], []
    before = []
    zero = inputs.new_zeros(inputs.size(1), cell.hidden_size)
    now = (zero, zero) if state is None else tuple(state)
    for x in inputs:
        before.append(now[0])
        now = cell(x, now)
        hidden.append(now[0])
        memory.append(now[1])
    pre = F.linear(inputs, cell.weight_ih, cell.bias_ih)
    pre = pre + F.linear(torch.stack(before), cell.weight_hh, cell.bias_hh)
    i, f, g, o = pre.split(cell.hidden_size, dim=-1)
    return dict(
        input=torch.sigmoid(i),
        forget=torch.sigmoid(f),
        candidate=torch.tanh(g),
        output=torch.sigmoid(o),
        hidden=torch.stack(hidden),
        cell=torch.stack(memory),
    )


def saturation(gate, low=0.1, high=0.9):
    flat = gate.reshape(-1, gate.shape[-1])
    return torch.lt(flat, low).sum(0) / len(flat), torch.gt(flat, high).sum(0) / len(flat)


def unit_correlations(activations, feature):
    table = torch.cat([activations, feature[:, None]], dim=1)
    return torch.nan_to_num(torch.corrcoef(table.T))[-1, :-1]


def best_unit(activations, feature):
    r = unit_correlations(activations, feature).tolist()
    return max(range(len(r)), key=lambda unit: abs(r[unit]))


def project(states, dims=2):
    centered = states - states.mean(dim=0, keepdim=True)
    U, S, Vh = torch.linalg.svd(centered, full_matrices=False)
    return U[:, :dims] * S[:dims], (S**2 / (S**2).sum())[:dims]
