"""Directions one by one by power iteration and deflation; correlation as a regression slope."""

import math

import torch


def gate_activations(cell, inputs, state=None):
    with torch.no_grad():
        batch = inputs.shape[1]
        h = inputs.new_zeros((batch, cell.hidden_size)) if state is None else state[0].clone()
        c = inputs.new_zeros((batch, cell.hidden_size)) if state is None else state[1].clone()
        shape = (inputs.shape[0], batch, cell.hidden_size)
        arrays = {
            name: inputs.new_empty(shape)
            for name in ("input", "forget", "candidate", "output", "hidden", "cell")
        }
        for t, x in enumerate(inputs):
            a = torch.addmm(cell.bias_ih, x, cell.weight_ih.t())
            a = a + torch.addmm(cell.bias_hh, h, cell.weight_hh.t())
            i, f, g, o = torch.chunk(a, 4, dim=1)
            arrays["input"][t] = i.sigmoid()
            arrays["forget"][t] = f.sigmoid()
            arrays["candidate"][t] = g.tanh()
            arrays["output"][t] = o.sigmoid()
            c = arrays["forget"][t] * c + arrays["input"][t] * arrays["candidate"][t]
            h = arrays["output"][t] * c.tanh()
            arrays["cell"][t] = c
            arrays["hidden"][t] = h
        return arrays


def saturation(gate, low=0.1, high=0.9):
    total = gate.size(0) * gate.size(1)
    left = torch.count_nonzero(gate < low, dim=(0, 1)) / total
    right = torch.count_nonzero(gate > high, dim=(0, 1)) / total
    return left, right


def unit_correlations(activations, feature):
    answer = torch.zeros(activations.shape[1], dtype=activations.dtype, device=activations.device)
    f = feature - feature.mean()
    if (f == 0).all():
        return answer
    for u in range(activations.shape[1]):
        a = activations[:, u] - activations[:, u].mean()
        if (a == 0).all():
            continue
        slope = (a @ f) / (f @ f)
        answer[u] = slope * torch.sqrt((f @ f) / (a @ a))
    return answer


def best_unit(activations, feature):
    best, found = 0, -1.0
    for unit, r in enumerate(unit_correlations(activations, feature)):
        if abs(float(r)) > found:
            best, found = unit, math.fabs(r)
    return best


def project(states, dims=2):
    rest = (states - states.mean(0)).double()
    centered = rest.clone()
    total = centered.pow(2).sum()
    directions = []
    for _ in range(dims):
        v = rest[rest.norm(dim=1).argmax()]
        for _ in range(3000):
            v = rest.T @ (rest @ v)
            v = v / v.norm()
        directions.append(v)
        rest = rest - torch.outer(rest @ v, v)
    points = centered @ torch.stack(directions, dim=1)
    return points.to(states), (points.pow(2).sum(0) / total).to(states)
