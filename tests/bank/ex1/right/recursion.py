"""The unroll as a recursion: one step, then the rest of the sequence."""

import torch
from torch import nn


class VanillaRNNCell(nn.Module):
    def __init__(self, hidden_size, activation=nn.Tanh, bias=True):
        super().__init__()
        self.V = nn.Parameter(torch.zeros(hidden_size, hidden_size))
        self.b = nn.Parameter(torch.ones(hidden_size)) if bias else None
        self.f = activation()

    def forward(self, inputs, hidden=None):
        b = self.b if self.b is not None else inputs.new_zeros(inputs.shape[-1])
        if hidden is None:
            hidden = torch.zeros_like(inputs)
        hidden = self.f(torch.addmm(inputs + b, hidden, self.V.mT))
        return hidden, hidden


class VanillaRNN(nn.Module):
    def __init__(self, input_size=1, output_size=1, hidden_size=20, bias=True):
        super().__init__()
        self.input_size = input_size
        self.output_size = output_size
        self.in_to_hidden = nn.Linear(input_size, hidden_size, bias=False)
        self.rnn_cell = VanillaRNNCell(hidden_size, bias=bias)
        self.hidden_to_out = nn.Linear(hidden_size, output_size, bias=bias)

    def step(self, input, hidden=None):
        hidden, _ = self.rnn_cell(self.in_to_hidden(input), hidden)
        return self.hidden_to_out(hidden), hidden

    def forward(self, inputs, hidden=None, force=True, warm_start=10):
        outputs, hidden = self._unroll(inputs, hidden, len(inputs) if force else warm_start, None)
        return torch.cat(outputs), hidden

    def _unroll(self, rest, hidden, true_steps, previous):
        """Outputs of the remaining steps, each (1, batch, outputs), and the last state."""
        if len(rest) == 0:
            return [], hidden
        if previous is None or true_steps > 0:
            read = rest[0]
        elif self.input_size != self.output_size:
            raise ValueError("input_size != output_size")
        else:
            read = previous
        output, hidden = self.step(read, hidden)
        outputs, hidden = self._unroll(rest[1:], hidden, true_steps - 1, output)
        return [output.unsqueeze(0), *outputs], hidden
