"""HTML pages for a class, one for the instructor and one per student; they need no network."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from grading.batch.attention import Attention
from grading.batch.grades import Grade
from grading.batch.statistics import ClassStatistics, histogram
from grading.course.syllabus import Course
from grading.report import Report
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


@dataclass(frozen=True)
class Part:
    """A grade, its report with the marks given by hand, and the student's written answers."""

    grade: Grade
    report: Report | None
    answers: Mapping[str, str]


def feedback_page(parts: Sequence[Part], titles: Mapping[str, str]) -> str:
    """One submission's feedback as HTML: its own reports and nothing else."""
    title = f"Feedback for {parts[0].grade.submission}"
    page = _ENVIRONMENT.get_template("feedback.html")
    return page.render(title=title, parts=parts, titles=titles)


def class_page(
    course: Course,
    titles: Mapping[str, str],
    grades: Sequence[Grade],
    statistics: ClassStatistics,
    pages: Mapping[str, str],
    attention: Attention,
) -> str:
    """The instructor's overview of a class as HTML."""
    return _ENVIRONMENT.get_template("class.html").render(
        title=f"{course.title}: the class",
        grades=grades,
        count=number_of(len(grades), "grade"),
        titles=titles,
        pages=pages,
        charts=_charts(grades),
        checks=statistics.checks(),
        mistakes=statistics.misconceptions(),
        leaderboard=statistics.leaderboard(),
        ungradable=sum(grade.score is None for grade in grades),
        attention=attention,
        sources=Counter(grade.received.source for grade in grades if grade.exercise),
        show_names=course.show_names,
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


def _charts(grades: Sequence[Grade]) -> dict[str, dict[str, Any]]:
    charts = {}
    for exercise in dict.fromkeys(grade.exercise for grade in grades if grade.score is not None):
        mine = [grade for grade in grades if grade.exercise == exercise]
        scores = [grade.score for grade in mine if grade.score is not None]
        counts = histogram(mine)
        charts[exercise] = {
            "counts": counts,
            "most": max(counts),
            "graded": len(scores),
            "median": median(scores),
            "max_score": mine[0].max_score,
        }
    return charts
