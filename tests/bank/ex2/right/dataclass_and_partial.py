"""A dataclass that walks the sequence, partial functions for the cells, gradients by backward."""

from dataclasses import dataclass, field
from functools import partial

import torch
from torch import nn

BIASES = {"-2": -2, "0": 0, "+1": 1, "+2": 2, "+10": 10}


def set_forget_bias(cell, value):
    input_gate, forget_gate, candidate, output_gate = cell.bias_hh.detach().chunk(4)
    half = torch.full_like(forget_gate, value / 2)
    forget_gate.copy_(half)
    cell.bias_ih.detach().chunk(4)[1].copy_(value - half)
    return cell


def make_lstm(hidden_size: int, *, forget: float) -> nn.LSTMCell:
    return set_forget_bias(nn.LSTMCell(1, hidden_size), forget)


def probe_list():
    cells = {f"LSTM ({label})": partial(make_lstm, forget=b) for label, b in BIASES.items()}
    cells["GRU"] = partial(nn.GRUCell, 1)
    cells["RNN"] = partial(nn.RNNCell, 1)
    return cells


@dataclass
class Walk:
    cell: nn.Module
    position: object = None
    states: list = field(default_factory=list)

    def step(self, x):
        self.position = self.cell(x) if self.position is None else self.cell(x, self.position)
        match self.position:
            case (_, c):
                state = c
            case h:
                state = h
        state.retain_grad()
        self.states.append(state)


def gradient_norms(cell, inputs):
    walk = Walk(cell)
    with torch.enable_grad():
        for x in inputs.unbind():
            walk.step(x)
        # Only into the states: the parameters keep whatever .grad they have.
        torch.autograd.backward(walk.states[-1].sum(), inputs=walk.states)
    return torch.cat([state.grad.reshape(1, -1) for state in walk.states]).square().sum(1).sqrt()
