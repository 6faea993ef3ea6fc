"""grades.csv and answers.csv, in this project's own columns, for people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from datetime import tzinfo

from grading.batch.gradebooks.csv_writer import table
from grading.batch.grades import Grade
from grading.batch.people.person import Person
from grading.course.questions import COLUMNS

GRADES = (
    *("submission", "exercise", "status", "raw_score", "penalty", "score", "final", "decision"),
    *("max_score", "max_final"),
    *("late_days", "attempt", "attempts", "name", "id", "email", "problem", "submitted_at"),
    *("by_hand", "max_by_hand", "time_source", "unsettled"),
)
ANSWERS_HEADING = ",".join([*COLUMNS, "answer"]) + "\r\n"


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
