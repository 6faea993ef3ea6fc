"""Exercise 2, public checks: the forget bias, the list of cells, and one curve of each kind."""

from collections.abc import Sequence

import numpy as np

from checks.inputs.ex2 import (
    CURVE_AXES,
    FORGET,
    NAMES,
    STATE_AXES,
    cell_weights,
    listed_state,
)
from grading.checking import (
    Alone,
    Both,
    Draw,
    Layer,
    Mismatch,
    Parts,
    Tolerance,
    check,
    close,
    same,
    same_shape,
)

# Right answers in float32 (autograd, a tape by hand, forward mode, float64 inside) differ by up to
# 4e-6 of the largest entry in 1000 draws: the forward pass of an RNN amplifies rounding errors.
# The nearest wrong one (h of the LSTM cut off) differs by 1e-2.
CURVE = Tolerance(absolute=0.0, relative=1e-4)


@check(
    points=9,
    hint="Two bias vectors are added up in an LSTM. What is their sum after your function?",
)
def forget_bias_is_what_was_asked_for(draw: Draw, student: Alone, parts: Parts) -> None:
    """After set_forget_bias, bias_ih + bias_hh of the forget gate is the value, for each unit."""
    size = 5
    values = (1.0, -2.0, float(draw.uniform(low=2.0, high=9.0)))
    for value, name in zip(values, ("+1", "-2", "another value"), strict=True):
        with parts(name):
            weights = cell_weights(draw, "LSTM", size)
            got = student.biased_weights(value=value, **weights)
            for vector in ("bias_ih", "bias_hh"):
                alike(vector, got[vector], weights[vector], ("row",))
            total = (got["bias_ih"] + got["bias_hh"]).reshape(4, size)[FORGET]
            wanted = np.full(size, value, dtype=np.float32)
            close("forget bias (bias_ih + bias_hh)", total, wanted, ("unit",), got.device)


@check(
    points=5,
    needs=[forget_bias_is_what_was_asked_for],
    hint="Compare every weight of the cell before and after, gate by gate.",
)
def forget_bias_changes_nothing_else(draw: Draw, student: Alone) -> None:
    """set_forget_bias leaves every weight alone but the biases of the forget gate."""
    size = 6
    weights = cell_weights(draw, "LSTM", size)
    got = student.biased_weights(value=1.5, **weights)
    for name, before in weights.items():
        alike(name, got[name], before, ("row", "column")[: before.ndim])
        changed = (got[name] != before).reshape(4, size, -1).any(axis=(1, 2))
        changed[FORGET] &= name.startswith("weight")
        if changed.any():
            gates = np.array(["input", "forget", "candidate", "output"])[changed]
            raise Mismatch(Layer.VALUE, f"{name} of the {gates[0]} gate has changed")


@check(
    points=7,
    hint="The names are spelled as in the docstring; nn.LSTMCell(1, 5) has an input of size 1.",
)
def list_has_every_cell(draw: Draw, student: Alone, parts: Parts) -> None:
    """For each of the seven names the list makes a cell with 1 input and the size asked for."""
    for name in NAMES:
        with parts(name):
            for size in (4, 7):
                arrays = listed_state(draw, name, rows=2, size=size)
                got = student.listed_step(name=name, **arrays)
                for state in [name for name in STATE_AXES if name in arrays]:
                    alike(state, got[state], arrays[state], STATE_AXES[state])


@check(
    points=11,
    hint="Keep every state; then ask for the gradient of the sum of the last one.",
)
def norms_of_a_vanilla_rnn(draw: Draw, both: Both) -> None:
    """gradient_norms of an nn.RNNCell: entry t is the L2 norm of d sum(h_last) / d h_t."""
    weights = cell_weights(draw, "RNN", size=6)
    same(
        *both.norms(kind="RNN", inputs=draw.normal(9, 1, 1), **weights),
        axes=CURVE_AXES,
        tolerance=CURVE,
    )


@check(
    points=8,
    needs=[norms_of_a_vanilla_rnn],
    hint="An nn.GRUCell is called just like an nn.RNNCell.",
    because="it tells a mistake about the GRU from one about norms",
)
def norms_of_a_gru(draw: Draw, both: Both) -> None:
    """gradient_norms of an nn.GRUCell: the same for a cell with gates."""
    weights = cell_weights(draw, "GRU", size=5)
    same(
        *both.norms(kind="GRU", inputs=draw.normal(8, 1, 1), **weights),
        axes=CURVE_AXES,
        tolerance=CURVE,
    )


@check(
    points=11,
    hint="An nn.LSTMCell returns two states. Which one carries the memory, and is nothing cut off?",
)
def norms_of_an_lstm(draw: Draw, both: Both) -> None:
    """gradient_norms of an nn.LSTMCell: entry t is the L2 norm of d sum(c_last) / d c_t."""
    weights = cell_weights(draw, "LSTM", size=7)
    same(
        *both.norms(kind="LSTM", inputs=draw.normal(10, 1, 1), **weights),
        axes=CURVE_AXES,
        tolerance=CURVE,
    )


def alike(name: str, got: np.ndarray, like: np.ndarray, axes: Sequence[str]) -> None:
    """Raise Mismatch unless `got` has the shape and dtype of `like`; its values do not matter."""
    same_shape(name, got, like.shape, axes, like.dtype)
