"""Exercise 4, hidden checks: the corners of the contract, against the oracles in numpy."""

from collections.abc import Sequence

import numpy as np

from checks.inputs.ex4 import (
    GATE_AXES,
    PROJECTION_AXES,
    R_AXES,
    SATURATION_AXES,
    Arrays,
    correlated,
    counter,
    flat_states,
    gate_values,
    lstm_state,
    lstm_weights,
)
from checks.oracles.ex4 import distances, lstm, pearson, principal_components, saturated
from checks.public.ex4 import (
    CORRELATION,
    PROJECTION,
    best_unit_finds_a_counter,
    correlations_are_pearsons,
    gates_of_a_sequence,
    projection_explains_variance,
    projection_keeps_the_largest_variance,
    saturation_counts_both_ends,
    with_signs_of,
)
from grading.checking import (
    Alone,
    Answer,
    Both,
    Draw,
    Layer,
    Mismatch,
    Parts,
    check,
    close,
    same,
    same_shape,
)


@check(
    points=6,
    needs=[gates_of_a_sequence],
    hint="state is (h, c), in this order; which of them meets which gate first?",
)
def gates_continue_from_a_state(draw: Draw, student: Alone) -> None:
    """Given a state, gate_activations starts from it rather than from zeros."""
    weights = lstm_weights(draw, features=2, size=6)
    inputs, state = draw.normal(5, 3, 2), lstm_state(draw, batch=3, size=6)
    got = student.gates(inputs=inputs, **state, **weights)
    for name, wanted in lstm(weights, inputs, **state).items():
        close(name, got[name], wanted.astype(np.float32), GATE_AXES[name], got.device)


@check(
    points=4,
    needs=[saturation_counts_both_ends],
    hint="Are both thresholds used, by the names low and high?",
)
def saturation_takes_other_thresholds(draw: Draw, student: Alone, parts: Parts) -> None:
    """saturation counts below `low` and above `high`, and not what equals them."""
    for low, high in ((0.25, 0.6), (0.05, 0.97)):
        with parts(f"low={low}, high={high}"):
            gate = gate_values(draw, steps=25, batch=3, size=8, low=low, high=high)
            got = student.saturation(gate=gate, low=low, high=high)
            for name, wanted in saturated(gate, low, high).items():
                # A fraction of a count is as good in any floating-point type.
                values, axes = got[name].astype(np.float32), SATURATION_AXES[name]
                close(name, values, wanted.astype(np.float32), axes, got.device)
    with parts("entries at the thresholds"):
        # All of them are exact in binary, so that equal means equal in every dtype.
        gate = draw.generator.choice([0.125, 0.25, 0.5, 0.75, 0.875], (25, 3, 8))
        got = student.saturation(gate=gate.astype(np.float32), low=0.25, high=0.75)
        for name, wanted in saturated(gate, 0.25, 0.75).items():
            values, axes = got[name].astype(np.float32), SATURATION_AXES[name]
            close(name, values, wanted.astype(np.float32), axes, got.device)


@check(
    points=6,
    needs=[correlations_are_pearsons],
    hint="What is 0 / 0? Decide what to return before you divide.",
)
def correlations_of_what_never_varies(draw: Draw, student: Alone, parts: Parts) -> None:
    """A unit or a feature that never varies has a correlation of 0 and does no other harm."""
    arrays = correlated(draw, steps=36, units=9)
    arrays["activations"][:, [1, 4, 5, 8]] = (0.0, 1.0, -1.0, 0.5)
    with parts("constant units"):
        got = student.correlations(**arrays)
        varying = [0, 2, 3, 6, 7]
        wanted = np.zeros(9)
        wanted[varying] = pearson(arrays["activations"][:, varying], arrays["feature"])
        _close_r(got, wanted)
    with parts("constant feature"):
        for constant in (0.0, 1.0):
            arrays["feature"][:] = constant
            _close_r(student.correlations(**arrays), np.zeros(9))


def _close_r(got: Answer, wanted: np.ndarray) -> None:
    close("r", got["r"], wanted.astype(np.float32), R_AXES["r"], got.device, CORRELATION)


@check(
    points=4,
    needs=[best_unit_finds_a_counter],
    hint="A unit that falls whenever the feature rises follows it just as well.",
)
def best_unit_may_count_down(draw: Draw, student: Alone) -> None:
    """A unit with a strongly negative correlation beats one with a weaker positive one."""
    found: list[tuple[Answer, int]] = []
    # The weaker one is louder in one case and earlier in another, so that different mistakes give
    # different answers.
    for planted, weaker, loudness in ((13, 2, 1.0), (4, 16, 1.0), (6, 3, 0.2), (2, 11, 3.0)):
        arrays = _noise_and_counter(draw, steps=120, units=17)
        position = arrays["feature"]
        arrays["activations"][:, planted] = 0.3 * draw.normal(120) - position
        arrays["activations"][:, weaker] = loudness * (0.9 * draw.normal(120) + position)
        found.append((student.best(**arrays), planted))
    _same_units(found)


