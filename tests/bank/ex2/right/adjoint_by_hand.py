"""Backpropagation through time written out for each kind of cell, without autograd."""

import torch
from torch import nn


@torch.no_grad()
def set_forget_bias(cell, value):
    n = cell.hidden_size
    cell.bias_hh[n : 2 * n] = value - cell.bias_ih[n : 2 * n]
    return cell


def probe_list():
    def lstm(value):
        def make(hidden_size):
            cell = nn.LSTMCell(1, hidden_size)
            return set_forget_bias(cell, value)

        return make

    return {
        "RNN": lambda hidden_size: nn.RNNCell(1, hidden_size, True, "tanh"),
        "GRU": lambda hidden_size: nn.GRUCell(1, hidden_size),
        "LSTM (+10)": lstm(10.0),
        "LSTM (+2)": lstm(2.0),
        "LSTM (+1)": lstm(1.0),
        "LSTM (0)": lstm(0.0),
        "LSTM (-2)": lstm(-2.0),
    }


def _rnn(cell, xs):
    h = xs.new_zeros(cell.hidden_size)
    hs = []
    for x in xs:
        h = torch.tanh(cell.weight_ih @ x + cell.bias_ih + cell.weight_hh @ h + cell.bias_hh)
        hs.append(h)
    adjoint = torch.ones_like(h)
    adjoints = [adjoint]
    for h in reversed(hs[1:]):
        adjoint = cell.weight_hh.T @ (adjoint * (1 - h * h))
        adjoints.append(adjoint)
    return adjoints[::-1]


def _gru(cell, xs):
    h = xs.new_zeros(cell.hidden_size)
    tape = []
    for x in xs:
        ir, iz, in_ = (cell.weight_ih @ x + cell.bias_ih).chunk(3)
        hr, hz, hn = (cell.weight_hh @ h + cell.bias_hh).chunk(3)
        r, z = torch.sigmoid(ir + hr), torch.sigmoid(iz + hz)
        n = torch.tanh(in_ + r * hn)
        tape.append((h, r, z, n, hn))
        h = (1 - z) * n + z * h
    Vr, Vz, Vn = cell.weight_hh.chunk(3)
    adjoint = torch.ones_like(h)
    adjoints = [adjoint]
    for before, r, z, n, hn in reversed(tape[1:]):
        dn = adjoint * (1 - z) * (1 - n * n)
        dz = adjoint * (before - n) * z * (1 - z)
        dr = dn * hn * r * (1 - r)
        adjoint = adjoint * z + Vn.T @ (dn * r) + Vz.T @ dz + Vr.T @ dr
        adjoints.append(adjoint)
    return adjoints[::-1]


def _lstm(cell, xs):
    h = c = xs.new_zeros(cell.hidden_size)
    tape = []
    for x in xs:
        a = cell.weight_ih @ x + cell.bias_ih + cell.weight_hh @ h + cell.bias_hh
        i, f, g, o = a.chunk(4)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        before, c = c, f * c + i * g
        h = o * c.tanh()
        tape.append((before, c, i, f, g, o))
    dc = torch.ones_like(c)
    adjoints = [dc]
    # h of the last step is not part of sum(c): nothing flows through its output gate.
    do = torch.zeros_like(c)
    for t in range(len(tape) - 1, 0, -1):
        before, _, i, f, g, _ = tape[t]
        da = torch.cat([dc * g * i * (1 - i), dc * before * f * (1 - f), dc * i * (1 - g * g), do])
        dh = cell.weight_hh.T @ da
        o, earlier = tape[t - 1][5], tape[t - 1][1].tanh()
        dc = dc * f + dh * o * (1 - earlier * earlier)
        do = dh * earlier * o * (1 - o)
        adjoints.append(dc)
    return adjoints[::-1]


@torch.no_grad()
def gradient_norms(cell, inputs):
    by_hand = {nn.RNNCell: _rnn, nn.GRUCell: _gru, nn.LSTMCell: _lstm}[type(cell)]
    return torch.stack(by_hand(cell, inputs[:, 0])).norm(dim=1)
