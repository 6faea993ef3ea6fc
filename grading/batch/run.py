"""Grade what is not graded yet, side by side, and keep each result as it arrives."""

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from grading.batch.collect import Collected
from grading.batch.store import Basis, Change, Store
from grading.course import Course, Exercise
from grading.grade import Grader, suite_sha256
from grading.pool import Lost, Workforce
from grading.submission import Submission

PACKAGES = ("torch", "numpy", "pytest")


@dataclass(frozen=True)
class Job:
    """One program to be graded, for everybody who handed in these bytes."""

    exercise: Exercise
    work: Submission
    basis: Basis


@dataclass
class Outcome:
    """What a run did: reports by basis, what could not be graded, what changed."""

    reports: dict[Basis, dict[str, Any]] = field(default_factory=dict)
    lost: dict[Basis, str] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    graded: int = 0
    known: int = 0


def basis_of(exercise: Exercise, work: Submission, where: str, seed: int) -> Basis:
    """Everything that the result of grading `work` depends on."""
    return Basis(
        submission=work.identity,
        exercise=exercise.id,
        checks=suite_sha256(exercise),
        settings=f"{exercise.title} {exercise.file}",
        environment=where,
        seed=seed,
    )


def environment(rung: str, device: str) -> str:
    """Of the machine that grades: versions that may change a result."""
    versions = " ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"python {platform.python_version()} {versions} {rung} {device}"


def run(
    course: Course,
    collected: Sequence[Collected],
    store: Store,
    workforce: Workforce,
    where: str,
    seed: int,
    again: bool,
    on_progress: Callable[[int, int], None],
) -> Outcome:
    """Grade what the store does not know (or everything, if `again`); settle every attempt.

    Raises KeyboardInterrupt like any other program; what was graded by then is in the store.
    """
    outcome = Outcome()
    jobs: dict[Basis, Job] = {}
    old: dict[Basis, dict[str, Any]] = {}
    for one in collected:
        if one.work is None:
            continue
        exercise = course.exercise(one.exercise)
        basis = basis_of(exercise, one.work, where, seed)
        if (report := store.report(basis)) is not None:
            old[basis] = outcome.reports[basis] = report
        # What the grader failed at is tried again.
        if report is None or report["status"] != "graded" or again:
            jobs[basis] = Job(exercise, one.work, basis)
    outcome.known = len(set(old) - set(jobs))
    on_progress(0, len(jobs))
    for number, (job, result) in enumerate(workforce.run(grade_job, jobs.values()), start=1):
        if isinstance(result, Lost):
            outcome.lost[job.basis] = result.why
        else:
            outcome.reports[job.basis] = result
            outcome.lost.pop(job.basis, None)
            store.add(job.basis, result)
            outcome.graded += 1
        on_progress(number, len(jobs))
    outcome.changes = list(_settled(course, collected, store, where, seed, again, outcome, old))
    return outcome


def grade_job(grader: Grader, job: Job) -> dict[str, Any]:
    """The report as a document."""
    return grader.grade(job.exercise, job.work, job.basis.seed).to_json()


def _settled(
    course: Course,
    collected: Sequence[Collected],
    store: Store,
    where: str,
    seed: int,
    again: bool,
    outcome: Outcome,
    old: Mapping[Basis, dict[str, Any]],
) -> Iterator[Change]:
    for one in collected:
        if one.work is None:
            continue
        basis = basis_of(course.exercise(one.exercise), one.work, where, seed)
        if basis not in outcome.reports:
            continue
        why = "graded again on request" if again else ""
        change = store.settle(one.origin.label, one.origin.attempt, basis, why, old.get(basis))
        if change is not None:
            yield change


def report_on(
    course: Course, collected: Collected, outcome: Outcome, where: str, seed: int
) -> tuple[dict[str, Any] | None, str]:
    """The report on a collected attempt and, where there is none, why."""
    if collected.work is None:
        return None, collected.problem
    basis = basis_of(course.exercise(collected.exercise), collected.work, where, seed)
    return outcome.reports.get(basis), outcome.lost.get(basis, "")
