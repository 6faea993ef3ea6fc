"""What there is to grade: the exercises that course.toml declares."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from grading.errors import GraderError, UsageError
from grading.report import Visibility

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Exercise:
    """One exercise, and by the course's layout where its parts lie."""

    id: str
    title: str
    file: str
    root: Path

    @property
    def module(self) -> str:
        return self.file.removesuffix(".py")

    @property
    def stub(self) -> Path:
        return self.root / "exercises" / self.file

    @property
    def reference(self) -> Path:
        return self.root / "reference" / self.file

    @property
    def probes(self) -> Path:
        return self.root / "checks" / "probes" / f"{self.id}.py"

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
    def thresholds(self) -> Path:
        """The bounds of checks that train something, with the measurements behind them."""
        return self.root / "checks" / "thresholds" / f"{self.id}.json"

    @property
    def suites(self) -> dict[Path, Visibility]:
        """The files of checks: the public ones always, the hidden ones where they are handed in."""
        suites = {self.root / "checks" / kind / f"{self.id}.py": kind for kind in Visibility}
        return {path: kind for path, kind in suites.items() if path.exists()}


@dataclass(frozen=True)
class Course:
    """A title, the exercises in their order, and what students may see.

    `hint_price` is in points for each hint; the default is that hints are free.
    """

    title: str
    exercises: dict[str, Exercise]
    show_answers: bool = False
    hints: bool = True
    hint_price: float = 0.0

    def exercise(self, identity: str) -> Exercise:
        """Raises UsageError for an exercise that the course does not have."""
        if identity not in self.exercises:
            known = ", ".join(self.exercises)
            raise UsageError(f"there is no exercise {identity}: this course has {known}")
        return self.exercises[identity]


def load(root: Path = ROOT) -> Course:
    """The course that `root`/course.toml describes. Raises GraderError if it does not."""
    path = root / "course.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        exercises = {
            identity: Exercise(identity, entry["title"], entry["file"], root)
            for identity, entry in content["exercises"].items()
        }
        return Course(
            content["title"],
            exercises,
            show_answers=bool(content.get("show_answers", False)),
            hints=bool(content.get("hints", True)),
            hint_price=float(content.get("hint_price", 0.0)),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GraderError(f"{path.name} cannot be used: {error!r}") from error
