"""Matrices stored transposed, so that everything is h @ V; starts from the identity."""

import torch
import torch.nn as nn


class Right(nn.Module):
    """x @ M, with M (from, to)."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.M = nn.Parameter(torch.randn(n_in, n_out) / n_in**0.5)

    def forward(self, x):
        return x @ self.M


class VanillaRNNCell(nn.Module):
    def __init__(self, hidden_size, activation=nn.Tanh, bias=True):
        super().__init__()
        self.V = nn.Parameter(torch.eye(hidden_size))
        if bias:
            self.b = nn.Parameter(torch.zeros(1, hidden_size))
        self.has_bias = bias
        self.act = activation()

    def forward(self, inputs, hidden=None):
        if hidden is None:
            hidden = inputs.new_zeros(inputs.shape)
        z = inputs + hidden @ self.V
        if self.has_bias:
            z = z + self.b
        out = self.act(z)
        return out, out


class VanillaRNN(nn.Module):
    def __init__(self, input_size=1, output_size=1, hidden_size=20, bias=True):
        super().__init__()
        self.sizes = (input_size, output_size)
        self.in_to_hidden = Right(input_size, hidden_size)
        self.rnn_cell = VanillaRNNCell(hidden_size, bias=bias)
        self.hidden_to_out = Right(hidden_size, output_size)

    def step(self, input, hidden=None):
        hidden, _ = self.rnn_cell(self.in_to_hidden(input), hidden)
        return self.hidden_to_out(hidden), hidden

    def forward(self, inputs, hidden=None, force=True, warm_start=10):
        n = len(inputs)
        read = n if force else min(n, max(1, warm_start))
        if read < n and self.sizes[0] != self.sizes[1]:
            raise ValueError(f"sizes {self.sizes} do not allow feedback")
        out = []
        for i in range(read):
            y, hidden = self.step(inputs[i], hidden)
            out.append(y)
        for i in range(read, n):
            y, hidden = self.step(y, hidden)
            out.append(y)
        return torch.stack(out), hidden
