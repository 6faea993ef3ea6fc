"""Batched products: each row of the batch is a column vector and V acts from the left."""

import torch
from torch import nn


class VanillaRNNCell(nn.Module):
    def __init__(self, hidden_size, activation=nn.Tanh, bias=True):
        super().__init__()
        self.V = nn.Parameter(torch.randn(1, hidden_size, hidden_size))
        self.b = nn.Parameter(torch.randn(1, hidden_size, 1)) if bias else None
        self.activation = activation()

    def forward(self, inputs, hidden=None):
        column = inputs.unsqueeze(-1)
        if self.b is not None:
            column = column + self.b
        if hidden is not None:
            V = self.V.expand(len(inputs), -1, -1)
            column = torch.baddbmm(column, V, hidden.unsqueeze(-1))
        state = self.activation(column).squeeze(-1)
        return state, state


class VanillaRNN(nn.Module):
    def __init__(self, input_size=1, output_size=1, hidden_size=20, bias=True):
        super().__init__()
        self.in_to_hidden = nn.Linear(input_size, hidden_size, bias=False)
        self.rnn_cell = VanillaRNNCell(hidden_size, bias=bias)
        self.hidden_to_out = nn.Linear(hidden_size, output_size, bias=False)

    def step(self, input, hidden=None):
        hidden = self.rnn_cell(self.in_to_hidden(input), hidden)[0]
        return self.hidden_to_out(hidden), hidden

    def forward(self, inputs, hidden=None, force=True, warm_start=10):
        outputs = []
        for i in range(len(inputs)):
            feeding_back = not force and i != 0 and i >= warm_start
            if feeding_back and outputs[-1].shape != inputs[i].shape:
                raise ValueError("input_size and output_size differ")
            output, hidden = self.step(outputs[-1] if feeding_back else inputs[i], hidden)
            outputs.append(output)
        return torch.stack(outputs, 0), hidden
