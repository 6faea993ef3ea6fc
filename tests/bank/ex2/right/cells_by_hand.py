"""The list holds cells written from their equations, with other names for everything."""

import torch
from torch import nn


def set_forget_bias(cell, value):
    with torch.no_grad():
        for bias, share in ((cell.bias_ih, 1.0), (cell.bias_hh, 0.0)):
            i, f, g, o = bias.chunk(4)
            f.fill_(share * value)
    return cell


class Lstm(nn.Module):
    def __init__(self, hidden_size, forget_bias):
        super().__init__()
        self.gates = nn.ModuleDict(
            {
                name: nn.Linear(1 + hidden_size, hidden_size)
                for name in ("keep", "add", "new", "show")
            }
        )
        nn.init.constant_(self.gates["keep"].bias, forget_bias)

    def forward(self, x, state):
        h, c = state
        seen = torch.cat([x, h], dim=-1)
        keep, add, show = (
            torch.sigmoid(self.gates[name](seen)) for name in ("keep", "add", "show")
        )
        c = keep * c + add * torch.tanh(self.gates["new"](seen))
        return show * torch.tanh(c), c


class Gru(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.reset = nn.Linear(1 + hidden_size, hidden_size)
        self.update = nn.Linear(1 + hidden_size, hidden_size)
        self.proposal = nn.Linear(1 + hidden_size, hidden_size)

    def forward(self, x, h):
        seen = torch.cat([x, h], dim=-1)
        r, z = torch.sigmoid(self.reset(seen)), torch.sigmoid(self.update(seen))
        proposal = torch.tanh(self.proposal(torch.cat([x, r * h], dim=-1)))
        return (1 - z) * h + z * proposal


class Vanilla(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.W = nn.Parameter(torch.randn(1, hidden_size))
        self.V = nn.Parameter(torch.randn(hidden_size, hidden_size) / hidden_size**0.5)
        self.b = nn.Parameter(torch.zeros(hidden_size))

    def forward(self, x, h):
        h = torch.tanh(x @ self.W + h @ self.V + self.b)
        return h, h


def probe_list():
    cells = {"GRU": Gru, "RNN": Vanilla}
    for value in (-2, 0, 1, 2, 10):
        label = "0" if value == 0 else f"{value:+}"
        cells[f"LSTM ({label})"] = lambda size, value=value: Lstm(size, float(value))
    return cells


def gradient_norms(cell, inputs):
    like = next(cell.parameters())
    size = getattr(cell, "hidden_size", None) or like.shape[-1]
    h = like.new_zeros(1, size)
    remembers = isinstance(cell, (nn.LSTMCell, Lstm))
    state = (h, h) if remembers else h
    path = []
    for x in inputs:
        state = cell(x, state)
        if isinstance(state, tuple) and not remembers:
            state = state[0]
        path.append(state[1] if remembers else state)
    slopes = torch.autograd.grad(path[-1].sum(), path)
    return torch.cat(slopes).norm(dim=-1)
