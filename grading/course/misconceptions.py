"""Known mistakes: small named variants of a reference, each as edits of its text.

    [[misconception]]
    name = "starts_from_ones"
    why = "h_0 is 1, not 0"                         what is wrong, for the instructor
    student = "Without a state, your cell starts from something else than zeros."
    hints = ["a nudge", "the concept", "where to look"]
    fails = ["cell_starts_from_zeros"]              the checks that are about it
    also = []                                       checks that it is bound to fail as well
    edits = [["zeros_like", "ones_like"]]           each old text occurs exactly once
    same_as = ""                                    a mistake that behaves exactly like this one
    unnamed = ""                                    why diagnosis cannot name it, if it cannot

Of several mistakes that behave alike, one has the words for students. The others name it in
`same_as`; they prove that the checks catch each way of making the mistake.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grading.errors import GraderError
from grading.files import usable

TIERS = 3


@dataclass(frozen=True)
class Misconception:
    """A mistake: why it is one, the words for students, and the checks that are about it."""

    name: str
    why: str
    fails: tuple[str, ...]
    edits: tuple[tuple[str, str], ...]
    student: str = ""
    hints: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    same_as: str = ""
    unnamed: str = ""

    def made_in(self, source: str) -> str:
        """`source` with this mistake in it. Raises GraderError unless every edit fits once."""
        for old, new in self.edits:
            if (count := source.count(old)) != 1:
                raise GraderError(f"{self.name}: {old!r} occurs {count} times, not once")
            source = source.replace(old, new)
        return source


def load(path: Path) -> list[Misconception]:
    """The mistakes in a file; none if there is no file. Raises GraderError if malformed."""
    if not path.exists():
        return []
    with usable(path):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return [_misconception(entry) for entry in content["misconception"]]


def _misconception(entry: dict[str, Any]) -> Misconception:
    known = {"name", "why", "student", "hints", "fails", "also", "edits", "same_as", "unnamed"}
    if unknown := set(entry) - known:
        raise ValueError(f"{entry['name']} has unknown keys {unknown}")
    if len(entry["hints"]) != TIERS:
        raise ValueError(f"{entry['name']} needs {TIERS} hints")
    return Misconception(
        name=str(entry["name"]),
        why=str(entry["why"]),
        fails=_texts(entry["fails"]),
        edits=tuple((old, new) for old, new in map(_texts, entry["edits"])),
        student=str(entry["student"]),
        hints=_texts(entry["hints"]),
        also=_texts(entry.get("also", [])),
        same_as=str(entry.get("same_as", "")),
        unnamed=str(entry.get("unnamed", "")),
    )


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError(f"{values!r} is not a list of texts")
    return tuple(values)
