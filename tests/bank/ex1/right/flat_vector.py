"""All weights of a module in one flat vector, reshaped into V and b when they are used."""

import torch
from torch import nn


class VanillaRNNCell(nn.Module):
    def __init__(self, hidden_size, activation=nn.Tanh, bias=True):
        super().__init__()
        self.n = hidden_size
        self.use_bias = bias
        count = hidden_size * hidden_size + (hidden_size if bias else 0)
        self.theta = nn.Parameter(0.2 * torch.randn(count))
        self.act = activation()

    @property
    def V(self):
        return self.theta[: self.n**2].view(self.n, self.n)

    @property
    def b(self):
        return self.theta[self.n**2 :]

    def forward(self, inputs, hidden=None):
        z = inputs
        if hidden is not None:
            z = z + (self.V @ hidden.T).T
        if self.use_bias:
            z = z + self.b
        h = self.act(z)
        return h, h


class FlatLinear(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.shape = (n_out, n_in)
        self.theta = nn.Parameter(torch.rand(n_out * n_in) - 0.5)

    def forward(self, x):
        return x @ self.theta.reshape(self.shape).T


class VanillaRNN(nn.Module):
    def __init__(self, input_size=1, output_size=1, hidden_size=20, bias=True):
        super().__init__()
        self.input_size, self.output_size = input_size, output_size
        self.in_to_hidden = FlatLinear(input_size, hidden_size)
        self.rnn_cell = VanillaRNNCell(hidden_size, bias=bias)
        self.hidden_to_out = FlatLinear(hidden_size, output_size)

    def step(self, input, hidden=None):
        h = self.rnn_cell(self.in_to_hidden(input), hidden)[0]
        return self.hidden_to_out(h), h

    def forward(self, inputs, hidden=None, force=True, warm_start=10):
        y = None
        ys = []
        for i in range(len(inputs)):
            x = y
            if force or y is None or i < warm_start:
                x = inputs[i]
            elif self.input_size != self.output_size:
                raise ValueError("no feedback between different sizes")
            y, hidden = self.step(x, hidden)
            ys.append(y)
        return torch.stack(ys), hidden