@check(
    points=4,
    needs=[best_unit_finds_a_counter],
    hint="Does the scale of a unit matter? What is the largest of some numbers and a NaN?",
)
def best_unit_is_not_the_loudest(draw: Draw, student: Alone) -> None:
    """Neither loud units nor units that never vary distract best_unit."""
    found: list[tuple[Answer, int]] = []
    for planted, loud, constant in ((15, 3, 0), (1, 11, 16), (5, 2, 9), (8, 14, 4)):
        arrays = _noise_and_counter(draw, steps=120, units=17)
        position = arrays["feature"]
        arrays["activations"][:, planted] = 0.2 * position + draw.normal(120, scale=0.06)
        arrays["activations"][:, loud] = 20 * position + draw.normal(120, scale=20) + 50
        arrays["activations"][:, constant] = 1.0
        found.append((student.best(**arrays), planted))
    _same_units(found)


def _noise_and_counter(draw: Draw, steps: int, units: int) -> Arrays:
    return {"activations": draw.normal(steps, units), "feature": counter(steps, length=12)}


def _same_units(found: Sequence[tuple[Answer, int]]) -> None:
    for got, planted in found:
        close("unit", got["unit"], np.array(planted), ())


@check(
    points=6,
    needs=[projection_keeps_the_largest_variance, projection_explains_variance],
    hint="Where does the number of directions come from in each line of your function?",
)
def projection_has_as_many_dims_as_asked(draw: Draw, student: Alone, parts: Parts) -> None:
    """project keeps any number of directions, also where there are more units than steps."""
    for dims, steps, units in ((1, 20, 7), (3, 22, 9), (2, 12, 17)):
        with parts(f"dims {dims}, {steps} steps, {units} units"):
            states = flat_states(draw, steps, units, dims)
            got = student.project(states=states, dims=dims)
            _close_projection(got, principal_components(states, dims), np.float32)


def _close_projection(got: Answer, wanted: Arrays | Answer, dtype: type[np.floating]) -> None:
    points = with_signs_of(got["points"], wanted["points"])
    for name, array in (("points", points), ("explained", got["explained"])):
        want, axes = wanted[name].astype(dtype), PROJECTION_AXES[name]
        close(name, array, want, axes, got.device, PROJECTION)


@check(
    points=4,
    needs=[projection_keeps_the_largest_variance, projection_explains_variance],
    hint="With all directions kept, the projection is a rotation. Is anything rescaled?",
    because="an invariant, which does not rest on the reference",
)
def projection_keeps_distances(draw: Draw, student: Alone) -> None:
    """With as many directions as units nothing is lost: distances stay, the fractions add to 1."""
    steps, units = 15, 6
    states = draw.normal(steps, units) * draw.uniform(units, low=0.3, high=3.0)
    got = student.project(states=states, dims=units)
    same_shape("points", got["points"], (steps, units), ("step", "dimension"))
    found, wanted = distances(got["points"]), distances(states)
    close("distance", found, wanted, ("step", "step"), got.device, PROJECTION)
    total = got["explained"].astype(np.float64).sum()
    close("sum of explained", total, np.array(1.0), (), got.device, PROJECTION)


@check(
    points=3,
    needs=[
        gates_of_a_sequence,
        saturation_counts_both_ends,
        best_unit_finds_a_counter,
        projection_keeps_the_largest_variance,
    ],
    hint="An operator such as -= writes into the tensor that the caller still holds.",
)
def arguments_are_left_alone(draw: Draw, student: Alone) -> None:
    """No function changes what it is given."""
    arrays = {
        "inputs": draw.normal(5, 3, 2),
        "gate": gate_values(draw, steps=6, batch=3, size=4, low=0.1, high=0.9),
        **lstm_state(draw, batch=3, size=4),
        **correlated(draw, steps=20, units=7),
    }
    got = student.arguments_after(**arrays, **lstm_weights(draw, features=2, size=4))
    for name, before in arrays.items():
        if not np.array_equal(got[name], before):
            raise Mismatch(Layer.VALUE, f"{name} was changed by a call")


@check(
    points=3,
    needs=[
        gates_of_a_sequence,
        correlations_are_pearsons,
        projection_keeps_the_largest_variance,
        projection_explains_variance,
    ],
    hint="New tensors are float32 unless told otherwise: make them like one that you were given.",
)
def answers_follow_the_dtype(draw: Draw, both: Both, parts: Parts) -> None:
    """In float64, gates, correlations and projection are computed and returned in float64."""
    with parts("gate_activations"):
        weights = lstm_weights(draw, features=2, size=4, dtype="float64")
        same(*both.gates(inputs=draw.normal(6, 3, 2, dtype="float64"), **weights), axes=GATE_AXES)
    with parts("unit_correlations"):
        arrays = correlated(draw, steps=30, units=5, dtype="float64")
        same(*both.correlations(**arrays), axes=R_AXES, tolerance=CORRELATION)
    with parts("project"):
        states = flat_states(draw, steps=20, units=6, dims=2, dtype="float64")
        got, want = both.project(states=states)
        _close_projection(got, want, np.float64)
