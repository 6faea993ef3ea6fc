"""Reports made up for tests."""

from typing import Any

from grading.report import CheckResult, Report, Status, Visibility


def check(**more: Any) -> CheckResult:
    """A check that passed, but for what is given."""
    usual = {
        "id": "a",
        "title": "A",
        "visibility": Visibility.PUBLIC,
        "status": Status.PASSED,
        "points": 4.0,
        "max_points": 4.0,
        "message": "",
        "misconception": None,
        "explanation": "",
        "hint": "",
        "seconds": 0.1,
        "replay": "python grader.py ex4 --seed 1 --check a",
    }
    return CheckResult(**{**usual, **more})


def report(*checks: CheckResult, **more: Any) -> Report:
    """A report on these checks."""
    usual = {
        "exercise": "ex4",
        "submission_name": "ex4_interpretability.py",
        "submission_sha256": "0" * 64,
        "seed": 1,
        "device": "cpu",
        "isolation": {"rung": "landlock", "walls": "some", "stronger": {}},
        "environment": {
            "python": "3.11.2",
            "system": "Linux 6.1",
            "machine": "x86_64",
            "threads": 1,
            "checks_sha256": "0" * 64,
        },
        "checks": checks,
    }
    return Report(**{**usual, **more})
