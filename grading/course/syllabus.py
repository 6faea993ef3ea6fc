"""What there is to grade: the exercises that course.toml declares."""

import hashlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from grading.errors import GraderError, UsageError
from grading.files import usable
from grading.report import Visibility
from grading.text import unknown

ROOT = Path(__file__).resolve().parents[2]
MOST_DECIMALS = 6
# What [late] may say.
LATE = ("due", "zone", "grace_minutes", "percent_per_day", "cap_percent")


@dataclass(frozen=True)
class LatePolicy:
    """A deadline in the course's zone, a grace period in seconds, and the penalty.

    The penalty is a percentage of the raw score for each day, up to `cap` percent.
    """

    due: datetime
    grace: float
    percent_per_day: float
    cap: float


@dataclass(frozen=True)
class Exercise:
    """One exercise, and where its parts lie in the course's folder."""

    id: str
    title: str
    file: str
    root: Path
    labs: tuple[str, ...] = ()
    late: LatePolicy | None = None
    # What a gradebook calls it, and out of how many points, if not by its title and out of its own.
    column: str = ""
    points: float | None = None

    @property
    def module(self) -> str:
        return self.file.removesuffix(".py")

    @property
    def stub(self) -> Path:
        return self.root / "exercises" / self.file

    @property
    def notebook(self) -> Path:
        """The stub as a notebook."""
        return self.root / "exercises" / "notebooks" / f"{self.module}.ipynb"

    @property
    def stubs(self) -> tuple[Path, Path]:
        """The stub in both forms: untouched, unless somebody works in the course's own folder."""
        return self.stub, self.notebook

    @property
    def reference(self) -> Path:
        return self.root / "reference" / self.file

    @property
    def probes(self) -> Path:
        return self.root / "checks" / "probes" / f"{self.id}.py"

    @property
    def probe_library(self) -> Path:
        """The code that probes of several exercises share; the file need not exist."""
        return self.root / "checks" / "probes" / "library.py"

    @property
    def questions(self) -> Path:
        """The questions, answered in place by a student."""
        return self.root / "exercises" / "questions" / f"{self.id}.md"

    @property
    def answers(self) -> Path:
        """The same questions with canonical answers."""
        return self.root / "reference" / "questions" / f"{self.id}.md"

    @property
    def misconceptions(self) -> Path:
        """Known mistakes, as edits of the reference."""
        return self.root / "reference" / "misconceptions" / f"{self.id}.toml"

    @property
    def recorded(self) -> Path:
        """The answers of reference and known mistakes, for a student edition, which has neither."""
        return self.root / "checks" / "recorded" / f"{self.id}.json"

    @property
    def in_edition(self) -> bool:
        """Whether this is a student edition: answers are recorded, and there is no reference."""
        return self.recorded.exists() and not self.reference.exists()

    @property
    def thresholds(self) -> Path:
        """The bounds of checks that train something, with the measurements behind them."""
        return self.root / "checks" / "thresholds" / f"{self.id}.json"

    @property
    def suites(self) -> dict[Path, Visibility]:
        """The files of checks that exist here: a student edition has no hidden ones."""
        suites = {self.root / "checks" / kind / f"{self.id}.py": kind for kind in Visibility}
        return {path: kind for path, kind in suites.items() if path.exists()}


@dataclass(frozen=True)
class Course:
    """A title, the exercises in their order, and what students may see.

    `hint_price` is the price of one hint in points; by default, hints are free. `attempts` says
    which of several attempts counts, the latest or the best; `missing`, whether somebody who handed
    in nothing has a blank or a zero after the deadline; `by_hand`, whether points given by hand
    stand apart or count. `decimals` are those of a gradebook. `show_names` says whether a
    leaderboard may name people, `trust_file_times` whether the time of a file is evidence of when
    it was handed in. `roster` names the columns of rosters whose headers are the course's own.
    `zone` is that of times that come without one.
    """

    title: str
    exercises: dict[str, Exercise]
    show_answers: bool = False
    hints: bool = True
    hint_price: float = 0.0
    attempts: str = "latest"
    missing: str = "blank"
    by_hand: str = "apart"
    decimals: int = 2
    show_names: bool = False
    trust_file_times: bool = False
    roster: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC

    def zone_of(self, identity: str) -> tzinfo:
        """The zone of an exercise's deadline; without a deadline, or an exercise, the course's."""
        policy = self.exercises[identity].late if identity else None
        return self.zone if policy is None else policy.due.tzinfo or self.zone

    def exercise(self, identity: str) -> Exercise:
        """The exercise of this id. Raises UsageError if the course does not have it."""
        if identity not in self.exercises:
            known = ", ".join(self.exercises)
            raise UsageError(f"there is no exercise {identity}: this course has {known}")
        return self.exercises[identity]

    def labs(self, name: str) -> tuple[str, ...]:
        """The labs of an exercise, or the lab of this name. Raises UsageError if there is none."""
        labs = {identity: exercise.labs for identity, exercise in self.exercises.items()}
        labs |= {lab: (lab,) for of_one in labs.values() for lab in of_one}
        if not labs.get(name):
            known = ", ".join(lab for lab in labs if labs[lab])
            raise UsageError(f"there is no lab {name}: this course has {known}")
        return labs[name]


