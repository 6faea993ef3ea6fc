"""HTML pages: a student's feedback, and the board that students may see. They need no network.

The class page, which only instructors may see, is made in class_page.py.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grading.batch import wording
from grading.batch.grades import Grade
from grading.batch.people.person import Person
from grading.batch.statistics import Board
from grading.course.syllabus import Course
from grading.report import CheckResult, Report, Status
from grading.text import number_of

_TEMPLATES = Path(__file__).with_name("templates")
# Everything from a submission is escaped: autoescape is on for every template.
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters |= {"points": wording.points, "number_of": number_of}
# What went wrong is red, what nobody judged is not.
_TONES = {Status.PASSED: "passed", Status.PARTIAL: "partial"}


@dataclass(frozen=True)
class Part:
    """A grade, its report with the marks given by hand, and the student's written answers."""

    grade: Grade
    report: Report | None
    answers: Mapping[str, str]


def rendered(template: str, script: str = "", **values: Any) -> str:
    """A page from a template. `script` names the file of the one script that may run on it."""
    text = (_TEMPLATES / script).read_text(encoding="utf-8") if script else ""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return _ENVIRONMENT.get_template(template).render(
        script=Markup(text),  # the course's own file, as it stands
        script_source=Markup(f"'sha256-{digest}'" if script else "'none'"),
        **values,
    )


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


def file_names(submissions: Sequence[str]) -> dict[str, str]:
    """The file name of each submission's page: plain characters, no two alike."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    # The last number of each name: of names in Chinese, say, nothing plain is left to differ.
    numbers: dict[str, int] = {}
    for submission in submissions:
        plain = re.sub(r"[^A-Za-z0-9._-]+", "_", submission).strip("._") or "submission"
        stem = plain[:80]
        name, number = stem, numbers.get(stem.lower(), 1)
        while name.lower() in taken:
            number += 1
            name = f"{stem}-{number}"
        numbers[stem.lower()] = number
        taken.add(name.lower())
        names[submission] = f"{name}.html"
    return names


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
