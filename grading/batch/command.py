"""`python grader.py batch`: from a folder of submissions to a folder of grades."""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from grading.batch import changes as what_changed
from grading.batch import console, ledger, run
from grading.batch import grades as grading_rules
from grading.batch.attention import EDITED, UNREADABLE, Attention
from grading.batch.counting import Graded, may_count
from grading.batch.files import write_class
from grading.batch.generated import Generated
from grading.batch.gradebooks import uploads
from grading.batch.grades import Grade, Rules
from grading.batch.intake.collect import collect
from grading.batch.intake.identify import Intake
from grading.batch.lateness import penalty
from grading.batch.pages.class_page import Roll
from grading.batch.settling import to_settle
from grading.batch.similar import similar
from grading.batch.store import Basis, Result, Store, rehearsed
from grading.batch.taking import TakenIn, Told, roster_of, take_in
from grading.course.syllabus import Course, Exercise
from grading.errors import ExitCode, UsageError
from grading.fleet.cluster import Cluster
from grading.fleet.connection import NO_FILES, TlsFiles
from grading.fleet.in_process import InProcess
from grading.fleet.pool import Pool, open_fleet
from grading.renderers.progress import Bar
from grading.report import MAX_SEED, Report, Status
from grading.sandbox.rungs import Rung, choose
from grading.text import number_of

STORE = "grades.sqlite"
ANSWERS = "answers.csv"


@dataclass(frozen=True)
class Options:
    """The options from the command line."""

    identities: Sequence[str]
    jobs: int
    cluster: str | None
    told: Told
    seed: int | None
    device: str
    isolation: str
    regrade: bool
    dry_run: bool
    plain: bool
    tls: TlsFiles = NO_FILES


def batch(course: Course, folder: Path, out: Path, options: Options) -> int:
    """Grade `folder` into `out`; return the exit code. Raises UsageError, GraderError."""
    names = options.identities or course.exercises
    exercises = list(dict.fromkeys(course.exercise(name) for name in names))
    known = roster_of(course, options.told)
    others = [other for other in course.exercises.values() if other not in exercises]
    own = [out, *options.told.files, *options.tls.files]
    collected = collect(folder, exercises, course.trust_file_times, others, own)
    if not collected:
        raise UsageError(f"{folder} holds no submissions")
    uploads.require_columns(course, known, {found.exercise for found in collected})
    taken = partial(take_in, course, exercises, collected, known, options.told, out / ANSWERS)
    if options.dry_run:
        with rehearsed(out / STORE) as store:
            return rehearse(course, options, taken(store), store)
    rung = choose(options.isolation, for_strangers=True)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out} cannot be created: {error.strerror}") from error
    with Store(out / STORE) as store:
        return grade(course, out, options, rung, taken(store), store)


def grade(
    course: Course, out: Path, options: Options, rung: Rung, taken: TakenIn, store: Store
) -> int:
    """Grade what came in, and write and say what came of it; return the exit code."""
    intake = taken.intake
    outcome, handed_in = run_class(course, options, rung, intake, store)
    # What held nothing to grade, and is gone, has no grade to keep.
    kept = [one for one in handed_in if one.is_here or one.collected.exercise]
    graded = [_graded(attempt, intake, store, outcome) for attempt in kept]
    max_scores = _max_scores(intake, handed_in, outcome.results)
    rules = Rules(course, max_scores, taken.hand, taken.decided)
    grades = all_grades(graded, rules, intake)
    standing = what_changed.standing_of(grades, intake.roster)
    changed = what_changed.changes(what_changed.from_store(store.standing()), standing)
    alike = similar(course, graded, store)
    try:
        files = Generated(out, store, spared=frozenset({ANSWERS} if taken.answers_taken else ()))
        unsettled = to_settle(course, taken, grades, outcome.unfit.values(), files.kept)
        back = uploads.Uploads(course, intake.roster, intake.collected, intake.matches)
        roll = Roll(intake.roster.people, intake.matches)
        write_class(files, rules, grades, roll, unsettled, back, changed, alike)
        unsettled.notes += console.what_is_gone(changed)
    except OSError as error:
        place = error.filename2 or error.filename or out
        raise UsageError(
            f"{place} cannot be written: {error.strerror}; every result is kept, so run again"
        ) from error
    keep(store, handed_in, taken, standing)
    # Answers are read again while the files are written, and may have changed by then.
    for problem in taken.hand.problems:
        unsettled.add(UNREADABLE, problem)
    for line in files.kept:
        unsettled.add(EDITED, line)
    console.say(outcome, taken, grades, changed, unsettled)
    store.forget_moved()
    if not unsettled.is_empty:
        print("class.html lists all that is to settle, people.csv has its kind for each submission")
    print(f"written: {out}/grades.csv, changes.csv, people.csv, class.html, feedback/ and more")
    return exit_code(grades, unsettled)


def keep(
    store: Store,
    handed_in: Sequence[run.Attempt],
    taken: TakenIn,
    standing: Mapping[what_changed.Place, what_changed.Standing],
) -> None:
    """Store what this run has seen, and what it leaves standing in the gradebooks."""
    number = 1 + max((row.run for row in store.ledger()), default=0)
    here = [(one.collected, one.basis) for one in handed_in if one.is_here]
    with store.together():
        store.keep_ledger(ledger.rows(here, taken.intake.earlier, number))
        store.keep_seen(taken.hand.unseen)
        store.keep_standing({place: one.to_json() for place, one in standing.items()})


