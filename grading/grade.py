"""Grade one submission on one exercise."""

import contextlib
import gc
import os
import platform
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from types import TracebackType
from typing import Any, Self

from grading import fitness, misconceptions, suite
from grading.course import Exercise, suite_sha256
from grading.diagnose import Replays, diagnose
from grading.errors import GraderError, UsageError
from grading.fitness import FitnessProof, Measured
from grading.kept_suite import KeptSuite
from grading.players import Reference, RightAnswers, Source, Student
from grading.proof import WHAT_TO_DO, Proof, ReferenceProof
from grading.recorded import Recorded, RecordedReplays
from grading.report import CheckResult, Report, Status
from grading.sandbox import rungs
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.sandbox.processes import Line, SandboxError
from grading.sandbox.rungs import Rung
from grading.submission import Submission, from_bytes
from grading.text import one_line

NVIDIA = "/dev/nvidiactl"
MAX_REASON = 400


def _ignore(_: object) -> None:
    return None


def _in_words(excuses: Mapping[str, str]) -> list[str]:
    """One line for each reason why checks could not be run."""
    checks: dict[str, list[str]] = {}
    for check, reason in excuses.items():
        checks.setdefault(reason, []).append(check)
    return [f"{', '.join(names)}: {reason}. {WHAT_TO_DO}" for reason, names in checks.items()]


