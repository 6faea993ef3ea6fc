# %% [markdown]
# # Gradients: how they vanish and explode on their way back
#
# Nothing is trained here. Cells with fresh weights read a sequence of random numbers, and your
# `gradient_norms` says how strongly the last state s_N depends on each earlier one:
#
#     norm_t = || d sum(s_N) / d s_t ||
#
# s is what a cell carries its memory in: c for an LSTM, h for the others. Training computes the
# gradient of a loss with respect to the parameters, and by the chain rule that contains products
#
#     d s_N / d s_{N-1}  ...  d s_{t+1} / d s_t
#
# of one factor for each step. Where such a product vanishes, the loss at step N teaches nothing
# about what happened at step t. Where it explodes, the update does.
#
# The **distance** of a state is N - t. At distance 0 stands the last state itself: its gradient is
# a vector of ones, whose norm is the square root of the number of units, for every cell.

# %%
from dataclasses import dataclass

from lab import Settings, UsageError, figures, setting, start


@dataclass(frozen=True, kw_only=True)
class Gradients(Settings):
    """The hyper-parameters, with the tutorial's values, and how often to draw."""

    sequence_length: int = setting(15, "steps", low=2)
    long_sequence_length: int = setting(100, "steps of the long sequences", low=2)
    hidden_units: int = setting(20, "size of the state", low=1)
    draws: int = setting(100, "cells of each kind, each with weights and inputs of its own", low=1)


lab = start("gradients", Gradients)
settings = lab.settings

# %%
import math
from itertools import cycle
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

torch.set_num_threads(1)

ex2 = lab.load("ex2", "probe_list", "gradient_norms")


def norms(cell: nn.Module, inputs: Tensor) -> Any:
    """The norms by distance, nearest first: (steps,)."""
    found = ex2.gradient_norms(cell, inputs).detach()
    if found.shape != inputs.shape[:1]:
        shapes = f"{tuple(found.shape)}, not {tuple(inputs.shape[:1])}"
        raise UsageError(f"what gradient_norms returns is {shapes}: see python grader.py ex2")
    return found.numpy()[::-1]


def curves(steps: int) -> dict[str, Any]:
    """The norms of every kind of cell, by distance: (draws, steps).

    In double precision: over long sequences some norms are smaller than a float32 can be.
    """
    drawn: dict[str, list[Any]] = {name: [] for name in ex2.probe_list()}
    torch.manual_seed(lab.seed)
    for draw in lab.steps(settings.draws):
        for name, new_cell in ex2.probe_list().items():
            cell = new_cell(settings.hidden_units).double()
            drawn[name].append(norms(cell, torch.randn(steps, 1, 1, dtype=torch.float64)))
        if (draw + 1) % 20 == 0 or draw + 1 == settings.draws:
            print(f"{steps} steps: {draw + 1} of {settings.draws} cells of each kind")
    return {name: np.array(values) for name, values in drawn.items() if values}


# %% [markdown]
# ## Cells and forget biases
#
# The number in parentheses is the bias of the forget gate. PyTorch adds two bias vectors to the
# input of each gate, so it is their sum that counts. The more the forget gate is open, the larger
# the factor of each step on the path through c; it never exceeds 1.

# %%
short = curves(settings.sequence_length)

# %% tags=["fold"]
SHOWN = 1e-12


