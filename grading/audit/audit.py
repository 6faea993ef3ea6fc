"""Proves a course by testing its checks.

It expects that every stub scores 0; that every reference and every right variant scores full marks;
that every known mistake fails the checks about it, is named, and costs nothing elsewhere; that
every check catches a mistake that no other check catches, or says why it exists; that every
tolerance lies between right answers and the nearest wrong one; and that every mutant of the
reference is caught, or is listed as equivalent with the reason.
"""

import json
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from grading.audit.mutants import mutants
from grading.checking import suites
from grading.checking.draw import seed_of
from grading.course import misconceptions
from grading.course.syllabus import Exercise
from grading.errors import GraderError
from grading.files import usable, write_text
from grading.fleet.fleet import Fleet, Lost
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.report import MAX_SEED, Report, Status
from grading.submission.file import from_bytes

MUTATION_SCORE = 0.98


class Kind(StrEnum):
    """The kinds of programs, in the order in which they are graded."""

    STUB = "stub"
    REFERENCE = "reference"
    RIGHT = "right variant"
    MISCONCEPTION = "misconception"
    MUTANT = "mutant"


@dataclass(frozen=True)
class Case:
    """One program to be graded once."""

    exercise: Exercise
    kind: Kind
    name: str
    source: str
    seed: int
    training: bool = True


