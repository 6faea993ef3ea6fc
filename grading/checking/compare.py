"""Compares arrays in layers: type, shape, dtype, finite, value; the first difference counts."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from grading.report import Status


class Tolerance(NamedTuple):
    """|got - want| <= absolute + relative * max|want|: relative to the array, not the entry.

    An entry of a gradient that happens to be near zero carries the rounding error of the terms
    that canceled in it, so a bound relative to that entry would fail right answers.
    """

    absolute: float
    relative: float

    def allowed(self, want: np.ndarray) -> float:
        largest = float(np.max(np.abs(want), initial=0.0))
        return self.absolute + self.relative * largest


# By dtype and device. Fused and hand-written programs were compared on the CPU, at initialization
# (docs/tolerances.md): float32 outputs differ by up to 4e-7 and gradients by 2e-6 relative; float64
# outputs by 9e-16 and gradients by 3e-15. The nearest wrong answers are listed beside each
# exercise's checks.
TOLERANCES = {
    ("float32", "cpu"): Tolerance(1e-5, 1e-5),
    ("float64", "cpu"): Tolerance(1e-10, 1e-10),
    # Not measured: TF32 is switched off, so float32 sums differ only by their order.
    ("float32", "cuda"): Tolerance(1e-4, 1e-4),
    ("float64", "cuda"): Tolerance(1e-9, 1e-9),
}


class Layer(StrEnum):
    """What two answers can differ in, in the order of comparison."""

    TYPE = "type"
    SHAPE = "shape"
    DTYPE = "dtype"
    FINITE = "finite"
    VALUE = "value"


class Mismatch(Exception):
    """An answer differs from what it should be. `expected` is shown for public checks only."""

    # As a StudentFault has them, but no single line is to blame for a wrong answer.
    status = Status.FAILED
    line = None

    def __init__(self, layer: Layer, found: str, expected: str = "") -> None:
        super().__init__(found)
        self.layer, self.found, self.expected = layer, found, expected

    def message(self, show_expected: bool) -> str:
        return f"{self.found}; {self.expected}" if show_expected and self.expected else self.found


@dataclass(frozen=True)
class Answer:
    """What a probe returned: arrays, and for everything else the name of its type."""

    arrays: Mapping[str, np.ndarray]
    others: Mapping[str, str] = field(default_factory=dict)
    device: str = "cpu"

    def __getitem__(self, name: str) -> np.ndarray:
        """The array `name`. Raises Mismatch if the answer is not a tensor of numbers."""
        if name not in self.arrays:
            found = self.others.get(name, "nothing")
            raise Mismatch(Layer.TYPE, f"{name} is {found}, not a tensor")
        return self.arrays[name]


Axes = Mapping[str, Sequence[str]]
# The largest error of each comparison so far, if somebody measures them; 1 is the tolerance.
_errors: ContextVar[list[float] | None] = ContextVar("errors", default=None)


@contextmanager
def measured_errors() -> Iterator[list[float]]:
    """Collect the largest error of each comparison in the block; 1 is the tolerance."""
    errors: list[float] = []
    token = _errors.set(errors)
    try:
        yield errors
    finally:
        _errors.reset(token)


def same(
    got: Answer,
    want: Answer,
    axes: Axes,
    only: Sequence[str] = (),
    tolerance: Tolerance | None = None,
) -> None:
    """Require every array of `want` (or those in `only`) to be in `got`, and equal.

    `axes` names the axes of each array, for the message: {"outputs": ("step", "batch", "unit")}.
    Raises Mismatch.
    """
    for name in only or want.arrays:
        close(name, got[name], want[name], axes[name], got.device, tolerance)


def close(
    name: str,
    got: np.ndarray,
    want: np.ndarray,
    axes: Sequence[str],
    device: str = "cpu",
    tolerance: Tolerance | None = None,
) -> None:
    """Require the shape, dtype and values of `want`. Raises Mismatch at the first difference."""
    same_shape(name, got, want.shape, axes, want.dtype)
    finite(name, got, axes)
    if want.dtype.kind in "biu":
        wrong = got != want
    else:
        bounds = tolerance or TOLERANCES[want.dtype.name, device]
        error = np.abs(got.astype(np.float64) - want.astype(np.float64))
        allowed = bounds.allowed(want)
        wrong = error > allowed
        if (errors := _errors.get()) is not None:
            errors.append(float(np.max(error, initial=0.0) / allowed))
    if wrong.any():
        worst = _first(wrong)
        count = f"{int(wrong.sum())} of {wrong.size} values differ" if wrong.size > 1 else ""
        place = _place(worst, axes)
        found = f"{name}{place} is {_number(got[worst])}" + (f" ({count})" if count else "")
        raise Mismatch(Layer.VALUE, found, f"expected {_number(want[worst])}")


def same_shape(
    name: str,
    got: np.ndarray,
    shape: tuple[int, ...],
    axes: Sequence[str],
    dtype: np.dtype[Any] | None = None,
) -> None:
    """Require `got` to have this shape and, if one is given, this dtype. Raises Mismatch."""
    if got.shape != shape:
        named = ", ".join(axes)
        # A shape is no secret: it follows from the contract and the sizes of the inputs.
        expected = " x ".join(map(str, shape)) or "a single number"
        found = " x ".join(map(str, got.shape)) or "a single number"
        meaning = f" ({named})" if named else ""
        raise Mismatch(Layer.SHAPE, f"{name} has shape {found}, not {expected}{meaning}")
    if dtype is not None and got.dtype != dtype:
        raise Mismatch(Layer.DTYPE, f"{name} has dtype {got.dtype}", f"expected {dtype}")


def finite(name: str, got: np.ndarray, axes: Sequence[str]) -> None:
    """Require `got` to hold neither NaN nor infinity. Raises Mismatch."""
    odd = ~np.isfinite(got)
    if odd.any():
        worst = _first(odd)
        raise Mismatch(Layer.FINITE, f"{name}{_place(worst, axes)} is {got[worst]}")


def _first(where: np.ndarray) -> tuple[int, ...]:
    return tuple(int(index) for index in np.argwhere(where)[0])


def _place(index: tuple[int, ...], axes: Sequence[str]) -> str:
    if not index:
        return ""
    return " at " + ", ".join(
        f"{axis} {position}" for axis, position in zip(axes, index, strict=True)
    )


def _number(value: np.generic) -> str:
    return f"{value:.6g}" if np.issubdtype(value.dtype, np.floating) else str(value)
