"""Everything an instructor gets from a batch, as files in one folder."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grading.batch import pages
from grading.batch.attention import UNWRITTEN, Attention
from grading.batch.gradebooks import csv_text, nbgrader, own
from grading.batch.gradebooks.remarks import remark
from grading.batch.gradebooks.uploads import Uploads
from grading.batch.grades import Grade
from grading.batch.pages import Part
from grading.batch.people import decisions
from grading.batch.people.evidence import Match
from grading.batch.statistics import ClassStatistics
from grading.course.syllabus import Course
from grading.files import write, write_text, writing
from grading.renderers import gradescope
from grading.renderers.junit import JUnit


def write_class(
    folder: Path,
    course: Course,
    grades: Sequence[Grade],
    matches: Mapping[str, Match],
    attention: Attention,
    uploads: Uploads,
) -> None:
    """Write each file of a class whole or not at all. Raises OSError.

    What is to be known about the files for platforms is added to `attention`.
    """
    by_submission: dict[str, list[Grade]] = {}
    for grade in grades:
        mine = by_submission.setdefault(grade.submission, [])
        # The members of a team have a grade each, and one report.
        if all(grade.exercise != other.exercise for other in mine):
            mine.append(grade)
    names = pages.file_names(list(by_submission))
    titles = {exercise.id: exercise.title for exercise in course.exercises.values()}
    statistics, remarks = _write_reports(folder, by_submission, names, titles)
    _write_uploads(folder, uploads, grades, remarks, names, attention)
    for name, text in {
        "grades.csv": own.grades_csv(grades, course.zone),
        "people.csv": csv_text.table(decisions.people_rows(matches, attention.of_submission)),
        "nbgrader.csv": nbgrader.nbgrader_csv(grades, course),
        "class.html": pages.class_page(course, titles, grades, statistics, names, attention),
    }.items():
        write_text(folder / name, text)


def _write_uploads(
    folder: Path,
    uploads: Uploads,
    grades: Sequence[Grade],
    remarks: Mapping[tuple[str, str], str],
    names: Mapping[str, str],
    attention: Attention,
) -> None:
    """Write what goes back to platforms, and remove what an earlier run wrote and this one did not.

    The archives hold the pages of feedback, so that these must be written already.
    """
    written = []
    for name, content in uploads.gradebooks(grades, remarks):
        write(folder / name, content)
        written.append(name)
    pages_of = {label: folder / "feedback" / name for label, name in names.items()}
    written += uploads.write_feedback(folder, pages_of)
    uploads.remove_others(folder, written)
    attention.notes += uploads.notes
    for line in uploads.unwritten:
        attention.add(UNWRITTEN, line)


def _write_reports(
    folder: Path,
    by_submission: Mapping[str, Sequence[Grade]],
    names: Mapping[str, str],
    titles: Mapping[str, str],
) -> tuple[ClassStatistics, dict[tuple[str, str], str]]:
    """Write what is made from whole reports; return statistics, and remarks for a gradebook.

    It reads reports one submission at a time: those of a large class would fill the memory.
    """
    for name in ("feedback", "gradescope"):
        (folder / name).mkdir(exist_ok=True)
    statistics = ClassStatistics()
    remarks: dict[tuple[str, str], str] = {}
    with (
        writing(folder / "results.jsonl") as lines,
        writing(folder / "junit.xml") as junit_file,
        writing(folder / "answers.csv") as answers,
        JUnit(junit_file) as junit,
    ):
        answers.write(own.ANSWERS_HEADING)
        for submission, mine in by_submission.items():
            parts = [_part(grade) for grade in mine]
            page = pages.feedback_page(parts, titles)
            write_text(folder / "feedback" / names[submission], page)
            for part in parts:
                grade, report = part.grade, part.report
                remarks[submission, grade.exercise] = remark(grade, report)
                answers.write(own.answers_csv(grade, part.answers))
                if report is None:
                    continue
                lines.write(_json(report.to_json()) + "\n")
                junit.add(submission, report)
                name = f"{names[submission].removesuffix('.html')}.{grade.exercise}.json"
                upload = folder / "gradescope" / name
                if grade.status == "graded":
                    statistics.add(grade, report)
                    write_text(upload, _json(gradescope.results(report)) + "\n")
                else:  # a file from an earlier run is not a result of this one
                    upload.unlink(missing_ok=True)
    return statistics, remarks


def _part(grade: Grade) -> Part:
    report = grade.report
    if report is not None:
        report = report.completed(grade.questions)
    answers = {question.name: question.answer for question in grade.answers()}
    return Part(grade, report, answers)


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, allow_nan=False, ensure_ascii=False)
