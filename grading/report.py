"""What a grading found: pure data with one schema, docs/report.schema.json.

Reports of version 1 (docs/report-1.schema.json) are read, too. All of its fields kept their names
and meaning in version 2, which allows others beside them: readers ignore those that they do not
know, so that a later field needs no new version.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any, Self

from grading.errors import ExitCode

SCHEMA = "unrolled/report/2"
# What `Report.from_json` reads.
READABLE = ("unrolled/report/1", SCHEMA)
# All seeds are smaller, so that torch and NumPy accept them.
MAX_SEED = 2**31


class Status(StrEnum):
    """How one check ended. No two statuses are ever merged.

    is_verdict  whether the check judged an answer, or the code that should have given one
    has_reason  whether the message says what went wrong in this very check
    is_open     whether something is left to do at this check, and not at one before it
    wants_help  whether a hint can help
    junit       the element of JUnit's format; empty for a pass
    style       at a terminal, beside the word
    """

    is_verdict: bool
    has_reason: bool
    is_open: bool
    wants_help: bool
    junit: str
    style: str

    def __new__(cls, value: str, *meaning: bool | str) -> Self:
        status = str.__new__(cls, value)
        status._value_ = value
        for name, what in zip(cls.__annotations__, meaning, strict=True):
            setattr(status, name, what)
        return status

    PASSED = "passed", True, False, False, False, "", "green"
    PARTIAL = "partial", True, True, True, True, "failure", "yellow"
    FAILED = "failed", True, True, True, True, "failure", "bold red"
    NOT_ATTEMPTED = "not_attempted", False, False, True, True, "failure", "cyan"
    BLOCKED = "blocked", False, False, False, True, "skipped", "dim"
    TIMED_OUT = "timed_out", True, True, True, True, "failure", "bold magenta"
    OUT_OF_MEMORY = "out_of_memory", True, True, True, True, "failure", "bold magenta"
    CRASHED = "crashed", True, True, True, True, "failure", "bold magenta"
    UNREADABLE = "unreadable", False, True, True, True, "error", "bold magenta"
    GRADER_ERROR = "grader_error", False, True, True, False, "error", "bold magenta"
    NOT_RUN = "not_run", False, False, False, False, "skipped", "dim"

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
    is the best value of a check that judges one (a loss after training, say), and `line` is the
    line of the file that an exception came from.
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
        # Nothing in it needs a copy, and asdict makes one: 20 times slower, and a class has many.
        return {**vars(self), "seconds": round(self.seconds, 4)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The result in a document. Raises KeyError, TypeError or ValueError if it is malformed."""
        visibility, status = Visibility(document["visibility"]), Status(document["status"])
        return cls(**{**_known(cls, document), "visibility": visibility, "status": status})


@dataclass(frozen=True)
class Mark:
    """The points that a person gave for one answer."""

    points: float
    max_points: float
    comment: str


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """A question in a report: whether it is answered, and a person's mark if there is one."""

    name: str
    text: str
    answered: bool
    mark: Mark | None = None

    def to_json(self) -> dict[str, Any]:
        mark = self.mark
        return {
            "name": self.name,
            "text": self.text,
            "answered": self.answered,
            "points": None if mark is None else mark.points,
            "max_points": None if mark is None else mark.max_points,
            "comment": "" if mark is None else mark.comment,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The result in a document. Raises KeyError if it is malformed."""
        points, most = document["points"], document["max_points"]
        mark = None if points is None else Mark(points, most, document["comment"])
        return cls(document["name"], document["text"], document["answered"], mark)


@dataclass(frozen=True)
class HintShown:
    """A hint that a student asked for, and the points that the course charges for it."""

    check: str
    misconception: str | None
    tier: int
    price: float

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The hint in a document. Raises TypeError if a field is missing."""
        return cls(**_known(cls, document))


@dataclass(frozen=True)
class Report:
    """One submission graded on one exercise.

    `checks` has a result for every check that the exercise declares, so the maximum never depends
    on the submission. `isolation` and `environment` say where the checks ran. `questions` never
    count toward the score, even if a person gave points for them. `hints` are those that were
    shown; their price is taken off the score. `faults` are the grader's own, for the person who
    runs it, and are not part of the JSON.
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
    def status(self) -> str:
        return "graded" if self.gradable else "not_gradable"

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

    def completed(
        self, questions: Sequence[QuestionResult] = (), hints: Sequence[HintShown] = ()
    ) -> "Report":
        """The report with what the course keeps apart from a grading: questions and hints."""
        return replace(self, questions=questions, hints=hints)

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "exercise": self.exercise,
            "score": self.score,
            "max_score": self.max_score,
            "status": self.status,
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

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The report in a document from `to_json`, without the words of the grader's faults.

        Raises KeyError, TypeError or ValueError if it is malformed, or of another schema.
        """
        if document["schema"] not in READABLE:
            raise ValueError(f"{document['schema']!r} is none of {', '.join(READABLE)}")
        submission = document["submission"]
        report = cls(
            exercise=document["exercise"],
            submission_name=submission["name"],
            submission_sha256=submission["sha256"],
            seed=document["seed"],
            device=document["device"],
            isolation=document["isolation"],
            environment=document["environment"],
            checks=[CheckResult.from_json(check) for check in document["checks"]],
            questions=[QuestionResult.from_json(question) for question in document["questions"]],
            hints=[HintShown.from_json(hint) for hint in document["hints"]],
        )
        if document["status"] == "graded" or not report.gradable:
            return report
        return replace(report, faults=["the grader failed; a stored report does not say why"])


def _known(kind: type[CheckResult | HintShown], document: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a document that this version knows."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in document.items() if name in names}


def exit_code(reports: Iterable[Report]) -> ExitCode:
    """The exit code for these reports; the worst one decides."""
    graded = list(reports)
    if not all(report.gradable for report in graded):
        return ExitCode.GRADER_FAILED
    full = all(report.full_marks for report in graded)
    return ExitCode.FULL_MARKS if full else ExitCode.NOT_FULL_MARKS
