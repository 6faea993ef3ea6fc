"""The schoolbook formula of r with sums; eigenvalues without symmetry; one helper class."""

import torch
from torch import nn


class Recorder:
    def __init__(self, cell, h, c):
        self.cell, self.h, self.c = cell, h, c
        self.rows = []

    def step(self, x):
        W, V = self.cell.weight_ih, self.cell.weight_hh
        a = W @ x.T + V @ self.h.T + (self.cell.bias_ih + self.cell.bias_hh)[:, None]
        i, f, g, o = (part.T for part in a.chunk(4, dim=0))
        i, f, o, g = torch.sigmoid(i), torch.sigmoid(f), torch.sigmoid(o), torch.tanh(g)
        self.c = f * self.c + i * g
        self.h = o * torch.tanh(self.c)
        self.rows.append((i, f, g, o, self.h, self.c))


def gate_activations(cell: nn.LSTMCell, inputs, state=None):
    zeros = torch.zeros(inputs.shape[1], cell.hidden_size, dtype=inputs.dtype, device=inputs.device)
    recorder = Recorder(cell, *(state or (zeros, zeros)))
    for x in inputs:
        recorder.step(x)
    columns = [torch.stack(column) for column in zip(*recorder.rows)]
    return dict(zip(("input", "forget", "candidate", "output", "hidden", "cell"), columns))


def saturation(gate, low=0.1, high=0.9):
    steps, batch, units = gate.shape
    by_unit = gate.permute(2, 0, 1).reshape(units, steps * batch)
    ones = torch.ones_like(by_unit)
    closed = torch.where(by_unit < low, ones, 0 * ones)
    opened = torch.where(by_unit > high, ones, 0 * ones)
    return closed.sum(1) / (steps * batch), opened.sum(1) / (steps * batch)


def unit_correlations(activations, feature):
    n = len(feature)
    x, y = activations.double(), feature.double()[:, None]
    top = n * (x * y).sum(0) - x.sum(0) * y.sum(0)
    left = n * (x * x).sum(0) - x.sum(0) ** 2
    right = n * (y * y).sum(0) - y.sum(0) ** 2
    bottom = (left * right).clamp(min=0).sqrt()
    return torch.where(bottom > 0, top / bottom, torch.zeros_like(top)).to(activations.dtype)


def best_unit(activations, feature):
    r = unit_correlations(activations, feature)
    return r.abs().topk(1).indices.item()


def project(states, dims=2):
    x = (states - states.mean(0)).double()
    values, vectors = torch.linalg.eig(x.T @ x)
    values, vectors = values.real, vectors.real
    order = values.argsort().flip(0)[:dims]
    return (x @ vectors[:, order]).to(states.dtype), (values[order] / values.sum()).to(states.dtype)
