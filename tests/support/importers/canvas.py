"""Canvas, Grades > Import.

Written after instructure/canvas-lms:
- lib/gradebook_importer.rb @ 00b222d77ee4 (identify_delimiter, header?, update_column_count,
  strip_non_assignment_columns, calc_assignment_indices, check_for_non_student_row, process_student,
  process_submissions, no_change_to_value?, readonly_assignment?),
- app/models/abstract_assignment.rb @ 028f76bb2b8c (title_and_id, grade_student) and
  ui/features/gradebook_uploads/jquery/process_gradebook_upload.js @ 0a4d8b88119f for what a cell
  that is posted does: `EX` excuses, blank and `-` erase, a number is the score and un-excuses.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.support.importers import Refused

_NUMBER = re.compile(r"^-?[0-9.,]+%?$")
_TITLE = re.compile(r"\A(.*)\s\((\d+)\)\Z", re.DOTALL)
_IGNORED = re.compile(
    "Current Score|Current Points|Current Grade|Final Score|Final Points|Final Grade|"
    "Override Score|Override Grade|Override Status"
)
_QUIET = re.compile(r"^\s*(Muted|Manual Posting.*)?\s*$", re.IGNORECASE)
EXCUSED = "EX"


@dataclass(frozen=True)
class Student:
    """A student of the course; `sortable` is "Doe, Jane"."""

    number: int
    name: str
    sortable: str
    sis: str = ""
    login: str = ""


@dataclass
class Course:
    """Students, published assignments by number, and scores by student and assignment.

    A score is a number as text, `EX`, or missing. `groups` are students graded as one, by
    assignment. `unassigned` holds pairs of students and assignments that they have not got.
    """

    students: Sequence[Student]
    assignments: dict[int, str]
    scores: dict[tuple[int, int], str] = field(default_factory=dict)
    groups: Mapping[int, Sequence[Sequence[int]]] = field(default_factory=dict)
    unassigned: frozenset[tuple[int, int]] = frozenset()


def imported(content: bytes, course: Course) -> tuple[dict[tuple[int, int], str], list[str]]:
    """The scores after the import, and the titles of new assignments, numbered -1, -2 and so on."""
    text = content.decode("utf-8")
    lines = text.splitlines(keepends=True)
    delimiter = _delimiter(lines[:3])
    parsed = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = [
        [_converted(cell) for cell in row]
        for row in parsed
        if row and not re.fullmatch(r"[;, ]+", delimiter.join(row))
    ]
    heading, *others = rows
    first = _first_assignment(heading)
    new: list[str] = []
    places: dict[int, int] = {}
    for header in heading[first:]:
        if not _IGNORED.search(header):
            places[_assignment(header, course, new)] = heading.index(header)
    read_only: set[int] = set()
    posted: dict[int, dict[int, str]] = {assignment: {} for assignment in places}
    for row in others:
        if "Points Possible" in row[0]:
            read_only = {one for one, at in places.items() if re.search(r"read\s+only", row[at])}
        elif not all(_QUIET.match(cell) for cell in row):
            student = _student(row, heading, course)
            for assignment, at in places.items():
                is_theirs = (student, assignment) not in course.unassigned
                posted[assignment][student] = row[at].strip() if is_theirs else ""
    after = dict(course.scores)
    for assignment, cells in posted.items():
        if assignment in read_only:
            continue
        before = {student: course.scores.get((student, assignment), "") for student in cells}
        if all(_is_same(cells[student], before[student]) for student in cells):
            continue
        for student, cell in cells.items():
            if cell == before[student] or (student, assignment) in course.unassigned:
                continue
            for member in _graded_with(student, assignment, course):
                _post(after, (member, assignment), cell)
    return after, new


def _post(scores: dict[tuple[int, int], str], place: tuple[int, int], cell: str) -> None:
    if cell.upper() in (EXCUSED, "EXCUSED"):
        scores[place] = EXCUSED
    elif cell in ("", "-"):
        scores.pop(place, None)
    else:
        scores[place] = cell


def _graded_with(student: int, assignment: int, course: Course) -> Sequence[int]:
    for group in course.groups.get(assignment, ()):
        if student in group:
            return group
    return (student,)


def _delimiter(lines: Sequence[str]) -> str:
    counts = {";": 0, ",": 0}
    for mark in counts:
        try:
            fields = [len(next(csv.reader([line], delimiter=mark, strict=True))) for line in lines]
        except csv.Error:
            continue
        if len(set(fields)) == 1:
            counts[mark] = fields[0]
    return ";" if counts[";"] > counts[","] else ","


def _converted(cell: str) -> str:
    if not _NUMBER.match(cell):
        return cell
    *parts, last = re.split("[,.]", cell)
    return f"{''.join(parts)}.{last}" if parts else last


def _first_assignment(heading: Sequence[str]) -> int:
    if not (len(heading) > 3 and "Student" in heading[0] and "ID" in heading[1]):
        raise Refused("Invalid header row")
    columns = 3
    if re.search(r"SIS\s+Login\s+ID", heading[2]):
        columns += 1
    elif re.search(r"SIS\s+User\s+ID", heading[2]) and re.search(r"SIS\s+Login\s+ID", heading[3]):
        columns += 2 + bool(re.search(r"Integration\s+ID", heading[4]))
        columns += bool(re.search(r"Root\s+Account", heading[columns - 1]))
    if "Section" not in heading[columns - 1]:
        raise Refused("Invalid header row")
    return columns


def _assignment(header: str, course: Course, new: list[str]) -> int:
    titled = _TITLE.match(header)
    if titled and int(titled[2]) in course.assignments:
        return int(titled[2])
    for number, title in course.assignments.items():
        if title == header:
            return number
    new.append(titled[1] if titled else header)
    return -len(new)


def _student(row: Sequence[str], heading: Sequence[str], course: Course) -> int:
    cells = dict(zip(heading[:5], row, strict=False))
    digits = re.match(r"\d+", row[1])
    if digits and any(one.number == int(digits[0]) for one in course.students):
        return int(digits[0])
    for column, values in (
        ("SIS User ID", {one.sis: one.number for one in course.students if one.sis}),
        ("SIS Login ID", {one.login: one.number for one in course.students if one.login}),
    ):
        if cells.get(column) and cells[column] in values:
            return values[cells[column]]
    for one in course.students:
        if row[0] in (one.name, one.sortable):
            return one.number
    raise Refused(f"Canvas asks who {row[0]} is")


def _is_same(new: str, old: str) -> bool:
    if new == old or (new in ("", "-") and old in ("", "-")):
        return True
    if not new or not old or EXCUSED in (new.upper(), old.upper()):
        return False
    return f"{float(new):.2f}" == f"{float(old):.2f}"
