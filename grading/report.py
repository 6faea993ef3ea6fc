"""What a grading found: pure data with one schema, docs/report.schema.json."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from grading.questions import QuestionResult

SCHEMA = "unrolled/report/1"


class Status(StrEnum):
    """How one check ended. They never merge."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted"
    BLOCKED = "blocked"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    UNREADABLE = "unreadable"
    GRADER_ERROR = "grader_error"
    NOT_RUN = "not_run"

    @property
    def words(self) -> str:
        return self.value.replace("_", " ")


class Visibility(StrEnum):
    """Whether a check's expected values may be shown to the student."""

    PUBLIC = "public"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class CheckResult:
    """How one check ended. `message` and `hint` are for the student, already made safe to show.

    `misconception` names the known mistake that explains the answer, if exactly one does (two
    joined by + if it takes both), and `explanation` is its author's sentence about it. `measured`
    is the best value of a check that judges one, a loss after training, say; `line` the line of the
    file that an exception came from.
    """

    id: str
    title: str
    visibility: Visibility
    status: Status
    points: float
    max_points: float
    message: str
    misconception: str | None
    explanation: str
    hint: str
    seconds: float
    replay: str
    measured: float | None = None
    line: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title,
            "visibility": self.visibility.value,
            "status": self.status.value,
            "points": self.points,
            "max_points": self.max_points,
            "message": self.message,
            "misconception": self.misconception,
            "explanation": self.explanation,
            "hint": self.hint,
            "seconds": round(self.seconds, 4),
            "replay": self.replay,
            "measured": self.measured,
            "line": self.line,
        }


@dataclass(frozen=True)
class HintShown:
    """A hint that a student asked for, and the points that the course charges for it."""

    check: str
    misconception: str | None
    tier: int
    price: float


@dataclass(frozen=True)
class Report:
    """One submission graded on one exercise.

    `checks` are all the checks that the exercise declares, whatever became of them, so the
    maximum never depends on the submission. `isolation` and `environment` say where it ran;
    `questions` earn no part of the score, whatever a person gave for them; `hints` are those that
    were shown, and cost what they cost;
    `faults` are the grader's own, for whoever runs it, and no part of the JSON.
    """

    exercise: str
    submission_name: str
    submission_sha256: str
    seed: int
    device: str
    isolation: dict[str, Any]
    environment: dict[str, Any]
    checks: Sequence[CheckResult]
    questions: Sequence[QuestionResult] = ()
    hints: Sequence[HintShown] = ()
    faults: Sequence[str] = ()

    @property
    def gradable(self) -> bool:
        """False if the grader itself failed anywhere: then there is no score."""
        errors = [check for check in self.checks if check.status is Status.GRADER_ERROR]
        return not errors and not self.faults

    @property
    def score(self) -> float | None:
        """Points earned, less the price of hints; None when not gradable."""
        if not self.gradable:
            return None
        earned = sum(check.points for check in self.checks)
        return round(max(0.0, earned - self.hint_cost), 6)

    @property
    def hint_cost(self) -> float:
        return round(sum(hint.price for hint in self.hints), 6)

    @property
    def max_score(self) -> float:
        return round(sum(check.max_points for check in self.checks), 6)

    @property
    def full_marks(self) -> bool:
        """Whether every check that was asked for passed, and at least one was."""
        asked = [check for check in self.checks if check.status is not Status.NOT_RUN]
        return bool(asked) and all(check.status is Status.PASSED for check in asked)

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "exercise": self.exercise,
            "score": self.score,
            "max_score": self.max_score,
            "status": "graded" if self.gradable else "not_gradable",
            "submission": {"name": self.submission_name, "sha256": self.submission_sha256},
            "seed": self.seed,
            "device": self.device,
            "isolation": self.isolation,
            "environment": self.environment,
            "checks": [check.to_json() for check in self.checks],
            "questions": [question.to_json() for question in self.questions],
            "hints": [asdict(hint) for hint in self.hints],
            "hint_cost": self.hint_cost,
        }
