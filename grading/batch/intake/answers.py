"""Which of several files holds the answers to an exercise's questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from grading.batch.intake.files import File, listing, verb
from grading.batch.intake.naming import copy_of, has_id, words
from grading.batch.vocabulary import COPY_WORDS
from grading.course import answer_sheet
from grading.course.answer_sheet import Form
from grading.course.questions import MAX_BYTES
from grading.course.syllabus import Exercise
from grading.errors import UsageError
from grading.text import one_line

# The formats that people write answers in, and what they call the file; only ID.md is read.
_TEXTS = (".md", ".txt", ".pdf", ".docx", ".doc", ".odt", ".rtf", ".html")
_NAMES = {"answer", "answers", "question", "questions", "readme"}


@dataclass(frozen=True)
class Answers:
    """The file of answers that counts, if any; `settled` and `note` are like those of a work."""

    file: File | None
    note: str = ""
    settled: bool = True


def choose_answers(
    files: Sequence[File], exercise: Exercise, beside: PurePosixPath | None = None
) -> Answers:
    """The answers to an exercise's questions: answered, exact name, number, as for a work.

    The note names what lies in the folder `beside`, which the work lies in, and seems to hold
    answers.
    """
    mine = {
        file: number
        for file in files
        if file.suffix == ".md" and (number := copy_of(file.name, exercise.id)) is not None
    }
    alike = [file for file in files if file not in mine and _is_alike(file, exercise, beside)]
    unread = f"are read from {exercise.id}.md, and not from {listing(alike)}" if alike else ""
    if not mine:
        return Answers(None, unread)
    if len(mine) == 1 and not alike:
        return Answers(next(iter(mine)))  # and need not be read now
    form = answer_sheet.form_of(exercise)
    given = {file: _given(file, form) for file in mine}

    def rank(file: File) -> tuple[object, ...]:
        return (not given[file], file.name != exercise.questions.name, -mine[file], file.depth)

    best, *others = sorted(mine, key=rank)
    rivals = [file for file in others if given[file] and given[file] != given[best]]
    if rivals:
        note = f"{listing(rivals)} beside it {verb(rivals, 'does not', 'do not')} count"
    elif not given[best]:
        return Answers(best, unread)
    elif left := [file for file in others if not given[file]]:
        note = f"{listing(left)} beside it {verb(left, 'has', 'have')} no answers"
    else:
        note = ""
    return Answers(best, note and f"from {one_line(best.whole_place, 80)}; {note}", not rivals)


def _given(file: File, form: Form) -> dict[str, str]:
    """The answers in a file by question; what cannot be read is an answer of its own."""
    try:
        return answer_sheet.from_bytes(file.content(MAX_BYTES), file.name, form).given
    except UsageError as error:
        return {file.place: str(error)}


def _is_alike(file: File, exercise: Exercise, beside: PurePosixPath | None) -> bool:
    """Whether a file seems to hold answers, by the exercise's id or by what it is called.

    A name without the id counts only beside the work: a clone of the course has a README.md, too.
    """
    if file.suffix not in _TEXTS:
        return False
    said = words(PurePosixPath(file.name).stem) - words(exercise.id) - COPY_WORDS
    if not said - words(exercise.module) <= _NAMES:
        return False
    if has_id(file.name, exercise):
        return not said or not said.isdisjoint(_NAMES)
    return file.folder == beside and not said.isdisjoint(_NAMES)
