"""One run of one check, and its outcome."""

import inspect
from dataclasses import dataclass, field
from math import isfinite
from time import perf_counter
from typing import Any

from grading.checking.check import Check, Parts, Trials
from grading.checking.compare import measured_errors
from grading.checking.interview import Alone, Both, Interview
from grading.course import thresholds
from grading.errors import GraderError


@dataclass
class Attempt:
    """How a check went. `error` is what it raised; `parts` has what it raised inside its parts.

    `errors` are the largest errors of its comparisons; 1 is the tolerance.
    """

    parts: Parts = field(default_factory=Parts)
    trials: Trials | None = None
    error: BaseException | None = None
    errors: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def failure(self) -> BaseException | None:
        """The first failure; None if there was none."""
        if self.error is None and self.parts.failures:
            return self.parts.failures[0][1]
        return self.error

    @property
    def measured(self) -> float | None:
        """The lowest finite value that was judged; all of them are losses."""
        values = self.trials.values if self.trials is not None else []
        return min((value for value in values if isfinite(value)), default=None)


def attempt(check: Check, interview: Interview) -> Attempt:
    """Run a check. Raises only KeyboardInterrupt: any other exception is part of the result."""
    made = Attempt()
    began = perf_counter()  # not the wall clock, which somebody may set
    with measured_errors() as made.errors:
        try:
            check.function(**_arguments(check, interview, made))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # pytest's own exceptions are not derived from Exception
            made.error = error
    made.seconds = perf_counter() - began
    return made


def _arguments(check: Check, interview: Interview, made: Attempt) -> dict[str, Any]:
    """The arguments that a check asks for. Raises GraderError for one that does not exist."""
    draw = interview.begin(check.name, check.declaration.cpu_seconds)
    parameters = inspect.signature(check.function).parameters
    if "bounds" in parameters:
        made.trials = _trials(check, interview)
    possible = {
        "draw": draw,
        "both": Both(interview),
        "student": Alone(interview),
        "parts": made.parts,
        "bounds": made.trials,
        "device": interview.student.device,
    }
    for name in parameters:
        if name not in possible:
            known = ", ".join(possible)
            raise GraderError(f"{check.name} asks for {name}: a check can have {known}")
    return {name: possible[name] for name in parameters}


def _trials(check: Check, interview: Interview) -> Trials:
    """The calibrated bounds of a check that declares a measure. Raises GraderError."""
    path = interview.exercise.thresholds
    calibrations = thresholds.load(path).get(check.name, {})
    bounds = thresholds.bounds_on(calibrations, interview.student.device)
    if bounds is None:
        raise GraderError(f"{path.name} has no bounds for {check.name}: add them")
    return Trials(bounds.above, bounds.below, bounds.tries)
