"""The zero state is a buffer of the cell, expanded to the batch; V is stored per source unit."""

import torch
from torch import nn


class VanillaRNNCell(nn.Module):
    def __init__(self, hidden_size, activation=nn.Tanh, bias=True):
        super().__init__()
        self.register_buffer("zero_state", torch.zeros(1, hidden_size))
        self.rows = nn.ParameterList(
            [nn.Parameter(torch.randn(hidden_size) / hidden_size) for _ in range(hidden_size)]
        )
        self.bias = nn.Parameter(torch.full((hidden_size,), 0.1)) if bias else None
        self.activation = activation()

    def forward(self, inputs, hidden=None):
        if hidden is None:
            hidden = self.zero_state.expand_as(inputs)
        state = inputs + hidden @ torch.stack(list(self.rows))
        if self.bias is not None:
            state = state + self.bias
        state = self.activation(state)
        return state, state.clone()


class VanillaRNN(nn.Module):
    def __init__(self, input_size=1, output_size=1, hidden_size=20, bias=True):
        super().__init__()
        self.input_size = input_size
        self.output_size = output_size
        self.in_to_hidden = nn.Sequential(nn.Linear(input_size, hidden_size, bias=False))
        self.rnn_cell = VanillaRNNCell(hidden_size, bias=bias)
        self.hidden_to_out = nn.Sequential(nn.Linear(hidden_size, output_size, bias=False))

    def step(self, input, hidden=None):
        output, hidden = self.rnn_cell(self.in_to_hidden(input), hidden)
        return self.hidden_to_out(output), hidden

    def forward(self, inputs, hidden=None, force=True, warm_start=10):
        if force:
            warm_start = len(inputs)
        outputs = []
        i = 0
        while i < len(inputs):
            if i and i >= warm_start:
                if self.input_size != self.output_size:
                    raise ValueError("cannot feed back")
                x = outputs[-1]
            else:
                x = inputs[i]
            output, hidden = self.step(x, hidden)
            outputs.append(output)
            i += 1
        return torch.stack(outputs), hidden
