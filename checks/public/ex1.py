"""Exercise 1, public checks: what the equation says, one part at a time."""

import numpy as np

from checks.inputs.ex1 import CELL_AXES, NET_AXES, cell_arrays, net_weights
from grading.checking import (
    Alone,
    Answer,
    Both,
    Draw,
    Layer,
    Mismatch,
    Parts,
    Tolerance,
    check,
    close,
    finite,
    same,
)

# The gradient of an entry of V or b is 1 in a plain layout, 1.4 if two parameters share it.
MOVES = 1e-6
# Feedback amplifies rounding errors, with a heavy tail: over 12,000 comparisons of right answers in
# float32, 99.9 % differ by less than 5e-6 and one by 3e-5; the nearest of 12,000 wrong ones (the
# output before the last is fed back) is off by 3e-2.
FREE_RUNNING = Tolerance(absolute=1e-4, relative=1e-4)


@check(
    points=7,
    hint="Write the equation for a hidden size of 1 on paper, then look at each term in turn.",
)
def cell_takes_one_step(draw: Draw, both: Both, student: Alone) -> None:
    """One step of the cell is h_t = tanh(inputs + V h_{t-1} + b), returned twice."""
    got, want = both.cell_step(**cell_arrays(draw, batch=1, size=5))
    speed = student.cell_learning(size=6)
    try:
        same(got, want, axes=CELL_AXES)
    except Mismatch:
        # Weights that cannot learn could not take the values of this check either: say that.
        _require_learning(speed, "_with_bias")
        raise


@check(
    points=4,
    needs=[cell_takes_one_step],
    hint="Are V and b among cell.parameters(), and does the output depend on them?",
)
def cell_learns_its_weights(draw: Draw, student: Alone) -> None:
    """V and b are there in a new cell, and gradient descent can change every entry of them."""
    # A cell could forge what it says of itself, so this needs a step that was computed.
    _require_learning(student.cell_learning(size=6), "")


def _require_learning(speed: Answer, asked: str) -> None:
    """Raise Mismatch unless every entry of V and b can learn, by default or `_with_bias`."""
    for name, shape in (("V", (6, 6)), ("b", (6,))):
        found = speed[name + asked]
        close(f"the gradient of {name}", np.zeros(found.shape), np.zeros(shape), CELL_AXES[name])
        finite(f"the gradient of {name}", found, CELL_AXES[name])
        if (stuck := found < MOVES).any():
            words = f"{int(stuck.sum())} of {stuck.size} entries of {name} cannot learn"
            raise Mismatch(Layer.VALUE, words)


@check(
    points=5,
    needs=[cell_takes_one_step],
    hint="Batch is the first axis of both arguments; no row may see another.",
)
def cell_steps_a_batch(draw: Draw, both: Both) -> None:
    """The cell advances a batch of sequences, each by itself."""
    same(*both.cell_step(**cell_arrays(draw, batch=7, size=4)), axes=CELL_AXES)


@check(
    points=5,
    needs=[cell_takes_one_step],
    hint="What does V h + b come to when h is zero? Is anything left out when hidden is None?",
)
def cell_starts_from_zeros(draw: Draw, both: Both) -> None:
    """Without a hidden state the cell starts from zeros, and the bias still counts."""
    arrays = cell_arrays(draw, batch=1, size=5)
    del arrays["hidden"]
    same(*both.cell_step(**arrays), axes=CELL_AXES)


@check(
    points=5,
    hint="in_to_hidden is W alone; the only bias of the hidden state is the cell's.",
)
def net_maps_in_and_out(draw: Draw, both: Both) -> None:
    """in_to_hidden maps x to W x without a bias, hidden_to_out maps h to O h."""
    weights = net_weights(draw, inputs=3, outputs=2, size=6)
    got, want = both.net_maps(
        W=weights["W"], O=weights["O"], x=draw.normal(4, 3), h=draw.normal(4, 6)
    )
    axes = ("batch", "unit")
    for name in ("in_to_hidden", "hidden_to_out"):
        close(name, got[name], want[name], axes, got.device)


@check(
    points=6,
    needs=[cell_takes_one_step, net_maps_in_and_out],
    hint="A step has three parts, in this order: in_to_hidden, rnn_cell, hidden_to_out.",
)
def net_takes_one_step(draw: Draw, both: Both) -> None:
    """One step of the network returns its output and the new hidden state."""
    weights = net_weights(draw, inputs=3, outputs=2, size=6)
    hidden = draw.uniform(1, 6, low=-0.9, high=0.9)
    same(*both.net_step(x=draw.normal(1, 3), hidden=hidden, **weights), axes=NET_AXES)


@check(
    points=7,
    needs=[cell_steps_a_batch, cell_starts_from_zeros, net_takes_one_step],
    hint="Follow the hidden state: what does step i receive, and what does it pass on?",
)
def net_reads_every_input(draw: Draw, both: Both) -> None:
    """With teacher forcing every step reads its own input; all outputs are returned in order."""
    weights = net_weights(draw, inputs=3, outputs=2, size=6)
    inputs = draw.normal(9, 4, 3)
    same(*both.net_forward(inputs=inputs, force=True, warm_start=0, **weights), axes=NET_AXES)


@check(
    points=5,
    needs=[cell_steps_a_batch, cell_starts_from_zeros, net_takes_one_step],
    hint="After step 0 the inputs are not looked at: where does step 1 find what it reads?",
)
def net_feeds_its_output_back(draw: Draw, both: Both) -> None:
    """With neither teacher forcing nor warm start, a step reads the output of the one before."""
    weights = net_weights(draw, inputs=2, outputs=2, size=6)
    inputs = draw.normal(9, 4, 2)
    answers = both.net_forward(inputs=inputs, force=False, warm_start=0, **weights)
    same(*answers, axes=NET_AXES, tolerance=FREE_RUNNING)


@check(
    points=7,
    needs=[net_feeds_its_output_back],
    hint="List for steps 0 to 5 what each one reads when warm_start is 3. Then try the edges.",
)
def net_warms_up_to_the_step(draw: Draw, both: Both, parts: Parts) -> None:
    """Exactly warm_start steps read the true input, and step 0 always does."""
    for warm_start in (1, 2, 3, 6, 7, 12):
        with parts(f"warm_start {warm_start}, 7 steps"):
            weights = net_weights(draw, inputs=2, outputs=2, size=5)
            inputs = draw.normal(7, 3, 2)
            answers = both.net_forward(inputs=inputs, force=False, warm_start=warm_start, **weights)
            same(*answers, axes=NET_AXES, tolerance=FREE_RUNNING)
