"""Programs of which it is known what becomes of them, graded side by side as in an audit."""

from collections.abc import Sequence
from typing import Any

from grading.audit import audit
from grading.audit.audit import Audit, Case, Judged, Kind
from grading.fleet.fleet import Lost
from grading.fleet.pool import Pool
from tests.gpu.environment import cores, rung_of
from tests.gpu.record import Job

# Each grader has two workers that compute on the same GPU.
MAX_GRADERS = 8


def graded(job: Job, cases: Sequence[Case]) -> None:
    """Grade every case, and keep what came of it and what the audit says to that."""
    found = Audit()
    programs: list[dict[str, Any]] = []
    rung = rung_of(job)
    with Pool(rung, job.device, graders()) as pool:
        job.keep(isolation=rung, cases=len(cases), programs=programs)
        for case, judged in pool.run(audit.judge, cases):
            programs.append(_program(case, judged))
            job.record.problems += _problems(found, case, judged)
            job.keep(done=len(programs), margins=audit.margins_table(found))
    for (exercise, check), margin in found.margins.items():
        if margin.right > 1:
            job.problem(f"{exercise} {check}: right answers {margin.right:.2g} off")


def graders() -> int:
    return min(cores(), MAX_GRADERS)


def _program(case: Case, judged: Judged | Lost) -> dict[str, Any]:
    """What came of a case, of its checks those that say something against it, and its margins."""
    about = {"exercise": case.exercise.id, "kind": case.kind, "name": case.name, "seed": case.seed}
    if isinstance(judged, Lost):
        return {**about, "lost": judged.why}
    report = judged.report
    return {
        **about,
        "score": report.score,
        "device": report.device,
        "seconds": round(sum(check.seconds for check in report.checks), 2),
        "measured": {c.id: c.measured for c in report.checks if c.measured is not None},
        "not_passed": [
            {"id": c.id, "status": c.status, "message": c.message, "mistake": c.misconception}
            for c in report.checks
            if c.status.is_open and case.kind is not Kind.STUB
        ],
        "margins": {} if case.kind is Kind.MUTANT else dict(judged.margins),
    }


def _problems(found: Audit, case: Case, judged: Judged | Lost) -> list[str]:
    """What is not as it should be about a case. What it says about the checks goes to `found`."""
    name = f"{case.exercise.id} {case.kind} {case.name}"
    if isinstance(judged, Lost):
        return [f"{name}, seed {case.seed}: {judged.why}"]
    if not judged.report.gradable:
        return [f"{name}, seed {case.seed}: {'; '.join(judged.report.faults)}"]
    before = len(found.findings)
    audit.take(found, case, judged)
    return [f"{name}: {finding.problem}" for finding in found.findings[before:]]
