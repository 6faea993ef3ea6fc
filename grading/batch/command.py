"""`python grader.py batch`: from a folder of submissions to a folder of grades."""

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from grading.batch import by_hand, console, run
from grading.batch import grades as grading_rules
from grading.batch.attention import ANSWERS, CHANGED, FILES, UNREADABLE, Attention, attention
from grading.batch.files import write_class
from grading.batch.grades import Grade, Graded
from grading.batch.intake.collect import collect
from grading.batch.intake.collected import Collected
from grading.batch.intake.identify import Intake, identify
from grading.batch.people import decisions, merging, roster
from grading.batch.people.matching import Roster
from grading.batch.store import Basis, Result, Store, rehearsed
from grading.course.syllabus import Course, Exercise
from grading.errors import ExitCode, UsageError
from grading.fleet.cluster import Cluster
from grading.fleet.in_process import InProcess
from grading.fleet.pool import Pool, open_fleet
from grading.fleet.scheduler import TlsFiles
from grading.renderers.progress import Bar
from grading.report import MAX_SEED, Report, Status
from grading.sandbox.rungs import Rung, choose
from grading.text import number_of

STORE = "grades.sqlite"


@dataclass(frozen=True)
class Options:
    """The options from the command line."""

    identities: Sequence[str]
    jobs: int
    cluster: str | None
    rosters: Sequence[Path]
    match: Path | None
    times: Path | None
    teams: Path | None
    rubric: Path | None
    seed: int | None
    device: str
    isolation: str
    regrade: bool
    dry_run: bool
    plain: bool
    tls_ca_file: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None


def batch(course: Course, folder: Path, out: Path, options: Options) -> int:
    """Grade `folder` into `out`; return the exit code. Raises UsageError, GraderError."""
    names = options.identities or course.exercises
    exercises = list(dict.fromkeys(course.exercise(name) for name in names))
    known = roster_of(course, options)
    others = [other for other in course.exercises.values() if other not in exercises]
    collected = collect(folder, exercises, course.trust_file_times, others, own_files(out, options))
    if not collected:
        raise UsageError(f"{folder} holds no submissions")
    take_in = partial(taken_in, course, out, options, exercises, collected, known)
    if options.dry_run:
        with rehearsed(out / STORE) as store:
            return rehearse(course, options, take_in(store), store)
    rung = choose(options.isolation, for_strangers=True)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out} cannot be created: {error.strerror}") from error
    with Store(out / STORE) as store:
        return grade(course, out, options, rung, take_in(store), store)


def taken_in(
    course: Course,
    out: Path,
    options: Options,
    exercises: Sequence[Exercise],
    collected: Sequence[Collected],
    known: Roster,
    store: Store,
) -> Intake:
    """What came in, by what this run and earlier ones were told; the store keeps it."""
    intake, new = identify(
        course, exercises, collected, known, store.matches(), options.match, options.times
    )
    store.keep_matches(new)
    notes = take_marks(store, out, course, intake, options.rubric)
    return replace(intake, notes=[*intake.notes, *notes])


def grade(
    course: Course, out: Path, options: Options, rung: Rung, intake: Intake, store: Store
) -> int:
    """Grade what came in, and write and say what came of it; return the exit code."""
    outcome, graded = run_class(course, options, rung, intake, store)
    max_scores = {
        exercise.id: points_of(exercise, outcome.results) for exercise in intake.exercises
    }
    hand = by_hand.ByHand(course, store.marks())
    grades = grading_rules.grades(graded, course, max_scores, hand.results, hand.answers)
    unfit = outcome.unfit.values()
    unsettled = to_settle(course, options, intake, grades, hand.problems, unfit, hand.doubts)
    try:
        write_class(out, course, grades, max_scores, intake.matches, unsettled)
    except OSError as error:
        place = error.filename2 or error.filename or out
        raise UsageError(
            f"{place} cannot be written: {error.strerror}; every result is kept, so run again"
        ) from error
    # Answers are read again while the files are written, and may have changed by then.
    for problem in hand.problems:
        unsettled.add(UNREADABLE, problem)
    console.say(outcome, intake, grades, unsettled)
    if not unsettled.is_empty:
        print("class.html lists all that is to settle, people.csv has its kind for each submission")
    print(f"written: {out}/grades.csv, people.csv, class.html, feedback/ and more")
    return exit_code(grades, unsettled)


def run_class(
    course: Course, options: Options, rung: Rung, intake: Intake, store: Store
) -> tuple[run.Outcome, list[Graded]]:
    """Grade what may count and is not known yet; what the run did, and each attempt's result."""
    counting = grading_rules.may_count(course, intake.collected, intake.matches, intake.received)
    where, seed = run.environment(rung, options.device), class_seed(store, options.seed)
    handed_in = run.attempts(course, intake.collected, counting, where, seed)
    fleet = partial(new_fleet, rung, options, intake.exercises)
    with Bar(options.plain, "grading") as bar:
        outcome = run.run(course, handed_in, store, fleet, options.regrade, bar.show)
    return outcome, [_graded(attempt, intake, store, outcome) for attempt in handed_in]


