"""The Jacobian of every step, from the joint state (h, c), multiplied from the end."""

import torch
from torch import nn
from torch.func import functional_call, jacrev


def set_forget_bias(cell, value):
    rows = torch.arange(cell.hidden_size, 2 * cell.hidden_size)
    with torch.no_grad():
        cell.bias_ih.index_fill_(0, rows, value)
        cell.bias_hh.index_fill_(0, rows, 0.0)
    return cell


def probe_list():
    makers = {}

    def entry(name):
        def register(maker):
            makers[name] = maker
            return maker

        return register

    for name, value in {"(-2)": -2, "(0)": 0, "(+1)": 1, "(+2)": 2, "(+10)": 10}.items():
        entry(f"LSTM {name}")(lambda n, v=float(value): set_forget_bias(nn.LSTMCell(1, n), v))

    @entry("GRU")
    def gru(n):
        return nn.GRUCell(1, n)

    @entry("RNN")
    def rnn(n):
        return nn.RNNCell(1, n, nonlinearity="tanh")

    return makers


def gradient_norms(cell, inputs):
    n = cell.hidden_size
    weights = {name: weight.detach() for name, weight in cell.named_parameters()}
    lstm = isinstance(cell, nn.LSTMCell)

    def advance(state, x):
        if not lstm:
            return functional_call(cell, weights, (x, state[None]))[0]
        h, c = functional_call(cell, weights, (x, (state[None, :n], state[None, n:])))
        return torch.cat([h[0], c[0]])

    def output_gate(state, x):
        """o of this step as a function of the joint state before it."""
        gate = slice(3 * n, 4 * n)
        a = weights["weight_ih"][gate] @ x[0] + weights["bias_ih"][gate] + weights["bias_hh"][gate]
        return torch.sigmoid(a + weights["weight_hh"][gate] @ state[:n])

    state = torch.zeros((2 if lstm else 1) * n).to(inputs)
    befores, states = [], []
    for x in inputs:
        befores.append(state)
        state = advance(state, x)
        states.append(state)
    row = torch.zeros_like(state)
    row[-n:] = 1.0
    norms = []
    for t in reversed(range(len(inputs))):
        if lstm:
            # The total derivative: h_t = o_t tanh(c_t) is computed from c_t.
            o = output_gate(befores[t], inputs[t])
            total = row[n:] + row[:n] * o * (1 - torch.tanh(states[t][n:]) ** 2)
            norms.append(total.norm())
        else:
            norms.append(row.norm())
        row = row @ jacrev(advance)(befores[t], inputs[t])
    return torch.stack(norms).flip(0)
