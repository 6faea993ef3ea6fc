"""What the name of a file says: which exercise it is for, and which copy it is."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from grading.batch.intake.files import File
from grading.batch.people.evidence import Author
from grading.batch.vocabulary import COPY_WORDS
from grading.course.syllabus import Exercise
from grading.submission import file as submissions

# What people and programs write in front of the name of a copy.
_BEFORE = re.compile(r"(?:copy_of|kopie_von|copie_de|copia_de)_*")
# Behind an exercise's name, these words make the name of another module.
_OTHER = {"test", "tests", "util", "utils", "helper", "helpers"}


def copy_number(name: str, exercise: Exercise) -> int | None:
    """The number in the name of a copy of an exercise's file (see `copy_of`); None for others."""
    return copy_of(name, exercise.module)


@lru_cache(maxsize=256)  # a class has few names, each of which is looked at many times
def copy_of(name: str, stem: str) -> int | None:
    """The number in the name of a copy of STEM.SUFFIX; None for other names.

    A copy's name begins with the stem, in whatever case and with whatever between its words. The
    number is 0 for the stem alone and 1 for a copy without a number.
    """
    behind = after_stem(name, stem)
    if behind is None or not _OTHER.isdisjoint(words(behind)):
        return None
    return max(map(int, re.findall(r"[0-9]{1,9}", behind)), default=1) if behind else 0


@lru_cache(maxsize=256)
def after_stem(name: str, stem: str) -> str | None:
    """What follows the stem in the name of a file; None if the name does not begin with it."""
    left, stem = (_plain(text) for text in (PurePosixPath(name).stem, stem))
    if match := _BEFORE.match(left):
        left = f"{left[match.end() :]}_1"  # as if it were written behind
    behind = left.removeprefix(stem)
    # ex10 is no copy of ex1.
    is_other = stem[-1:].isdigit() and behind[:1].isdigit()
    return behind if left.startswith(stem) and not is_other else None


def _plain(text: str) -> str:
    return re.sub(r"[-. ]", "_", text.lower())


def words(text: str) -> set[str]:
    """The words of a name in lower case."""
    return set(re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", text).lower()))


def has_id(name: str, exercise: Exercise) -> bool:
    """Whether the id of an exercise is a word of the name."""
    name, word = name.lower(), exercise.id.lower()
    if word not in name:
        return False  # as most names of a whole course
    return re.search(rf"(^|[^a-z0-9]){re.escape(word)}([^0-9]|$)", name) is not None


def is_about(name: str, exercise: Exercise) -> bool:
    """Whether a name has the id of an exercise, or is that of a copy of its file."""
    return has_id(name, exercise) or copy_number(name, exercise) is not None


def is_named(name: str, exercise: Exercise, author: Author) -> bool:
    """Whether a name is the exercise's name or id, and else says only which copy, or whose it is.

    Another word, as in ex1_vanilla_rnn_plot.py, may make it the name of another module.
    """
    return is_about(name, exercise) and _adds_nothing(name, exercise, author)


def is_akin(name: str, exercise: Exercise, author: Author) -> bool:
    """Whether a name consists of words of the exercise's, as my_rnn.py does."""
    return has_word(name, exercise) and _adds_nothing(name, exercise, author)


def _adds_nothing(name: str, exercise: Exercise, author: Author) -> bool:
    said = words(PurePosixPath(name).stem) - words(exercise.module) - words(exercise.id)
    whose = [unicodedata.normalize("NFC", clue.value).lower() for clue in author.clues]
    return all(_is_of(word, whose) for word in said - COPY_WORDS)


def _is_of(word: str, whose: Sequence[str]) -> bool:
    """Whether a word is an author's name, or part of it: platforms write Jane Doe as doejane."""
    return any(word in value if len(word) > 2 else word in words(value) for value in whose)


def has_word(name: str, exercise: Exercise) -> bool:
    """Whether a name has a word of the exercise's: my_rnn.py of ex1_vanilla_rnn.py."""
    return any(word in name.lower() for word in words(_plain(exercise.module)) if len(word) > 2)


def is_exact(file: File, exercise: Exercise) -> bool:
    """Whether a file has the exercise's own name, as a module or as a notebook."""
    return file.name in submissions.both_names(exercise.file)


def last_number(name: str) -> int:
    """The last number in the name of a file, of at most four digits; 0 if there is none."""
    numbers = re.findall(r"\d{1,4}", PurePosixPath(name).stem)
    return int(numbers[-1]) if numbers else 0