def own_files(out: Path, options: Options) -> list[Path]:
    """What the command line names, and what is therefore nobody's submission."""
    tables = (options.match, options.times, options.teams, options.rubric)
    keys = (options.tls_ca_file, options.tls_cert, options.tls_key)
    return [out, *options.rosters, *(path for path in (*tables, *keys) if path is not None)]


def roster_of(course: Course, options: Options) -> Roster:
    """The people of all rosters, each once, with their teams. Raises UsageError."""
    columns = roster.own_columns(course.roster)
    told: list[str] = []
    rows = [
        person for path in options.rosters for person in roster.read(path, columns, told.append)
    ]
    people = merging.merged(rows, told.append)
    if options.teams is not None:
        people = decisions.with_teams(options.teams, people)
    return Roster(people, list(dict.fromkeys(told)))


def take_marks(
    store: Store, out: Path, course: Course, intake: Intake, rubric: Path | None
) -> list[str]:
    """Store a rubric's points; return a note for each unknown name. Raises UsageError."""
    notes: list[str] = []
    if rubric is not None:
        marks, strangers = by_hand.read_rubric(rubric, course, intake.matches, intake.roster)
        store.keep_marks(marks)
        notes = [f"no submission is called {name} ({rubric.name})" for name in strangers]
    by_hand.require_taken(out / "answers.csv", store.marks())
    return notes


def to_settle(
    course: Course,
    options: Options,
    intake: Intake,
    grades: Sequence[Grade],
    notes: Sequence[str],
    unfit: Collection[str],
    answers: Sequence[tuple[str, str]] = (),
) -> Attention:
    """Everything that a person must look at; `answers` are the doubts about them, by submission."""
    doubts = [doubt for found in intake.collected for doubt in _doubts(found)]
    doubts += [(ANSWERS, line, label) for label, line in answers]
    identities = [exercise.id for exercise in intake.exercises]
    missing = grading_rules.missing(intake.roster, grades, identities)
    has_roster = bool(options.rosters)
    notes = [*intake.notes, *notes]
    return attention(course, grades, intake.matches, doubts, missing, notes, has_roster, unfit)


def _doubts(found: Collected) -> Iterator[tuple[str, str, str]]:
    """The kind and line of each doubt about what counts in an attempt, and the submission."""
    label = found.author.label
    what = f"{label} {found.exercise}"
    if found.work is not None and not found.work.settled:
        yield FILES, f"{what}: {found.work.name} ({found.work.note})", label
    if not found.answers_settled:
        yield FILES, f"{what}: answers {found.answers_note}", label
    if found.doubt:
        yield CHANGED, f"{what}: {found.doubt}", label


def rehearse(course: Course, options: Options, intake: Intake, store: Store) -> int:
    """Say what a batch would say, and grade and write nothing; return the exit code."""
    counting = grading_rules.may_count(course, intake.collected, intake.matches, intake.received)
    graded = [
        Graded(
            found, intake.matches[found.author.label], intake.received[found], None, lambda: None
        )
        for found in intake.collected
    ]
    hand = by_hand.ByHand(course, store.marks())
    grades = [
        _as_if_graded(grade, course)
        for grade in grading_rules.grades(graded, course, {}, hand.results, hand.answers)
    ]
    unsettled = to_settle(course, options, intake, grades, hand.problems, [], hand.doubts)
    may_count = [found for found in intake.collected if found in counting]
    console.say_what_counts(intake, grades, may_count)
    console.say_what_is_open(unsettled)
    print(
        f"{number_of(len(intake.collected), 'attempt')}: nothing graded, nothing written"
        " (--dry-run)"
    )
    return exit_code(grades, unsettled)


def _as_if_graded(grade: Grade, course: Course) -> Grade:
    """A grade of a dry run, where no score is no reason to look at anything."""
    if grade.problem:
        return grade
    off = grading_rules.penalty(course.exercises[grade.exercise].late, grade.late_days, 1.0)
    return replace(grade, score=0.0, penalty=off)


def new_fleet(
    rung: Rung, options: Options, exercises: Sequence[Exercise]
) -> InProcess | Pool | Cluster:
    """This process, several processes on this machine, or a cluster."""
    if options.cluster is not None:
        tls = TlsFiles(options.tls_ca_file, options.tls_cert, options.tls_key)
        return Cluster(options.cluster, rung, options.device, exercises, tls)
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
        return Graded(collected, match, came_in, None, lambda: None)
    result = outcome.results.get(basis)
    load = partial(store.report, basis)
    problem = outcome.lost.get(basis, "")
    if not problem and result is not None and result.status == "not_gradable":
        problem = why_not_gradable(store.report(basis))
    return Graded(collected, match, came_in, result, load, problem)


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


def exit_code(grades: Sequence[Grade], unsettled: Attention) -> int:
    """0: nothing is left to settle; 1: something is; 3: the grader failed."""
    if any(grade.status == "not_gradable" and grade.score is None for grade in grades):
        return ExitCode.GRADER_FAILED
    return ExitCode.FULL_MARKS if unsettled.is_empty else ExitCode.NOT_FULL_MARKS
