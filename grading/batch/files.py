"""Everything an instructor gets from a batch, as files in one folder."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grading.batch import gradebooks, pages
from grading.batch.attention import Attention
from grading.batch.class_page import Roll, class_page
from grading.batch.grades import Grade
from grading.batch.pages import Part
from grading.batch.people import decisions
from grading.batch.people.evidence import Match
from grading.batch.people.person import Person
from grading.batch.similar import Similar
from grading.batch.statistics import Board, ClassStatistics
from grading.course.syllabus import Course
from grading.files import write_text, writing
from grading.renderers import gradescope
from grading.renderers.junit import JUnit


def write_class(
    folder: Path,
    course: Course,
    grades: Sequence[Grade],
    max_scores: Mapping[str, float],
    matches: Mapping[str, Match],
    attention: Attention,
    people: Sequence[Person] = (),
    similar: Similar | None = None,
) -> None:
    """Write each file of a class whole or not at all. Raises OSError.

    `max_scores` names the exercises that were asked for, `people` are those of the roster, and
    `similar` is what is alike.
    """
    by_submission: dict[str, list[Grade]] = {}
    for grade in grades:
        mine = by_submission.setdefault(grade.submission, [])
        # The members of a team have a grade each, and one report.
        if all(grade.exercise != other.exercise for other in mine):
            mine.append(grade)
    names = pages.file_names(list(by_submission))
    titles = {exercise.id: exercise.title for exercise in course.exercises.values()}
    roll = Roll(people, matches)
    statistics, remarks = _write_reports(folder, course, by_submission, names, titles, grades)
    boards = statistics.leaderboard()
    _write_leaderboard(folder / "leaderboard.html", course, boards, roll)
    asked = {identity: titles[identity] for identity in max_scores}
    for name, text in {
        "grades.csv": gradebooks.grades_csv(grades, course.zone),
        "people.csv": gradebooks.table(decisions.people_rows(matches, attention.of_submission)),
        "canvas.csv": gradebooks.canvas_csv(grades, asked, max_scores),
        "moodle.csv": gradebooks.moodle_csv(grades, asked, remarks),
        "nbgrader.csv": gradebooks.nbgrader_csv(grades, course),
        "class.html": class_page(
            course,
            list(max_scores),
            grades,
            statistics,
            names,
            attention,
            roll,
            similar or Similar(),
            bool(boards),
        ),
    }.items():
        write_text(folder / name, text)


def _write_leaderboard(path: Path, course: Course, boards: Sequence[Board], roll: Roll) -> None:
    """The page that students may see; removed if there is nothing to show."""
    if not boards:
        path.unlink(missing_ok=True)
        return
    labels = {label for board in boards for entry in board.entries for label in entry.submissions}
    names = {label: roll.names(label) for label in labels}
    write_text(path, pages.leaderboard_page(course, boards, names))


def _write_reports(
    folder: Path,
    course: Course,
    by_submission: Mapping[str, Sequence[Grade]],
    names: Mapping[str, str],
    titles: Mapping[str, str],
    grades: Sequence[Grade],
) -> tuple[ClassStatistics, dict[tuple[str, str], str]]:
    """Write what is made from whole reports; return statistics, and remarks for a gradebook.

    It reads reports one submission at a time: those of a large class would fill the memory.
    """
    for name in ("feedback", "gradescope"):
        (folder / name).mkdir(exist_ok=True)
    statistics = ClassStatistics()
    people = _people(grades)
    remarks: dict[tuple[str, str], str] = {}
    with (
        writing(folder / "results.jsonl") as lines,
        writing(folder / "junit.xml") as junit_file,
        writing(folder / "answers.csv") as answers,
        JUnit(junit_file) as junit,
    ):
        answers.write(gradebooks.ANSWERS_HEADING)
        for submission, mine in by_submission.items():
            parts = [_part(grade) for grade in mine]
            whose = people.get(submission, ())
            page = pages.feedback_page(parts, whose, titles, course.zone)
            write_text(folder / "feedback" / names[submission], page)
            for part in parts:
                grade, report = part.grade, part.report
                remarks[submission, grade.exercise] = gradebooks.remark(grade, report)
                answers.write(gradebooks.answers_csv(grade, part.answers))
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
