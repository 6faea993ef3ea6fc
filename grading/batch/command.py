"""`python grader.py batch`: from a folder of submissions to a folder of grades."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from grading.batch import by_hand, people, run
from grading.batch import grades as grading_rules
from grading.batch.collect import Collected, collect
from grading.batch.files import write_class
from grading.batch.grades import Grade, Graded
from grading.batch.people import Person, Roster
from grading.batch.store import Basis, Change, Result, Store
from grading.course.syllabus import Course, Exercise
from grading.errors import ExitCode, UsageError
from grading.fleet.cluster import Cluster
from grading.fleet.in_process import InProcess
from grading.fleet.pool import Pool, open_fleet
from grading.renderers.progress import Bar
from grading.report import MAX_SEED, Report, Status
from grading.sandbox.rungs import Rung, choose


@dataclass(frozen=True)
class Options:
    """The options from the command line."""

    identities: Sequence[str]
    jobs: int
    cluster: str | None
    roster_file: Path | None
    rubric: Path | None
    seed: int | None
    device: str
    isolation: str
    regrade: bool
    plain: bool


def batch(course: Course, folder: Path, out: Path, options: Options) -> int:
    """Grade `folder` into `out`; return the exit code. Raises UsageError, GraderError."""
    exercises = [course.exercise(name) for name in options.identities or course.exercises]
    rung = choose(options.isolation, for_strangers=True)
    known = Roster([] if options.roster_file is None else people.read(options.roster_file))
    collected = collect(folder, exercises)
    if not collected:
        raise UsageError(f"{folder} holds no submissions")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out} cannot be created: {error.strerror}") from error
    where = run.environment(rung, options.device)
    with Store(out / "grades.sqlite") as store:
        notes = take_marks(store, out, course, collected, known, options.rubric)
        handed_in = run.attempts(course, collected, where, class_seed(store, options.seed))
        with Bar(options.plain, "grading") as bar:
            fleet = partial(new_fleet, rung, options)
            outcome = run.run(course, handed_in, store, fleet, options.regrade, bar.show)
        graded = [_graded(attempt, known, store, outcome) for attempt in handed_in]
        max_scores = {exercise.id: points_of(exercise, outcome.results) for exercise in exercises}
        hand = by_hand.ByHand(course, store.marks())
        grades = grading_rules.grades(
            graded, course.late, course.attempts, max_scores, hand.results, hand.answers
        )
        missing = grading_rules.without_submission(known, grades)
        strangers = [] if options.roster_file is None else grading_rules.strangers(grades)
        write_class(out, course, grades, max_scores, missing, strangers)
    say(outcome, collected, grades, [*notes, *hand.problems], missing, strangers)
    print(f"written: {out}/grades.csv, class.html, feedback/ and more")
    return exit_code(grades)


def take_marks(
    store: Store,
    out: Path,
    course: Course,
    collected: Sequence[Collected],
    known: Roster,
    rubric: Path | None,
) -> list[str]:
    """Store a rubric's points; return a note for each unknown name. Raises UsageError."""
    notes: list[str] = []
    if rubric is not None:
        marks, strangers = by_hand.read_rubric(rubric, course, collected, known)
        store.keep_marks(marks)
        notes = [f"no submission is called {name} ({rubric.name})" for name in strangers]
    by_hand.require_taken(out / "answers.csv", store.marks())
    return notes


def new_fleet(rung: Rung, options: Options) -> InProcess | Pool | Cluster:
    """This process, several processes on this machine, or a cluster."""
    if options.cluster is not None:
        return Cluster(options.cluster, rung, options.device)
    return open_fleet(rung, options.device, options.jobs)


def class_seed(store: Store, wished: int | None) -> int:
    """One seed for the class: the one given, or else the one from the first run in this folder."""
    if wished is not None:
        return wished
    return int(store.meta("seed", str(secrets.randbelow(MAX_SEED))))


def _graded(attempt: run.Attempt, known: Roster, store: Store, outcome: run.Outcome) -> Graded:
    collected, basis = attempt.collected, attempt.basis
    person = known.find(collected.origin.tokens)
    if basis is None:
        return Graded(collected, person, None, lambda: None)
    result = outcome.results.get(basis)
    load = partial(store.report, basis)
    problem = outcome.lost.get(basis, "")
    if not problem and result is not None and result.status == "not_gradable":
        problem = why_not_gradable(store.report(basis))
    return Graded(collected, person, result, load, problem)


def why_not_gradable(report: Report | None) -> str:
    """The message of the first check at which the grader failed."""
    checks = [] if report is None else report.checks
    said = [check.message for check in checks if check.status is Status.GRADER_ERROR]
    return said[0] if said else ""


def points_of(exercise: Exercise, results: Mapping[Basis, Result]) -> float:
    """The points of an exercise, from a report if there is one, or else from its checks."""
    for basis, result in results.items():
        if basis.exercise == exercise.id:
            return result.max_score
    from grading.checking.suites import max_score  # slow to import and seldom needed

    return max_score(exercise)


def say(
    outcome: run.Outcome,
    collected: Sequence[Collected],
    grades: Sequence[Grade],
    notes: Sequence[str],
    missing: Sequence[Person],
    strangers: Sequence[str],
) -> None:
    """Print what happened: counts, changes, and everything left to look at."""
    print(
        f"{len(collected)} attempts: {outcome.graded} graded now, {outcome.known} known"
        f" already, {sum(grade.score is None for grade in grades)} grades open"
    )
    for reason in outcome.unfit.values():
        count = sum(grade.problem == reason for grade in grades)
        print(f"needs attention: {reason} ({count} grades open)")
    for change in outcome.changes:
        print(f"changed: {described(change)}")
    for grade in grades:
        if grade.score is None and grade.problem not in outcome.unfit.values():
            what = f"{grade.submission} {grade.exercise}".strip()
            print(f"needs attention: {what}: {grade.problem or grade.status.replace('_', ' ')}")
    for note in notes:
        print(f"needs attention: {note}")
    for attempt in collected:
        if attempt.work is not None and attempt.work.note:
            chosen = f"{attempt.work.name} ({attempt.work.note})"
            print(f"chosen: {attempt.origin.label} {attempt.exercise}: {chosen}")
    for submission in strangers:
        print(f"not on the roster: {submission}")
    if late := sum(grade.penalty > 0 for grade in grades):
        print(f"late: {late} grades carry a penalty (grades.csv says when each came in)")
    if missing:
        print(f"handed in nothing: {len(missing)} people on the roster (class.html lists them)")


def described(change: Change) -> str:
    before, after = (_score(score) for score in (change.old_score, change.new_score))
    attempt = f" attempt {change.attempt}" if change.attempt > 1 else ""
    return f"{change.submission} {change.exercise}{attempt}: {before} -> {after} ({change.why})"


def _score(score: float | None) -> str:
    return "no score" if score is None else f"{score:g}"


def exit_code(grades: Sequence[Grade]) -> int:
    """0: everything has a score; 1: some submissions cannot be graded; 3: the grader failed."""
    if any(grade.status == "not_gradable" for grade in grades):
        return ExitCode.GRADER_FAILED
    everything = all(grade.score is not None for grade in grades)
    return ExitCode.FULL_MARKS if everything else ExitCode.NOT_FULL_MARKS
