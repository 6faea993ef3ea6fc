# %% [markdown]
# # Dynamics: the path of the hidden state
#
# A hidden state is a point in a space of many dimensions, and a text is a path through it. To be
# looked at, the path is projected to two dimensions: by your `project` of exercise 4 (PCA, the
# directions in which the states vary most) and, where scikit-learn is installed, by t-SNE and
# Isomap, which try to keep neighbors together.
#
# Two dimensions lose much, and different projections show different things. It is tempting to take
# a picture for evidence: the ends of lines lie apart, so the network has learned what a line is. So
# every picture stands here next to the same picture of an untrained network, and what it seems to
# show is measured on the whole state, next to controls.

# %%
from dataclasses import dataclass
from pathlib import Path

from lab import Settings, figures, setting, start


@dataclass(frozen=True, kw_only=True)
class Dynamics(Settings):
    """The network to look at, and the length of the path to draw."""

    checkpoint: Path | None = setting(
        None, "a run of the lab shakespeare (default: labs/results/shakespeare/lstm.pt)"
    )
    untrained: int = setting(3, "untrained networks to compare with", low=1)
    length: int = setting(500, "characters of a path that is drawn", low=100, high=2000)


lab = start("dynamics", Dynamics)
settings = lab.settings

# %%
from typing import Any

import numpy as np
import torch
from text import decoding, features, material, projections, subjects
from torch import Tensor, nn

# A position in the line, in characters; and the first steps of a stream, whose past is cut off.
LATE, FIRST = 20, 50

ex3 = lab.load("ex3", "TextModel")
ex4 = lab.load("ex4", "project", "gate_activations")
torch.set_num_threads(1)
SHORT = subjects.SHORT.iterations
mine = subjects.find(
    settings.checkpoint, settings.reference, ex3.TextModel, lab.seed, lab.steps(SHORT)
)
if mine.closed:
    print(f"Its memory cells cannot be seen, only h: {mine.closed}")
fresh = [mine.untrained(lab.seed + 1 + number) for number in range(settings.untrained)]


def read(model: Any, tokens: Tensor) -> subjects.Activations:
    """The states of a model of this kind while it reads."""
    return subjects.states(mine.look(model, tokens, ex4))


# %% [markdown]
# ## Pictures
#
# The path of h of the upper layer through some lines of a play, a point for each character. Shades
# are the number of the line in the first figure, of the paragraph in the second. Crosses are the
# characters after which a line, or a paragraph, has ended.
#
# Below each picture stands what it separates: every point is guessed to be what most of its five
# neighbors in the picture are. 0.5 is chance, 1 is perfect (balanced accuracy).

# %%
path, tokens = subjects.passage(settings.length)
upper = f"h of layer {mine.run.settings.depth}"
drawn = {}
for title, model in {"trained": mine.run.model, "untrained": fresh[0]}.items():
    states = read(model, tokens)[upper][subjects.WARM_UP :, 0]
    drawn[title], explained = projections.pictures(states, ex4.project, lab.seed)
    print(f"{title}: PCA shows {explained[0]:.0%} + {explained[1]:.0%} of the variance of {upper}")
if not projections.have_scikit_learn():
    print(projections.ADVICE)

# %% tags=["fold"]
line_ends = features.just_read("\n")(path)
breaks = features.paragraph_break(path)
late = features.position_in_line(path) > LATE


def draw(name: str, ended: Any, of: str) -> None:
    """Draw the pictures, shaded by the number of each character's line or paragraph."""
    number = np.cumsum(ended) - ended
    columns = len(drawn["trained"])
    figure, grid = figures.subplots(2, columns, size=(3.3 * columns, 6.6), squeeze=False)
    for row, (title, pictures) in zip(grid, drawn.items(), strict=True):
        for axes, (kind, points) in zip(row, pictures.items(), strict=True):
            axes.plot(*points.T, color="0.9", linewidth=0.4, zorder=0)
            shades = axes.scatter(*points.T, 12, number, cmap="viridis")
            ends = axes.scatter(*points[ended > 0].T, 40, color="black", marker="x", linewidths=1)
            axes.set(xticks=[], yticks=[], title=f"{title}: {kind}")
            scores = [decoding.nearest_neighbors(points, what) for what in (ended > 0, late)]
            told = f"end of {of}: {scores[0]:.2f}\nposition > {LATE}: {scores[1]:.2f}"
            axes.set_xlabel(told, fontsize=9)
    figure.legend([ends], [f"end of a {of}"], loc="outside lower left")
    figure.colorbar(shades, ax=grid, label=f"number of the {of}", shrink=0.6, format="%d")
    lab.show(
        figure,
        name,
        alt=f"The path of {upper} over {len(path)} characters in two dimensions, trained above and "
        f"untrained below, shaded by the number of the {of}; below each picture how well its "
        f"neighbors tell the ends of {of}s, and the positions above {LATE}.",
    )