def run_class(
    course: Course, options: Options, rung: Rung, intake: Intake, store: Store
) -> tuple[run.Outcome, list[run.Attempt]]:
    """Grade what may count and is not known yet; what the run did, and every attempt."""
    counting = may_count(course, intake.everything, intake.matches, intake.received)
    where, seed = run.environment(rung, options.device), class_seed(store, options.seed)
    handed_in = run.attempts(course, intake.collected, counting, where, seed, intake.earlier)
    fleet = partial(new_fleet, rung, options, intake.exercises)
    with Bar(options.plain, "grading") as bar:
        outcome = run.run(course, handed_in, store, fleet, options.regrade, bar.show)
    return outcome, handed_in


def all_grades(graded: Sequence[Graded], rules: Rules, intake: Intake) -> list[Grade]:
    """The grades of all that came in, and of those from whom nothing did."""
    grades = grading_rules.grades(graded, rules)
    waiting = grading_rules.waiting(grades, intake.everything)
    return [
        *grades,
        *grading_rules.of_missing(intake.roster, grades, rules, waiting, time.time()),
    ]


def _max_scores(
    intake: Intake, handed_in: Sequence[run.Attempt], results: Mapping[Basis, Result]
) -> dict[str, float]:
    """The points of each exercise that was asked for, or graded before."""
    asked = [exercise.id for exercise in intake.exercises]
    before = [one.collected.exercise for one in intake.earlier if one.collected.exercise]
    # Grades of earlier runs may be out of other points than those of this one.
    bases = [one.basis for one in sorted(handed_in, key=lambda one: one.is_here)]
    known = {
        basis.exercise: results[basis].max_score for basis in bases if basis and basis in results
    }
    exercises = {exercise.id: exercise for exercise in intake.exercises}
    return {
        name: known[name] if name in known else points_of(exercises[name])
        for name in dict.fromkeys([*asked, *before])
        if name in known or name in exercises
    }


def rehearse(course: Course, options: Options, taken: TakenIn, store: Store) -> int:
    """Say what a batch would say, and grade and write nothing; return the exit code."""
    intake = taken.intake
    counting = may_count(course, intake.everything, intake.matches, intake.received)
    graded = [
        Graded(
            found, intake.matches[found.author.label], intake.received[found], None, lambda: None
        )
        for found in intake.everything
        if found.exercise or found in intake.collected
    ]
    exercises = {found.exercise for found in intake.everything if found.exercise}
    rules = Rules(course, dict.fromkeys(exercises, 0.0), taken.hand, taken.decided)
    grades = [_as_if_graded(grade, course) for grade in all_grades(graded, rules, intake)]
    unsettled = to_settle(course, taken, grades)
    may_be = [found for found in intake.collected if found in counting]
    console.say_lines(taken.said)
    if taken.pruned:
        console.say_lines([f"would be pruned: {number_of(len(taken.pruned), 'attempt')}"])
    console.say_what_counts(intake, grades, may_be)
    console.say_what_is_open(unsettled)
    print(
        f"{number_of(len(intake.collected), 'attempt')}: nothing graded, nothing written"
        " (--dry-run)"
    )
    return exit_code(grades, unsettled)


def _as_if_graded(grade: Grade, course: Course) -> Grade:
    """A grade of a dry run, where no score is no reason to look at anything."""
    grade = replace(grade, overridden_of=None)  # nobody has counted the points yet
    if grade.problem:
        return grade
    off = penalty(course.exercises[grade.exercise].late, grade.late_days, 1.0)
    final = grade.final if grade.overridden or grade.excused else 0.0
    return replace(grade, score=0.0, final=final, penalty=off)


def new_fleet(
    rung: Rung, options: Options, exercises: Sequence[Exercise]
) -> InProcess | Pool | Cluster:
    """This process, several processes on this machine, or a cluster."""
    if options.cluster is not None:
        return Cluster(options.cluster, rung, options.device, exercises, options.tls)
    return open_fleet(rung, options.device, options.jobs)


def class_seed(store: Store, wished: int | None) -> int:
    """One seed for the class: the one given, or else the one from the first run in this folder."""
    if wished is not None:
        return wished
    return int(store.meta("seed", str(secrets.randbelow(MAX_SEED))))


def _graded(attempt: run.Attempt, intake: Intake, store: Store, outcome: run.Outcome) -> Graded:
    collected, basis = attempt.collected, attempt.basis
    match, came_in = intake.matches[collected.author.label], intake.received[collected]
    if basis is None:
        problem = "" if attempt.is_here else "not in this folder, and never graded"
        return Graded(collected, match, came_in, None, lambda: None, problem)
    result = outcome.results.get(basis)
    load = partial(store.report, basis)
    problem = outcome.lost.get(basis, "")
    if not problem and result is not None and result.status == "not_gradable":
        problem = why_not_gradable(store.report(basis))
    return Graded(collected, match, came_in, result, load, problem, basis.key)


def why_not_gradable(report: Report | None) -> str:
    """The message of the first check at which the grader failed."""
    checks = [] if report is None else report.checks
    said = [check.message for check in checks if check.status is Status.GRADER_ERROR]
    return said[0] if said else ""


def points_of(exercise: Exercise) -> float:
    """The points of an exercise, from its checks."""
    from grading.checking.suites import max_score  # slow to import and seldom needed

    return max_score(exercise)


def exit_code(grades: Sequence[Grade], unsettled: Attention) -> int:
    """0: nothing is left to settle; 1: something is; 3: the grader failed."""
    if any(
        grade.status == "not_gradable" and grade.score is None and grade.is_open for grade in grades
    ):
        return ExitCode.GRADER_FAILED
    return ExitCode.FULL_MARKS if unsettled.is_empty else ExitCode.NOT_FULL_MARKS
