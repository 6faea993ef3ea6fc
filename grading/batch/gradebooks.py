"""Grades as CSV files: in this project's own format and in those of Canvas, Moodle and nbgrader.

An apostrophe defuses each cell that a spreadsheet would take for a formula.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from datetime import tzinfo

from grading.batch.grades import Grade
from grading.batch.people.person import Person
from grading.course.questions import COLUMNS
from grading.course.syllabus import Course
from grading.report import Report, Status

GRADES = (
    *("submission", "exercise", "status", "raw_score", "penalty", "score", "final", "decision"),
    *("max_score", "max_final"),
    *("late_days", "attempt", "attempts", "name", "id", "email", "problem", "submitted_at"),
    *("by_hand", "max_by_hand", "time_source", "unsettled"),
)
ANSWERS_HEADING = ",".join([*COLUMNS, "answer"]) + "\r\n"
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> object:
    """Text that no spreadsheet runs; numbers stay numbers, None is an empty cell."""
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def table(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text).writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def grades_csv(grades: Iterable[Grade], zone: tzinfo) -> str:
    """Every grade in this project's own columns, with times in this zone."""
    rows: list[Sequence[object]] = [GRADES]
    for grade in grades:
        person = grade.person or Person("")
        rows.append(
            (
                grade.submission,
                grade.exercise,
                grade.status,
                grade.raw_score,
                grade.penalty,
                grade.score,
                grade.final,
                grade.decision,
                grade.max_score,
                grade.max_final,
                grade.late_days,
                grade.attempt,
                grade.attempts,
                person.name,
                person.id,
                person.email,
                grade.problem,
                grade.received.iso(zone),
                *(grade.by_hand or ("", "")),
                grade.received.source,
                grade.unsettled,
            )
        )
    return table(rows)


def answers_csv(grade: Grade, answers: Mapping[str, str]) -> str:
    """A submission's rows for the person who marks by hand: its answers and the marks so far."""
    rows = []
    for question in grade.questions:
        answer, mark = answers.get(question.name, ""), question.mark
        if answer or mark is not None:
            given = ("", "", "") if mark is None else astuple(mark)
            rows.append((grade.submission, grade.exercise, question.name, *given, answer))
    return table(rows)


def canvas_csv(
    grades: Sequence[Grade], titles: Mapping[str, str], max_scores: Mapping[str, float]
) -> str:
    """For Canvas, Grades > Import: one row per person, one column per exercise.

    Canvas makes a new assignment for a header that it does not know. To fill an existing one, put
    its number into the title in course.toml, as Canvas exports it: "Vanilla RNN (12345)".
    """
    possible = [max_scores[exercise] for exercise in titles]
    rows: list[Sequence[object]] = [
        [*CANVAS, *titles.values()],
        ["    Points Possible", "", "", "", "", *possible],
    ]
    for person, mine in _by_person(grades).items():
        scores = [mine[exercise].score if exercise in mine else None for exercise in titles]
        name = last_first(person.name)
        rows.append([name, person.canvas, person.id, person.login, person.section, *scores])
    return table(rows)


def moodle_csv(
    grades: Sequence[Grade], titles: Mapping[str, str], remarks: Mapping[tuple[str, str], str]
) -> str:
    """For Moodle, Grades > Import > CSV: identify by email or idnumber, map the other columns.

    `remarks` holds one sentence of feedback per submission and exercise.
    """
    heading = ["email", "idnumber"]
    for title in titles.values():
        heading += [title, f"{title} feedback"]
    rows: list[Sequence[object]] = [heading]
    for person, mine in _by_person(grades).items():
        row: list[object] = [person.email, person.id]
        for identity in titles:
            grade = mine.get(identity)
            row += (
                [grade.score, remarks.get((grade.submission, identity), "")] if grade else ["", ""]
            )
        rows.append(row)
    return table(rows)


def nbgrader_csv(grades: Iterable[Grade], course: Course) -> str:
    """The columns of nbgrader's export."""
    heading = (
        *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
        *("raw_score", "late_submission_penalty", "score", "max_score"),
    )
    rows: list[Sequence[object]] = [heading]
    for grade in grades:
        if not grade.exercise:
            continue
        person = grade.person or Person("")
        policy = course.exercises[grade.exercise].late
        last, _, first = last_first(person.name).partition(", ")
        identity = person.id or grade.submission
        rows.append(
            (
                grade.exercise,
                "" if policy is None else policy.due.isoformat(timespec="seconds"),
                grade.received.iso(course.zone_of(grade.exercise)),
                identity,
                last,
                first,
                person.email,
                grade.raw_score,
                grade.penalty,
                grade.score,
                grade.max_score,
            )
        )
    return table(rows)


def last_first(name: str) -> str:
    """ "Jane Mary Doe" as "Doe, Jane Mary"; a name with a comma is in this order already."""
    if "," in name or " " not in name.strip():
        return name.strip()
    first, _, last = name.strip().rpartition(" ")
    return f"{last}, {first}"


def _by_person(grades: Iterable[Grade]) -> dict[Person, dict[str, Grade]]:
    """The grades of people in the roster: a gradebook knows no others."""
    by_person: dict[Person, dict[str, Grade]] = {}
    for grade in grades:
        if grade.person is not None and grade.exercise:
            by_person.setdefault(grade.person, {})[grade.exercise] = grade
    return by_person


def remark(grade: Grade, report: Report | None) -> str:
    """One sentence of feedback for a cell."""
    if report is None:
        return grade.problem
    left = [check for check in report.checks if check.status is not Status.PASSED]
    if not left:
        return "Everything is right."
    if len(left) == 1:
        return f"One check is open: {left[0].title}"
    return f"{len(left)} checks are open; the first: {left[0].title}"
