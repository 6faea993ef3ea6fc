"""What judges a submission, as hashes and versions: a grade made by other code is another grade."""

import hashlib
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from grading.course.syllabus import Exercise, suite_sha256
from grading.errors import GraderError

# Tolerances, limits and the words of a verdict live in these rooms.
ROOMS = ("sandbox", "submission", "course", "checking", "judging", "report.py", "text.py")
PACKAGES = ("torch", "numpy", "pytest")
ENGINE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a grade depends on besides the submission, the seed, the rung and the device.

    `engine` is the hash of the judging code, `versions` are those of Python and of packages by
    name, and `checks` holds each exercise's hash of checks, probes, reference and known mistakes.
    """

    engine: str
    versions: Mapping[str, str]
    checks: Mapping[str, str]

    def differs_from(self, other: "Fingerprint", with_checks: bool = True) -> list[str]:
        """What is different here, or missing, in words; checks only if asked for."""
        different = [] if self.engine == other.engine else ["engine"]
        different += [
            f"{name} {self.versions.get(name, 'missing')} instead of {theirs}"
            for name, theirs in other.versions.items()
            if self.versions.get(name) != theirs
        ]
        different += [
            f"checks of {exercise}"
            for exercise, theirs in other.checks.items()
            if with_checks and self.checks.get(exercise) != theirs
        ]
        return different


def on_disk(exercises: Sequence[Exercise]) -> Fingerprint:
    """What lies on this machine now. Raises GraderError if a file is unreadable."""
    checks = {exercise.id: suite_sha256(exercise) for exercise in exercises}
    return Fingerprint(_sha256_of_engine(), _versions(), checks)


@cache
def loaded() -> Fingerprint:
    """What this process runs, without checks: what lay on the disk when it first asked.

    A process that lives on after an update has other code in memory than on the disk.
    """
    return on_disk(())


def engine_sha256() -> str:
    """A hash of the judging code that this process runs. Raises GraderError."""
    return loaded().engine


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def _sha256_of_engine() -> str:
    digest = hashlib.sha256()
    for path in sorted(_files()):
        digest.update(f"{path.relative_to(ENGINE).as_posix()}\n".encode())
        try:
            digest.update(path.read_bytes())
        except OSError as error:
            raise GraderError(f"{path} cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    for room in ROOMS:
        place = ENGINE / room
        yield from [place] if place.is_file() else place.rglob("*.py")
