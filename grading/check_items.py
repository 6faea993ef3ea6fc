"""Checks as pytest meets them: a file of them, and each one with what it is given."""

import importlib
import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from grading import thresholds
from grading.check import Alone, Both, Declaration, Draw, Parts, seed_of
from grading.errors import GraderError
from grading.thresholds import Bounds

if TYPE_CHECKING:
    from grading.suite import Session

SESSION = pytest.StashKey["Session"]()


class CheckFile(pytest.File):
    """A module of `checks`. To collect from it is to import it; see `suite.own_modules`."""

    def collect(self) -> Iterator["CheckItem"]:
        """Only what is declared there: no helper, nor a check imported as a prerequisite."""
        course = self.config.rootpath.parent
        name = ".".join(self.path.relative_to(course).with_suffix("").parts)
        for key, value in vars(importlib.import_module(name)).items():
            if hasattr(value, "declaration") and value.__module__ == name:
                yield CheckItem.from_parent(self, name=key, function=value)


class CheckItem(pytest.Item):
    """A check. It is called with what its parameters name."""

    def __init__(self, *, function: Callable[..., None], **more: Any) -> None:
        super().__init__(**more)
        self.function = function
        self.arguments: dict[str, Any] = {}

    @property
    def declaration(self) -> Declaration:
        """What stands above it."""
        declaration: Declaration = self.function.declaration  # type: ignore[attr-defined]
        return declaration

    @property
    def title(self) -> str:
        """The first paragraph of the docstring, on one line."""
        return " ".join((inspect.getdoc(self.function) or self.name).split("\n\n")[0].split())

    def setup(self) -> None:
        self.arguments = self.arguments_for(self.config.stash[SESSION])

    def arguments_for(self, session: "Session") -> dict[str, Any]:
        """What the check is called with. Raises GraderError for an argument that there is not."""
        wanted = inspect.signature(self.function).parameters
        if unknown := ", ".join(wanted.keys() - ARGUMENTS.keys()):
            known = ", ".join(ARGUMENTS)
            raise GraderError(f"{self.name} asks for {unknown}: a check can have {known}")
        return {name: ARGUMENTS[name](session, self.name) for name in wanted}

    def runtest(self) -> None:
        self.function(**self.arguments)


def _draw(session: "Session", check: str) -> Draw:
    return Draw(seed_of(session.exercise.id, check, session.seed))


def _bounds(session: "Session", check: str) -> Bounds:
    """The calibrated bounds of a check that declares a measure. Raises GraderError."""
    calibrations = thresholds.load(session.exercise.thresholds).get(check, {})
    found = thresholds.bounds_on(calibrations, session.student.device)
    if found is None:
        raise GraderError(f"{session.exercise.thresholds.name}: nothing about {check}")
    return found


# What a check can have, by the name of its parameter; made for one run of one check.
ARGUMENTS: dict[str, Callable[["Session", str], Any]] = {
    "draw": _draw,
    "both": lambda session, check: Both(session),
    "student": lambda session, check: Alone(session),
    "parts": lambda session, check: Parts(),
    "bounds": _bounds,
    "device": lambda session, check: session.student.device,
}
