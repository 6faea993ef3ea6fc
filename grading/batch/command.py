"""`python grader.py batch`: from a folder of submissions to a folder of grades."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from grading.batch import by_hand, console, run
from grading.batch import grades as grading_rules
from grading.batch.attention import CHANGED, FILES, UNREADABLE, Attention, attention
from grading.batch.files import write_class
from grading.batch.grades import Grade, Graded
from grading.batch.intake.collect import collect
from grading.batch.intake.collected import Collected
from grading.batch.intake.identify import Intake, identify
from grading.batch.people import decisions, merging, roster
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.batch.store import Basis, Result, Store, decided_before
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


def batch(course: Course, folder: Path, out: Path, options: Options) -> int:
    """Grade `folder` into `out`; return the exit code. Raises UsageError, GraderError."""
    names = options.identities or course.exercises
    exercises = list(dict.fromkeys(course.exercise(name) for name in names))
    told: list[str] = []
    people = people_of(course, options, told.append)
    known = Roster(people, list(dict.fromkeys(told)))
    others = [other for other in course.exercises.values() if other not in exercises]
    collected = collect(folder, exercises, course.trust_file_times, others, own_files(out, options))
    if not collected:
        raise UsageError(f"{folder} holds no submissions")
    if options.dry_run:
        return rehearse(course, out, options, exercises, collected, known)
    rung = choose(options.isolation, for_strangers=True)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out} cannot be created: {error.strerror}") from error
    where = run.environment(rung, options.device)
    with Store(out / "grades.sqlite") as store:
        decided = store.matches()
        intake, new = identify(
            course, exercises, collected, known, decided, options.match, options.times
        )
        store.keep_matches(new)
        notes = take_marks(store, out, course, intake, options.rubric)
        counting = grading_rules.may_count(course, collected, intake.matches, intake.received)
        handed_in = run.attempts(
            course, collected, counting, where, class_seed(store, options.seed)
        )
        with Bar(options.plain, "grading") as bar:
            fleet = partial(new_fleet, rung, options)
            outcome = run.run(course, handed_in, store, fleet, options.regrade, bar.show)
        graded = [_graded(attempt, intake, store, outcome) for attempt in handed_in]
        max_scores = {exercise.id: points_of(exercise, outcome.results) for exercise in exercises}
        hand = by_hand.ByHand(course, store.marks())
        grades = grading_rules.grades(graded, course, max_scores, hand.results, hand.answers)
        notes = [*notes, *hand.problems]
        unsettled = to_settle(course, options, intake, grades, notes, outcome.unfit.values())
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


def own_files(out: Path, options: Options) -> list[Path]:
    """What the command line names, and what is therefore nobody's submission."""
    tables = (options.match, options.times, options.teams, options.rubric)
    return [out, *options.rosters, *(path for path in tables if path is not None)]


def people_of(
    course: Course, options: Options, tell: merging.Tell = merging.tell_nobody
) -> list[Person]:
    """The people of all rosters, each once, with their teams. Raises UsageError."""
    rows = [person for path in options.rosters for person in roster.read(path, course.roster, tell)]
    people = merging.merged(rows, tell)
    return people if options.teams is None else decisions.with_teams(options.teams, people)


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
) -> Attention:
    """Everything that a person must look at."""
    doubts = []
    for found in intake.collected:
        label, what = found.author.label, f"{found.author.label} {found.exercise}"
        if found.work is not None and not found.work.settled:
            doubts.append((FILES, f"{what}: {found.work.name} ({found.work.note})", label))
        if not found.answers_settled:
            doubts.append((FILES, f"{what}: answers {found.answers_note}", label))
        if found.doubt:
            doubts.append((CHANGED, f"{what}: {found.doubt}", label))
    identities = [exercise.id for exercise in intake.exercises]
    missing = grading_rules.missing(intake.roster, grades, identities)
    has_roster = bool(options.rosters)
    notes = [*intake.notes, *notes]
    return attention(course, grades, intake.matches, doubts, missing, notes, has_roster, unfit)


def rehearse(
    course: Course,
    out: Path,
    options: Options,
    exercises: Sequence[Exercise],
    collected: Sequence[Collected],
    known: Roster,
) -> int:
    """Say what a batch would say, and grade and write nothing; return the exit code."""
    decided = decided_before(out / "grades.sqlite")
    intake, _ = identify(course, exercises, collected, known, decided, options.match, options.times)
    graded = [
        Graded(
            found, intake.matches[found.author.label], intake.received[found], None, lambda: None
        )
        for found in collected
    ]
    grades = [
        # Nothing is graded, which is no reason to look at anything.
        replace(grade, score=0.0) if not grade.problem else grade
        for grade in grading_rules.grades(graded, course, {})
    ]
    unsettled = to_settle(course, options, intake, grades, [], [])
    console.say_what_counts(intake, grades)
    console.say_what_is_open(unsettled)
    print(f"{len(collected)} attempts: nothing graded, nothing written (--dry-run)")
    return exit_code(grades, unsettled)


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
