"""Which of several files holds the answers to an exercise's questions."""

from collections.abc import Sequence
from dataclasses import dataclass

from grading.batch.intake.files import File, listing, verb
from grading.batch.intake.naming import COPY_WORDS, after_stem, copy_of, words
from grading.course import questions
from grading.course.syllabus import Exercise
from grading.errors import UsageError
from grading.text import one_line

# What people write answers in, although only Markdown is read.
_TEXTS = (".txt", ".pdf", ".docx", ".doc", ".odt", ".rtf", ".html")


@dataclass(frozen=True)
class Answers:
    """The file of answers that counts, if any; `settled` and `note` are like those of a work."""

    file: File | None
    note: str = ""
    settled: bool = True


def choose_answers(files: Sequence[File], exercise: Exercise) -> Answers:
    """The answers to an exercise's questions: answered, exact name, number, as for a work."""
    mine = {
        file: number
        for file in files
        if file.suffix == ".md" and (number := copy_of(file.name, exercise.id)) is not None
    }
    if not mine:
        return Answers(None, _no_answers(files, exercise))
    if len(mine) == 1:
        return Answers(next(iter(mine)))  # and need not be read now
    given = {file: _given(file) for file in mine}

    def rank(file: File) -> tuple[object, ...]:
        return (not given[file], file.name != exercise.questions.name, -mine[file], file.depth)

    best, *others = sorted(mine, key=rank)
    rivals = [file for file in others if given[file] and given[file] != given[best]]
    if rivals:
        note = f"{listing(rivals)} beside it {verb(rivals, 'does not', 'do not')} count"
    elif given[best] and any(not given[file] for file in others):
        left = [file for file in others if not given[file]]
        note = f"{listing(left)} beside it {verb(left, 'has', 'have')} no answers"
    else:
        note = ""
    return Answers(best, note and f"from {one_line(best.place, 80)}; {note}", not rivals)


def _given(file: File) -> dict[str, str]:
    """The answers in a file by question; what cannot be read is an answer of its own."""
    try:
        found = questions.from_bytes(file.content(questions.MAX_BYTES), file.name)
    except UsageError as error:
        return {file.place: str(error)}
    return {question.name: question.answer for question in found if question.answer}


def _no_answers(files: Sequence[File], exercise: Exercise) -> str:
    """What seems to hold answers, but is not read, as it is no ID.md."""
    mine = [
        file
        for file in files
        if file.suffix in _TEXTS
        and (behind := after_stem(file.name, exercise.id)) is not None
        and words(behind) <= COPY_WORDS | {"answer", "answers", "question", "questions"}
    ]
    return f"are read from {exercise.id}.md, and not from {listing(mine)}" if mine else ""
