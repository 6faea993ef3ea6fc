"""Everything an instructor gets from a batch, as files in one folder."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grading.batch import gradebooks, pages
from grading.batch.grades import Grade
from grading.batch.pages import Part
from grading.batch.people import Person
from grading.batch.statistics import ClassStatistics
from grading.course.syllabus import Course
from grading.files import write_text, writing
from grading.renderers import gradescope
from grading.renderers.junit import JUnit


@dataclass(frozen=True)
class ClassFiles:
    """The grades to write, and what the pages and gradebooks say about the class."""

    course: Course
    grades: Sequence[Grade]
    max_scores: Mapping[str, float]
    missing: Sequence[Person]
    has_roster: bool

    def write(self, folder: Path) -> None:
        """Write each file whole or not at all. Raises OSError.

        It reads reports one submission at a time: those of a large class would fill the memory.
        """
        for name in ("feedback", "gradescope"):
            (folder / name).mkdir(exist_ok=True)
        by_submission: dict[str, list[Grade]] = {}
        for grade in self.grades:
            by_submission.setdefault(grade.submission, []).append(grade)
        names = pages.file_names(list(by_submission))
        titles = {exercise.id: exercise.title for exercise in self.course.exercises.values()}
        statistics = ClassStatistics()
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
                page = pages.feedback_page(parts, titles)
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
        for name, text in self._tables(remarks).items():
            write_text(folder / name, text)
        page = pages.class_page(
            self.course.title,
            self.grades,
            statistics,
            titles,
            names,
            self.missing,
            self.has_roster,
            self.course.show_names,
        )
        write_text(folder / "class.html", page)

    def _tables(self, remarks: Mapping[tuple[str, str], str]) -> dict[str, str]:
        grades, titles = self.grades, self._titles()
        due = None if self.course.late is None else self.course.late.due
        return {
            "grades.csv": gradebooks.grades_csv(grades),
            "canvas.csv": gradebooks.canvas_csv(grades, titles, self.max_scores),
            "moodle.csv": gradebooks.moodle_csv(grades, titles, remarks),
            "nbgrader.csv": gradebooks.nbgrader_csv(grades, due),
        }

    def _titles(self) -> dict[str, str]:
        """The titles of the requested exercises, by id."""
        return {identity: self.course.exercises[identity].title for identity in self.max_scores}


def _part(grade: Grade) -> Part:
    report = grade.report
    if report is not None:
        report = report.completed(grade.questions)
    answers = {question.name: question.answer for question in grade.answers()}
    return Part(grade, report, answers)


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, allow_nan=False, ensure_ascii=False)
