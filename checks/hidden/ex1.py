"""Exercise 1, hidden checks: the corners of the contract, gradients, and whether it learns."""

from math import sqrt

import numpy as np

from checks.inputs.ex1 import CELL_AXES, NET_AXES, cell_arrays, net_weights
from checks.oracles.ex1 import free_running
from checks.public.ex1 import (
    FREE_RUNNING,
    cell_steps_a_batch,
    cell_takes_one_step,
    net_feeds_its_output_back,
    net_reads_every_input,
    net_warms_up_to_the_step,
)
from grading.checking import (
    Alone,
    Answer,
    Axes,
    Both,
    Draw,
    Layer,
    Mismatch,
    Parts,
    Status,
    StudentFault,
    Tolerance,
    Trials,
    check,
    close,
    finite,
    same,
    same_shape,
)

# Gradients are compared relative to the largest entry. For one step, right answers in float32
# differ by up to 4e-7 of it. Through 8 steps of feedback, the errors have a heavy tail: over 1,400
# comparisons of right answers the median is 2e-7, 99.9 % are below 1.5e-5 and the worst is 2.6e-5;
# the nearest of 1,200 wrong ones (state detached every fourth step) is off by 3.5e-2.
STEP_GRADIENT = Tolerance(absolute=0.0, relative=1e-4)
UNROLLED_GRADIENT = Tolerance(absolute=0.0, relative=1e-3)


@check(
    points=4,
    needs=[cell_takes_one_step],
    hint="bias=False must leave b out of the sum altogether.",
)
def cell_can_do_without_bias(draw: Draw, both: Both) -> None:
    """With bias=False the cell has no b."""
    arrays = cell_arrays(draw, batch=1, size=5)
    del arrays["b"]
    same(*both.cell_step(**arrays), axes=CELL_AXES)


@check(
    points=4,
    needs=[cell_takes_one_step],
    hint="activation is called without arguments to make f; f is then used wherever tanh was.",
)
def cell_uses_the_activation_it_is_given(draw: Draw, both: Both, parts: Parts) -> None:
    """The cell applies whatever activation it was made with."""
    for activation in (None, "ReLU", "Sigmoid", "Identity"):
        with parts(activation or "by default"):
            arrays = cell_arrays(draw, batch=1, size=5)
            same(*both.cell_step(activation=activation, **arrays), axes=CELL_AXES)


@check(
    points=3,
    needs=[cell_takes_one_step],
    hint="An operator such as += writes into the tensor that the caller still holds.",
)
def cell_leaves_its_inputs_alone(draw: Draw, both: Both) -> None:
    """The cell changes neither of its arguments, and accepts leaves that require gradients."""
    arrays = cell_arrays(draw, batch=1, size=5)
    got, want = both.cell_leaf_inputs(**arrays)
    close("output", got["output"], want["output"], CELL_AXES["output"], got.device)
    _unchanged(got, {name: arrays[name] for name in ("inputs", "hidden")})


@check(
    points=6,
    needs=[cell_steps_a_batch],
    hint="Anything like .detach(), .data, .item() or torch.no_grad() cuts the path of gradients.",
)
def cell_passes_gradients(draw: Draw, both: Both) -> None:
    """Gradients of one step reach the inputs, the hidden state, V and b."""
    arrays = cell_arrays(draw, batch=7, size=4)
    got, want = both.cell_gradients(weights=draw.normal(7, 4), **arrays)
    _same_gradients(got, want, CELL_AXES, STEP_GRADIENT)


@check(
    points=4,
    needs=[net_reads_every_input],
    hint="Which state does the first step start from, and which one is returned at the end?",
)
def net_continues_a_sequence(draw: Draw, both: Both) -> None:
    """The network starts from the hidden state it is given, else from zeros; it returns the last.

    Whatever it was called with before: a second call without a state starts from zeros again.
    """
    weights = net_weights(draw, inputs=3, outputs=2, size=6)
    hidden = draw.uniform(4, 6, low=-0.9, high=0.9)
    same(*both.net_again(inputs=draw.normal(5, 4, 3), hidden=hidden, **weights), axes=NET_AXES)


@check(
    points=2,
    needs=[cell_can_do_without_bias, net_reads_every_input],
    hint="VanillaRNN is given bias: who must be told?",
)
def net_can_do_without_bias(draw: Draw, both: Both) -> None:
    """With bias=False the network's cell has no b."""
    weights = net_weights(draw, inputs=3, outputs=2, size=6)
    del weights["b"]
    same(*both.net_forward(inputs=draw.normal(7, 4, 3), **weights), axes=NET_AXES)


