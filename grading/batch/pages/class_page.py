"""The instructor's page of a class: what needs a person, then scores, checks, mistakes, rules."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grading.batch.attention import Attention
from grading.batch.grades import Grade
from grading.batch.pages import matrix, wording
from grading.batch.pages.rendering import rendered
from grading.batch.pages.statistics import ClassStatistics, Spread, histogram, spread
from grading.batch.people.evidence import Match
from grading.batch.people.person import Person
from grading.batch.similar import ALIKE, COMMON, FEWEST, Similar
from grading.course.syllabus import Course
from grading.report import Status
from grading.text import number_of

# A kind of more lines than this is folded.
FEW_LINES = 10
# More lines of one kind would make a page that no browser scrolls; people.csv has the kinds of all.
MOST_LINES = 2000
# Only the names of fewer submissions than this are links to their pages, which keeps it small.
FEW_LINKS = 20
_FAILED = (
    *(Status.FAILED, Status.TIMED_OUT, Status.OUT_OF_MEMORY, Status.CRASHED, Status.UNREADABLE),
)
# How a check can end, as the table of checks counts it.
ENDED = (
    ("Passed", (Status.PASSED,)),
    ("Partial", (Status.PARTIAL,)),
    ("Failed", _FAILED),
    ("Not attempted", (Status.NOT_ATTEMPTED,)),
    ("Blocked", (Status.BLOCKED,)),
    ("Not run", (Status.NOT_RUN,)),
)


@dataclass(frozen=True)
class Roll:
    """Who is in the class: the people of the roster, and whose each submission is."""

    people: Sequence[Person] = ()
    matches: Mapping[str, Match] = field(default_factory=dict)

    def names(self, label: str) -> str:
        """The names of those whose submission it is; the label if it is nobody's."""
        match = self.matches.get(label, Match())
        return ", ".join(person.name for person in match.people) or label


@dataclass(frozen=True)
class Scores:
    """The scores of one exercise: by tenths of the maximum, before and after penalties."""

    title: str
    max_score: float
    counts: Sequence[int]
    raw: Spread
    final: Spread


def class_page(
    course: Course,
    exercises: Sequence[str],
    grades: Sequence[Grade],
    statistics: ClassStatistics,
    pages: Mapping[str, str],
    attention: Attention,
    roll: Roll,
    similar: Similar,
    has_leaderboard: bool,
) -> str:
    """The overview of a class as HTML.

    `exercises` are those that were asked for, and `pages` the feedback page of each submission.
    """
    order = list(course.exercises)
    return rendered(
        "class.html",
        script="tables.js",
        title=f"{course.title}: the class",
        summary=_summary(grades),
        attention=attention,
        exercises=[course.exercises[exercise] for exercise in exercises],
        scores=_scores(course, exercises, grades),
        rows=matrix.rows(grades, roll.people, exercises, pages),
        has_sections=len({person.section for person in roll.people}) > 1,
        checks=sorted(statistics.checks(), key=lambda check: order.index(check.exercise)),
        mistakes=statistics.mistakes(),
        names=roll.names,
        pages=pages,
        similar=similar,
        decided=[grade for grade in grades if grade.decision],
        sources=Counter(wording.source(grade.received) for grade in grades if grade.exercise),
        rules=wording.rules(course),
        wording=wording,
        ended=ENDED,
        has_leaderboard=has_leaderboard,
        limits={
            "few_lines": FEW_LINES,
            "most_lines": MOST_LINES,
            "few_links": FEW_LINKS,
            "alike": ALIKE,
            "common": COMMON,
            "fewest": FEWEST,
        },
    )


def _summary(grades: Sequence[Grade]) -> str:
    people = {grade.person or grade.submission for grade in grades}
    left = sum(grade.is_open for grade in grades)
    came_in = f"{number_of(len(grades), 'grade')} of {len(people)} people or submissions"
    return f"{came_in}; {left} open."


def _scores(course: Course, exercises: Sequence[str], grades: Sequence[Grade]) -> dict[str, Scores]:
    by_exercise: dict[str, list[Grade]] = {exercise: [] for exercise in exercises}
    for grade in grades:
        if grade.score is not None and grade.raw_score is not None:
            by_exercise.setdefault(grade.exercise, []).append(grade)
    found: dict[str, Any] = {}
    for exercise, mine in by_exercise.items():
        if not mine:
            continue
        most = mine[0].max_score
        found[exercise] = Scores(
            course.exercises[exercise].title,
            most,
            histogram(mine),
            spread([grade.raw_score or 0.0 for grade in mine], most),
            spread([grade.score or 0.0 for grade in mine], most),
        )
    return found
