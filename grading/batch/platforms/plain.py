"""Everything else: files, folders and archives named after their owner, NAME or NAME_attempt2.

Words of the exercise, of an assignment or of a copy may stand beside the name: Jane_Doe_ex1 (2).
"""

import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from grading.batch.paths import is_folder
from grading.batch.people.evidence import Author, Clue, Kind
from grading.batch.people.names import Words, words
from grading.batch.platforms.hand_in import HandIn, Part
from grading.batch.vocabulary import COPY_WORDS, TASK_WORDS
from grading.course.syllabus import Exercise
from grading.text import one_line

# More entries than that are no members of a team.
MAX_INSIDE = 1000
_SUFFIXES = (".py", ".ipynb", ".md", ".zip")
# More digits than that are no number of an attempt.
_ATTEMPT = re.compile(r"(?P<who>.+?)[-_ ]attempt[-_ ]?(?P<number>\d{1,3})", re.IGNORECASE)
# A label of more words has too many parts to compare.
MAX_WORDS = 12
# Mine, My, Neu and New are also names of people.
_ABOUT = (COPY_WORDS | TASK_WORDS) - {"mine", "my", "neu", "new"}
# "(2)", as browsers write it.
_COPY = re.compile(r"\((\d{1,2})\)")
_NUMBERED = re.compile(r"([^\W\d]+)\d{0,2}")


def take(
    folder: Path, names: Sequence[str], exercises: Sequence[Exercise] = ()
) -> tuple[list[HandIn], set[str]]:
    """A hand-in for each of these names, and all of the names."""
    titles = [title for exercise in exercises for title in _titles(exercise)]
    return [_hand_in(folder / name, titles) for name in names], set(names)


def _titles(exercise: Exercise) -> list[Words]:
    """The words of an exercise's file and of its id, and those of the file without the id."""
    module, identity = words(exercise.module), words(exercise.id)
    rest = module[len(identity) :] if module[: len(identity)] == identity else ()
    # One word alone may be somebody's name.
    return [module, identity, rest] if len(rest) > 1 else [module, identity]


def _hand_in(path: Path, titles: Sequence[Words]) -> HandIn:
    stem = path.name
    if path.suffix.lower() in _SUFFIXES and not is_folder(path):
        stem = path.stem
    match = _ATTEMPT.fullmatch(stem)
    who, number = (match["who"], int(match["number"])) if match else (stem, 1)
    clues = (Clue(Kind.ANY, who), *(Clue(Kind.PART, part) for part in _parts(who, titles)))
    author = Author(one_line(who), clues, inside=_inside(path))
    return HandIn(author, (Part(path, path.name),), attempt=number, order=(number,))


def _parts(label: str, titles: Sequence[Words]) -> list[str]:
    """Every part of a label that leaves out only words of an exercise, a task or a copy."""
    each = words(_COPY.sub(r" copy \1 ", label))
    if len(each) > MAX_WORDS:
        return []
    about: set[int] = set()
    for title in titles:
        for at in range(len(each)):
            if each[at : at + len(title)] == title:
                about.update(range(at, at + len(title)))
    for at, word in enumerate(each):
        numbered = _NUMBERED.fullmatch(word)
        is_number = word.isdigit() and len(word) < 3 and at - 1 in about
        if is_number or (numbered and numbered[1] in _ABOUT):
            about.add(at)
    names = [at for at in range(len(each)) if at not in about]
    if not about or not names:
        return []
    starts, ends = range(names[0] + 1), range(names[-1] + 1, len(each) + 1)
    parts = [" ".join(each[start:end]) for start in starts for end in ends]
    return [part for part in parts if part != " ".join(words(label))]


def _inside(path: Path) -> tuple[str, ...]:
    """The names in a folder, without suffixes of files."""
    if not is_folder(path):
        return ()
    try:
        entries = list(islice(path.iterdir(), MAX_INSIDE))
    except OSError:
        return ()
    return tuple(sorted(one.name if is_folder(one) else one.stem for one in entries))
