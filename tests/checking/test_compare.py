"""Comparison: layer by layer, with named axes, and without a word too much."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.checking.compare import TOLERANCES, Answer, Layer, Mismatch, Tolerance, close, same

AXES = ("step", "batch", "unit")


def mismatch(got: np.ndarray, want: np.ndarray) -> Mismatch:
    with pytest.raises(Mismatch) as caught:
        close("outputs", got, want, AXES)
    return caught.value


@pytest.fixture
def want() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(4, 3, 2)).astype(np.float32)


def test_equal_arrays_are_the_same(want: np.ndarray) -> None:
    close("outputs", want.copy(), want, AXES)


def test_shape_comes_before_dtype_and_value(want: np.ndarray) -> None:
    found = mismatch(np.zeros((3, 4, 2)), want)
    assert found.layer is Layer.SHAPE
    assert str(found) == "outputs has shape 3 x 4 x 2, not 4 x 3 x 2 (step, batch, unit)"


def test_a_shape_that_would_broadcast_is_wrong(want: np.ndarray) -> None:
    assert mismatch(want[:1], np.repeat(want[:1], 4, axis=0)).layer is Layer.SHAPE


def test_dtype_comes_before_value(want: np.ndarray) -> None:
    found = mismatch(want.astype(np.float64) + 1, want)
    assert found.layer is Layer.DTYPE
    assert found.message(True) == "outputs has dtype float64; expected float32"


def test_not_a_number_is_found_with_its_place(want: np.ndarray) -> None:
    got = want.copy()
    got[2, 1, 0] = np.nan
    found = mismatch(got, want)
    assert found.layer is Layer.FINITE
    assert str(found) == "outputs at step 2, batch 1, unit 0 is nan"


def test_a_value_is_named_by_its_axes_and_the_expected_one_only_on_request() -> None:
    want = np.zeros((4, 3, 2), np.float32)
    got = want.copy()
    got[2, 1, 0] = 0.5
    found = mismatch(got, want + np.float32(0.25) * (got != 0))
    assert found.message(False) == (
        "outputs at step 2, batch 1, unit 0 is 0.5 (1 of 24 values differ)"
    )
    assert found.message(True).endswith("expected 0.25")


def test_something_that_is_no_tensor_is_named() -> None:
    answer = Answer({}, {"outputs": "list"})
    with pytest.raises(Mismatch, match="outputs is list, not a tensor"):
        same(answer, Answer({"outputs": np.zeros(1)}), {"outputs": ("step",)})


def test_a_missing_answer_is_a_mismatch() -> None:
    with pytest.raises(Mismatch, match="outputs is nothing"):
        same(Answer({}), Answer({"outputs": np.zeros(1)}), {"outputs": ("step",)})


def test_integers_are_compared_exactly() -> None:
    want = np.array([1, 2], np.int64)
    close("tokens", want.copy(), want, ("step",))
    with pytest.raises(Mismatch):
        close("tokens", want + np.array([0, 1]), want, ("step",))


@given(
    st.sampled_from(sorted(TOLERANCES)),
    st.floats(0.1, 100.0),
    st.floats(0.0, 0.9),
    st.floats(1.5, 50.0),
)
def test_errors_within_the_tolerance_pass_and_others_fail(
    key: tuple[str, str], scale: float, inside: float, outside: float
) -> None:
    dtype, device = key
    want = np.full((2, 2), scale, dtype)
    allowed = TOLERANCES[key].allowed(want)
    rounding = np.finfo(dtype).eps * scale
    near = (want.astype(np.float64) + inside * max(allowed - rounding, 0)).astype(dtype)
    far = (want.astype(np.float64) + outside * allowed + rounding).astype(dtype)
    close("x", near, want, ("row", "column"), device)
    with pytest.raises(Mismatch):
        close("x", far, want, ("row", "column"), device)


def test_a_relative_bound_is_relative_to_the_largest_entry() -> None:
    want = np.array([1e-9, 1.0])
    close("gradient", want + np.array([5e-5, 0]), want, ("unit",), tolerance=Tolerance(0.0, 1e-4))
    with pytest.raises(Mismatch):
        close(
            "gradient", want + np.array([2e-4, 0]), want, ("unit",), tolerance=Tolerance(0.0, 1e-4)
        )


def test_a_single_number_has_no_place() -> None:
    with pytest.raises(Mismatch) as caught:
        close("loss", np.array(2.0), np.array(1.0), ())
    assert str(caught.value) == "loss is 2"


def test_zero_entries_with_an_empty_axis_are_the_same() -> None:
    close("outputs", np.zeros((0, 2)), np.zeros((0, 2)), ("step", "unit"))