@check(
    points=2,
    needs=[net_reads_every_input],
    hint="Print the shape of every tensor you make. Which of its sizes comes from the inputs?",
    because="lost axes of size 1 are seen here by themselves, not in defaults and training",
)
def net_fits_every_batch_and_size(draw: Draw, both: Both, parts: Parts) -> None:
    """Any number of sequences, inputs and outputs will do."""
    for outputs, batch in ((1, 8), (2, 1), (3, 1), (5, 3)):
        with parts(f"{outputs} outputs, batch of {batch}"):
            weights = net_weights(draw, inputs=4, outputs=outputs, size=6)
            same(*both.net_forward(inputs=draw.normal(7, batch, 4), **weights), axes=NET_AXES)


@check(
    points=2,
    needs=[net_continues_a_sequence, net_feeds_its_output_back],
    hint="What is fed back needs a place of its own: inputs belongs to the caller.",
)
def net_leaves_its_inputs_alone(draw: Draw, both: Both) -> None:
    """The network changes neither the inputs nor the hidden state that it is given."""
    arrays = {
        "inputs": draw.normal(6, 3, 2),
        "hidden": draw.uniform(3, 5, low=-0.9, high=0.9),
    }
    weights = net_weights(draw, inputs=2, outputs=2, size=5)
    got, want = both.net_leaf_inputs(warm_start=0, **arrays, **weights)
    axes = NET_AXES["outputs"]
    close("outputs", got["outputs"], want["outputs"], axes, got.device, FREE_RUNNING)
    _unchanged(got, arrays)


@check(
    points=6,
    needs=[cell_passes_gradients, net_continues_a_sequence, net_feeds_its_output_back],
    hint="Backpropagation through time passes through the state and through what is fed back.",
)
def net_passes_gradients_back(draw: Draw, both: Both) -> None:
    """Gradients flow back through every hidden state and every output that was fed back."""
    weights = net_weights(draw, inputs=2, outputs=2, size=5)
    got, want = both.net_gradients(
        inputs=draw.normal(8, 3, 2),
        hidden=draw.uniform(3, 5, low=-0.9, high=0.9),
        weights=draw.normal(8, 3, 2),
        warm_start=0,
        **weights,
    )
    _same_gradients(got, want, NET_AXES, UNROLLED_GRADIENT)


@check(
    points=4,
    needs=[net_reads_every_input],
    hint="New tensors are float32 unless told otherwise: make them like one that you were given.",
)
def net_follows_its_dtype(draw: Draw, both: Both) -> None:
    """A model in float64 computes and answers in float64."""
    weights = net_weights(draw, inputs=2, outputs=2, size=5, dtype="float64")
    inputs = draw.normal(8, 3, 2, dtype="float64")
    same(*both.net_forward(inputs=inputs, **weights), axes=NET_AXES)


@check(
    points=2,
    needs=[net_reads_every_input, net_warms_up_to_the_step],
    hint="Which sizes must agree before an output can be read as an input?",
)
def net_refuses_impossible_feedback(draw: Draw, student: Alone) -> None:
    """Feeding back 2 outputs as 3 inputs is a ValueError."""
    weights = net_weights(draw, inputs=3, outputs=2, size=5)
    # Nothing is fed back during the warm start, nor in a single step.
    for steps, warm_start in ((6, 6), (1, 0)):
        inputs = draw.normal(steps, 3, 3)
        student.net_forward(inputs=inputs, force=False, warm_start=warm_start, **weights)
    for steps, warm_start in ((6, 0), (2, 1), (7, 6)):
        try:
            inputs = draw.normal(steps, 3, 3)
            student.net_forward(inputs=inputs, force=False, warm_start=warm_start, **weights)
        except StudentFault as fault:
            if fault.error_type == "ValueError":
                continue
            if fault.status is not Status.FAILED:
                raise
            found = f"feeding back raised {fault.error_type}, not ValueError"
            raise Mismatch(Layer.TYPE, found) from fault
        raise Mismatch(Layer.TYPE, "feeding back raised nothing, not ValueError")


