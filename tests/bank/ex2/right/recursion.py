"""Recursive unrolling; the state before the first step is spelled out; bias through a mask."""

import torch
import torch.nn as nn


def set_forget_bias(cell, value):
    n = cell.hidden_size
    keep = torch.ones_like(cell.bias_ih)
    keep[n : 2 * n] = 0
    with torch.no_grad():
        cell.bias_ih.mul_(keep).add_((1 - keep) * value)
        cell.bias_hh.mul_(keep)
    return cell


def probe_list():
    lstm = lambda bias: lambda n: set_forget_bias(nn.LSTMCell(1, n), bias)  # noqa: E731
    return dict(
        {"LSTM (%+d)" % b: lstm(b) for b in [-2, 1, 2, 10]},
        **{
            "LSTM (0)": lstm(0),
            "GRU": lambda n: nn.GRUCell(1, n),
            "RNN": lambda n: nn.RNNCell(1, n),
        },
    )


def unroll(cell, inputs, state):
    if len(inputs) == 0:
        return []
    state = cell(inputs[0], state)
    return [state] + unroll(cell, inputs[1:], state)


def gradient_norms(cell, inputs):
    zeros = torch.zeros(1, cell.hidden_size, dtype=inputs.dtype, device=inputs.device)
    if isinstance(cell, nn.LSTMCell):
        states = [c for _, c in unroll(cell, inputs, (zeros, zeros))]
    else:
        states = unroll(cell, inputs, zeros)
    loss = torch.einsum("bh->", states[-1])
    return torch.stack(
        [g.flatten().dot(g.flatten()).sqrt() for g in torch.autograd.grad(loss, states)]
    )
