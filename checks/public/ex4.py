"""Exercise 4, public checks: gates, saturation, correlations and the projection, one by one."""

import numpy as np

from checks.inputs.ex4 import (
    GATE_AXES,
    PROJECTION_AXES,
    R_AXES,
    SATURATION_AXES,
    correlated,
    counter,
    flat_states,
    gate_values,
    lstm_weights,
)
from grading.checking import Answer, Both, Draw, Parts, Tolerance, check, close, same

# Right answers in float32 (from standard scores, sums of products, corrcoef, the slope of a
# regression) differ by up to 4e-7, and a tiny number added to a divisor changes r by 1e-8. The
# nearest wrong ones (n and n - 1 mixed up, one mean not subtracted) differ by 1e-2.
CORRELATION = Tolerance(absolute=1e-4, relative=0.0)

# Right answers in float32 (by singular values, by eigenvectors of the covariance or of the Gram
# matrix, by power iteration) differ by up to 2e-6 of the largest entry, a randomized method by up
# to 1e-5; the nearest wrong one (fractions of the variance that is kept, not of all) by 3e-3.
PROJECTION = Tolerance(absolute=0.0, relative=1e-4)


@check(
    points=12,
    hint="The weights hold four blocks of rows. Which gate is which, and which is not a sigmoid?",
)
def gates_of_one_step(draw: Draw, both: Both, parts: Parts) -> None:
    """After one step from zeros, the four gates, h and c are what the equations say."""
    weights = lstm_weights(draw, features=3, size=5)
    got, want = both.gates(inputs=draw.normal(1, 4, 3), **weights)
    for name, axes in GATE_AXES.items():
        with parts(name):
            close(name, got[name], want[name], axes, got.device)


@check(
    points=8,
    needs=[gates_of_one_step],
    hint="Follow h and c: what does step t receive, and what does it pass on?",
)
def gates_of_a_sequence(draw: Draw, both: Both) -> None:
    """Over a sequence each step continues from the state of the step before."""
    weights = lstm_weights(draw, features=2, size=6)
    same(*both.gates(inputs=draw.normal(9, 4, 2), **weights), axes=GATE_AXES)


@check(
    points=8,
    hint="Of how many entries is each fraction? Every unit has steps * batch of them.",
)
def saturation_counts_both_ends(draw: Draw, both: Both) -> None:
    """saturation returns, for each unit, the fractions of entries below 0.1 and above 0.9."""
    gate = gate_values(draw, steps=30, batch=4, size=7, low=0.1, high=0.9)
    got, want = both.saturation(gate=gate)
    for name, axes in SATURATION_AXES.items():
        # A fraction of a count is as good in any floating-point type.
        close(name, got[name].astype(want[name].dtype), want[name], axes, got.device)


@check(
    points=10,
    hint="Pearson's r: the covariance, divided by both standard deviations.",
)
def correlations_are_pearsons(draw: Draw, both: Both) -> None:
    """unit_correlations returns Pearson's r of each unit with the feature."""
    arrays = correlated(draw, steps=40, units=7)
    same(*both.correlations(**arrays), axes=R_AXES, tolerance=CORRELATION)


@check(
    points=7,
    hint="Which unit has the largest correlation? Return its number, counted from 0.",
)
def best_unit_finds_a_counter(draw: Draw, both: Both) -> None:
    """Among units of noise, best_unit finds the one that counts."""
    steps, units = 120, 19
    position = counter(steps, length=12)
    found: list[tuple[Answer, Answer]] = []
    for _ in range(3):
        activations = draw.normal(steps, units)
        planted = int(draw.uniform(low=0, high=units))
        activations[:, planted] = position + draw.normal(steps, scale=0.3)
        found.append(both.best(activations=activations, feature=position))
    for got, want in found:
        same(got, want, axes={"unit": ()})


@check(
    points=9,
    hint="Subtract the mean state first; then the direction of largest variance comes first.",
)
def projection_keeps_the_largest_variance(draw: Draw, both: Both) -> None:
    """project returns each state along the two directions of largest variance."""
    states = flat_states(draw, steps=30, units=8, dims=2)
    got, want = both.project(states=states)
    points = with_signs_of(got["points"], want["points"])
    axes = PROJECTION_AXES["points"]
    close("points (signs aside)", points, want["points"], axes, got.device, PROJECTION)


@check(
    points=6,
    hint="Variances are squares, and the total is that of all directions, not of those kept.",
)
def projection_explains_variance(draw: Draw, both: Both) -> None:
    """project returns the fraction of the total variance along each direction."""
    states = flat_states(draw, steps=25, units=6, dims=2)
    got, want = both.project(states=states)
    same(got, want, axes=PROJECTION_AXES, only=["explained"], tolerance=PROJECTION)


def with_signs_of(points: np.ndarray, like: np.ndarray) -> np.ndarray:
    """`points` (steps, dims) with the signs of its columns as in `like`, if the shapes agree."""
    if points.shape != like.shape:
        return points
    opposed = (points.astype(np.float64) * like).sum(axis=0) < 0
    turned: np.ndarray = points * np.where(opposed, -1, 1).astype(points.dtype)
    return turned
