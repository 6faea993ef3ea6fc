"""From what a step printed to a verdict."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tests.matrix.records import Verdict

# What stands in the table for a report without a score.
NO_SCORE = "no score"
GRADED, NOT_ATTEMPTED, PASSED, BLOCKED = "graded", "not_attempted", "passed", "blocked"

Report = Mapping[str, Any]
# From the reports on a rung to a verdict.
Judge = Callable[[Iterable[Report], str], Verdict]
# The score that a submission of a class deserves, by submission and exercise.
Truth = Mapping[tuple[str, str], float]


def references(reports: Iterable[Report], rung: str) -> Verdict:
    """References get full marks on the rung that was asked for."""
    return _reports(reports, rung, lambda report: report["max_score"], PASSED)


def stubs(reports: Iterable[Report], rung: str) -> Verdict:
    """Untouched stubs get nothing, and each of their checks says that nobody attempted it."""
    return _reports(reports, rung, lambda report: 0, NOT_ATTEMPTED)


def _reports(
    reports: Iterable[Report], rung: str, deserved: Callable[[Report], float], expected: str
) -> Verdict:
    seen, problems, wrong_marks = [], [], []
    for report in reports:
        name = report["exercise"]
        graded = report["status"] == GRADED
        seen.append(f"{report['score']:g}" if graded else NO_SCORE)
        if graded and report["score"] != deserved(report):
            wrong_marks.append(f"{name}: {report['score']:g} in place of {deserved(report):g}")
        if not graded:
            problems.append(f"{name}: {report['status']}")
        if report["isolation"]["rung"] != rung:
            problems.append(f"{name}: graded on {report['isolation']['rung']}")
        problems += [
            f"{name}: {check['id']} {check['status']}: {first_line(check['message'])}"
            for check in report["checks"]
            # A check that is blocked waits for one that is named here itself.
            if check["status"] not in (expected, BLOCKED)
        ]
    if not seen:
        problems.append("no report")
    alike = len(seen) > 1 and len(set(seen)) == 1
    text = f"{seen[0]} on all {len(seen)}" if alike else ", ".join(seen)
    return Verdict(text, problems, wrong_marks)


def grades(rows: Sequence[Mapping[str, str]], truth: Truth) -> Verdict:
    """The rows of grades.csv give each submission what it deserves, and leave nobody out."""
    problems, wrong_marks = [], []
    found = {(row["submission"], row["exercise"]): row for row in rows}
    problems += [f"{' '.join(missing)}: no row" for missing in sorted(truth.keys() - found.keys())]
    problems += [f"{' '.join(other)}: unexpected" for other in sorted(found.keys() - truth.keys())]
    right = 0
    for key in sorted(truth.keys() & found.keys()):
        row, name = found[key], " ".join(key)
        if row["status"] != GRADED:
            problems.append(f"{name}: {row['status']} {first_line(row['problem'])}")
        elif float(row["score"]) != truth[key]:
            wrong_marks.append(f"{name}: {row['score']} in place of {truth[key]:g}")
        else:
            right += 1
    return Verdict(f"{right} of {len(truth)} right", problems, wrong_marks)


def tests(output: str, code: int) -> Verdict:
    """The last line of pytest, and the names of what failed."""
    failed = re.findall(r"^(?:FAILED|ERROR) (.+)$", output, re.MULTILINE)
    counts = re.findall(r"\d+ (?:passed|failed|errors?|skipped)\b", last_line(output))
    if code != 0 and not failed:
        failed = [f"exit code {code}: {last_line(output)}"]
    return Verdict(", ".join(counts) or "no result", failed)


def first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:200]


def last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2][:200]