@check(
    points=2,
    needs=[net_reads_every_input],
    hint="Compare the signatures of __init__ and forward with those you were given.",
)
def net_has_default_arguments(draw: Draw, student: Alone) -> None:
    """By default: 1 input, 1 output, 20 hidden units, a bias, teacher forcing, warm start 10."""
    b = draw.normal(20, scale=0.3)
    got = student.net_defaults(inputs=draw.normal(14, 3, 1), b=b)
    sizes = {"outputs": (14, 3, 1), "hidden": (3, 20)}
    for name, shape in sizes.items():
        same_shape(name, got[name], shape, NET_AXES[name])
    for name, same_as in (("outputs", "forced"), ("free", "free_after_10")):
        close("outputs", got[name], got[same_as], NET_AXES["outputs"], got.device)
    close("b", got["b"], b, NET_AXES["b"], got.device)


@check(
    points=2,
    needs=[net_reads_every_input],
    hint="A weight that is neither a parameter nor a buffer is not in state_dict().",
)
def net_survives_saving(draw: Draw, both: Both) -> None:
    """A new network that loads the saved state of another computes the same."""
    weights = net_weights(draw, inputs=3, outputs=2, size=5)
    same(*both.net_reloaded(inputs=draw.normal(6, 4, 3), **weights), axes=NET_AXES)


# Correlation of V after training with V before: over 80 trainings of the reference at least 0.838
# (mean 0.900, standard deviation 0.024). Weights that a submission brings along are not correlated;
# with hidden units in the best order and signs that a search found, they reach 0.37 (12 trials).
DESCENDED = 0.5


def sine_loss(draw: Draw, student: Alone) -> float:
    """Mean squared error on every window of a sine after training on the network's own samples.

    Adam at 2e-3, and a tenth of it for the last 100 of 500 iterations: without the drop, a few
    right networks in a thousand end on a spike. The loss is computed here from the weights found.
    """
    wave = np.sin(np.arange(0, 2 * np.pi, 0.1))
    windows = np.stack([wave[start : start + 30] for start in range(33)], axis=1)
    inputs, targets = windows[:-1, :, None], windows[1:, :, None]
    start = _default_initialization(draw)
    got = student.net_trained(
        inputs=inputs.astype(np.float32),
        targets=targets.astype(np.float32),
        warm_start=10,
        iterations=500,
        learning_rate=2e-3,
        final_iterations=100,
        **start,
    )
    for name, given in start.items():
        same_shape(name, got[name], given.shape, NET_AXES[name])
        finite(name, got[name], NET_AXES[name])
    if np.corrcoef(got["V"].flat, start["V"].flat)[0, 1] < DESCENDED:
        raise Mismatch(Layer.VALUE, "V after training does not descend from V before it")
    outputs = free_running(got["W"], got["V"], got["O"], inputs, warm_start=10)
    return float(np.mean((outputs - targets) ** 2))


@check(
    points=6,
    needs=[net_can_do_without_bias, net_feeds_its_output_back],
    hint="The forward pass is right, so look at what happens to gradients on the way back.",
    because="it is what the network is for: what the other checks leave out shows here",
    cpu_seconds=60,
    measure=sine_loss,
)
def net_learns_a_sine(draw: Draw, student: Alone, bounds: Trials) -> None:
    """Trained on its own samples, the network continues a sine wave."""
    losses: list[float] = []
    for _ in range(bounds.tries):
        losses.append(sine_loss(draw, student))
        if bounds.admit(losses[-1]):
            return
    found = f"after training the mean squared error is {min(losses):.3g} at best"
    raise Mismatch(Layer.VALUE, f"{found}, above {bounds.below:g}, in {bounds.tries} tries")


def _default_initialization(draw: Draw, size: int = 20) -> dict[str, np.ndarray]:
    """W, V and O as nn.Linear would draw them: uniform within 1 / sqrt(number of inputs)."""
    return {
        "W": draw.uniform(size, 1, low=-1.0, high=1.0),
        "V": draw.uniform(size, size, low=-1 / sqrt(size), high=1 / sqrt(size)),
        "O": draw.uniform(1, size, low=-1 / sqrt(size), high=1 / sqrt(size)),
    }


def _same_gradients(got: Answer, want: Answer, axes: Axes, tolerance: Tolerance) -> None:
    for name in want.arrays:
        label = f"the gradient with respect to {name}"
        close(label, got[name], want[name], axes[name], got.device, tolerance)


def _unchanged(got: Answer, given: dict[str, np.ndarray]) -> None:
    for name, array in given.items():
        if not np.array_equal(got[f"{name}_after"], array):
            raise Mismatch(Layer.VALUE, f"{name} was changed by the call")
