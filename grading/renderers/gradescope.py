"""A report as Gradescope's results.json."""

from collections.abc import Mapping, Sequence
from typing import Any

from grading.report import CheckResult, Report, Status

_TEXT = {
    "output_format": "text",
    "test_output_format": "text",
    "test_name_format": "text",
    "visibility": "visible",
    # Only instructors see what a student's code prints.
    "stdout_visibility": "hidden",
}


def results(report: Report) -> dict[str, Any]:
    """The document for one graded report.

    A report that is not gradable has none: the format requires a score.
    """
    seconds = round(sum(check.seconds for check in report.checks), 3)
    tests = [_test(number, check) for number, check in enumerate(report.checks, start=1)]
    losses = [
        {"name": check.title, "value": check.measured, "order": "asc"}
        for check in report.checks
        if check.measured is not None
    ]
    return {
        **_TEXT,
        "extra_data": {"seed": report.seed, "isolation": report.isolation["rung"]},
        "score": report.score,
        "execution_time": seconds,
        "tests": tests,
        "leaderboard": losses,
    }


def unread(title: str, max_score: float, problem: str) -> dict[str, Any]:
    """The document for an exercise that is missing or unreadable: a zero, with the reason."""
    test = {
        "number": "1",
        "name": title,
        "score": 0,
        "max_score": max_score,
        "status": "failed",
        "output": problem,
    }
    return {**_TEXT, "score": 0, "tests": [test]}


def together(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One document for several exercises: scores are added, tests are numbered 1.1, 1.2, ..."""
    if len(documents) == 1:
        return dict(documents[0])
    return {
        **_TEXT,
        "score": round(sum(document["score"] for document in documents), 6),
        "execution_time": round(
            sum(document.get("execution_time", 0) for document in documents), 3
        ),
        "tests": [
            {**test, "number": f"{place}.{test['number']}"}
            for place, document in enumerate(documents, start=1)
            for test in document["tests"]
        ],
        "leaderboard": [
            entry for document in documents for entry in document.get("leaderboard", [])
        ],
        "extra_data": {"exercises": [document.get("extra_data", {}) for document in documents]},
    }


def _test(number: int, check: CheckResult) -> dict[str, Any]:
    parts = (check.message, check.explanation, check.hint and f"Try: {check.hint}")
    return {
        "number": str(number),
        "name": check.title,
        "score": check.points,
        "max_score": check.max_points,
        "status": "passed" if check.status is Status.PASSED else "failed",
        "output": "\n".join([check.status.words, *filter(None, parts)]),
        "tags": [check.id],
    }
