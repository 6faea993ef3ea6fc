"""hidden_to_out always has an offset of its own; bias only says whether the cell has its b."""

import torch
from torch import nn


class VanillaRNNCell(nn.Module):
    def __init__(self, hidden_size, activation=nn.Tanh, bias=True):
        super().__init__()
        self.hidden_size = hidden_size
        self.linear = nn.Linear(hidden_size, hidden_size, bias=bias)
        self.activation = activation()

    def initial(self, like):
        return torch.zeros(len(like), self.hidden_size).to(like)

    def forward(self, inputs, hidden=None):
        h = self.activation(
            inputs + self.linear(self.initial(inputs) if hidden is None else hidden)
        )
        return h, h


class VanillaRNN(nn.Module):
    def __init__(self, input_size=1, output_size=1, hidden_size=20, bias=True):
        super().__init__()
        self.input_size = input_size
        self.output_size = output_size
        self.in_to_hidden = nn.Linear(input_size, hidden_size, bias=False)
        self.rnn_cell = VanillaRNNCell(hidden_size, bias=bias)
        self.hidden_to_out = nn.Linear(hidden_size, output_size)

    def step(self, input, hidden=None):
        h, hidden = self.rnn_cell(self.in_to_hidden(input), hidden)
        return self.hidden_to_out(h), hidden

    def forward(self, inputs, hidden=None, force=True, warm_start=10):
        if not force and len(inputs) > max(1, warm_start) and self.input_size != self.output_size:
            raise ValueError("not the same size")
        y = inputs[0]
        outputs = []
        for i in range(len(inputs)):
            y, hidden = self.step(inputs[i] if force or i < warm_start else y, hidden)
            outputs.append(y)
        return torch.stack(outputs), hidden
