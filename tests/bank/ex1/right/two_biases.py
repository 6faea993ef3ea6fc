"""The names, the two biases and the initialization of torch.nn.RNNCell."""

import math

import torch
from torch import nn


class VanillaRNNCell(nn.Module):
    def __init__(self, hidden_size, activation=nn.Tanh, bias=True):
        super().__init__()
        self.hidden_size = hidden_size
        self.bias = bias
        self.weight_hh = nn.Parameter(torch.empty(hidden_size, hidden_size))
        if bias:
            self.bias_ih = nn.Parameter(torch.empty(hidden_size))
            self.bias_hh = nn.Parameter(torch.empty(hidden_size))
        else:
            self.register_parameter("bias_ih", None)
            self.register_parameter("bias_hh", None)
        self.nonlinearity = activation()
        self.reset_parameters()

    def extra_repr(self):
        return f"{self.hidden_size}, bias={self.bias}"

    def reset_parameters(self):
        stdv = 1.0 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            nn.init.uniform_(weight, -stdv, stdv)

    def forward(self, inputs, hidden=None):
        if hidden is None:
            hidden = torch.zeros(
                inputs.size(0), self.hidden_size, dtype=inputs.dtype, device=inputs.device
            )
        gate = inputs + torch.mm(hidden, self.weight_hh.t())
        if self.bias:
            gate = gate + self.bias_ih + self.bias_hh
        hy = self.nonlinearity(gate)
        return hy, hy


class VanillaRNN(nn.Module):
    def __init__(self, input_size=1, output_size=1, hidden_size=20, bias=True):
        super().__init__()
        self.input_size, self.output_size = input_size, output_size
        self.in_to_hidden = nn.Linear(input_size, hidden_size, bias=False)
        self.rnn_cell = VanillaRNNCell(hidden_size, nn.Tanh, bias)
        self.hidden_to_out = nn.Linear(hidden_size, output_size, bias=False)

    def step(self, input, hidden=None):
        hx = self.rnn_cell(self.in_to_hidden(input), hidden)[1]
        return self.hidden_to_out(hx), hx

    def forward(self, inputs, hidden=None, force=True, warm_start=10):
        steps, batch = inputs.size(0), inputs.size(1)
        if steps > max(warm_start, 1) and not force and self.input_size != self.output_size:
            raise ValueError("input_size and output_size must agree to feed outputs back")
        outputs = inputs.new_empty(steps, batch, self.output_size)
        last = None
        for i in range(steps):
            if not (force or i == 0 or i < warm_start):
                last, hidden = self.step(last, hidden)
            else:
                last, hidden = self.step(inputs[i], hidden)
            outputs[i] = last
        return outputs, hidden
