"""Standard scores with a tiny epsilon, einsum for the weights, list comprehensions for the rest."""

import torch

NAMES = ["input", "forget", "candidate", "output", "hidden", "cell"]


def gate_activations(cell, inputs, state=None):
    W = cell.weight_ih.view(4, cell.hidden_size, -1)
    V = cell.weight_hh.view(4, cell.hidden_size, -1)
    b = (cell.bias_ih + cell.bias_hh).view(4, 1, cell.hidden_size)
    from_inputs = torch.einsum("tbx,ghx->tgbh", inputs, W) + b
    if state is None:
        h = c = torch.zeros_like(from_inputs[0, 0])
    else:
        h, c = state
    rows = []
    for a in from_inputs:
        a = a + torch.einsum("bh,gkh->gbk", h, V)
        i, f, o = torch.sigmoid(a[[0, 1, 3]])
        g = torch.tanh(a[2])
        c = torch.addcmul(f * c, i, g)
        h = o * torch.tanh(c)
        rows.append(torch.stack([i, f, g, o, h, c]))
    return dict(zip(NAMES, torch.stack(rows, dim=1)))


def saturation(gate, low=0.1, high=0.9):
    count = gate.shape[0] * gate.shape[1]
    units = range(gate.shape[2])
    left = torch.tensor([int((gate[:, :, u] < low).sum()) / count for u in units])
    right = torch.tensor([int((gate[:, :, u] > high).sum()) / count for u in units])
    return left, right


def unit_correlations(activations, feature):
    za = (activations - activations.mean(0)) / (activations.std(0, unbiased=False) + 1e-8)
    zf = (feature - feature.mean()) / (feature.std(unbiased=False) + 1e-8)
    return (za * zf.unsqueeze(1)).mean(0)


def best_unit(activations, feature):
    _, order = unit_correlations(activations, feature).abs().sort(descending=True)
    return int(order[0])


def project(states, dims=2):
    mean = states.mean(dim=0)
    U, S, V = torch.pca_lowrank(states, q=min(states.shape), center=True)
    explained = S**2 / ((states - mean) ** 2).sum()
    return torch.matmul(states - mean, V[:, :dims]), explained[:dims]
