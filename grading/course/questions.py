"""The reflection questions: answered in place by students, read by people, worth no points.

A file of questions is Markdown. Each question is a heading `## NAME: text`, and the text below it,
without comments, is the answer. That holds for the course's own files; answer_sheet.py reads what
students have made of theirs. An instructor may give points by hand in a CSV file with the columns
submission, exercise, question, points, max_points, comment.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grading import tables
from grading.errors import UsageError
from grading.report import Mark, QuestionResult
from grading.text import clean, one_line

PLACE = "<!-- Write your answer here. -->"
MAX_BYTES = 256 * 1024
COLUMNS = ("submission", "exercise", "question", "points", "max_points", "comment")
TAKEN_BACK = "-"

_HEADING = re.compile(r"^## +([a-z][a-z0-9_]*): +(\S.*)$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True)
class Question:
    """One question; `answer` is empty if there is none."""

    name: str
    text: str
    answer: str


def parse(text: str) -> list[Question]:
    """The questions of a file, in their order."""
    headings = list(_HEADING.finditer(text))
    ends = [*(heading.start() for heading in headings), len(text)][1:]
    return [
        Question(
            heading[1],
            heading[2].strip(),
            answer=clean(_COMMENT.sub("", text[heading.end() : end]).strip(), MAX_BYTES),
        )
        for heading, end in zip(headings, ends, strict=True)
    ]


def without_answers(text: str) -> str:
    """The same file, with an empty place for the answer below each question."""
    asked = [f"## {question.name}: {question.text}\n\n{PLACE}\n" for question in parse(text)]
    return introduction(text) + "\n".join(asked)


def introduction(text: str) -> str:
    """What stands above the first question."""
    first = _HEADING.search(text)
    return text[: first.start()] if first else text


def results(
    declared: Sequence[Question],
    answered: Sequence[Question],
    marks: Mapping[str, Mark],
    perhaps: Collection[str] = (),
) -> list[QuestionResult]:
    """One result for every declared question, even if the student's file lacks it.

    `perhaps` names questions that may be answered where nobody can tell: they count as answered.
    """
    answers = {question.name: question.answer for question in answered}
    return [
        QuestionResult(
            question.name,
            question.text,
            bool(answers.get(question.name)) or question.name in perhaps,
            marks.get(question.name),
        )
        for question in declared
    ]


def read(path: Path) -> list[Question]:
    """The questions of the file at `path`; none if there is no such file. Raises UsageError."""
    return parse(text_in(path))


def text_in(path: Path) -> str:
    """The text of the file at `path`; empty if there is no such file. Raises UsageError."""
    try:
        if path.is_symlink() or not path.is_file():
            return ""
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path.name} cannot be read: {error.strerror}") from error
    return text_of(data, path.name)


def text_of(data: bytes, name: str) -> str:
    """The text in the bytes of a file. Raises UsageError."""
    if len(data) > MAX_BYTES:
        raise UsageError(f"{name} is larger than 256 KB: shorten the answers")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8 text: save it as UTF-8") from error


Marks = dict[tuple[str, str], dict[str, Mark]]


@dataclass(frozen=True, slots=True)
class RubricRow:
    """A row of a rubric. `mark` is None without points; `-` in their place takes points back.

    `answer` is what the file says was answered; None if it has no such column.
    """

    submission: str
    exercise: str
    question: str
    mark: Mark | None
    is_taken_back: bool
    comment: str
    answer: str | None


def read_rubric(path: Path) -> Marks:
    """The marks in a CSV file: by submission and exercise, then by question.

    A row without points gives no mark. Raises UsageError.
    """
    marks: Marks = {}
    for row in rubric_rows(path):
        if row.mark is not None:
            marks.setdefault((row.submission, row.exercise), {})[row.question] = row.mark
    return marks


def rubric_rows(path: Path) -> list[RubricRow]:
    """The rows of a CSV file of marks. Raises UsageError."""
    rows = []
    for number, row in tables.numbered_rows(path, COLUMNS[:5]):
        points, comment = row["points"], one_line(row.get("comment", ""))
        mark = None
        if points and points != TAKEN_BACK:
            mark = _mark(row, comment, f"{path.name}, line {number}")
        about = row["submission"], row["exercise"], row["question"]
        rows.append(RubricRow(*about, mark, points == TAKEN_BACK, comment, row.get("answer")))
    return rows


def _mark(row: Mapping[str, str], comment: str, where: str) -> Mark:
    points, most = tables.number(row["points"]), tables.number(row["max_points"])
    if points is None or most is None:
        said = f"{one_line(row['points'])} and {one_line(row['max_points'])}"
        raise UsageError(
            f"{where}: points and max_points must be numbers, such as 2.5, and not {said}"
        )
    if points > most:
        raise UsageError(f"{where}: points must lie between 0 and max_points")
    return Mark(points, most, comment)
