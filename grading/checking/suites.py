"""The checks of an exercise, from its suites: modules that are imported anew each time."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from grading.checking.check import Check, Measure
from grading.course.syllabus import Exercise


def checks(exercise: Exercise) -> dict[str, Check]:
    """Every check of an exercise, by its name."""
    with own_modules(exercise.root):
        return {
            check.name: check for path in exercise.suites for check in checks_in(exercise, path)
        }


def max_score(exercise: Exercise) -> float:
    """The points of all checks of an exercise."""
    return sum(check.declaration.points for check in checks(exercise).values())


def measures(exercise: Exercise) -> dict[str, Measure]:
    """The measure of each check that declares one, by the check's name."""
    return {
        name: check.declaration.measure
        for name, check in checks(exercise).items()
        if check.declaration.measure is not None
    }


def checks_in(exercise: Exercise, path: Path) -> list[Check]:
    """The checks that a suite declares, but none that it imports. Call it in `own_modules`."""
    name = ".".join(path.relative_to(exercise.root).with_suffix("").parts)
    return [
        Check(key, value, value.declaration, exercise.suites[path])
        for key, value in vars(importlib.import_module(name)).items()
        if hasattr(value, "declaration") and value.__module__ == name
    ]


@contextmanager
def own_modules(root: Path) -> Iterator[None]:
    """In the block, import `checks` afresh from this course: no check leaves anything behind."""
    before = _forget_checks()
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))
        _forget_checks()
        sys.modules.update(before)


def _forget_checks() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name == "checks" or name.startswith("checks.")]
    return {name: sys.modules.pop(name) for name in names}
