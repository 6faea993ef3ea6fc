"""Moodle, "Download all submissions": NAME_NUMBER_assignsubmission_file_[THEIRS].

It is the name of a folder, or stands in front of a file's own name. NUMBER is a number of the
assignment, which the worksheet for offline grading lists as `Participant N`; it is nobody's id. In
blind marking all names are the same word. A team has its own name and number, or none, in Moodle 4
(mod_assign's downloader); in Moodle 3 its name and a hyphen stood before the name of each member.
Text typed into a form comes as assignsubmission_onlinetext.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from grading.batch.people.matching import Author, Clue, Kind
from grading.batch.platforms.hand_in import HandIn, Part, Stamp
from grading.text import one_line

_NAME = re.compile(
    r"(?P<who>.+?)(?:_(?P<number>\d+))?_assignsubmission_(?P<kind>file|onlinetext)_?(?P<theirs>.*)",
    re.DOTALL,
)


def take(folder: Path, names: Sequence[str]) -> tuple[list[HandIn], set[str]]:
    """The hand-ins among these names, and the names that they use."""
    found = {name: match for name in names if (match := _NAME.fullmatch(name))}
    authors: dict[tuple[str, str], list[re.Match[str]]] = {}
    for match in found.values():
        authors.setdefault((match["who"], match["number"] or ""), []).append(match)
    words = {who for who, _ in authors}
    is_blind = len(words) == 1 and (len(authors) > 1 or words == {"Participant"})
    hand_ins = [_hand_in(folder, *author, is_blind, files) for author, files in authors.items()]
    return hand_ins, set(found)


def _hand_in(
    folder: Path, who: str, number: str, is_blind: bool, files: Sequence[re.Match[str]]
) -> HandIn:
    label = one_line(f"{who}_{number}" if number else who)
    clues = [Clue(Kind.MOODLE, number)] if is_blind else _clues(who, number)
    author = Author(label, tuple(clues), f"moodle {label}")
    parts = tuple(
        Part(folder / match[0], match["theirs"] or match[0])
        for match in files
        if match["kind"] == "file"
    )
    problem = "" if parts else "holds only text typed into Moodle, and no file"
    return HandIn(author, parts, Stamp(source="moodle"), problem=problem)


def _clues(who: str, number: str) -> list[Clue]:
    """The name, and the number with it: a team's number may be that of a participant."""
    clues = [Clue(Kind.NAME, who), Clue(Kind.LOGIN_AND_NAME, who)]
    if number:
        words = who.split("-")
        names = ["-".join(words[start:]) for start in range(len(words))]
        clues += [Clue(Kind.MOODLE, f"{number} {name}") for name in names]
    return clues
