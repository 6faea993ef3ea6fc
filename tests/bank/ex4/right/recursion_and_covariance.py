"""Recursion over the steps, torch.cov for the statistics, singular values of the covariance."""

import torch


def _steps(cell, inputs, h, c):
    if inputs.shape[0] == 0:
        return []
    a = inputs[0] @ cell.weight_ih.T + h @ cell.weight_hh.T + cell.bias_ih + cell.bias_hh
    n = cell.hidden_size
    squashed = torch.cat(
        [a[:, : 2 * n].sigmoid(), a[:, 2 * n : 3 * n].tanh(), a[:, 3 * n :].sigmoid()], 1
    )
    i, f, g, o = squashed.chunk(4, 1)
    c = f * c + i * g
    h = o * c.tanh()
    return [
        {"input": i, "forget": f, "candidate": g, "output": o, "hidden": h, "cell": c}
    ] + _steps(cell, inputs[1:], h, c)


def gate_activations(cell, inputs, state=None):
    if state is None:
        state = [torch.zeros(inputs.shape[1], cell.hidden_size).to(inputs) for _ in range(2)]
    steps = _steps(cell, inputs, *state)
    return {name: torch.stack([step[name] for step in steps]) for name in steps[0]}


def saturation(gate, low=0.1, high=0.9):
    left, right = torch.zeros(gate.shape[-1]).to(gate), torch.zeros(gate.shape[-1]).to(gate)
    for matrix in gate:
        for row in matrix:
            left += (row < low).to(gate)
            right += (row > high).to(gate)
    entries = gate[..., 0].numel()
    return left / entries, right / entries


def unit_correlations(activations, feature):
    joint = torch.cov(torch.column_stack([feature, activations]).T)
    deviation = joint.diagonal().sqrt()
    r = joint[0, 1:]
    for unit in range(len(r)):
        scale = deviation[0] * deviation[unit + 1]
        r[unit] = r[unit] / scale if scale > 0 else 0.0
    return r


def best_unit(activations, feature):
    strengths = [abs(r.item()) for r in unit_correlations(activations, feature)]
    return strengths.index(max(strengths))


def project(states, dims=2):
    covariance = torch.cov(states.T)
    directions, variances, _ = torch.linalg.svd(covariance)
    points = torch.stack([(states - states.mean(0)) @ directions[:, k] for k in range(dims)], dim=1)
    return points, variances[:dims] / torch.trace(covariance)
