"""Known mistakes: small named variants of a reference, each as edits of its text."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from grading.errors import GraderError


@dataclass(frozen=True)
class Mistake:
    """A mistake, why it is one, and the checks that are about it."""

    name: str
    why: str
    fails: tuple[str, ...]
    edits: tuple[tuple[str, str], ...]

    def made_in(self, source: str) -> str:
        """`source` with this mistake in it. Raises GraderError unless every edit fits once."""
        for old, new in self.edits:
            if (count := source.count(old)) != 1:
                raise GraderError(f"{self.name}: {old!r} occurs {count} times, not once")
            source = source.replace(old, new)
        return source


def load(path: Path) -> list[Mistake]:
    """The mistakes that a file lists. Raises GraderError where it is malformed."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return [
            Mistake(
                entry["name"],
                entry["why"],
                tuple(entry["fails"]),
                tuple((old, new) for old, new in entry["edits"]),
            )
            for entry in content["mistake"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GraderError(f"{path.name} cannot be used: {error!r}") from error
