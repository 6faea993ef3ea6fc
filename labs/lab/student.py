"""Loads the code that a lab looks at, and explains what goes wrong in it."""

import linecache
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType

from grading.course import syllabus
from grading.course.syllabus import Exercise
from grading.errors import UsageError
from grading.submission import file as submissions
from grading.submission.file import Submission
from grading.text import one_line
from lab.kernel import FAILED, INTERRUPTED, USAGE, Ending


@dataclass(frozen=True)
class Loaded:
    """A module and the file or notebook that it was read from, as the student knows it."""

    exercise: Exercise
    path: str
    work: Submission
    module: ModuleType


def load(identity: str, names: tuple[str, ...], submitted: Path | None, reference: bool) -> Loaded:
    """The student's module for an exercise, or the reference's if `reference` is set.

    The student's is found as the grader finds it: in `submitted`, a file, a notebook or a folder,
    or else in exercises/. Raises UsageError, in one line, if there is none, if it cannot be
    imported, or if it lacks one of `names`.
    """
    exercise = syllabus.load(syllabus.ROOT).exercise(identity)
    shown, work = _read(exercise, submitted, reference)
    module = ModuleType(exercise.module)
    module.__file__ = shown
    loaded = Loaded(exercise, shown, work, module)
    # Dataclasses and pickle look a module up by its name.
    sys.modules[exercise.module] = module
    _loaded[shown] = loaded
    # So that a traceback in an editor quotes its lines.
    lines = work.source.splitlines(keepends=True)
    linecache.cache[shown] = (len(work.source), None, lines, shown)
    try:
        exec(compile(work.source, shown, "exec"), module.__dict__)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise UsageError(f"{_cause(loaded, error)}: {shown} cannot be imported") from error
    missing = [name for name in names if not hasattr(module, name)]
    if missing:
        raise UsageError(f"{shown} has no {' and no '.join(missing)}: the lab needs it")
    return loaded


def explain(error: BaseException) -> Ending:
    """The ending that tells the person at the keyboard what stopped a lab."""
    if isinstance(error, KeyboardInterrupt):
        return Ending("interrupted", INTERRUPTED)
    if isinstance(error, UsageError):
        return Ending(str(error), USAGE)
    found = _frame(error.__traceback__)
    if found is None:
        checks = " and ".join(f"python grader.py {one.exercise.id}" for one in _loaded.values())
        return Ending(
            f"{_in_one_line(error)}. If {checks or 'the grader'} finds nothing wrong with your "
            "code, this is a fault of the lab",
            FAILED,
        )
    loaded, line, function = found
    place = f"{loaded.path}, {loaded.work.line_map.place(line)}"
    if isinstance(error, NotImplementedError):
        return Ending(f"{function} is still to be written: {place}", USAGE)
    return Ending(f"{_in_one_line(error)} in {function}: {place}", USAGE)


# By file name, as it appears in a traceback.
_loaded: dict[str, Loaded] = {}


def _read(exercise: Exercise, submitted: Path | None, reference: bool) -> tuple[str, Submission]:
    """Where the work was found, and the work."""
    if reference and not exercise.reference.exists():
        raise UsageError("--reference: this edition of the course comes without the reference")
    path = exercise.reference if reference else submitted or exercise.stub
    work = submissions.read(path, exercise.file)
    found = path / work.name if path.is_dir() else path
    root = exercise.root
    return (str(found.relative_to(root)) if found.is_relative_to(root) else str(found)), work


def _cause(loaded: Loaded, error: BaseException) -> str:
    """What went wrong while the module was imported."""
    if isinstance(error, SyntaxError) and error.filename == loaded.module.__file__:
        place = loaded.work.line_map.place(error.lineno or 1)
        return f"SyntaxError: {error.msg} ({place})"
    found = _frame(error.__traceback__)
    return _in_one_line(error) + (f" ({loaded.work.line_map.place(found[1])})" if found else "")


def _frame(trace: TracebackType | None) -> tuple[Loaded, int, str] | None:
    """The innermost frame in loaded code: the module, the line in it, and the function."""
    found = None
    for frame, line in traceback.walk_tb(trace):
        code = frame.f_code
        if code.co_filename in _loaded:
            found = _loaded[code.co_filename], line, code.co_qualname
    return found


def _in_one_line(error: BaseException) -> str:
    return one_line(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
