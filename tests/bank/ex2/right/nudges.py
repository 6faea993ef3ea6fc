"""A zero is added to every state, and gradients are taken with respect to those zeros."""

import torch
from torch import Tensor, nn

LABELS = {
    "LSTM (-2)": -2.0,
    "LSTM (0)": 0.0,
    "LSTM (+1)": 1.0,
    "LSTM (+2)": 2.0,
    "LSTM (+10)": 10.0,
}


def set_forget_bias(cell: nn.LSTMCell, value: float) -> nn.LSTMCell:
    state = cell.state_dict()
    n = cell.hidden_size
    state["bias_ih"][n : 2 * n] = torch.full((n,), value)
    state["bias_hh"][n : 2 * n] = torch.zeros(n)
    cell.load_state_dict(state)
    return cell


def probe_list():
    def make_lstm_maker(value):
        return lambda hidden_size: set_forget_bias(nn.LSTMCell(1, hidden_size), value)

    makers = {label: make_lstm_maker(value) for label, value in LABELS.items()}
    makers.update(GRU=lambda size: nn.GRUCell(1, size), RNN=lambda size: nn.RNNCell(1, size))
    return makers


def gradient_norms(cell: nn.Module, inputs: Tensor) -> Tensor:
    steps, size = len(inputs), cell.hidden_size
    zeros = torch.zeros(steps, 1, size).to(inputs).requires_grad_()
    with torch.enable_grad():
        h = torch.zeros(1, size).to(inputs)
        c = torch.zeros_like(h)
        for x, nudge in zip(inputs, zeros):
            if isinstance(cell, nn.LSTMCell):
                a = x @ cell.weight_ih.t() + cell.bias_ih + h @ cell.weight_hh.t() + cell.bias_hh
                i, f, g, o = a.split(size, dim=1)
                c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g) + nudge
                h = torch.sigmoid(o) * torch.tanh(c)
                last = c
            else:
                h = last = cell(x, h) + nudge
        last.sum().backward(inputs=[zeros])
    return torch.linalg.vector_norm(zeros.grad, dim=(1, 2))
