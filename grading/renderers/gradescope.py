"""results.json as Gradescope reads it."""

from collections.abc import Mapping
from typing import Any


def results(report: Mapping[str, Any]) -> dict[str, Any]:
    """The document for one report. Where the grader failed there is a message and no score."""
    document: dict[str, Any] = {
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        # What a student's code prints is for instructors.
        "stdout_visibility": "hidden",
        "extra_data": {"seed": report["seed"], "isolation": report["isolation"]["rung"]},
    }
    if report["status"] != "graded":
        output = "The grader itself failed; your code is not to blame. Ask for it to be run again."
        return {**document, "score": 0, "output": output, "tests": []}
    seconds = round(sum(check["seconds"] for check in report["checks"]), 3)
    tests = [_test(number, check) for number, check in enumerate(report["checks"], start=1)]
    losses = [
        {"name": check["title"], "value": check["measured"], "order": "asc"}
        for check in report["checks"]
        if check["measured"] is not None
    ]
    return {
        **document,
        "score": report["score"],
        "execution_time": seconds,
        "tests": tests,
        "leaderboard": losses,
    }


def _test(number: int, check: Mapping[str, Any]) -> dict[str, Any]:
    parts = (check["message"], check["explanation"], check["hint"] and f"Try: {check['hint']}")
    return {
        "number": str(number),
        "name": check["title"],
        "score": check["points"],
        "max_score": check["max_points"],
        "status": "passed" if check["status"] == "passed" else "failed",
        "output": "\n".join([check["status"].replace("_", " "), *filter(None, parts)]),
        "tags": [check["id"]],
    }
