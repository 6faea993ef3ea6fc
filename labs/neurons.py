# %% [markdown]
# # Neurons: what single units and gates follow
#
# A network that has learned to expect the next character had to find out something about the text:
# where in the line it is, who speaks, what kind of character may come. Sometimes a single unit
# shows it. We look for such units in your trained `TextModel`, with the functions of exercise 4,
# as Karpathy, Johnson and Fei-Fei do in "Visualizing and Understanding Recurrent Networks" (2015).
#
# What kinds of units can one expect?
#
# - units that count: their activity grows or falls along the line, or with each line
# - names: active in the name of a speaker, such as HAMLET:
# - special characters, such as one that rises before ":"
# - many mixtures of these
#
# If there is no such unit, the network may know all the same. Nothing in training asks for one unit
# per fact; knowledge can be spread over many, or be there several times.

# %%
from dataclasses import dataclass
from pathlib import Path

from lab import Settings, figures, setting, start


@dataclass(frozen=True, kw_only=True)
class Neurons(Settings):
    """The network to look at, and the number of controls."""

    checkpoint: Path | None = setting(
        None, "a run of the lab shakespeare (default: labs/results/shakespeare/lstm.pt)"
    )
    untrained: int = setting(3, "untrained networks to compare with", low=1)


lab = start("neurons", Neurons)
settings = lab.settings

# %% [markdown]
# ## Whose units, whose gates
#
# Exercise 3 promises h of every layer, but not what an LSTM keeps for itself: its memory cells c
# and its gates. If your model is built of `nn.LSTM` or `nn.LSTMCell`, the lab takes the weights of
# each layer, listens to what the first layer is given, and lets your `gate_activations` of
# exercise 4 compute everything once more. It believes the result only if the h that come out are
# those of your `hidden_states`.
#
# If your model is built otherwise, you see its h, and the cells and gates of another network next
# to them: a small LSTM of the lab's own, which is trained now.

# %%
from typing import Any

import numpy as np
import torch
from text import features, search, subjects
from text.string_plot import layout, string_plot

ex3 = lab.load("ex3", "TextModel")
ex4 = lab.load("ex4", "gate_activations", "saturation", "unit_correlations", "best_unit")
torch.set_num_threads(1)
SHORT = subjects.SHORT.iterations
mine = subjects.find(
    settings.checkpoint, settings.reference, ex3.TextModel, lab.seed, lab.steps(SHORT)
)
networks = [mine]
if mine.closed:
    print(f"Its gates cannot be seen: {mine.closed}")
    networks.append(subjects.own(lab.seed, lab.steps(SHORT)))
    print(f"Gates and cells: the lab's own LSTM after {networks[1].run.iteration} iterations")

# %% [markdown]
# ## Which unit follows what, and is it more than chance?
#
# For each feature of the text: the unit with the largest correlation, in size, found by your
# `best_unit`. Hundreds of units are searched, so something is always found. Two controls, which may
# pick their best unit as well, say what that is worth:
#
# - **untrained**: the same network with fresh weights. It reads the same characters, and whatever
#   follows from the current character alone is there without any training.
# - **shifted**: the trained network, and the feature of another place in the text. A slow unit and
#   a slow feature always correlate somewhat. (To shuffle the feature would be far too lenient: it
#   would no longer be slow.)

# %%
FEATURES = {
    "position in the line": features.position_in_line,
    "line in the paragraph": features.line_in_paragraph,
    "in a speaker's name": features.in_name,
    "':' comes next": features.comes_next(":"),
    "end of line comes next": features.comes_next("\n"),
    "end of line just read": features.just_read("\n"),
    "space just read": features.just_read(" "),
}
text, tokens = subjects.searched()
wanted = {
    name: subjects.cut(feature(text), subjects.STREAMS).float()
    for name, feature in FEATURES.items()
}
controls = {
    network.name: [network.untrained(lab.seed + 1 + n) for n in range(settings.untrained)]
    for network in networks
}
searches = [
    search.search(network, tokens, wanted, ex4, controls[network.name]) for network in networks
]


