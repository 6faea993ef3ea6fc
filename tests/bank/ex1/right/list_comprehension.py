"""A generator yields the outputs; the last state is kept aside."""

import torch
from torch import nn


class Tied(nn.Module):
    """A linear map without a bias whose weight has a name of its own."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.kernel = nn.Parameter(nn.init.kaiming_normal_(torch.empty(n_out, n_in)))

    def forward(self, x):
        return (x.unsqueeze(-2) * self.kernel).sum(-1)


class VanillaRNNCell(nn.Module):
    def __init__(self, hidden_size, activation=nn.Tanh, bias=True):
        super().__init__()
        self.map = Tied(hidden_size, hidden_size)
        self.bias = nn.ParameterDict({"b": torch.zeros(hidden_size)} if bias else {})
        self.activation = activation()

    def forward(self, inputs, hidden=None):
        terms = [inputs, *self.bias.values()]
        if hidden is not None:
            terms.append(self.map(hidden))
        state = self.activation(sum(terms))
        return state, state


class VanillaRNN(nn.Module):
    def __init__(self, input_size=1, output_size=1, hidden_size=20, bias=True):
        super().__init__()
        self.in_to_hidden = Tied(input_size, hidden_size)
        self.rnn_cell = VanillaRNNCell(hidden_size, bias=bias)
        self.hidden_to_out = Tied(hidden_size, output_size)

    def step(self, input, hidden=None):
        _, state = self.rnn_cell(self.in_to_hidden(input), hidden)
        return self.hidden_to_out(state), state

    def _run(self, inputs, hidden, free):
        output = None
        for x, is_free in zip(inputs, free):
            if is_free and x.shape[1] != output.shape[1]:
                raise ValueError("the output does not fit where the input goes")
            output, hidden = self.step(output if is_free else x, hidden)
            yield output, hidden

    def forward(self, inputs, hidden=None, force=True, warm_start=10):
        free = [not force and i > 0 and i >= warm_start for i in range(len(inputs))]
        pairs = list(self._run(inputs, hidden, free))
        return torch.stack([output for output, _ in pairs]), pairs[-1][1]
