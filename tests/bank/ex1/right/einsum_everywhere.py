"""Every product an einsum, every module hand-written, no nn.Linear at all."""

import torch
from torch import einsum, nn


class Project(nn.Module):
    def __init__(self, rows, columns):
        super().__init__()
        self.coefficients = nn.Parameter(torch.randn(rows, columns) / columns**0.5)

    def forward(self, x):
        return einsum("of,...f->...o", self.coefficients, x)


class VanillaRNNCell(nn.Module):
    def __init__(self, hidden_size, activation=nn.Tanh, bias=True):
        super().__init__()
        self.h2h = Project(hidden_size, hidden_size)
        self.offset = nn.ParameterList([nn.Parameter(torch.randn(hidden_size))] if bias else [])
        self.sigma = activation()

    def forward(self, inputs, hidden=None):
        total = inputs if hidden is None else inputs + self.h2h(hidden)
        for offset in self.offset:
            total = total + offset
        state = self.sigma(total)
        return (state, state)


class VanillaRNN(nn.Module):
    def __init__(self, input_size=1, output_size=1, hidden_size=20, bias=True):
        super().__init__()
        self.input_size = input_size
        self.output_size = output_size
        self.in_to_hidden = Project(hidden_size, input_size)
        self.rnn_cell = VanillaRNNCell(hidden_size, bias=bias)
        self.hidden_to_out = Project(output_size, hidden_size)

    def step(self, input, hidden=None):
        _, hidden = self.rnn_cell(
            einsum("hi,bi->bh", self.in_to_hidden.coefficients, input), hidden
        )
        return self.hidden_to_out(hidden), hidden

    def forward(self, inputs, hidden=None, force=True, warm_start=10):
        outputs = []
        for i in range(inputs.shape[0]):
            if force or i < max(warm_start, 1):
                source = inputs[i]
            elif self.input_size == self.output_size:
                source = outputs[i - 1]
            else:
                raise ValueError("feeding back needs input_size == output_size")
            output, hidden = self.step(source, hidden)
            outputs.append(output)
        return torch.cat([output[None] for output in outputs]), hidden
