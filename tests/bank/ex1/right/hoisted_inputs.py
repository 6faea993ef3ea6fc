"""W applied to all true inputs at once, before the loop."""

import torch
from torch import nn


class VanillaRNNCell(nn.Module):
    def __init__(self, hidden_size, activation=nn.Tanh, bias=True):
        super().__init__()
        self.hh = nn.Linear(hidden_size, hidden_size, bias=False)
        self.bias = nn.Parameter(torch.zeros(hidden_size)) if bias else None
        self.act = activation()

    def forward(self, inputs, hidden=None):
        drive = inputs if self.bias is None else inputs + self.bias
        state = self.act(drive) if hidden is None else self.act(drive + self.hh(hidden))
        return state, state


class VanillaRNN(nn.Module):
    def __init__(self, input_size=1, output_size=1, hidden_size=20, bias=True):
        super().__init__()
        self.in_to_hidden = nn.Linear(input_size, hidden_size, bias=False)
        self.rnn_cell = VanillaRNNCell(hidden_size, bias=bias)
        self.hidden_to_out = nn.Linear(hidden_size, output_size, bias=False)
        self.square = input_size == output_size

    def step(self, input, hidden=None):
        state, _ = self.rnn_cell(self.in_to_hidden(input), hidden)
        return self.hidden_to_out(state), state

    def forward(self, inputs, hidden=None, force=True, warm_start=10):
        steps = len(inputs)
        given = steps if force else min(steps, max(warm_start, 1))
        if given < steps and not self.square:
            raise ValueError("only a network with as many outputs as inputs can run freely")
        driven = self.in_to_hidden(inputs[:given])
        states = []
        for i in range(steps):
            drive = driven[i] if i < given else self.in_to_hidden(self.hidden_to_out(states[-1]))
            hidden, _ = self.rnn_cell(drive, hidden)
            states.append(hidden)
        return self.hidden_to_out(torch.stack(states)), hidden
