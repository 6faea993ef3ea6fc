"""torch.pca_lowrank with just as many directions as asked; tensor methods and comprehension."""

import torch


def gate_activations(cell, inputs, state=None):
    shape = inputs.shape[1], cell.hidden_size
    state = state or (inputs.new_zeros(shape), inputs.new_zeros(shape))
    all_states, states = [state], state
    for x in inputs:
        states = cell(x, states)
        all_states.append(states)
    h, c = (torch.stack(list(values)) for values in zip(*all_states))
    logits = inputs @ cell.weight_ih.mT + h[:-1] @ cell.weight_hh.mT + cell.bias_ih + cell.bias_hh
    logits = logits.unflatten(-1, (4, -1))
    gates = {
        name: logits[..., k, :].tanh() if name == "candidate" else logits[..., k, :].sigmoid()
        for k, name in enumerate(("input", "forget", "candidate", "output"))
    }
    return gates | {"hidden": h[1:], "cell": c[1:]}


def saturation(gate, low=0.1, high=0.9):
    rows = torch.cat(list(gate))
    return tuple(torch.stack([(rows < low), (rows > high)]).float().mean(1))


def unit_correlations(activations, feature):
    def unit_length(columns):
        columns = columns - columns.mean(0)
        return torch.nn.functional.normalize(columns, dim=0, eps=1e-12)

    return unit_length(activations).T @ unit_length(feature)


def best_unit(activations, feature):
    return int(
        torch.linalg.vector_norm(unit_correlations(activations, feature)[None], dim=0).argmax()
    )


def project(states, dims=2):
    torch.manual_seed(0)
    centered = states - states.mean(0)
    U, S, V = torch.pca_lowrank(states, q=dims, niter=4)
    return centered @ V, S.pow(2) / centered.pow(2).sum()
