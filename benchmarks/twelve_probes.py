"""Probes for the twelve checks that other graders run as well.

As in most courses, these probes copy weights by position, so a submission has to keep them in the
reference's layout: V then b in the cell. The course's own probes accept any layout, and compute
more for it (checks/probes/ex1.py).
"""

# The same questions as in checks/probes/ex1.py, for graders that cannot share them.
# pylint: disable=duplicate-code

import copy
import io

import torch
from torch import nn


def make_cell(module, V, b=None, activation=None):
    chosen = {} if activation is None else {"activation": getattr(nn, activation)}
    cell = module.VanillaRNNCell(len(V), bias=b is not None, **chosen)
    return copied(cell, [V] if b is None else [V, b])


def make_net(module, W, V, O, b=None):
    net = module.VanillaRNN(W.shape[1], len(O), len(V), bias=b is not None)
    copied(net.in_to_hidden, [W])
    copied(net.rnn_cell, [V] if b is None else [V, b])
    copied(net.hidden_to_out, [O])
    return net


def copied(part, weights):
    """`part` with these weights; any further bias is zero."""
    parameters = list(part.parameters())
    values = [*weights, *(torch.zeros_like(one) for one in parameters[len(weights) :])]
    with torch.no_grad():
        for parameter, value in zip(parameters, values, strict=True):
            parameter.copy_(value)
    return part


def cell_step(module, inputs, V, b=None, hidden=None, activation=None):
    cell = make_cell(module, V, b, activation)
    output, state = cell(inputs) if hidden is None else cell(inputs, hidden)
    return {"output": output, "hidden": state}


def cell_gradients(module, inputs, hidden, V, b, weights):
    cell = make_cell(module, V, b)
    given, state = inputs.clone().requires_grad_(), hidden.clone().requires_grad_()
    (weights * cell(given, state)[0]).sum().backward()
    gradients = [parameter.grad for parameter in cell.parameters()]
    return {"inputs": given.grad, "hidden": state.grad, "V": gradients[0], "b": gradients[1]}


def net_maps(module, W, V, O, x, h):
    net = make_net(module, W, V, O)
    return {"in_to_hidden": net.in_to_hidden(x), "hidden_to_out": net.hidden_to_out(h)}


def net_forward(module, inputs, W, V, O, b=None, force=True, warm_start=10):
    outputs, state = make_net(module, W, V, O, b)(inputs, force=force, warm_start=warm_start)
    return {"outputs": outputs, "hidden": state}


def net_again(module, inputs, hidden, W, V, O, b):
    net = make_net(module, W, V, O, b)
    outputs, state = net(inputs, hidden)
    return {"outputs": outputs, "hidden": state, "outputs_from_zeros": net(inputs)[0]}


def net_reloaded(module, inputs, W, V, O, b):
    net = make_net(module, W, V, O, b)
    file = io.BytesIO()
    torch.save(net.state_dict(), file)
    file.seek(0)
    fresh = module.VanillaRNN(W.shape[1], len(O), len(V))
    fresh.load_state_dict(torch.load(file, weights_only=True))
    return {"outputs": fresh(inputs)[0]}


def net_defaults(module, inputs, W, V, O, b):
    net = module.VanillaRNN()
    for part, weights in (
        (net.in_to_hidden, [W]),
        (net.rnn_cell, [V, b]),
        (net.hidden_to_out, [O]),
    ):
        copied(part, weights)
    outputs, state = copy.deepcopy(net)(inputs)
    return {
        "outputs": outputs,
        "hidden": state,
        "forced": copy.deepcopy(net)(inputs, None, True, 10)[0],
        "free": copy.deepcopy(net)(inputs, force=False)[0],
        "free_after_10": copy.deepcopy(net)(inputs, None, False, 10)[0],
    }


def net_gradients(module, inputs, hidden, weights, W, V, O, b, warm_start):
    net = make_net(module, W, V, O, b)
    given, state = inputs.clone().requires_grad_(), hidden.clone().requires_grad_()
    outputs, _ = net(given, state, force=False, warm_start=warm_start)
    (weights * outputs).sum().backward()
    parts = {"W": net.in_to_hidden, "V": net.rnn_cell, "O": net.hidden_to_out}
    gradients = {name: next(part.parameters()).grad for name, part in parts.items()}
    return {"inputs": given.grad, "hidden": state.grad, **gradients}
