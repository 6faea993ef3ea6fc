"""numpy does the work, and the answers are made tensors like the arguments."""

import numpy as np
import torch


def _array(tensor):
    return tensor.detach().cpu().numpy()


def gate_activations(cell, inputs, state=None):
    W, V = _array(cell.weight_ih), _array(cell.weight_hh)
    b = _array(cell.bias_ih) + _array(cell.bias_hh)
    x = _array(inputs)
    shape = (x.shape[1], cell.hidden_size)
    h, c = (np.zeros(shape, x.dtype),) * 2 if state is None else map(_array, state)
    names = "input", "forget", "candidate", "output", "hidden", "cell"
    kept = np.zeros((6, len(x), *shape), x.dtype)
    for t in range(len(x)):
        a = x[t] @ W.T + h @ V.T + b
        i, f, g, o = np.split(a, 4, axis=1)
        i, f, o = (1 / (1 + np.exp(-z)) for z in (i, f, o))
        g = np.tanh(g)
        c = f * c + i * g
        h = o * np.tanh(c)
        kept[:, t] = i, f, g, o, h, c
    return {name: torch.from_numpy(values).to(inputs) for name, values in zip(names, kept)}


def saturation(gate, low=0.1, high=0.9):
    g = _array(gate)
    left, right = (g < low).mean(axis=(0, 1)), (g > high).mean(axis=(0, 1))
    return torch.from_numpy(left).to(gate), torch.from_numpy(right).to(gate)


def unit_correlations(activations, feature):
    a, f = _array(activations).astype(float), _array(feature).astype(float)
    r = np.zeros(a.shape[1])
    if np.ptp(f) > 0:
        for unit, column in enumerate(a.T):
            if np.ptp(column) > 0:
                r[unit] = np.corrcoef(column, f)[0, 1]
    return torch.from_numpy(r).to(activations)


def best_unit(activations, feature):
    return int(np.argmax(np.abs(_array(unit_correlations(activations, feature)))))


def project(states, dims=2):
    x = _array(states).astype(float)
    x = x - x.mean(0)
    cov = np.atleast_2d(np.cov(x, rowvar=False))
    values, vectors = np.linalg.eigh(cov)
    values, vectors = values[::-1], vectors[:, ::-1]
    points = x @ vectors[:, :dims]
    ratios = values[:dims] / values.sum()
    return torch.from_numpy(points.copy()).to(states), torch.from_numpy(ratios.copy()).to(states)
