"""A twin made of eight nn.Linear layers is run in place of the cell."""

import torch
from torch import nn


class Twin(nn.Module):
    def __init__(self, cell):
        super().__init__()
        kind = dict(dtype=cell.weight_ih.dtype, device=cell.weight_ih.device)
        features, hidden = cell.input_size, cell.hidden_size
        self.x = nn.ModuleList(nn.Linear(features, hidden, **kind) for _ in range(4))
        self.h = nn.ModuleList(nn.Linear(hidden, hidden, **kind) for _ in range(4))
        with torch.no_grad():
            for k in range(4):
                rows = slice(k * hidden, (k + 1) * hidden)
                self.x[k].weight.copy_(cell.weight_ih[rows])
                self.h[k].weight.copy_(cell.weight_hh[rows])
                self.x[k].bias.copy_(cell.bias_ih[rows])
                self.h[k].bias.copy_(cell.bias_hh[rows])

    def forward(self, x, h, c):
        i, f, g, o = (of_x(x) + of_h(h) for of_x, of_h in zip(self.x, self.h))
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        c = f * c + i * g
        return i, f, g, o, o * c.tanh(), c


@torch.no_grad()
def gate_activations(cell, inputs, state=None):
    twin = Twin(cell)
    if state is None:
        h = inputs.new_zeros(inputs.shape[1], cell.hidden_size)
        c = torch.zeros_like(h)
    else:
        h, c = state[0], state[1]
    everything = []
    for x in inputs:
        i, f, g, o, h, c = twin(x, h, c)
        everything.append([i, f, g, o, h, c])
    names = ["input", "forget", "candidate", "output", "hidden", "cell"]
    return {n: torch.stack([row[k] for row in everything]) for k, n in enumerate(names)}


def saturation(gate, low=0.1, high=0.9):
    gate = gate.flatten(0, 1)
    left = 1 - (gate >= low).to(gate.dtype).mean(0)
    right = 1 - (gate <= high).to(gate.dtype).mean(0)
    return left, right


def unit_correlations(activations, feature):
    a = activations - activations.mean(0)
    f = (feature - feature.mean()).unsqueeze(-1)
    r = (a * f).sum(0) / torch.sqrt((a * a).sum(0) * (f * f).sum())
    r[torch.isnan(r)] = 0.0
    return r


def best_unit(activations, feature):
    r = unit_correlations(activations, feature)
    high, low = int(r.argmax()), int(r.argmin())
    return high if float(r[high]) >= -float(r[low]) else low


def project(states, dims=2):
    n = states.shape[0]
    mean = states.sum(0) / n
    q, r = torch.linalg.qr((states - mean).T)
    _, s, vh = torch.linalg.svd(r.T, full_matrices=False)
    axes = q @ vh[:dims].T
    total = (states - mean).square().sum()
    return (states - mean) @ axes, s[:dims].square() / total
