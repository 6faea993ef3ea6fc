"""One step at a time with four slices of each weight, plain formulas throughout."""

import torch


def gate_activations(cell, inputs, state=None):
    steps, batch, _ = inputs.shape
    n = cell.hidden_size
    if state is None:
        h = torch.zeros(batch, n, dtype=inputs.dtype, device=inputs.device)
        c = torch.zeros(batch, n, dtype=inputs.dtype, device=inputs.device)
    else:
        h, c = state
    out = {k: [] for k in ["input", "forget", "candidate", "output", "hidden", "cell"]}

    def pre(k, x, h):
        rows = slice(k * n, (k + 1) * n)
        return (
            x @ cell.weight_ih[rows].T
            + cell.bias_ih[rows]
            + h @ cell.weight_hh[rows].T
            + cell.bias_hh[rows]
        )

    for t in range(steps):
        x = inputs[t]
        i = torch.sigmoid(pre(0, x, h))
        f = torch.sigmoid(pre(1, x, h))
        g = torch.tanh(pre(2, x, h))
        o = torch.sigmoid(pre(3, x, h))
        c = f * c + i * g
        h = o * torch.tanh(c)
        out["input"].append(i)
        out["forget"].append(f)
        out["candidate"].append(g)
        out["output"].append(o)
        out["hidden"].append(h)
        out["cell"].append(c)
    return {k: torch.stack(v) for k, v in out.items()}


def saturation(gate, low=0.1, high=0.9):
    left = (gate < low).float().mean(dim=(0, 1))
    right = (gate > high).float().mean(dim=(0, 1))
    return left, right


def unit_correlations(activations, feature):
    a = activations - activations.mean(0, keepdim=True)
    f = feature - feature.mean()
    cov = (a * f[:, None]).mean(0)
    sa = a.pow(2).mean(0).sqrt()
    sf = f.pow(2).mean().sqrt()
    r = torch.zeros_like(cov)
    ok = (sa > 0) & (sf > 0)
    r[ok] = cov[ok] / (sa[ok] * sf)
    return r


def best_unit(activations, feature):
    return torch.argmax(torch.abs(unit_correlations(activations, feature))).item()


def project(states, dims=2):
    x = states - states.mean(0)
    cov = x.T @ x / (len(x) - 1)
    values, vectors = torch.linalg.eigh(cov)
    order = torch.argsort(values, descending=True)[:dims]
    return x @ vectors[:, order], values[order] / values.sum()
