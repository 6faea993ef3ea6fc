"""A class's answers to the questions, and the points that people give for them by hand."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from grading.batch.intake.collected import Collected
from grading.batch.people.evidence import Match
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.batch.store import Asked, Store
from grading.course import questions
from grading.course.answer_sheet import Sheet, form_of
from grading.course.questions import Marks, Question, RubricRow
from grading.course.syllabus import Course, Exercise
from grading.errors import UsageError
from grading.report import Mark, QuestionResult
from grading.text import one_line

# Excel cuts off what is longer.
MOST_OF_A_CELL = 30_000


def declared(exercise: Exercise) -> Sequence[Question]:
    """The questions of an exercise. Raises UsageError."""
    return form_of(exercise).questions


class ByHand:
    """A class's answers and the points for them.

    `problems` says which files cannot be read, and `doubts` which may hold answers that nobody
    sees, with the submission's label. Points for every question, which somebody gave who has seen
    the file, settle its doubts. `seen` has the hash of the answer that each mark was given for, and
    `unseen` of those for which it is not known the answer that is there now.
    """

    def __init__(
        self, course: Course, marks: Marks, seen: Mapping[Asked, str] | None = None
    ) -> None:
        self.problems: list[str] = []
        self.doubts: list[tuple[str, str]] = []
        self.unseen: dict[Asked, str] = {}
        self._marks, self._seen = marks, seen or {}
        self._asked = {exercise.id: declared(exercise) for exercise in course.exercises.values()}
        # The most that anybody's answer to a question could get: nobody has given any for others.
        self._most: dict[str, dict[str, float]] = {}
        for (_, exercise), mine in marks.items():
            most = self._most.setdefault(exercise, {})
            for name, mark in mine.items():
                most[name] = max(mark.max_points, most.get(name, 0.0))

    def most(self, exercise: str) -> float:
        """The most points by hand that an exercise can bring, as far as any were given."""
        return sum(self._most.get(exercise, {}).values())

    def is_waiting(self, exercise: str, questions: Sequence[QuestionResult]) -> bool:
        """Whether an answer has no points yet to a question for which others have some."""
        given = self._most.get(exercise, {})
        return any(one.answered and one.mark is None and one.name in given for one in questions)

    def answers(self, collected: Collected) -> Sequence[Question]:
        """The answers that were handed in, read again each time."""
        return self._sheet(collected).questions

    def results(self, collected: Collected) -> list[QuestionResult]:
        """The result of each question of the exercise."""
        if not collected.exercise:
            return []
        label = collected.author.label
        marks = self._marks.get((label, collected.exercise), {})
        asked, sheet = self._asked[collected.exercise], self._sheet(collected)
        if any(question.name not in marks for question in asked):
            self.doubts += [(label, f"{label} {collected.exercise}: {it}") for it in sheet.doubts]
        if not sheet.perhaps:
            answers = {question.name: question.answer for question in sheet.questions}
            for name in marks:
                self._compare((label, collected.exercise, name), answers.get(name, ""))
        return questions.results(asked, sheet.questions, marks, sheet.perhaps)

    def has_marks(self, label: str, exercise: str) -> bool:
        """Whether anybody gave points for this submission's answers."""
        return (label, exercise) in self._marks

    def _compare(self, about: Asked, answer: str) -> None:
        """Take note where points stand beside another answer than they were given for."""
        label, exercise, name = about
        if not self._seen.get(about):
            self.unseen[about] = hash_of(answer)
        elif self._seen[about] != hash_of(answer):
            self.doubts.append(
                (label, f"{label} {exercise}: the points by hand are for another answer ({name})")
            )

    def _sheet(self, collected: Collected) -> Sheet:
        if collected.answers is None:
            return Sheet()
        try:
            return collected.answers()
        except UsageError as error:
            problem = f"{collected.author.label} {collected.exercise}: {error}"
            if problem not in self.problems:
                self.problems.append(problem)
            # Something is written there.
            names = (question.name for question in self._asked[collected.exercise])
            return Sheet(perhaps=frozenset(names))


def hash_of(answer: str) -> str:
    """A hash of an answer, however it was wrapped or guarded in a spreadsheet."""
    words = " ".join(answer.removeprefix("'").split())
    return hashlib.sha256(words[:MOST_OF_A_CELL].encode("utf-8", "surrogatepass")).hexdigest()


