"""The zero state is a parameter that requires no gradient, as in many published cells."""

import torch
from torch import nn


class VanillaRNNCell(nn.Module):
    def __init__(self, hidden_size, activation=nn.Tanh, bias=True):
        super().__init__()
        self.h0 = nn.Parameter(torch.zeros(hidden_size), requires_grad=False)
        self.V = nn.Linear(hidden_size, hidden_size, bias=bias)
        self.f = activation()

    def forward(self, inputs, hidden=None):
        if hidden is None:
            hidden = self.h0.repeat(inputs.size(0), 1)
        hidden = self.f(inputs + self.V(hidden))
        return hidden, hidden


class VanillaRNN(nn.Module):
    def __init__(self, input_size=1, output_size=1, hidden_size=20, bias=True):
        super().__init__()
        self.input_size, self.output_size = input_size, output_size
        self.in_to_hidden = nn.Linear(input_size, hidden_size, bias=False)
        self.rnn_cell = VanillaRNNCell(hidden_size, bias=bias)
        self.hidden_to_out = nn.Linear(hidden_size, output_size, bias=bias)

    def step(self, input, hidden=None):
        _, hidden = self.rnn_cell(self.in_to_hidden(input), hidden)
        return self.hidden_to_out(hidden), hidden

    def forward(self, inputs, hidden=None, force=True, warm_start=10):
        reads_input = torch.arange(len(inputs)) < max(warm_start, 1)
        if force:
            reads_input[:] = True
        if not reads_input.all() and self.input_size != self.output_size:
            raise ValueError("sizes differ")
        outputs = []
        for x, given in zip(inputs, reads_input):
            output, hidden = self.step(x if given else outputs[-1], hidden)
            outputs.append(output)
        return torch.stack(outputs), hidden