def draw_curves(found: dict[str, Any], name: str) -> None:
    """Draw medians over distance, each with a band that holds four fifths of the cells."""
    biases = [kind for kind in found if kind.startswith("LSTM")]
    others = [kind for kind in found if kind not in biases or kind == "LSTM (0)"]
    styles = dict(zip(found, cycle(figures.STYLES), strict=False))
    bands = {kind: np.quantile(values, (0.1, 0.5, 0.9), axis=0) for kind, values in found.items()}
    steps = len(bands[biases[0]][0])
    figure, pair = figures.subplots(1, 2, size=(10, 4.6), sharey=True)
    for axes, kinds in zip(pair, (biases, others), strict=True):
        for kind in kinds:
            low, middle, high = bands[kind]
            style = styles[kind] | {"markevery": max(1, steps // 8)}
            axes.plot(middle, **style, label=kind)
            axes.fill_between(range(steps), low, high, color=style["color"], alpha=0.15)
        axes.set(xlabel="Distance to the last state, in steps", yscale="log")
        axes.legend()
    every = np.concatenate(list(bands.values()), axis=None)
    pair[0].set_ylim(max(0.3 * every.min(), SHOWN), 3 * every.max())
    pair[0].set(title="LSTM (forget bias)", ylabel="|| d sum(last state) / d state ||")
    pair[1].set_title("Kinds of cells")
    lab.show(
        figure,
        name,
        alt=f"Gradient norms of every kind of cell over the distance, up to {steps - 1} steps, on "
        "a logarithmic scale: medians, and bands from the 10th to the 90th percentile. Numbers "
        "are in the table.",
    )


def show_table(found: dict[str, Any], distances: list[int]) -> None:
    """Show norms at these distances, and how often the gradient has grown."""
    count = len(next(iter(found.values())))
    rows = []
    for kind, values in found.items():
        cells = []
        for distance in distances:
            low, middle, high = np.quantile(values[:, distance], (0, 0.5, 1))
            cells.append(f"{middle:.2g} ({low:.2g} to {high:.2g})")
        grown = int((values[:, distances[-1]] > values[:, 0]).sum())
        rows.append([kind, *cells, f"{grown} of {count}"])
    lab.table(
        f"Norms: median (smallest to largest); at distance 0 it is {found[kind][0, 0]:.3f}",
        ["cell", *(f"distance {distance}" for distance in distances), "grown at the last"],
        rows,
    )


if short:
    draw_curves(short, "gradients")
    last = settings.sequence_length - 1
    show_table(short, sorted({1, max(1, last // 3), last}))

# %% [markdown]
# What holds for practically every draw: the order of the LSTMs by their forget biases. What holds
# on average only: that a GRU keeps more than a vanilla RNN, that a bias of +10 makes gradients
# grow. Which of GRU and LSTM (0) is ahead says nothing.
#
# With a bias of +10 the forget gate is open, and the path through c alone keeps a gradient as it
# is. What grows comes through the other gates and the candidate, which read h: the growth is mild,
# but the longer the sequence, the larger it becomes.
#
# ## Long sequences
#
# The same with more steps: what is a moderate slope above becomes the difference between learning
# and not learning. A constant factor below 1 is a straight line on this scale.

# %%
long = curves(settings.long_sequence_length)

# %% tags=["fold"]
if long:
    draw_curves(long, "long_sequences")
    last = settings.long_sequence_length - 1
    show_table(long, sorted({1, max(1, last // 3), last}))

# %% [markdown]
# (Norms below 1e-12 are cut off in the figure, not in the table.)
#
# ## Exactly vanishing, exactly exploding
#
# A linear cell whose recurrence is an orthogonal matrix Q times a gain g,
#
#     h_t = x_t + g Q h_{t-1}        || d sum(h_N) / d h_t || = sqrt(H) g^(N - t)
#
# for Q only turns the gradient, and g scales it at each step. With g = 1 nothing is ever lost; a
# hair below it vanishes and a hair above it explodes, exponentially. Lines are the formula, markers
# what your code measures.


# %%
class LinearCell(nn.Module):
    """h_t = x_t + g Q h_{t-1}, called like nn.RNNCell."""

    def __init__(self, hidden_size: int, gain: float) -> None:
        super().__init__()
        rotation = nn.init.orthogonal_(torch.empty(hidden_size, hidden_size, dtype=torch.float64))
        self.recurrence = nn.Parameter(gain * rotation)

    def forward(self, x: Tensor, hidden: Tensor | None = None) -> Tensor:
        if hidden is None:
            hidden = x.new_zeros(len(x), len(self.recurrence))
        return x + hidden @ self.recurrence.T


GAINS = (1.1, 1.02, 1.0, 0.98, 0.9)
torch.manual_seed(lab.seed)
distances = np.arange(settings.long_sequence_length)
inputs = torch.randn(settings.long_sequence_length, 1, 1, dtype=torch.float64)
figure, axes = figures.subplots(size=(8, 4.4))
largest_error = 0.0
for gain, style in zip(GAINS, figures.STYLES, strict=False):
    measured = norms(LinearCell(settings.hidden_units, gain), inputs)
    exact = math.sqrt(settings.hidden_units) * gain**distances
    largest_error = max(largest_error, float(np.max(np.abs(measured / exact - 1))))
    axes.plot(distances, exact, color=style["color"], linestyle=style["linestyle"])
    points = distances[:: max(1, len(distances) // 12)]
    axes.plot(points, measured[points], style["marker"], color=style["color"], label=f"g = {gain}")
axes.set(xlabel="Distance to the last state, in steps", ylabel="|| d sum(last state) / d state ||")
axes.set_yscale("log")
axes.legend()
lab.show(
    figure,
    "exact",
    alt="Gradient norms of linear cells with orthogonal recurrences of five gains: straight lines "
    "on a logarithmic scale, rising for gains above 1, level at 1, falling below.",
)
print(f"Largest relative difference between measurement and formula: {largest_error:.1e}")

# %% [markdown]
# No gate keeps a gradient from exploding: gates help against vanishing. Explosions are met by
# clipping the gradient, or by recurrences that preserve norms, as the one with g = 1 does.
#
# ## Questions
#
# Jozefowicz, Zaremba and Sutskever, "An Empirical Exploration of Recurrent Network Architectures"
# (ICML 2015), say more about the bias of the forget gate.

# %%
lab.questions("ex2")