def _shown(row: RubricRow) -> str:
    """The hash of the answer that a row shows; empty if it shows none, or not all of it."""
    # Saved in an old encoding, a spreadsheet writes ? for every letter that it does not have.
    return hash_of(row.answer) if row.answer and "?" not in row.answer else ""


def take(store: Store, given: Iterable[tuple[str, RubricRow]]) -> None:
    """Store the points of a rubric: new ones, and those that somebody takes back.

    Points are for the answer that the row shows, or else for the one that is there now. Those that
    the store has already stay for the answer that they were given for.
    """
    kept, seen = store.marks(), store.seen()
    for label, row in given:
        about = label, row.exercise, row.question
        if row.is_taken_back:
            store.drop_mark(about)
        elif row.mark is not None:
            is_known = row.mark == kept.get((label, row.exercise), {}).get(row.question)
            store.keep_mark(about, row.mark, seen.get(about, "") if is_known else _shown(row))


def read_rubric(
    path: Path, course: Course, matches: Mapping[str, Match], roster: Roster
) -> tuple[list[tuple[str, RubricRow]], list[str]]:
    """The rows of a CSV file with their submissions, and the names that match no submission.

    The file may use a submission's label, or anything that identifies its person in the roster.
    Raises UsageError for exercises and questions that the course does not have.
    """
    given, strangers = [], []
    marks: dict[Asked, Mark | None] = {}
    labels, by_person = _labels(matches)
    for row in questions.rubric_rows(path):
        if row.mark is None and not row.is_taken_back:
            continue
        name, asked = row.submission, declared(course.exercise(row.exercise))
        if row.question not in {question.name for question in asked}:
            raise UsageError(f"{path.name}: {row.exercise} has no question {row.question}")
        people = roster.named(name) if name not in labels else []
        if len(people) > 1:
            raise UsageError(
                f"{path.name}: {one_line(name)} is {len(people)} people of the roster: give the"
                " submission, as people.csv writes it"
            )
        labeled = labels.get(name) or [label for one in people for label in by_person.get(one, ())]
        if not labeled:
            strangers.append(name)
        for label in labeled or [name]:
            given.append((label, row))
            if marks.setdefault((label, row.exercise, row.question), row.mark) != row.mark:
                raise UsageError(
                    f"{path.name} has two marks for {one_line(label)}, {row.exercise},"
                    f" {row.question}: choose one"
                )
    return given, list(dict.fromkeys(strangers))


def _labels(
    matches: Mapping[str, Match],
) -> tuple[dict[str, list[str]], dict[Person, list[str]]]:
    """Submissions by label, by label as a gradebook shows it, and by person."""
    labels: dict[str, list[str]] = {}
    by_person: dict[Person, list[str]] = {}
    for label in matches:
        labels[label] = [label]
        labels.setdefault(label.strip(), [label])
        # A cell that a spreadsheet would have taken for a formula.
        labels.setdefault(f"'{label.strip()}", [label])
    for label, match in matches.items():
        for person in match.people:
            by_person.setdefault(person, []).append(label)
    return labels, by_person


def is_taken(path: Path, marks: Marks) -> bool:
    """Whether the store has all that somebody wrote into the file that is about to be overwritten.

    Raises UsageError if it holds points that the store does not have.
    """
    rows = questions.rubric_rows(path) if path.exists() else []
    # As in the file: without what surrounds a cell.
    known = {(label.strip(), exercise): mine for (label, exercise), mine in marks.items()}
    kept = [(row, _kept(known, row)) for row in rows]
    for row, mark in kept:
        if row.mark is not None and mark != row.mark:
            raise UsageError(
                f"{path} holds points that are not in the grades yet ({row.submission},"
                f" {row.exercise}, {row.question}): give it as --rubric, or move it away"
            )
    return not any(row.mark is None and (mark is not None or row.comment) for row, mark in kept)


def _kept(marks: Marks, row: RubricRow) -> Mark | None:
    """The mark that the store has for a row, whose label may be guarded against spreadsheets."""
    for label in (row.submission.removeprefix("'"), row.submission):
        if mine := marks.get((label, row.exercise)):
            return mine.get(row.question)
    return None
