"""Grade one submission on one exercise."""

import contextlib
import hashlib
import os
import platform
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from grading import misconceptions, suite
from grading.course import Exercise
from grading.diagnose import Replays, diagnose
from grading.errors import GraderError, UsageError
from grading.players import Reference, Source, Student
from grading.report import CheckResult, Report
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.sandbox.processes import SandboxError, Zygote
from grading.sandbox.rungs import Rung
from grading.submission import Submission

NVIDIA = "/dev/nvidiactl"


def _ignore(_: object) -> None:
    return None


class Grader:
    """Grades any number of submissions with one zygote and one reference worker per exercise."""

    def __init__(self, rung: Rung, zygote: Zygote | None, device: str = "cpu") -> None:
        self.rung, self._zygote = rung, zygote
        self.sandbox = Sandbox(zygote)
        self.printed = ""
        self._references: dict[str, Reference] = {}
        self._replays: dict[str, Replays] = {}
        self.device = device
        self.limits = Limits()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for reference in self._references.values():
            reference.close()
        self.sandbox.close()

    def grade(
        self,
        exercise: Exercise,
        submission: Submission,
        seed: int,
        only: str | None = None,
        on_start: Callable[[str], None] = _ignore,
        on_result: Callable[[CheckResult], None] = _ignore,
        training: bool = True,
        diagnosis: bool = True,
        until_failure: bool = False,
    ) -> Report:
        """The report on `submission`. `only` names a check: the others are then not run.

        Nor are those that train something, unless `training`, and with `until_failure` those after
        the first that does not pass. With `diagnosis` known mistakes that explain what came out
        are named.

        Raises UsageError for an unknown check, GraderError where there is nothing to report.
        """
        session = self.session(
            exercise, submission, seed, only, on_start, on_result, training, until_failure
        )
        try:
            checks = suite.run(session)
        finally:
            session.student.close()
        if diagnosis and not session.faults:
            checks = diagnose(checks, session.explainable(), self._replays_of(exercise))
        self.printed = session.student.output.decode("utf-8", "replace")
        return Report(
            exercise=exercise.id,
            submission_name=submission.name,
            submission_sha256=submission.sha256,
            seed=seed,
            device=self.device,
            isolation={"rung": self.rung.value, "walls": self.rung.walls},
            environment=self._environment(exercise),
            checks=checks,
            faults=session.faults,
        )

    def session(
        self,
        exercise: Exercise,
        submission: Submission,
        seed: int,
        only: str | None = None,
        on_start: Callable[[str], None] = _ignore,
        on_result: Callable[[CheckResult], None] = _ignore,
        training: bool = True,
        until_failure: bool = False,
    ) -> suite.Session:
        """A student and a reference about to be asked. Whoever makes it closes its student."""
        self.choose_device()
        reference = self._reference(exercise)
        source = Source(
            exercise.module,
            submission.name,
            submission.source,
            reference.source.probes,
            submission.places,
        )
        student = Student(self.sandbox, source, self.device, self.limits)
        return suite.Session(
            exercise, student, reference, seed, only, training, on_start, on_result, until_failure
        )

    def _reference(self, exercise: Exercise) -> Reference:
        if exercise.id not in self._references:
            try:
                text = exercise.reference.read_text(encoding="utf-8")
                probes = exercise.probes.read_text(encoding="utf-8")
            except OSError as error:
                raise GraderError(f"{error.filename} cannot be read: {error.strerror}") from error
            except UnicodeDecodeError as error:
                raise GraderError(f"{exercise.file} or its probes are not UTF-8") from error
            source = Source(exercise.module, exercise.file, text, probes)
            self._references[exercise.id] = Reference(
                self.sandbox, source, self.device, self.limits
            )
        return self._references[exercise.id]

    def _replays_of(self, exercise: Exercise) -> Replays:
        if exercise.id not in self._replays:
            source, known = (
                self._reference(exercise).source,
                misconceptions.load(exercise.misconceptions),
            )
            self._replays[exercise.id] = Replays(
                self.sandbox, source, known, self.device, self.limits
            )
        return self._replays[exercise.id]

    def choose_device(self) -> None:
        """Settle `auto` and refuse a GPU that is not there, once."""
        wish = self.device
        if wish in ("auto", "cuda"):
            self.device = "cuda" if self._has_cuda() else "cpu"
        if wish == "cuda" and self.device == "cpu":
            raise UsageError("--device cuda: PyTorch finds no CUDA device here; use --device cpu")
        if self.device == "cuda":
            self.limits = Limits(memory=0)

    def _has_cuda(self) -> bool:
        if not os.path.exists(NVIDIA):
            return False
        try:
            worker = self.sandbox.start(Limits(memory=0))
            worker.send({"do": "find_cuda"}, {}, 60.0)
            available = worker.receive().arrays["available"]
            worker.kill()
        except SandboxError as error:
            raise GraderError(str(error)) from error
        return bool(available)

    def _environment(self, exercise: Exercise) -> dict[str, Any]:
        """What a result may depend on besides the submission and the seed."""
        versions: dict[str, str] = {}
        if self._zygote is not None:
            with contextlib.suppress(SandboxError):  # then every check says so already
                versions = self._zygote.wait_until_ready()
        return {
            "python": platform.python_version(),
            **versions,
            "system": f"{platform.system()} {platform.release()}",
            "machine": platform.machine(),
            "implementation": sys.implementation.name,
            "threads": 1,
            "checks_sha256": suite_sha256(exercise),
        }


def suite_sha256(exercise: Exercise) -> str:
    """Of everything by which an exercise is judged. Raises GraderError if it cannot be read."""
    checks = exercise.root / "checks"
    files = [path for kind in (".py", ".json") for path in checks.glob(f"*/{exercise.id}{kind}")]
    digest = hashlib.sha256()
    try:
        for path in [*sorted(files), exercise.reference, exercise.misconceptions]:
            if path.exists():
                digest.update(f"{path.relative_to(exercise.root)}\n".encode())
                digest.update(path.read_bytes())
    except OSError as error:
        raise GraderError(f"{error.filename} cannot be read: {error.strerror}") from error
    return digest.hexdigest()
