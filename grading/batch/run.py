"""Grades in parallel what is not graded yet, and stores each result as it arrives."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grading.batch.intake.collected import Collected, Work
from grading.batch.ledger import Kept
from grading.batch.store import Basis, Result, Store
from grading.course.syllabus import Course, Exercise, suite_sha256
from grading.errors import UsageError
from grading.fleet.fleet import Fleet, Lost
from grading.judging.fingerprint import engine_sha256, loaded
from grading.judging.plan import Plan
from grading.report import Report
from grading.submission.file import Submission

if TYPE_CHECKING:
    from grading.judging.grader import Grader


@dataclass(frozen=True, slots=True)
class Attempt:
    """A collected attempt, and everything its result depends on (None: nothing to grade).

    One of an earlier run has the basis of its grade then, as nothing can be graded again.
    """

    collected: Collected
    basis: Basis | None
    is_here: bool = True


@dataclass(frozen=True, slots=True)
class Job:
    """One program to grade, for everybody who handed in these bytes."""

    exercise: Exercise
    work: Submission
    basis: Basis


@dataclass
class Outcome:
    """What a run did: results by basis, and what could not be graded."""

    results: dict[Basis, Result] = field(default_factory=dict)
    lost: dict[Basis, str] = field(default_factory=dict)
    graded: int = 0
    known: int = 0
    # The exercises that could not be graded here, and why.
    unfit: dict[str, str] = field(default_factory=dict)


def attempts(
    course: Course,
    collected: Sequence[Collected],
    counting: Set[Collected],
    where: str,
    seed: int,
    earlier: Sequence[Kept] = (),
) -> list[Attempt]:
    """Each attempt, and its basis for the current checks if it may count; then earlier ones."""
    exercises = [
        course.exercise(name) for name in {attempt.exercise for attempt in collected} - {""}
    ]
    checks = {exercise.id: suite_sha256(exercise) for exercise in exercises}
    files = {exercise.id: exercise.file for exercise in exercises}
    engine = engine_sha256()

    def basis(work: Work, name: str) -> Basis:
        return Basis(work.identity, name, checks[name], engine, files[name], where, seed)

    here = [
        Attempt(
            attempt,
            basis(attempt.work, attempt.exercise)
            if attempt.work is not None and attempt in counting
            else None,
        )
        for attempt in collected
    ]
    return [*here, *(Attempt(one.collected, one.basis, is_here=False) for one in earlier)]


def environment(rung: str, device: str) -> str:
    """The versions on the grading machine that may change a result."""
    versions = " ".join(f"{name} {number}" for name, number in loaded().versions.items())
    return f"{versions} {rung} {device}"


def run(
    course: Course,
    handed_in: Sequence[Attempt],
    store: Store,
    new_fleet: Callable[[], AbstractContextManager[Fleet]],
    again: bool,
    on_progress: Callable[[int, int], None],
) -> Outcome:
    """Grade what the store does not know (or everything that is here, if `again`).

    `new_fleet` is called only if there is something to grade. Raises KeyboardInterrupt like any
    other program; the store keeps everything graded by then.
    """
    outcome = Outcome()
    works: dict[Basis, Work] = {}
    known: set[Basis] = set()
    for attempt in handed_in:
        basis, work = attempt.basis, attempt.collected.work
        if basis is None or work is None or basis in known or basis in works:
            continue
        if (result := store.result(basis)) is not None:
            outcome.results[basis] = result
        if not attempt.is_here:
            continue
        if result is not None:
            known.add(basis)
        # Where the grader failed, it tries again.
        if result is None or result.status != "graded" or again:
            works[basis] = work
    outcome.known = len(known - set(works))
    if works:
        with new_fleet() as fleet:
            _leave_out_unfit(course, works, fleet, outcome)
            _grade(course, works, fleet, store, outcome, on_progress)
    return outcome


def _leave_out_unfit(
    course: Course, works: dict[Basis, Work], fleet: Fleet, outcome: Outcome
) -> None:
    """Before the first grade, drop each exercise whose checks the reference cannot pass here."""
    needed = dict.fromkeys((basis.exercise, basis.seed) for basis in works)
    trials = [(course.exercise(exercise), seed) for exercise, seed in needed]
    for (exercise, _), reason in fleet.run(why_not, trials):
        if isinstance(reason, Lost):
            reason = f"{exercise.id} cannot be graded here: {reason.why}"
        if reason:
            outcome.unfit[exercise.id] = reason
    for basis in [basis for basis in works if basis.exercise in outcome.unfit]:
        outcome.lost[basis] = outcome.unfit[basis.exercise]
        del works[basis]


def why_not(grader: "Grader", trial: tuple[Exercise, int]) -> str:
    """Why an exercise cannot be graded with this seed; empty if it can."""
    return grader.why_not(*trial)


def _grade(
    course: Course,
    works: Mapping[Basis, Work],
    fleet: Fleet,
    store: Store,
    outcome: Outcome,
    on_progress: Callable[[int, int], None],
) -> None:
    def jobs() -> Iterator[Job]:
        for basis, work in works.items():
            try:
                yield Job(course.exercise(basis.exercise), work.read(), basis)
            except UsageError as error:
                outcome.lost[basis] = str(error)

    on_progress(0, len(works))
    for job, report in fleet.run(grade_job, jobs()):
        if isinstance(report, Lost):
            outcome.lost[job.basis] = report.why
        else:
            outcome.results[job.basis] = store.add(job.basis, report)
            outcome.graded += 1
        on_progress(outcome.graded + len(outcome.lost), len(works))


def grade_job(grader: "Grader", job: Job) -> Report:
    """The report on one program, made in a process of the fleet."""
    return grader.grade(job.exercise, job.work, Plan(job.basis.seed))
