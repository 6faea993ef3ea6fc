"""nbgrader.csv: the columns of nbgrader's export (jupyter/nbgrader, plugins/export.py)."""

from collections.abc import Iterable, Sequence

from grading.batch.gradebooks.csv_writer import table
from grading.batch.grades import Grade
from grading.batch.people.person import Person
from grading.course.syllabus import Course


def nbgrader_csv(grades: Iterable[Grade], course: Course) -> str:
    """A row for each person and exercise; the score is the final one, after decisions."""
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
                grade.final,
                grade.max_final,
            )
        )
    return table(rows)


def last_first(name: str) -> str:
    """ "Jane Mary Doe" as "Doe, Jane Mary"; a name with a comma is in this order already."""
    if "," in name or " " not in name.strip():
        return name.strip()
    first, _, last = name.strip().rpartition(" ")
    return f"{last}, {first}"
