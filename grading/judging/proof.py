"""Decides whether a fault counts against a submission: only if a right program runs here.

A submission can end for lack of memory, threads or a library, and the machine may lack them for
everybody. So before a fault costs a point, the same check grades the reference as if it were a
submission, on the same rung, device, limits and seed. A student edition has no reference, and runs
a small program of its own instead (`fitness.py`).
"""

from collections.abc import Callable, Sequence

from grading.checking.check import Check
from grading.checking.compare import Mismatch
from grading.checking.respondents import Student, StudentFault
from grading.judging.attempt import attempt
from grading.judging.session import Session
from grading.report import Status

WHAT_TO_DO = "Run `python grader.py doctor` to see what this machine lacks."


# Only these faults can be caused by what earlier checks took from the machine.
_CAUSED_EARLIER = (Status.OUT_OF_MEMORY, Status.CRASHED, Status.TIMED_OUT)


class ReferenceProof:
    """Grades the reference by the checks at which a submission had a fault, once for each seed.

    If the fault may be due to what earlier checks took, memory above all, the reference goes
    through those checks too: in their order and in one worker, like the submission.
    Call `close` after each grading.
    """

    def __init__(self, new_student: Callable[[], Student]) -> None:
        self._new_student = new_student
        self._student: Student | None = None
        self._found: dict[tuple[str, int], str] = {}
        self._asked: set[tuple[str, int]] = set()

    def why_not(self, check: Check, session: Session) -> str:
        """Why this machine cannot run a check; empty if it can."""
        key = (check.name, session.plan.seed)
        if key not in self._found:
            names = _to_be_asked(check, session)
            self._grade(names, session)
            if self._found[key] and session.interview.student.is_running:
                # The submission may be holding on to what the reference lacks.
                session.interview.student.close()
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
            key = (name, session.plan.seed)
            if key not in self._asked:
                interview = session.interview.with_student(self._student)
                self._found[key] = _words(attempt(session.declared[name], interview).failure)
                self._asked.add(key)


def _to_be_asked(check: Check, session: Session) -> list[str]:
    """The check, and all checks before it if they can have caused its fault."""
    faults = session.interview.new_faults(check.name)
    if not any(fault.status in _CAUSED_EARLIER for fault in faults):
        return [check.name]
    return [name for name, asked in session.interview.asked.items() if asked]


_ENDINGS = {
    Status.TIMED_OUT: "runs out of time",
    Status.OUT_OF_MEMORY: "runs out of memory",
    Status.CRASHED: "ends its process",
    Status.UNREADABLE: "cannot be imported",
}


def _words(failure: BaseException | None) -> str:
    """How the reference failed, without revealing what it computes; empty if it passed."""
    if failure is None:
        return ""
    if isinstance(failure, StudentFault):
        ending = _ENDINGS.get(failure.status, f"raises {failure.error_type}")
        return f"the course's own solution {ending} as well"
    if isinstance(failure, Mismatch):
        return "the course's own solution does not pass it either"
    return f"the course's own solution cannot be graded either ({type(failure).__name__})"
