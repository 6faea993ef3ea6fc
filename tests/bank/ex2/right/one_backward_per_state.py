"""The sequence is run and differentiated once for every entry of the curve."""

import torch
from torch import nn


def set_forget_bias(cell, value):
    quarter = cell.bias_ih.numel() // 4
    for index, name in enumerate(["bias_ih", "bias_hh"]):
        changed = getattr(cell, name).detach().clone()
        changed[quarter : quarter * 2] = value if index == 0 else 0
        setattr(cell, name, nn.Parameter(changed))
    return cell


class Maker:
    def __init__(self, cell_type, forget_bias=None):
        self.cell_type = cell_type
        self.forget_bias = forget_bias

    def __call__(self, hidden_size):
        cell = self.cell_type(1, hidden_size)
        if self.forget_bias is not None:
            set_forget_bias(cell, self.forget_bias)
        return cell


def probe_list():
    table = [("-2", -2), ("0", 0), ("+1", 1), ("+2", 2), ("+10", 10)]
    makers = {"LSTM (%s)" % label: Maker(nn.LSTMCell, value) for label, value in table}
    return {**makers, "GRU": Maker(nn.GRUCell), "RNN": Maker(nn.RNNCell)}


def run(cell, inputs):
    state, visited = None, []
    for i in range(inputs.shape[0]):
        state = cell(inputs[i], state)
        visited.append(state)
    return visited


def memory(state):
    return state[1] if isinstance(state, tuple) else state


def gradient_norms(cell, inputs):
    curve = inputs.new_empty(inputs.shape[0])
    for t in range(inputs.shape[0]):
        visited = run(cell, inputs)
        (gradient,) = torch.autograd.grad(memory(visited[-1]).sum(), memory(visited[t]))
        curve[t] = gradient.norm(p=2)
    return curve