# %% tags=["fold"]
def extent(values: list[float]) -> str:
    """From the smallest to the largest."""
    return f"{min(values):.2f} to {max(values):.2f}"


for number, (network, found) in enumerate(zip(networks, searches, strict=True)):
    lab.table(
        f"The units of {network.name} that follow a feature best, with r; controls as abs(r)",
        ["feature", "best unit", "r", "untrained", "shifted (max)", "best gate", "r"],
        [
            [
                name,
                str(one.unit),
                f"{one.unit.r:+.2f}",
                extent([abs(control.r) for control in one.untrained]),
                f"{np.mean(one.shifted):.2f} ({max(one.shifted):.2f})",
                str(one.gate) if one.gate else "-",
                f"{one.gate.r:+.2f}" if one.gate else "-",
            ]
            for name, one in found.items()
        ],
    )
    figure, axes = figures.subplots(size=(8, 3.6))
    rows = np.arange(len(found))[::-1]
    for row, one in zip(rows, found.values(), strict=True):
        axes.plot(
            [abs(control.r) for control in one.untrained],
            [row] * len(one.untrained),
            "wo",
            markeredgecolor="black",
            markersize=7,
            label="untrained" if row == 0 else None,
        )
        axes.plot(
            max(one.shifted),
            row,
            "x",
            color="0.4",
            markersize=7,
            label="shifted, largest" if row == 0 else None,
        )
        axes.plot(
            abs(one.unit.r),
            row,
            "D",
            color=figures.COLORS[2],
            markersize=8,
            label="trained" if row == 0 else None,
        )
    axes.set_yticks(rows, list(found))
    axes.set(xlim=(0, 1), xlabel="abs(r) of the best unit", title=network.name)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), reverse=True)
    lab.show(
        figure,
        f"correlations{number or ''}",
        alt=f"For each feature the correlation of the best unit of {network.name}, next to that "
        "in untrained networks and with the shifted feature: the numbers of the table above.",
    )

# %% [markdown]
# A unit is worth looking at where the trained network is far from both controls. Where untrained
# ones come close, as they do for a character just read, it shows nothing that was learned.
#
# ## String plots
#
# A passage that was not searched, with the shade of a character giving the activity of a unit after
# reading it: the larger, the darker. So where r is negative, what is light shows the feature. An
# end of line is shown as "|". On the left the trained network; on the right, as a control, the best
# unit of an untrained one.

# %% tags=["fold"]
PLOTTED = list(FEATURES)[:5]
LINES, LONGEST = 13, 70
lines = "".join(subjects.passage(LINES * LONGEST)[0].splitlines(keepends=True)[:LINES])
_, passage_tokens = subjects.passage(len(lines))
shape = layout(lines)[1]


def read_passage(network: subjects.Subject, model: Any) -> subjects.Activations:
    """What can be seen in a model as it reads the passage, (characters, units) of each layer."""
    seen = network.look(model, passage_tokens, ex4)
    return {name: values[subjects.WARM_UP :, 0] for name, values in seen.items()}


def plot(axes: Any, seen: subjects.Activations, found: search.Found, title: str) -> None:
    """A string plot of a unit, with the range of its shades."""
    values = seen[found.layer][:, found.unit]
    shades = f"white {values.min():.2f}, darkest {values.max():.2f}"
    string_plot(axes, lines, values, f"{title}: {found}\nr = {found.r:+.2f}; {shades}")


for number, (network, found) in enumerate(zip(networks, searches, strict=True)):
    trained = read_passage(network, network.run.model)
    fresh = read_passage(network, controls[network.name][0])
    for name in PLOTTED:
        one = found[name]
        figure, pair = figures.subplots(1, 2, size=(0.2 * shape[1], 0.2 * shape[0] + 0.8))
        plot(pair[0], trained, one.unit, "trained")
        plot(pair[1], fresh, one.untrained[0], "untrained")
        figure.suptitle(f"{name} ({network.name})", fontsize=11)
        lab.show(
            figure,
            f"string_plot_{number * len(PLOTTED) + PLOTTED.index(name) + 1}",
            alt=f"A passage of {LINES} lines, shaded by the unit of {network.name} that follows "
            f"'{name}' best ({one.unit}, r = {one.unit.r:+.2f}), and by that of an untrained "
            f"network (r = {one.untrained[0].r:+.2f}).",
        )

