"""Moodle, "Download all submissions": NAME_PARTICIPANT_assignsubmission_file_[THEIRS].

The name is that of a folder, or stands in front of a file's own name.
PARTICIPANT is a number of the assignment, which the worksheet for offline grading lists as
`Participant N`; it is nobody's id. Text typed into a form comes as assignsubmission_onlinetext. In
an assignment for groups the group's name and a hyphen stand before the name.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from grading.batch.people.matching import Author, Clue, Kind
from grading.batch.platforms.hand_in import HandIn, Part, Stamp
from grading.text import one_line

_NAME = re.compile(
    r"(?P<who>.+?)_(?P<number>\d+)_assignsubmission_(?P<kind>file|onlinetext)_?(?P<theirs>.*)",
    re.DOTALL,
)
_WORDS = re.compile(r"_\d+_assignsubmission_(?:file|onlinetext)")
_OF_FOLDER = re.compile(
    r"(?P<who>.+)_(?P<number>\d+)_assignsubmission_(?P<kind>file|onlinetext)_?(?P<theirs>)",
    re.DOTALL,
)


def take(folder: Path, names: Sequence[str]) -> tuple[list[HandIn], set[str]]:
    """The hand-ins among these names, and the names that they use."""
    found = {name: match for name in names if (match := _parsed(folder, name))}
    authors: dict[tuple[str, str], list[re.Match[str]]] = {}
    for match in found.values():
        authors.setdefault((match["who"], match["number"]), []).append(match)
    return [_hand_in(folder, *author, files) for author, files in authors.items()], set(found)


def _parsed(folder: Path, name: str) -> re.Match[str] | None:
    """The parts of a name; that of a folder ends with the platform's own words.

    Names of people and files may imitate them. In the name of a folder the last are the platform's;
    in that of a file nothing tells.
    """
    if (folder / name).is_dir():
        return _OF_FOLDER.fullmatch(name)
    return _NAME.fullmatch(name) if len(_WORDS.findall(name)) == 1 else None


def _hand_in(folder: Path, who: str, number: str, files: Sequence[re.Match[str]]) -> HandIn:
    # What follows a group's hyphen may as well be the second half of a name: only the group counts.
    words = who.split("-")
    groups = ["-".join(words[:count]) for count in range(1, len(words))]
    clues = [Clue(Kind.MOODLE, number), Clue(Kind.NAME, who)]
    clues += [Clue(Kind.TEAM, group) for group in groups]
    author = Author(one_line(f"{who}_{number}"), tuple(clues), f"moodle {number}")
    parts = tuple(
        Part(folder / match[0], match["theirs"] or match[0])
        for match in files
        if match["kind"] == "file"
    )
    problem = "" if parts else "holds only text typed into Moodle, and no file"
    return HandIn(author, parts, Stamp(source="moodle"), problem=problem)
