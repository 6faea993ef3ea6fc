"""What students see: a page of feedback, and the board of lowest values."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from grading.batch.grades import Grade
from grading.batch.pages import wording
from grading.batch.pages.rendering import rendered
from grading.batch.pages.statistics import Board
from grading.batch.people.person import Person
from grading.course.syllabus import Course
from grading.report import CheckResult, Report, Status

# What went wrong is red, what nobody judged is not.
_TONES = {Status.PASSED: "passed", Status.PARTIAL: "partial"}


@dataclass(frozen=True)
class Part:
    """A grade, its report with the marks given by hand, and the student's written answers."""

    grade: Grade
    report: Report | None
    answers: Mapping[str, str]


def feedback_page(
    parts: Sequence[Part], people: Sequence[Person], titles: Mapping[str, str], zone: tzinfo
) -> str:
    """One submission's feedback as HTML: its own reports and nothing else.

    `people` are those whose work it is; `zone` is that of its times.
    """
    names = [person.name for person in people] or [parts[0].grade.submission]
    return rendered(
        "feedback.html",
        title=f"Feedback for {', '.join(names)}",
        names=names,
        submission=parts[0].grade.submission,
        parts=parts,
        titles=titles,
        zone=zone,
        wording=wording,
        tone=tone,
        message=_message,
    )


def leaderboard_page(course: Course, boards: Sequence[Board], names: Mapping[str, str]) -> str:
    """What checks measured, as HTML that students may see: names only if the course shows them.

    `names` says whose each submission is.
    """
    return rendered(
        "leaderboard.html",
        title=f"{course.title}: lowest values",
        boards=boards,
        titles={exercise.id: exercise.title for exercise in course.exercises.values()},
        names=names if course.show_names else None,
    )


def tone(status: Status) -> str:
    """The class of a status: its color goes with the word, and never stands for it."""
    if status is Status.NOT_ATTEMPTED or not (status.is_verdict or status.is_open):
        return "neutral"
    return _TONES.get(status, "failed")


def _message(check: CheckResult, report: Report) -> str:
    """The message of a check; one that waits names the other check by its title."""
    if check.status not in (Status.BLOCKED, Status.NOT_ATTEMPTED):
        return check.message
    titles = {other.id: other.title for other in report.checks}
    match = re.fullmatch(r"Waits for (\w+)\.", check.message)
    if match is None or match[1] not in titles:
        return check.message
    return f"Waits for: {titles[match[1]]}"
