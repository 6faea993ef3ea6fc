"""Finite-free forward mode: a unit vector is pushed from each state to the end, unit by unit."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import jacfwd


def set_forget_bias(cell, value):
    mask = torch.zeros(4, cell.hidden_size, dtype=torch.bool, device=cell.bias_ih.device)
    mask[1] = True
    mask = mask.flatten()
    cell.bias_ih.data = torch.where(mask, torch.zeros_like(cell.bias_ih), cell.bias_ih)
    cell.bias_hh.data = torch.where(mask, torch.full_like(cell.bias_hh, value), cell.bias_hh)
    return cell


def lstm_with(bias):
    return lambda hidden_size: set_forget_bias(nn.LSTMCell(1, hidden_size), bias)


def probe_list():
    names = "LSTM (-2)", "LSTM (0)", "LSTM (+1)", "LSTM (+2)", "LSTM (+10)"
    return dict(zip(names, map(lstm_with, (-2.0, 0.0, 1.0, 2.0, 10.0)))) | {
        "GRU": lambda hidden_size: nn.GRUCell(1, hidden_size),
        "RNN": lambda hidden_size: nn.RNNCell(1, hidden_size),
    }


def gradient_norms(cell, inputs):
    Wx = F.linear(inputs[:, 0], cell.weight_ih, cell.bias_ih).detach()
    V, b = cell.weight_hh.detach(), cell.bias_hh.detach()

    def rnn(h, wx):
        return torch.tanh(wx + V @ h + b)

    def gru(h, wx):
        ri, zi, ni = wx.chunk(3)
        rh, zh, nh = (V @ h + b).chunk(3)
        z = torch.sigmoid(zi + zh)
        return (1 - z) * torch.tanh(ni + torch.sigmoid(ri + rh) * nh) + z * h

    def lstm(c, o, wx):
        """c and the output gate: h is made from both, at the start of the next step."""
        i, f, g, o = (wx + V @ (o * torch.tanh(c)) + b).chunk(4)
        return torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g), torch.sigmoid(o)

    n = V.shape[1]
    curve = []
    start = V.new_zeros(n)
    for t in range(len(Wx)):
        if isinstance(cell, nn.LSTMCell):
            c, o = start, start
            for wx in Wx[: t + 1]:
                c, o = lstm(c, o, wx)

            def finish(c, o=o, t=t):
                for wx in Wx[t + 1 :]:
                    c, o = lstm(c, o, wx)
                return c.sum()

            curve.append(jacfwd(finish)(c).norm())
        else:
            advance = gru if isinstance(cell, nn.GRUCell) else rnn
            h = start
            for wx in Wx[: t + 1]:
                h = advance(h, wx)

            def finish(h, t=t):
                for wx in Wx[t + 1 :]:
                    h = advance(h, wx)
                return h.sum()

            curve.append(jacfwd(finish)(h).norm())
    return torch.stack(curve)
