"""The files of a class, written from grades that were made up for a test."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from grading.batch.attention import Attention
from grading.batch.files import write_class
from grading.batch.generated import Generated
from grading.batch.gradebooks.uploads import Uploads
from grading.batch.grades import Grade, Rules
from grading.batch.intake.collected import Collected
from grading.batch.pages.class_page import Roll
from grading.batch.people.evidence import Match
from grading.batch.people.matching import Roster
from grading.batch.similar import Similar
from grading.batch.store import Store
from grading.course.syllabus import Course


def write(
    folder: Path,
    course: Course,
    grades: Sequence[Grade],
    max_scores: Mapping[str, float] | None = None,
    roster: Roster | None = None,
    matches: Mapping[str, Match] | None = None,
    collected: Collection[Collected] = (),
    attention: Attention | None = None,
    similar: Similar | None = None,
) -> Attention:
    """Write a class into `folder`; return what is to settle."""
    folder.mkdir(exist_ok=True)
    roster, matches, attention = roster or Roster([]), matches or {}, attention or Attention()
    rules = Rules(course, max_scores or dict.fromkeys((one.exercise for one in grades), 4.0))
    uploads = Uploads(course, roster, list(collected), matches)
    with Store(folder / "grades.sqlite") as store:
        files = Generated(folder, store)
        roll = Roll(roster.people, matches)
        write_class(files, rules, grades, roll, attention, uploads, similar=similar)
    return attention
