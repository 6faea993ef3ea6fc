"""Everything an instructor gets from a batch, as files in one folder."""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grading.batch.grades import Grade
from grading.batch.roster import Person
from grading.course import Course
from grading.renderers import gradebooks, gradescope, pages
from grading.renderers.junit import junit


@dataclass(frozen=True)
class ClassFiles:
    """What is written: grades, and the circumstances that pages and gradebooks mention."""

    course: Course
    grades: Sequence[Grade]
    max_scores: Mapping[str, float]
    missing: Sequence[Person]
    has_roster: bool

    def write(self, folder: Path) -> None:
        """Write each file whole or not at all. Raises OSError."""
        for name in ("feedback", "gradescope"):
            (folder / name).mkdir(exist_ok=True)
        for name, text in self._tables().items():
            _replace(folder / name, text)
        for name, text in self._pages().items():
            _replace(folder / name, text)

    def _tables(self) -> dict[str, str]:
        course, grades = self.course, self.grades
        titles = self._titles()
        reports = [(grade, grade.report) for grade in grades if grade.report is not None]
        due = None if course.late is None else course.late.due
        lines = [
            json.dumps(report, allow_nan=False, ensure_ascii=False) + "\n" for _, report in reports
        ]
        return {
            "grades.csv": gradebooks.grades_csv(grades),
            "canvas.csv": gradebooks.canvas_csv(grades, titles, self.max_scores),
            "moodle.csv": gradebooks.moodle_csv(grades, titles),
            "nbgrader.csv": gradebooks.nbgrader_csv(grades, due),
            "results.jsonl": "".join(lines),
            "junit.xml": junit((grade.submission, report) for grade, report in reports),
        }

    def _pages(self) -> dict[str, str]:
        by_submission: dict[str, list[Grade]] = {}
        for grade in self.grades:
            by_submission.setdefault(grade.submission, []).append(grade)
        names = pages.file_names(list(by_submission))
        titles = {exercise.id: exercise.title for exercise in self.course.exercises.values()}
        written = {
            f"feedback/{names[submission]}": pages.feedback_page(mine, titles)
            for submission, mine in by_submission.items()
        }
        for submission, mine in by_submission.items():
            for grade in mine:
                if grade.report is not None:
                    name = names[submission].removesuffix(".html")
                    document = gradescope.results(grade.report)
                    text = json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False)
                    written[f"gradescope/{name}.{grade.exercise}.json"] = text + "\n"
        written["class.html"] = pages.class_page(
            self.course.title,
            self.grades,
            titles,
            names,
            self.missing,
            self.has_roster,
            self.course.show_names,
        )
        return written

    def _titles(self) -> dict[str, str]:
        """The exercises that were asked for, by id."""
        return {identity: self.course.exercises[identity].title for identity in self.max_scores}


def _replace(path: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="", dir=path.parent, prefix=".", delete=False
    ) as file:
        file.write(text)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)
