"""What judges a submission, as a hash: a grade made by other code is another grade."""

import hashlib
from functools import cache
from pathlib import Path

from grading.errors import GraderError

# Tolerances, limits and the words of a verdict live in these rooms.
ROOMS = ("sandbox", "submission", "course", "checking", "judging", "report.py", "text.py")
_ENGINE = Path(__file__).resolve().parents[1]


@cache
def engine_sha256() -> str:
    """A hash of the engine's judging code. Raises GraderError if a file is unreadable."""
    digest = hashlib.sha256()
    for path in sorted(_files()):
        digest.update(f"{path.relative_to(_ENGINE).as_posix()}\n".encode())
        try:
            digest.update(path.read_bytes())
        except OSError as error:
            raise GraderError(f"{path} cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def _files() -> list[Path]:
    places = [_ENGINE / room for room in ROOMS]
    return [
        file for place in places for file in ([place] if place.is_file() else place.rglob("*.py"))
    ]
