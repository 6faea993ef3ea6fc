"""The known mistakes that are hardest to catch: is each still caught, and how nearly is it not?

It tries the checks to whose tolerance a mistake comes nearest (docs/tolerances.json) and those that
train something, each on all mistakes that are about it. How near mistakes come to the bounds of
training is measured by calibrate.py.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from grading.audit.audit import Case, Kind, cases_of
from grading.checking import suites
from grading.course import misconceptions, syllabus
from grading.course.syllabus import ROOT, Course
from grading.fleet.fleet import Lost
from grading.fleet.pool import Pool
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.report import Status
from grading.submission.file import from_bytes
from tests.gpu.audits import graders
from tests.gpu.environment import rung_of
from tests.gpu.record import Job

TOLERANCES = ROOT / "docs" / "tolerances.json"
NEAREST = 10
CAUGHT = {status for status in Status if status.is_verdict} - {Status.PASSED}


@dataclass(frozen=True)
class Trial:
    """A known mistake, and a check that is about it."""

    case: Case
    check: str


def run(job: Job) -> None:
    tried: list[dict[str, Any]] = []
    everything = list(trials(syllabus.load(syllabus.ROOT)))
    rung = rung_of(job)
    with Pool(rung, job.device, graders()) as pool:
        job.keep(isolation=rung, cases=len(everything), mistakes=tried)
        for trial, result in pool.run(judge, everything):
            about = {"exercise": trial.case.exercise.id, "check": trial.check}
            result = (
                {"status": "lost", "message": result.why} if isinstance(result, Lost) else result
            )
            tried.append({**about, "mistake": trial.case.name, **result})
            if result["status"] not in CAUGHT:
                words = f"{result['status']} {result['message']}"
                job.problem(f"{trial.case.exercise.id} {trial.case.name}: {trial.check}: {words}")
            job.keep(done=len(tried))


def trials(plan: Course) -> Iterator[Trial]:
    nearest = nearest_checks()
    for exercise in plan.exercises.values():
        about = {known.name: known.fails for known in misconceptions.load(exercise.misconceptions)}
        wanted = {check for identity, check in nearest if identity == exercise.id}
        wanted |= set(suites.measures(exercise))
        for case in cases_of(exercise, 1, thorough=False, draw=0):
            if case.kind is Kind.MISCONCEPTION:
                yield from (Trial(case, check) for check in about[case.name] if check in wanted)


def nearest_checks() -> list[tuple[str, str]]:
    """Exercise and name of each, the nearest first."""
    table = json.loads(TOLERANCES.read_text(encoding="utf-8"))
    distances = {
        (exercise, check): margin["wrong"]
        for exercise, margins in table.items()
        for check, margin in margins.items()
        if margin["wrong"] is not None
    }
    return sorted(distances, key=distances.__getitem__)[:NEAREST]


def judge(grader: Grader, trial: Trial) -> dict[str, Any]:
    """What the check makes of the mistake; `margin` is its largest error in tolerances."""
    exercise = trial.case.exercise
    work = from_bytes(trial.case.source.encode(), exercise.file)
    plan = Plan(trial.case.seed, only=trial.check, diagnosis=False)
    with grader.session(exercise, work, plan) as session:
        report = grader.report(session, work)
    check = next(one for one in report.checks if one.id == trial.check)
    return {
        "status": check.status,
        "message": "; ".join([check.message, *report.faults]),
        "measured": check.measured,
        "margin": session.margins.get(check.id),
        "seconds": round(check.seconds, 2),
    }
