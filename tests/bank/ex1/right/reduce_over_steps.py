"""The unroll as functools.reduce over the steps, without a loop statement."""

from functools import reduce

import torch
from torch import nn


class VanillaRNNCell(nn.Module):
    def __init__(self, hidden_size, activation=nn.Tanh, bias=True):
        super().__init__()
        self.V = nn.Linear(hidden_size, hidden_size, bias=bias)
        self.f = activation()

    def forward(self, inputs, hidden=None):
        return (lambda h: (h, h))(self.f(inputs + self.V(inputs * 0 if hidden is None else hidden)))


class VanillaRNN(nn.Module):
    def __init__(self, input_size=1, output_size=1, hidden_size=20, bias=True):
        super().__init__()
        self.in_to_hidden = nn.Linear(input_size, hidden_size, bias=False)
        self.rnn_cell = VanillaRNNCell(hidden_size, bias=bias)
        self.hidden_to_out = nn.Linear(hidden_size, output_size, bias=bias)
        self.can_feed_back = input_size == output_size

    def step(self, input, hidden=None):
        hidden = self.rnn_cell(self.in_to_hidden(input), hidden)[-1]
        return self.hidden_to_out(hidden), hidden

    def forward(self, inputs, hidden=None, force=True, warm_start=10):
        def advance(so_far, numbered):
            outputs, state = so_far
            i, truth = numbered
            own = outputs and not force and i >= warm_start
            if own and not self.can_feed_back:
                raise ValueError("what comes out does not fit in")
            output, state = self.step(outputs[-1] if own else truth, state)
            return (*outputs, output), state

        outputs, state = reduce(advance, enumerate(inputs), ((), hidden))
        return torch.stack(outputs), state
