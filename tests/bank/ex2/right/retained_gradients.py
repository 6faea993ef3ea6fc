"""retain_grad on every state, one backward from the last, bias set through .data."""

import torch
from torch import nn


def set_forget_bias(cell, value):
    n = cell.hidden_size
    cell.bias_ih.data[n : 2 * n].fill_(float(value))
    cell.bias_hh.data[n : 2 * n].zero_()
    return cell


def probe_list():
    return {
        "LSTM (-2)": lambda n: set_forget_bias(nn.LSTMCell(input_size=1, hidden_size=n), -2),
        "LSTM (0)": lambda n: set_forget_bias(nn.LSTMCell(input_size=1, hidden_size=n), 0),
        "LSTM (+1)": lambda n: set_forget_bias(nn.LSTMCell(input_size=1, hidden_size=n), +1),
        "LSTM (+2)": lambda n: set_forget_bias(nn.LSTMCell(input_size=1, hidden_size=n), +2),
        "LSTM (+10)": lambda n: set_forget_bias(nn.LSTMCell(input_size=1, hidden_size=n), +10),
        "GRU": lambda n: nn.GRUCell(input_size=1, hidden_size=n),
        "RNN": lambda n: nn.RNNCell(input_size=1, hidden_size=n),
    }


def gradient_norms(cell, inputs):
    cell.zero_grad()
    states = []
    previous = None
    for step in range(inputs.size(0)):
        if previous is None:
            previous = cell(inputs[step])
        else:
            previous = cell(inputs[step], previous)
        if isinstance(cell, nn.LSTMCell):
            kept = previous[1]
        else:
            kept = previous
        kept.retain_grad()
        states.append(kept)
    torch.sum(states[-1]).backward()
    return torch.stack([torch.norm(state.grad) for state in states])