class Grader:
    """Grades any number of submissions over one line to a zygote (the weakest rung has none).

    Each exercise has one reference worker and, with `keep_suites`, one session of pytest. A
    KeyboardInterrupt from `on_start` of `grade`, or from `sandbox.on_wait`, ends a grading, and the
    next one can begin; a session that is kept is not interrupted.
    """

    def __init__(
        self, rung: Rung, line: Line | None, device: str = "cpu", keep_suites: bool = False
    ) -> None:
        self.rung, self._line = rung, line
        self.sandbox = Sandbox(line)
        self.printed = ""
        self._references: dict[str, RightAnswers] = {}
        self._proofs: dict[str, Proof] = {}
        self._fitness = FitnessProof(self._examine)
        self._replays: dict[str, Replays | RecordedReplays] = {}
        self._keep_suites = keep_suites
        self._suites: dict[str, KeptSuite] = {}
        self.device = device
        self.limits = Limits()
        # What has been imported stays. Looking for garbage in it again and again takes a twentieth
        # of this process's time for a small class (measured).
        gc.freeze()

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
        for proof in self._proofs.values():
            proof.close()
        self.sandbox.close()
        # Last: a check that was interrupted ends when its worker is gone.
        for kept in self._suites.values():
            kept.close()

    @cached_property
    def _isolation(self) -> dict[str, Any]:
        """Found once for all reports, because trying a rung starts a process."""
        return {
            "rung": self.rung.value,
            "walls": self.rung.walls,
            "stronger": rungs.why_not_stronger(self.rung),
        }

    @property
    def broken(self) -> bool:
        """Whether nothing can be graded any more, because the fork server is gone."""
        return self._line is not None and self._line.gone

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
        first: Collection[str] = (),
        known: Sequence[CheckResult] = (),
    ) -> Report:
        """The report on `submission`. `only` names a check: the others are then not run.

        Nor are those that train something, unless `training`, and with `until_failure` those after
        the first that does not pass. With `diagnosis` known mistakes that explain what came out
        are named. The checks named in `first` are run before all others but those they need;
        `known` are results on the same submission and seed that stand: they are not run again.

        Raises UsageError for an unknown check, GraderError where there is nothing to report.
        """
        with self.session(
            exercise, submission, seed, only, on_start, on_result, training, until_failure
        ) as session:
            session.first = first
            session.results = {result.id: result for result in known}
            checks = self._run(session)
        faults = [*session.faults, *_in_words(session.excuses)]
        if diagnosis and not faults:
            checks = diagnose(checks, session.explainable(), self._replays_of(exercise))
        self.printed = session.student.output.decode("utf-8", "replace")
        return Report(
            exercise=exercise.id,
            submission_name=submission.name,
            submission_sha256=submission.sha256,
            seed=seed,
            device=self.device,
            isolation=self._isolation,
            environment=self._environment(exercise),
            checks=checks,
            faults=faults,
        )

    @contextlib.contextmanager
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
    ) -> Iterator[suite.Session]:
        """A grading that has not begun. When the block ends, so does the submission's worker."""
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
        proof = self._proof(exercise)
        try:
            yield suite.Session(
                exercise,
                student,
                reference,
                seed,
                only,
                training,
                on_start,
                on_result,
                proof.why_not,
                until_failure,
            )
        finally:
            student.close()
            proof.close()

    def why_not(self, exercise: Exercise, seed: int) -> str:
        """Why this machine, or the course, is not fit to grade an exercise; empty if it is.

        The reference is graded as if it had been handed in.
        """
        work = from_bytes(exercise.reference.read_bytes(), exercise.file)
        report = self.grade(exercise, work, seed, diagnosis=False)
        if report.full_marks:
            return ""
        lost = [one.id for one in report.checks if one.status is not Status.PASSED]
        said = f"the reference loses points at {', '.join(lost)}"
        if report.faults:
            # One will do: what breaks a worker breaks every check.
            said = one_line(report.faults[0], MAX_REASON)
        return f"{exercise.id} cannot be graded here: {said}"

    def _run(self, session: suite.Session) -> list[CheckResult]:
        if not self._keep_suites:
            return suite.run(session)
        exercise = session.exercise
        if exercise.id not in self._suites:
            self._suites[exercise.id] = KeptSuite(exercise)
        return self._suites[exercise.id].run(session)

    def _reference(self, exercise: Exercise) -> RightAnswers:
        if exercise.id not in self._references:
            self._references[exercise.id] = self._right_answers(exercise)
        return self._references[exercise.id]

    def _right_answers(self, exercise: Exercise) -> RightAnswers:
        try:
            probes = exercise.probes.read_text(encoding="utf-8")
            if exercise.in_edition:
                return Recorded(exercise, probes, self.device)
            text = exercise.reference.read_text(encoding="utf-8")
        except OSError as error:
            raise GraderError(f"{error.filename} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise GraderError(f"{exercise.file} or its probes are not UTF-8") from error
        source = Source(exercise.module, exercise.file, text, probes)
        return Reference(self.sandbox, source, self.device, self.limits)

    def _proof(self, exercise: Exercise) -> Proof:
        if exercise.id not in self._proofs:
            right = self._reference(exercise)

            def new_student() -> Student:
                return Student(self.sandbox, right.source, self.device, self.limits)

            self._proofs[exercise.id] = (
                self._fitness if isinstance(right, Recorded) else ReferenceProof(new_student)
            )
        return self._proofs[exercise.id]

    def _replays_of(self, exercise: Exercise) -> Replays | RecordedReplays:
        if exercise.id not in self._replays:
            self._replays[exercise.id] = self._new_replays(exercise)
        return self._replays[exercise.id]

    def _new_replays(self, exercise: Exercise) -> Replays | RecordedReplays:
        right = self._reference(exercise)
        if isinstance(right, Recorded):
            return RecordedReplays(right.recording, self.device)
        known = misconceptions.load(exercise.misconceptions)
        return Replays(self.sandbox, right.source, known, self.device, self.limits)

    def choose_device(self) -> None:
        """Settle `auto` and refuse a GPU that is not there, once."""
        wish = self.device
        if wish in ("auto", "cuda"):
            self.device = "cuda" if self._has_cuda() else "cpu"
        if wish == "cuda" and self.device == "cpu":
            raise UsageError("--device cuda: PyTorch finds no CUDA device here; use --device cpu")
        if self.device == "cuda":
            self.limits = Limits(memory=0)

    def _examine(self) -> list[Measured]:
        return fitness.examine(self.sandbox, self.device, self.limits)

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
        if self._line is not None:
            with contextlib.suppress(SandboxError):  # then every check says so already
                versions = self._line.wait_until_ready()
        return {
            "python": platform.python_version(),
            **versions,
            "system": f"{platform.system()} {platform.release()}",
            "machine": platform.machine(),
            "implementation": sys.implementation.name,
            "threads": 1,
            "checks_sha256": suite_sha256(exercise),
        }
