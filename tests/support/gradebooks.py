"""A class with grades, made up for tests, and the files for platforms that come of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grading.batch.gradebooks.uploads import Uploads
from grading.batch.grades import Grade
from grading.batch.intake.times import Received
from grading.batch.people.evidence import Match
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.batch.taking import Told, roster_of
from grading.course.syllabus import Course, Exercise
from tests.support.classes import put

TITLES = {"ex1": "Vanilla RNN", "ex2": "Gradient probe", "ex3": "Text model"}
REMARK = "One check is open: it unrolls"


def course(*identities: str, **more: Any) -> Course:
    """A course of these exercises; `more` are fields of the course."""
    exercises = {
        one: Exercise(one, TITLES[one], f"{one}.py", Path()) for one in identities or ("ex1",)
    }
    return Course("Course", exercises, **more)


def roster(folder: Path, course: Course, **files: str | bytes) -> Roster:
    """The people of these rosters, by the names of their files."""
    paths = [put(folder / f"{name}.csv", content) for name, content in files.items()]
    return roster_of(course, Told(paths))


def grade(
    person: Person | None,
    final: float | None,
    exercise: str = "ex1",
    max_final: float = 10.0,
    excused: bool = False,
    submission: str = "",
) -> Grade:
    """A grade; its submission is called after the person, unless it has another label."""
    return Grade(
        submission=submission or (person.name if person else "nobody's"),
        exercise=exercise,
        person=person,
        attempt=1,
        attempts=1,
        status="graded",
        raw_score=final,
        received=Received(),
        late_days=0,
        penalty=0.0,
        score=final,
        max_score=max_final,
        problem="",
        load=lambda: None,
        final=final,
        max_final=max_final,
        excused=excused,
    )


@dataclass
class Written:
    """The files by name, and what a person is told."""

    files: dict[str, bytes]
    notes: list[str]
    unwritten: list[str]

    def lines(self, name: str) -> list[str]:
        return self.files[name].decode("utf-8").splitlines()


def written(
    course: Course,
    people: Roster,
    grades: Sequence[Grade],
    remark: str = REMARK,
    matches: Mapping[str, Match] | None = None,
) -> Written:
    """What goes back to platforms for these grades; every one has the same remark."""
    uploads = Uploads(course, people, [], matches or {})
    remarks = {(one.submission, one.exercise): remark for one in grades}
    files = {
        name: content.encode("utf-8") if isinstance(content, str) else content
        for name, content in uploads.gradebooks(grades, remarks)
    }
    return Written(files, uploads.notes, uploads.unwritten)