# %% [markdown]
# ## Gates
#
# An LSTM keeps a number c for each unit. At every step the input gate says how much of something
# new is written to it, the forget gate how much of the old is kept, and the output gate how much is
# shown to others:
#
#     c_t = f_t c_{t-1} + i_t g_t        h_t = o_t tanh(c_t)
#
# Here are the gates of the unit that follows the number of the line best: when is its memory
# rewritten, and what keeps it in between?

# %% tags=["fold"]
open_one = networks[-1]
trained = read_passage(open_one, open_one.run.model)
counter = searches[-1]["line in the paragraph"].unit
layer = counter.layer.split(" of ")[1]
parts = [f"{gate} gate of {layer}" for gate in subjects.GATES] + [f"c of {layer}"]
figure, grid = figures.subplots(2, 2, size=(0.2 * shape[1], 0.4 * shape[0] + 1.2))
for axes, part in zip(grid.flat, parts, strict=True):
    values = trained[part][:, counter.unit]
    shades = f"white {values.min():.2f}, darkest {values.max():.2f}"
    string_plot(axes, lines, values, f"{part}\n{shades}")
figure.suptitle(f"Unit {counter.unit} of {layer} ({open_one.name})", fontsize=11)
lab.show(
    figure,
    "gates",
    alt=f"The passage, shaded by the three gates and the memory cell of unit {counter.unit} of "
    f"{layer} of {open_one.name}.",
)

# %% [markdown]
# ## Saturation
#
# How often is a gate (nearly) closed, below 0.1, and how often (nearly) open, above 0.9? Each mark
# is a unit; your `saturation` counts. A forget gate that is almost always open (top left) makes its
# unit an integrator that remembers for long; one that is almost always closed (bottom right) leaves
# a unit that knows the last character alone. No unit can be above the dotted line: the two
# fractions add up to 1 at most. Crosses: the same network untrained, whose gates are half open.

# %% tags=["fold"]
seen = subjects.gates(open_one.look(open_one.run.model, tokens, ex4))
fresh = subjects.gates(open_one.look(controls[open_one.name][0], tokens, ex4))
layers = sorted({name.split(" of ")[1] for name in seen})
figure, row = figures.subplots(1, 3, size=(9, 3.6), sharex=True, sharey=True)
counts = []
for axes, gate in zip(row, subjects.GATES, strict=True):
    for layer, style in zip(layers, figures.STYLES[1:], strict=False):
        left, right = ex4.saturation(seen[f"{gate} gate of {layer}"])
        marks = {"color": style["color"], "marker": style["marker"]}
        axes.scatter(left, right, 22, **marks, alpha=0.7, label=layer)
        never, always = int((left > 0.9).sum()), int((right > 0.9).sum())
        counts.append([gate, layer, f"{never} of {len(left)}", f"{always} of {len(left)}"])
        left, right = ex4.saturation(fresh[f"{gate} gate of {layer}"])
        label = "untrained" if layer == layers[-1] else None
        axes.scatter(left, right, 30, color="black", marker="x", linewidths=0.8, label=label)
    axes.plot([0, 1], [1, 0], color="0.5", linewidth=0.8, linestyle=":")
    axes.set(title=f"{gate} gate", xlabel="Fraction closed (below 0.1)", aspect="equal")
row[0].set_ylabel("Fraction open (above 0.9)")
row[0].legend(loc="upper right")
lab.show(
    figure,
    "saturation",
    alt="For each gate, units as marks: how often the gate is closed against how often it is open. "
    "Untrained, every unit is at neither; the table below counts the units at the extremes.",
)
lab.table(
    f"Units of {open_one.name} whose gate is closed, or open, in more than 0.9 of all steps",
    ["gate", "layer", "almost always closed", "almost always open"],
    counts,
)

# %% [markdown]
# ## Questions

# %%
lab.questions("ex4")
