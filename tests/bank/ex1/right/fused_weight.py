"""One fused matrix [V | b] applied to the hidden state with a one appended."""

import torch
from torch import nn


class VanillaRNNCell(nn.Module):
    def __init__(self, hidden_size, activation=nn.Tanh, bias=True):
        super().__init__()
        self.bias = bias
        columns = hidden_size + 1 if bias else hidden_size
        self.Vb = nn.Parameter(0.1 * torch.randn(hidden_size, columns))
        self.activation = activation()

    def forward(self, inputs, hidden=None):
        batch, size = inputs.shape
        if hidden is None:
            hidden = inputs.new_zeros(batch, size)
        if self.bias:
            hidden = torch.cat([hidden, hidden.new_ones(batch, 1)], dim=1)
        new = self.activation(inputs + hidden.matmul(self.Vb.t()))
        return new, new


class VanillaRNN(nn.Module):
    def __init__(self, input_size=1, output_size=1, hidden_size=20, bias=True):
        super().__init__()
        self.input_size = input_size
        self.output_size = output_size
        self.in_to_hidden = nn.Linear(input_size, hidden_size, bias=False)
        self.rnn_cell = VanillaRNNCell(hidden_size, bias=bias)
        self.hidden_to_out = nn.Linear(hidden_size, output_size, bias=bias)

    def step(self, input, hidden=None):
        output, hidden = self.rnn_cell(self.in_to_hidden(input), hidden)
        return self.hidden_to_out(output), hidden

    def forward(self, inputs, hidden=None, force=True, warm_start=10):
        steps = len(inputs)
        teacher = [force or i == 0 or i < warm_start for i in range(steps)]
        if not all(teacher) and self.input_size != self.output_size:
            raise ValueError("cannot feed outputs back: their size is not that of the inputs")
        outputs = torch.empty(
            steps, inputs.shape[1], self.output_size, dtype=inputs.dtype, device=inputs.device
        )
        for i in range(steps):
            # A copy: the buffer is written to again before the backward pass.
            x = inputs[i] if teacher[i] else outputs[i - 1].clone()
            outputs[i], hidden = self.step(x, hidden)
        return outputs, hidden
