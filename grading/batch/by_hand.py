"""A class's answers to the questions, and the points that people give for them by hand."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from grading.batch.intake.collected import Collected
from grading.batch.people.evidence import Match
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.course import questions
from grading.course.questions import Marks, Question
from grading.course.sheet import Sheet, form_of
from grading.course.syllabus import Course, Exercise
from grading.errors import UsageError
from grading.report import QuestionResult
from grading.text import one_line


def declared(exercise: Exercise) -> Sequence[Question]:
    """The questions of an exercise. Raises UsageError."""
    return form_of(exercise).questions


class ByHand:
    """A class's answers and the points for them.

    `problems` says which files cannot be read, and `doubts` which may hold answers that nobody
    sees, with the submission's label. Points for every question, which somebody gave who has seen
    the file, settle its doubts.
    """

    def __init__(self, course: Course, marks: Marks) -> None:
        self.problems: list[str] = []
        self.doubts: list[tuple[str, str]] = []
        self._marks = marks
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
        return questions.results(asked, sheet.questions, marks, sheet.perhaps)

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


def read_rubric(
    path: Path, course: Course, matches: Mapping[str, Match], roster: Roster
) -> tuple[Marks, list[str]]:
    """The marks in a CSV file by submission label, and the names that match no submission.

    The file may use a submission's label, or anything that identifies its person in the roster.
    Raises UsageError for exercises and questions that the course does not have.
    """
    marks: Marks = {}
    strangers = []
    labels, by_person = _labels(matches)
    for (name, exercise), mine in questions.read_rubric(path).items():
        known = {question.name for question in declared(course.exercise(exercise))}
        if unknown := sorted(set(mine) - known):
            raise UsageError(f"{path.name}: {exercise} has no question {', '.join(unknown)}")
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
            marks.setdefault((label, exercise), {}).update(mine)
    return marks, list(dict.fromkeys(strangers))


def _labels(
    matches: Mapping[str, Match],
) -> tuple[dict[str, list[str]], dict[Person, list[str]]]:
    """Submissions by label, by label as a gradebook shows it, and by person."""
    labels: dict[str, list[str]] = {}
    by_person: dict[Person, list[str]] = {}
    for label in matches:
        labels[label] = [label]
        labels[f"'{label}"] = [label]  # a cell that a spreadsheet would have taken for a formula
    for label, match in matches.items():
        for person in match.people:
            by_person.setdefault(person, []).append(label)
    return labels, by_person


def require_taken(path: Path, store_marks: Marks) -> None:
    """Raise UsageError if the file about to be overwritten holds points not in the store."""
    if not path.exists():
        return
    for (submission, exercise), mine in questions.read_rubric(path).items():
        kept = store_marks.get((submission.removeprefix("'"), exercise), {})
        kept = kept or store_marks.get((submission, exercise), {})
        for question, mark in mine.items():
            if kept.get(question) != mark:
                raise UsageError(
                    f"{path} holds points that are not in the grades yet ({submission}, {exercise},"
                    f" {question}): give it as --rubric, or move it away"
                )
