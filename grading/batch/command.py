"""`python grader.py batch`: from a folder of submissions to a folder of grades."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grading import suite
from grading.batch import grades as grading_rules
from grading.batch import roster, run
from grading.batch.collect import Collected, collect
from grading.batch.grades import Grade, Graded
from grading.batch.roster import Roster
from grading.batch.store import Change, Store
from grading.cluster import Cluster
from grading.course import Course, Exercise
from grading.errors import UsageError
from grading.pool import Pool
from grading.renderers.class_files import ClassFiles
from grading.renderers.progress import Bar
from grading.sandbox.rungs import Rung, best, why_not

MAX_SEED = 2**31


@dataclass(frozen=True)
class Options:
    """What the command line gave."""

    identities: Sequence[str]
    jobs: int
    cluster: str | None
    roster_file: Path | None
    seed: int | None
    device: str
    isolation: str
    regrade: bool
    plain: bool


def batch(course: Course, folder: Path, out: Path, options: Options) -> int:
    """Grade `folder` into `out`; the exit code. Raises UsageError, GraderError."""
    exercises = [course.exercise(one) for one in options.identities or course.exercises]
    rung = rung_for_strangers(options.isolation)
    people = [] if options.roster_file is None else roster.read(options.roster_file)
    known = Roster(people)
    collected = collect(folder, exercises)
    if not collected:
        raise UsageError(f"{folder} holds no submissions")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out} cannot be made: {error.strerror}") from error
    where = run.environment(rung, options.device)
    with Store(out / "grades.sqlite") as store:
        seed = class_seed(store, options.seed)
        with workforce(rung, options) as force, Bar(options.plain, "grading") as bar:
            outcome = run.run(
                course, collected, store, force, where, seed, options.regrade, bar.show
            )
        graded = [
            Graded(
                one,
                known.find(one.origin.tokens),
                *run.report_on(course, one, outcome, where, seed),
            )
            for one in collected
        ]
    max_scores = {exercise.id: max_score(exercise) for exercise in exercises}
    found = grading_rules.grades(graded, course.late, course.attempts, max_scores)
    missing = grading_rules.without_submission(known, found)
    files = ClassFiles(course, found, max_scores, missing, options.roster_file is not None)
    files.write(out)
    say(found, collected, outcome, out, len(missing), bool(people))
    return exit_code(found)


def workforce(rung: Rung, options: Options) -> Pool | Cluster:
    """Processes of this machine, or a cluster."""
    if options.cluster is not None:
        return Cluster(options.cluster, rung, options.device)
    return Pool(rung, options.device, options.jobs)


def rung_for_strangers(isolation: str) -> Rung:
    """The rung asked for; the weakest one is never chosen by itself. Raises UsageError."""
    rung = best() if isolation == "auto" else Rung(isolation)
    if isolation == "auto" and rung is Rung.PROCESS:
        raise UsageError(
            "this machine offers no isolation for strangers' code (see `python grader.py doctor`);"
            " --isolation process grades without it"
        )
    if isolation != "auto" and (reason := why_not(rung)):
        raise UsageError(f"--isolation {isolation} cannot be had here: {reason}")
    return rung


def class_seed(store: Store, wished: int | None) -> int:
    """One seed for the class: the one given, else the one that this folder began with."""
    if wished is not None:
        return wished
    return int(store.meta("seed", str(secrets.randbelow(MAX_SEED))))


def max_score(exercise: Exercise) -> float:
    return sum(one.points for one in suite.declarations(exercise).values())


def say(
    found: Sequence[Grade],
    collected: Sequence[Collected],
    outcome: run.Outcome,
    out: Path,
    missing: int,
    has_roster: bool,
) -> None:
    """What happened, for whoever ran it: counts, changes, and everything left to look at."""
    print(
        f"{len(collected)} attempts: {outcome.graded} graded now, {outcome.known} known already,"
        f" {sum(grade.score is None for grade in found)} grades open"
    )
    for change in outcome.changes:
        print(f"changed: {described(change)}")
    for grade in found:
        if grade.score is None:
            what = f"{grade.submission} {grade.exercise}".strip()
            print(f"to be looked at: {what}: {grade.problem or grade.status.replace('_', ' ')}")
    for one in collected:
        if one.work is not None and one.work.note:
            print(f"chosen: {one.origin.label} {one.exercise}: {one.work.described}")
    strangers = {grade.submission: None for grade in found if grade.person is None}
    for submission in strangers if has_roster else ():
        print(f"not in the roster: {submission}")
    if missing:
        print(f"nothing came in from {missing} people of the roster (class.html lists them)")
    print(f"written: {out}/grades.csv, class.html, feedback/ and more")


def described(change: Change) -> str:
    before, after = (_score(one) for one in (change.old_score, change.new_score))
    attempt = f" attempt {change.attempt}" if change.attempt > 1 else ""
    return f"{change.submission} {change.exercise}{attempt}: {before} -> {after} ({change.why})"


def _score(score: float | None) -> str:
    return "no score" if score is None else f"{score:g}"


def exit_code(found: Sequence[Grade]) -> int:
    """0 everything has a score, 1 something came in that cannot be graded, 3 the grader failed."""
    if any(grade.status == "not_gradable" for grade in found):
        return 3
    return 1 if any(grade.score is None for grade in found) else 0
