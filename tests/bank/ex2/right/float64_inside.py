"""Computes on a copy of the cell in float64 and returns in the dtype of the cell."""

import copy

import torch
from torch import nn

FORGET_BIASES = (-2, 0, +1, +2, +10)


def set_forget_bias(cell, value):
    """bias_ih carries the value, bias_hh is zero there."""
    forget = range(cell.hidden_size, 2 * cell.hidden_size)
    with torch.no_grad():
        for unit in forget:
            cell.bias_ih[unit] = value
            cell.bias_hh[unit] = 0
    return cell


def probe_list():
    """All LSTMs by name, then the two others."""
    named = {}
    for value in FORGET_BIASES:
        sign = "+" if value > 0 else ""

        def new_lstm(hidden_size, forget_bias=value):
            cell = nn.LSTMCell(1, hidden_size)
            set_forget_bias(cell, forget_bias)
            return cell

        named[f"LSTM ({sign}{value})"] = new_lstm

    def new_gru(hidden_size):
        return nn.GRUCell(1, hidden_size)

    def new_rnn(hidden_size):
        return nn.RNNCell(1, hidden_size)

    named["GRU"], named["RNN"] = new_gru, new_rnn
    return named


def gradient_norms(cell, inputs):
    """A copy is differentiated, so that the caller's cell gathers no gradients."""
    precise = copy.deepcopy(cell).double()
    state = None
    seen = []
    for x in inputs.double():
        state = precise(x) if state is None else precise(x, state)
        if isinstance(state, tuple):
            state[1].retain_grad()
            seen += [state[1]]
        else:
            state.retain_grad()
            seen += [state]
    seen[-1].sum().backward()
    norms = [float(s.grad.norm()) for s in seen]
    return torch.tensor(norms, dtype=next(cell.parameters()).dtype, device=inputs.device)
