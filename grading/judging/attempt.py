"""One run of one check, and what came of it."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite
from time import perf_counter
from typing import Any

from grading.checking.check import Check, Parts, Trials
from grading.checking.compare import measured_errors
from grading.checking.interview import Alone, Both, Interview
from grading.course import thresholds
from grading.errors import GraderError

# What a check can be given, by the name of its parameter.
PARAMETERS = ("draw", "both", "student", "parts", "bounds", "device")


@dataclass
class Attempt:
    """How a check went. `error` is what it raised; what it raised in a part of it is in `parts`.

    `errors` are the largest errors of its comparisons, 1 being the tolerance.
    """

    parts: Parts = field(default_factory=Parts)
    trials: Trials | None = None
    error: BaseException | None = None
    errors: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def failure(self) -> BaseException | None:
        """The first thing that was wrong; None if nothing was."""
        if self.error is None and self.parts.failures:
            return self.parts.failures[0][1]
        return self.error

    @property
    def measured(self) -> float | None:
        """The lowest finite value that was judged: each is a loss."""
        values = self.trials.values if self.trials is not None else []
        return min((value for value in values if isfinite(value)), default=None)


def attempt(check: Check, interview: Interview) -> Attempt:
    """Run a check. Raises nothing but KeyboardInterrupt: all else is part of the result."""
    made = Attempt()
    began = perf_counter()  # not the clock on the wall, which may be set
    with measured_errors() as made.errors:
        try:
            check.function(**dict(_arguments(check, interview, made)))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # pytest's own exceptions are not derived from Exception
            made.error = error
    made.seconds = perf_counter() - began
    return made


def _arguments(check: Check, interview: Interview, made: Attempt) -> Iterator[tuple[str, Any]]:
    """What a check is called with. Raises GraderError for an argument that there is not."""
    draw = interview.begin(check.name, check.declaration.cpu_seconds)
    for name in inspect.signature(check.function).parameters:
        match name:
            case "draw":
                yield name, draw
            case "both":
                yield name, Both(interview)
            case "student":
                yield name, Alone(interview)
            case "parts":
                yield name, made.parts
            case "bounds":
                made.trials = _trials(check, interview)
                yield name, made.trials
            case "device":
                yield name, interview.student.device
            case _:
                known = ", ".join(PARAMETERS)
                raise GraderError(f"{check.name} asks for {name}: a check can have {known}")


def _trials(check: Check, interview: Interview) -> Trials:
    """For a check that declares a measure: its calibrated bounds. Raises GraderError."""
    path = interview.exercise.thresholds
    calibrations = thresholds.load(path).get(check.name, {})
    bounds = thresholds.bounds_on(calibrations, interview.student.device)
    if bounds is None:
        raise GraderError(f"{path.name}: nothing about {check.name}")
    return Trials(bounds)
