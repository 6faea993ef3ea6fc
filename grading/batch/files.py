"""Everything an instructor gets from a batch, as files in one folder."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from grading.batch import changes
from grading.batch.attention import UNWRITTEN, Attention
from grading.batch.changes import Change
from grading.batch.generated import Generated
from grading.batch.gradebooks import csv_writer, nbgrader, own
from grading.batch.gradebooks.remarks import remark
from grading.batch.gradebooks.uploads import Uploads
from grading.batch.grades import Grade, Rules
from grading.batch.pages import rendering, students
from grading.batch.pages.class_page import Roll, class_page
from grading.batch.pages.plan import Feedback, feedback
from grading.batch.pages.statistics import Board, ClassStatistics
from grading.batch.pages.students import Part
from grading.batch.people import decisions
from grading.batch.people.person import Person
from grading.batch.similar import Similar
from grading.course.syllabus import Course
from grading.renderers import gradescope
from grading.renderers.junit import JUnit


def write_class(
    files: Generated,
    rules: Rules,
    grades: Sequence[Grade],
    roll: Roll,
    attention: Attention,
    uploads: Uploads,
    changed: Sequence[Change] = (),
    similar: Similar | None = None,
) -> None:
    """Write each file of a class whole or not at all. Raises OSError.

    What is to be known about the files for platforms is added to `attention`.
    """
    shown = list(feedback(grades))
    names = rendering.file_names([page.key for page in shown])
    course = rules.course
    statistics, remarks = _write_reports(files, course, shown, names, _people(grades))
    boards = statistics.leaderboard()
    if boards:
        _write_leaderboard(files, course, boards, roll)
    pages_of = {page.key: names[page.key] for page in shown if page.is_of_submission}
    _write_uploads(files, uploads, grades, remarks, pages_of, attention)
    for name, text in {
        "grades.csv": own.grades_csv(grades, course.zone),
        "changes.csv": csv_writer.table(changes.rows(changed)),
        "people.csv": csv_writer.table(
            decisions.people_rows(roll.matches, attention.of_submission)
        ),
        "nbgrader.csv": nbgrader.nbgrader_csv(grades, course),
        "class.html": class_page(
            course,
            list(rules.max_scores),
            grades,
            statistics,
            names,
            attention,
            roll,
            similar or Similar(),
            bool(boards),
        ),
    }.items():
        files.write(name, text)
    files.close()


def _write_uploads(
    files: Generated,
    uploads: Uploads,
    grades: Sequence[Grade],
    remarks: Mapping[tuple[str, str], str],
    names: Mapping[str, str],
    attention: Attention,
) -> None:
    """Write what goes back to platforms; the archives hold the pages of feedback."""
    for name, content in uploads.gradebooks(grades, remarks):
        files.write(name, content)
    files.flush()
    pages_of = {label: files.folder / "feedback" / name for label, name in names.items()}
    uploads.write_feedback(files, pages_of)
    attention.notes += uploads.notes
    for line in uploads.unwritten:
        attention.add(UNWRITTEN, line)


def _write_leaderboard(
    files: Generated, course: Course, boards: Sequence[Board], roll: Roll
) -> None:
    """Write the page that students may see."""
    labels = {label for board in boards for entry in board.entries for label in entry.submissions}
    names = {label: roll.names(label) for label in labels}
    files.write("leaderboard.html", students.leaderboard_page(course, boards, names))


def _write_reports(
    files: Generated,
    course: Course,
    shown: Sequence[Feedback],
    names: Mapping[str, str],
    people: Mapping[str, Sequence[Person]],
) -> tuple[ClassStatistics, dict[tuple[str, str], str]]:
    """Write what is made from whole reports; return statistics, and remarks for a gradebook.

    It reads reports one submission at a time: those of a large class would fill the memory.
    """
    statistics = ClassStatistics()
    titles = {exercise.id: exercise.title for exercise in course.exercises.values()}
    remarks: dict[tuple[str, str], str] = {}
    with (
        files.writing("results.jsonl") as lines,
        files.writing("junit.xml") as junit_file,
        files.writing("answers.csv") as answers,
        JUnit(junit_file) as junit,
    ):
        answers.write(own.ANSWERS_HEADING)
        for one in shown:
            parts = [_part(grade) for grade in one.grades]
            whose = people[one.key] if one.is_of_submission else one.owners
            page = students.feedback_page(parts, whose, titles, course.zone)
            files.write(f"feedback/{names[one.key]}", page)
            if not one.is_of_submission:
                continue
            for part in parts:
                grade, report = part.grade, part.report
                remarks[grade.submission, grade.exercise] = remark(grade, report)
                answers.write(own.answers_csv(grade, part.answers))
                if report is None:
                    continue
                lines.write(_json(report.to_json()) + "\n")
                junit.add(grade.submission, report)
                if grade.status == "graded":
                    statistics.add(grade, report)
                    name = f"{names[one.key].removesuffix('.html')}.{grade.exercise}.json"
                    files.write(f"gradescope/{name}", _json(gradescope.results(report)) + "\n")
    return statistics, remarks


def _people(grades: Sequence[Grade]) -> dict[str, list[Person]]:
    """Whose each submission is."""
    people: dict[str, list[Person]] = {}
    for grade in grades:
        mine = people.setdefault(grade.submission, [])
        if grade.person is not None and grade.person not in mine:
            mine.append(grade.person)
    return people


def _part(grade: Grade) -> Part:
    report = grade.report
    if report is not None:
        report = report.completed(grade.questions)
    answers = {question.name: question.answer for question in grade.answers()}
    return Part(grade, report, answers)


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, allow_nan=False, ensure_ascii=False)
