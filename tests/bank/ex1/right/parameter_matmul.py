"""V and b as nn.Parameter, written as x @ V.T."""

import math

import torch
from torch import nn


class VanillaRNNCell(nn.Module):
    def __init__(self, hidden_size, activation=nn.Tanh, bias=True):
        super().__init__()
        bound = 1 / math.sqrt(hidden_size)
        self.V = nn.Parameter(torch.empty(hidden_size, hidden_size).uniform_(-bound, bound))
        self.b = nn.Parameter(torch.zeros(hidden_size)) if bias else 0.0
        self.f = activation()

    def forward(self, inputs, hidden=None):
        pre = inputs + self.b
        if hidden is not None:
            pre = pre + hidden @ self.V.T
        h = self.f(pre)
        return h, h


class VanillaRNN(nn.Module):
    def __init__(self, input_size=1, output_size=1, hidden_size=20, bias=True):
        super().__init__()
        self.in_to_hidden = nn.Linear(input_size, hidden_size, bias=False)
        self.rnn_cell = VanillaRNNCell(hidden_size, bias=bias)
        self.hidden_to_out = nn.Linear(hidden_size, output_size, bias=bias)

    def step(self, input, hidden=None):
        h, _ = self.rnn_cell(self.in_to_hidden(input), hidden)
        return self.hidden_to_out(h), h

    def forward(self, inputs, hidden=None, force=True, warm_start=10):
        ys = []
        for t in range(inputs.shape[0]):
            if force or t == 0 or t < warm_start:
                x = inputs[t]
            else:
                x = ys[-1]
                if x.shape[-1] != inputs.shape[-1]:
                    raise ValueError(
                        "output_size and input_size differ, so nothing can be fed back"
                    )
            y, hidden = self.step(x, hidden)
            ys.append(y)
        return torch.stack(ys, dim=0), hidden