draw("lines", line_ends, "line")
draw("paragraphs", breaks, "paragraph")

# %% [markdown]
# ## Evidence
#
# What does the state know? A linear probe is fitted to the states of one half of the text, and
# judged on the other half: how well does it tell, from the state alone, whether something is the
# case? Controls: the same for untrained networks, and for characters without any network, the last
# one and the last three.
#
# That a line has just ended can be told perfectly from every state, trained or not: it is the
# character just read. It shows nothing. Evidence is where the trained network is ahead of all
# controls.

# %%
text, tokens = subjects.searched()
CLASSES = {
    "end of line just read": features.just_read("\n")(text),
    "paragraph just ended": features.paragraph_break(text),
    "end of line comes next": features.comes_next("\n")(text),
    "in a speaker's name": features.in_name(text),
    f"position in the line > {LATE}": features.position_in_line(text) > LATE,
}
position = features.position_in_line(text)


def flat(values: Tensor) -> Any:
    """All streams one after another, without their first steps, (steps, ...)."""
    kept = values[FIRST:].transpose(0, 1).flatten(0, 1)
    return kept.double().numpy()


length = len(tokens) - FIRST
held_out = np.repeat(np.arange(subjects.STREAMS) >= subjects.STREAMS // 2, length)


def decoded(states: Any) -> list[float]:
    """How well a probe tells each class from the states, and R2 of the position in the line."""
    table = flat(states)
    scores = [
        decoding.probe_class(table, flat(subjects.cut(wanted, subjects.STREAMS)) > 0, held_out)
        for wanted in CLASSES.values()
    ]
    wanted = flat(subjects.cut(position, subjects.STREAMS))
    return [*scores, decoding.probe_number(table, wanted, held_out)]


def kinds(seen: subjects.Activations) -> dict[str, Tensor]:
    """What to decode from: h of the upper layer and, where it can be seen, c of all layers."""
    cells = [values for name, values in seen.items() if name.startswith("c ")]
    return {"h": seen[upper]} | ({"c": torch.cat(cells, dim=-1)} if cells else {})


def last_characters(count: int) -> Tensor:
    """The last characters as unit vectors, one after another, (steps, streams, count * V)."""
    before = [tokens.roll(back, dims=0) for back in range(count)]
    return torch.cat([nn.functional.one_hot(one, len(material.VOCABULARY)) for one in before], -1)


def extremes(row: int) -> list[tuple[float, float]]:
    """The range of a score over the untrained networks, for each kind of states."""
    return [(values[:, row].min(), values[:, row].max()) for values in ranges.values()]


trained = {kind: decoded(states) for kind, states in kinds(read(mine.run.model, tokens)).items()}
controls = [
    {kind: decoded(states) for kind, states in kinds(read(model, tokens)).items()}
    for model in fresh
]
ranges = {kind: np.array([control[kind] for control in controls]) for kind in trained}
memoryless = {count: decoded(last_characters(count)) for count in (1, 3)}

# %% tags=["fold"]
names = [*CLASSES, "position in the line (R2)"]
lab.table(
    f"Linear probes of {mine.name}: balanced accuracy (chance is 0.5), and R2",
    [
        "",
        *(f"trained {kind}" for kind in trained),
        *(f"untrained {kind}" for kind in trained),
        "last character",
        "last 3",
    ],
    [
        [name]
        + [f"{scores[row]:.2f}" for scores in trained.values()]
        + [f"{low:.2f} to {high:.2f}" for low, high in extremes(row)]
        + [f"{scores[row]:.2f}" for scores in memoryless.values()]
        for row, name in enumerate(names)
    ],
)
figure, axes = figures.subplots(size=(8, 3.6))
rows = np.arange(len(names))[::-1]
marks = {"h": ("D", figures.COLORS[2]), "c": ("s", figures.COLORS[1])}
for kind, scores in trained.items():
    marker, color = marks[kind]
    axes.plot(scores, rows, marker, color=color, markersize=8, label=f"trained {kind}")
for number, control in enumerate(controls):
    label = None if number else "untrained"
    for scores in control.values():
        axes.plot(scores, rows, "wo", markeredgecolor="black", markersize=7, label=label)
        label = None
axes.plot(memoryless[3], rows, "x", color="0.4", markersize=7, label="last 3 characters")
axes.set_yticks(rows, names)
axes.set(xlabel="Balanced accuracy; R2")
axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
lab.show(
    figure,
    "evidence",
    alt="The scores of the table above as marks: trained, untrained, last three characters.",
)

# %% [markdown]
# What usually stands out: a trained LSTM knows the position in the line far better than any control
# does, by its memory cells c; h need not show it, for an output gate can hide what a cell counts.
# Whether the text is in a name is told better than by the controls, too. But the end of line that
# is to come is told about as well by the last three characters.
#
# ## Questions

# %%
lab.questions("ex4")