def load(root: Path) -> Course:
    """The course that `root`/course.toml describes. Raises GraderError if it is malformed."""
    path = root / "course.toml"
    with usable(path):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        late = content.get("late", {})
        if said := unknown(late, LATE):
            raise ValueError(f"late: {said}")
        zone = zone_named(late["zone"]) if "zone" in late else None
        exercises = {
            identity: Exercise(
                identity,
                _words(entry["title"]),
                _words(entry["file"]),
                root,
                tuple(_words(lab) for lab in entry.get("labs", [])),
                _late_policy(late, entry.get("due", late.get("due")), zone),
                column=_words(entry.get("column", "")),
                points=_points(entry.get("points")),
            )
            for identity, entry in content["exercises"].items()
        }
        of_deadlines = (one.late.due.tzinfo for one in exercises.values() if one.late)
        return Course(
            _words(content["title"]),
            exercises,
            show_answers=_flag(content.get("show_answers", False)),
            hints=_flag(content.get("hints", True)),
            hint_price=_price(content.get("hint_price", 0.0)),
            attempts=_one_of(content.get("attempts", "latest"), ("latest", "best")),
            missing=_one_of(content.get("missing", "blank"), ("blank", "zero")),
            by_hand=_one_of(content.get("by_hand", "apart"), ("apart", "counts")),
            decimals=_decimals(content.get("decimals", 2)),
            show_names=_flag(content.get("show_names", False)),
            trust_file_times=_flag(content.get("trust_file_times", False)),
            roster={key: _words(header) for key, header in content.get("roster", {}).items()},
            zone=zone or next(of_deadlines, None) or UTC,
        )


def suite_sha256(exercise: Exercise) -> str:
    """A hash of all the files that judge an exercise. Raises GraderError if one is unreadable."""
    checks = exercise.root / "checks"
    kinds = (".py", ".json", ".npz")
    files = [path for path in checks.glob(f"*/{exercise.id}.*") if path.suffix in kinds]
    digest = hashlib.sha256()
    try:
        others = (exercise.probe_library, exercise.reference, exercise.misconceptions)
        for path in [*sorted(files), *others]:
            if path.exists():
                digest.update(f"{path.relative_to(exercise.root)}\n".encode())
                digest.update(path.read_bytes())
    except OSError as error:
        raise GraderError(f"{error.filename} cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def _late_policy(late: dict[str, Any], due: object, zone: tzinfo | None) -> LatePolicy | None:
    """The policy in [late] for an exercise's deadline; None without a deadline.

    Raises ValueError, KeyError or TypeError if it is malformed.
    """
    if due is None:
        return None
    policy = LatePolicy(
        _deadline(due, zone),
        60 * float(late.get("grace_minutes", 0)),
        float(late.get("percent_per_day", 0)),
        float(late.get("cap_percent", 100)),
    )
    numbers = (policy.grace, policy.percent_per_day, policy.cap)
    if not all(0 <= number < math.inf for number in numbers) or policy.cap > 100:
        raise ValueError("late: numbers must be finite and at least 0, cap_percent at most 100")
    return policy


def _deadline(due: object, zone: tzinfo | None) -> datetime:
    """The deadline in this zone, or with the offset that it comes with. Raises ValueError."""
    if not isinstance(due, datetime):
        raise ValueError("due needs a date and a time: 2026-12-01T23:59:00")
    if zone is None:
        if due.tzinfo is None:
            raise ValueError('due has no offset, so [late] needs a zone: zone = "Europe/Berlin"')
        return due
    return due.replace(tzinfo=zone) if due.tzinfo is None else due.astimezone(zone)


def zone_named(name: object) -> ZoneInfo:
    """The zone of this name, such as Europe/Berlin. Raises ValueError or TypeError."""
    try:
        return ZoneInfo(_words(name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: "Europe", a folder
        raise ValueError(f"there is no zone {name!r}: Europe/Berlin is one, for example") from error


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _words(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _price(value: float) -> float:
    if not 0 <= value < math.inf:
        raise ValueError(f"a hint cannot cost {value!r}")
    return float(value)


def _points(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{value!r} is not a number of points")
    if not 0 < value < math.inf:
        raise ValueError(f"an exercise cannot be out of {value!r} points")
    return float(value)


def _decimals(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_DECIMALS:
        raise ValueError(f"decimals: {value!r} is not a whole number from 0 to {MOST_DECIMALS}")
    return value


def _one_of(value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"{value!r} is not one of {', '.join(known)}")
    return value
