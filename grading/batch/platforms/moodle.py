"""Moodle, "Download all submissions": NAME_PARTICIPANT_assignsubmission_file/, or _file_THEIRS.

The name is that of a folder, which before Moodle 4 ended with an underscore, or stands in front of
a file's own name. PARTICIPANT is a number of the assignment, which the worksheet for offline
grading lists as `Participant N`; it is nobody's id. Text typed into a form comes as
assignsubmission_onlinetext.

Where grading is anonymous, NAME is the word "Participant" in the course's language for everybody.
In an assignment for groups NAME_PARTICIPANT is GROUP_NUMBER, whose number is the group's, and those
in no group are "Default group" without a number. Before Moodle 4 it was GROUP-NAME_PARTICIPANT,
once for each member, and so it was for one person's work in a course with groups (Moodle's
downloader.php, and locallib.php before it). So a number counts only together with the name, unless
several have the same name.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from grading.batch.paths import is_folder
from grading.batch.people.evidence import Author, Clue, Kind
from grading.batch.people.names import names_group
from grading.batch.platforms.hand_in import HandIn, Part
from grading.text import one_line

_BEFORE_THEIRS = r"(?P<who>.+?)(?:_(?P<number>\d+))?_assignsubmission_(?P<kind>[a-z0-9]+)_?"
_OF_FILE = re.compile(rf"{_BEFORE_THEIRS}(?P<theirs>.*)", re.DOTALL)
# The name of a folder ends with the platform's own words.
_OF_FOLDER = re.compile(rf"{_BEFORE_THEIRS}(?P<theirs>)", re.DOTALL)
TYPED = "onlinetext"
_ANONYMOUS = re.compile(r"(.*-)?participant", re.IGNORECASE | re.DOTALL)
# A number or letter behind the word for a group.
_LABEL = re.compile(r" *(\d+[^\W\d]?|[^\W\d]) *")
_WORDS = re.compile(r"_assignsubmission_(?:file|onlinetext)")


def take(folder: Path, names: Sequence[str]) -> tuple[list[HandIn], set[str]]:
    """The hand-ins among these names, and the names that they use."""
    found = {name: match for name in names if (match := _parsed(folder, name))}
    authors: dict[tuple[str, str], list[re.Match[str]]] = {}
    for match in found.values():
        authors.setdefault((match["who"], match["number"] or ""), []).append(match)
    namesakes = Counter(who for who, _ in authors)
    hand_ins = [
        _hand_in(folder, who, number, namesakes[who] > 1, files)
        for (who, number), files in authors.items()
    ]
    return hand_ins, set(found)


def _parsed(folder: Path, name: str) -> re.Match[str] | None:
    """The parts of a name; None where it is not Moodle's, or nothing tells which words are.

    Names of people and files may imitate the platform's words. In the name of a folder the last
    ones are the platform's.
    """
    if is_folder(folder / name):
        return _OF_FOLDER.fullmatch(name)
    return _OF_FILE.fullmatch(name) if len(_WORDS.findall(name)) == 1 else None


def _hand_in(
    folder: Path, who: str, number: str, has_namesake: bool, files: Sequence[re.Match[str]]
) -> HandIn:
    """The hand-in of one author, whose number counts alone if the name identifies nobody."""
    alone = has_namesake or _ANONYMOUS.fullmatch(who) is not None
    clues = [Clue(Kind.NAME, who), Clue(Kind.TEAM, who), Clue(Kind.TEAM_AND_NAME, who)]
    pieces = who.split("-")
    # A folder without an underscore at the end is of Moodle 4, where a hyphen is the name's own.
    if any(match["theirs"] or match[0].endswith("_") for match in files):
        clues += [Clue(Kind.NAME, name) for name in _behind_group(pieces)]
    if number:
        # What follows a hyphen may be the name after a group, or the second half of a name.
        written = [""] if alone else ["-".join(pieces[at:]) for at in range(len(pieces))]
        clues += [Clue(Kind.MOODLE, f"{name}_{number}") for name in written if name or alone]
    label = f"{who}_{number}" if number else who
    author = Author(one_line(label), tuple(clues), f"moodle {number or who}")
    parts = tuple(
        Part(folder / match[0], match["theirs"] or match[0])
        for match in files
        if match["kind"] != TYPED
    )
    problem = "" if parts else "holds only text typed into Moodle, and no file"
    return HandIn(author, parts, problem=problem)


def _behind_group(pieces: Sequence[str]) -> Iterator[str]:
    """What may be the name after a group's, in words between hyphens.

    The group ends at the first hyphen that can end it, or later where digits or a letter follow, as
    in Group A-1: in Group A-Anna-Maria Lee, nobody is called Maria Lee.
    """
    found = False
    for at in range(1, len(pieces)):
        if found and not _LABEL.fullmatch(pieces[at - 1]):
            return
        found = found or names_group("-".join(pieces[:at]))
        if found:
            yield "-".join(pieces[at:])
