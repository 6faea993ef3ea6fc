"""Whether a fault may count against a submission: only where this machine runs a right program.

A submission can end for want of memory, threads or a library, and the machine may lack them for
everybody. So, before a fault costs a point, the reference is graded by the same check: as a
submission, on the same rung, device, limits and seed. A student edition has no reference, and runs
a small program of its own instead (`fitness.py`).
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from grading.check import Parts
from grading.check_items import CheckItem
from grading.compare import Mismatch
from grading.players import Student, StudentFault
from grading.report import Status
from grading.suite import Session

WHAT_TO_DO = "Run `python grader.py doctor` to see what this machine lacks."


class Proof(Protocol):
    """Knows why this machine could not run a check; empty if it can. `close` after each grading."""

    def why_not(self, item: CheckItem, session: Session) -> str: ...
    def close(self) -> None: ...


# Earlier checks can cause these faults, by what they took of the machine, but no others.
_CAUSED_EARLIER = (Status.OUT_OF_MEMORY, Status.CRASHED, Status.TIMED_OUT)


class ReferenceProof:
    """Grades the reference by the checks at which a submission had a fault, once for each seed.

    If earlier checks can have caused the fault, by taking memory for example, the reference is
    asked them as well: in their order and in one worker, as the submission was.
    """

    def __init__(self, new_student: Callable[[], Student]) -> None:
        self._new_student = new_student
        self._student: Student | None = None
        self._found: dict[tuple[str, int], str] = {}
        self._asked: set[tuple[str, int]] = set()

    def why_not(self, item: CheckItem, session: Session) -> str:
        key = (item.name, session.seed)
        if key not in self._found:
            names = _to_be_asked(item, session)
            self._grade(names, session)
            if self._found[key] and session.student.is_running:
                # What the submission holds on to may be what the reference lacks.
                session.student.close()
                self.close()
                self._grade(names, session)
        return self._found[key]

    def close(self) -> None:
        if self._student is not None:
            self._student.close()
            self._student = None
        self._asked.clear()

    def _grade(self, names: Sequence[str], session: Session) -> None:
        if self._student is None:
            self._student = self._new_student()
        for name in names:
            key = (name, session.seed)
            if key not in self._asked:
                failure = failure_of(session.declared[name], session.with_student(self._student))
                self._found[key] = _words(failure)
                self._asked.add(key)


def _to_be_asked(item: CheckItem, session: Session) -> list[str]:
    """The check, and all checks before it if they can have caused its fault."""
    if not any(fault.status in _CAUSED_EARLIER for fault in session.new_faults(item.name)):
        return [item.name]
    return [name for name, asked in session.asked.items() if asked]


def failure_of(item: CheckItem, session: Session) -> Exception | None:
    """What a check found wrong, or the error in the check itself; None if it passed."""
    try:
        session.begin(item)
        arguments = item.arguments_for(session)
        item.function(**arguments)
    except Exception as error:
        return error
    parts = arguments.get("parts")
    return parts.failures[0][1] if isinstance(parts, Parts) and parts.failures else None


_ENDINGS = {
    Status.TIMED_OUT: "runs out of time",
    Status.OUT_OF_MEMORY: "runs out of memory",
    Status.CRASHED: "ends its process",
    Status.UNREADABLE: "cannot be imported",
}


def _words(failure: Exception | None) -> str:
    """How it ended, without a word of what the reference computes; empty if it passed."""
    if failure is None:
        return ""
    if isinstance(failure, StudentFault):
        ending = _ENDINGS.get(failure.status, f"raises {failure.error_type}")
        return f"the course's own solution {ending} in it as well"
    if isinstance(failure, Mismatch):
        return "the course's own solution does not pass it either"
    return f"it cannot be asked ({type(failure).__name__})"