@dataclass(frozen=True)
class Judged:
    """How a case was judged. `margins`: each check's largest error, in units of its tolerance."""

    report: Report
    margins: Mapping[str, float]


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be."""

    exercise: str
    kind: str
    name: str
    problem: str


@dataclass
class Margin:
    """The largest error of a right answer, the smallest of a wrong one; 1 is the tolerance."""

    right: float = 0.0
    wrong: float | None = None


@dataclass
class Audit:
    """Everything found so far, by exercise and kind, check, mistake or mutant.

    `named` counts known mistakes, and `survivors` mutants that are not equivalent.
    """

    findings: list[Finding] = field(default_factory=list)
    counts: Counter[tuple[str, Kind]] = field(default_factory=Counter)
    margins: defaultdict[tuple[str, str], Margin] = field(
        default_factory=lambda: defaultdict(Margin)
    )
    named: int = 0
    caught_by: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    survivors: int = 0
    equivalent: set[tuple[str, str]] = field(default_factory=set)


def audit(
    exercises: Sequence[Exercise],
    pool: Fleet,
    seeds: int,
    kinds: Sequence[Kind],
    thorough: bool,
    on_case: Callable[[int, int, str], None],
    draw: int = 0,
) -> Audit:
    """Grade every case on the pool, right programs on `seeds` seeds. Raises GraderError.

    Another `draw` chooses other seeds.
    """
    result = Audit()
    cases = [
        case
        for exercise in exercises
        for case in cases_of(exercise, seeds, thorough, draw)
        if case.kind in kinds
    ]
    for number, (case, judged) in enumerate(pool.run(judge, cases), start=1):
        if isinstance(judged, Lost):
            raise GraderError(f"{case.exercise.id}, {case.kind} {case.name}: {judged.why}")
        on_case(number, len(cases), f"{case.exercise.id}, {case.kind}")
        take(result, case, judged)
    if Kind.MISCONCEPTION in kinds:
        for exercise in exercises:
            _require_reasons(result, exercise)
    if Kind.MUTANT in kinds:
        for exercise in exercises:
            _require_equivalents(result, exercise)
    _require_tolerances(result)
    return result


def judge(grader: Grader, case: Case) -> Judged:
    """Grade one case, and measure how far each comparison is from its tolerance."""
    work = from_bytes(case.source.encode(), case.exercise.file)

    def judged(plan: Plan) -> Judged:
        with grader.session(case.exercise, work, plan) as session:
            return Judged(grader.report(session, work), session.margins)

    if case.kind is not Kind.MUTANT:
        diagnosis = case.kind is Kind.MISCONCEPTION
        return judged(Plan(case.seed, training=case.training, diagnosis=diagnosis))
    # Grading ends at the first check that notices the mutant; training comes last.
    plan = Plan(case.seed, training=False, diagnosis=False, until_failure=True)
    quick = judged(plan)
    return judged(replace(plan, training=True)) if quick.report.full_marks else quick


def cases_of(exercise: Exercise, seeds: int, thorough: bool, draw: int) -> Iterator[Case]:
    """Every program of an exercise; right programs come on `seeds` seeds.

    Wrong programs train only if a training check must catch them, or if `thorough`.
    """
    reference = exercise.reference.read_text(encoding="utf-8")
    trains = set(suites.measures(exercise))

    def seed(words: str) -> int:
        return seed_of(exercise.id, words, draw) % MAX_SEED

    def wrong(kind: Kind, name: str, source: str, training: bool) -> Case:
        # With one seed for all, the answers of known mistakes are computed only once.
        return Case(exercise, kind, name, source, seed("wrong"), training or thorough)

    yield Case(exercise, Kind.STUB, "stub", exercise.stub.read_text(encoding="utf-8"), 0)
    variants = sorted((exercise.root / "tests" / "bank" / exercise.id / "right").glob("*.py"))
    right = {path.stem: path.read_text(encoding="utf-8") for path in variants}
    for number in range(seeds):
        yield Case(exercise, Kind.REFERENCE, "reference", reference, seed(f"reference {number}"))
        for name, source in right.items():
            yield Case(exercise, Kind.RIGHT, name, source, seed(f"{name} {number}"))
    for known in misconceptions.load(exercise.misconceptions):
        training = bool(trains & set(known.fails))
        yield wrong(Kind.MISCONCEPTION, known.name, known.made_in(reference), training)
    for mutant in mutants(reference):
        yield wrong(Kind.MUTANT, mutant.name, mutant.source, training=False)


def take(result: Audit, case: Case, judged: Judged) -> None:
    """Add to `result` what a case shows about the checks. Raises GraderError if not gradable."""
    report = judged.report
    result.counts[case.exercise.id, case.kind] += 1
    if not report.gradable:
        raise GraderError(f"{case.exercise.id}, {case.kind} {case.name}: {report.faults}")
    problems: Iterator[str] = iter(())
    match case.kind:
        case Kind.STUB:
            problems = _stub(report)
        case Kind.REFERENCE | Kind.RIGHT:
            problems = _right(result, report, judged.margins)
        case Kind.MISCONCEPTION:
            problems = _mistaken(result, case, judged)
        case Kind.MUTANT if report.full_marks:
            problems = _survived(result, case)
    for problem in problems:
        result.findings.append(Finding(case.exercise.id, case.kind, case.name, problem))


def _stub(report: Report) -> Iterator[str]:
    if report.score != 0:
        yield f"scores {report.score:g}"
    for check in report.checks:
        if check.status is not Status.NOT_ATTEMPTED:
            yield f"{check.id} is {check.status.words}"


def _right(result: Audit, report: Report, margins: Mapping[str, float]) -> Iterator[str]:
    for check in report.checks:
        if check.status is not Status.PASSED:
            yield f"seed {report.seed}: {check.id} is {check.status.words}: {check.message}"
    for name, error in margins.items():
        margin = result.margins[report.exercise, name]
        margin.right = max(margin.right, error)


def _mistaken(result: Audit, case: Case, judged: Judged) -> Iterator[str]:
    exercise = case.exercise
    mistakes = {known.name: known for known in misconceptions.load(exercise.misconceptions)}
    known = mistakes[case.name]
    failed = {
        check.id: check
        for check in judged.report.checks
        if check.status.is_verdict and check.status is not Status.PASSED
    }
    if failed:
        result.caught_by[exercise.id, case.name] = set(failed)
    for name in failed:
        _nearest(result, exercise.id, name, judged.margins.get(name))
    for name in known.fails:
        if name not in failed:
            yield f"{name} does not fail"
    for name in set(failed) - {*known.fails, *known.also}:
        yield f"{name} fails, but is not listed for it: {failed[name].message}"
    names = {failed[name].misconception for name in known.fails if name in failed}
    if (known.same_as or known.name) in names:
        result.named += 1
    elif not known.unnamed:
        yield f"should be named, but is diagnosed as {names}"
    elif names != {None}:
        yield f"is diagnosed as {names}, though it is listed as unnamed"


def _nearest(result: Audit, exercise: str, check: str, error: float | None) -> None:
    if error is None or error <= 1:
        return
    margin = result.margins[exercise, check]
    margin.wrong = error if margin.wrong is None else min(margin.wrong, error)


def _survived(result: Audit, case: Case) -> Iterator[str]:
    exercise = case.exercise
    if case.name in equivalents(exercise):
        result.equivalent.add((exercise.id, case.name))
    else:
        result.survivors += 1
        yield "no check notices it"


def _require_equivalents(result: Audit, exercise: Exercise) -> None:
    """Require everything listed as equivalent to be a mutant that survives."""
    for name in equivalents(exercise):
        if (exercise.id, name) not in result.equivalent:
            problem = "is listed as equivalent, but is caught or is not a mutant"
            result.findings.append(Finding(exercise.id, Kind.MUTANT, name, problem))


def equivalents(exercise: Exercise) -> dict[str, str]:
    """Mutants that compute the same as the reference, and why. Raises GraderError."""
    path = exercise.misconceptions.parent / "equivalent.toml"
    with usable(path):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return {entry["mutant"]: entry["why"] for entry in content.get(exercise.id, [])}


def _require_reasons(result: Audit, exercise: Exercise) -> None:
    """Require each check to be the only one to catch some mistake, or to say why it exists."""
    only = {
        next(iter(checks))
        for (identity, _), checks in result.caught_by.items()
        if identity == exercise.id and len(checks) == 1
    }
    for name, check in suites.checks(exercise).items():
        if name not in only and not check.declaration.because:
            problem = "catches no mistake that no other check catches, and gives no reason"
            result.findings.append(Finding(exercise.id, "check", name, problem))


def _require_tolerances(result: Audit) -> None:
    for (exercise, check), margin in result.margins.items():
        if margin.right > 1:
            problem = f"a right answer is {margin.right:.2g} tolerances off"
            result.findings.append(Finding(exercise, "check", check, problem))


def margins_table(result: Audit) -> dict[str, dict[str, dict[str, float | None]]]:
    """The table of tolerances: {exercise: {check: {right, wrong}}}."""
    table: dict[str, dict[str, dict[str, float | None]]] = {}
    for (exercise, check), margin in sorted(result.margins.items()):
        table.setdefault(exercise, {})[check] = asdict(margin)
    return table


def save_margins(result: Audit, path: Path) -> None:
    """Write the table of tolerances as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(margins_table(result), indent=1) + "\n")
