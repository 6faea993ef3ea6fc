"""Grade one submission on one exercise."""

import contextlib
import gc
import platform
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any

from grading.checking.check import Check
from grading.checking.interview import Interview
from grading.checking.respondents import Source, Student
from grading.closing import Closing
from grading.course.syllabus import Exercise, suite_sha256
from grading.errors import GraderError, UsageError
from grading.judging import fitness, suite
from grading.judging.answers import AnswerBook, LiveAnswers
from grading.judging.diagnose import diagnose
from grading.judging.fingerprint import engine_sha256
from grading.judging.open_suite import OpenSuite
from grading.judging.plan import Plan
from grading.judging.proof import WHAT_TO_DO, ReferenceProof
from grading.judging.recorded import RecordedAnswers
from grading.judging.session import Session, ignore
from grading.report import CheckResult, Report, Status
from grading.sandbox import gpu, rungs
from grading.sandbox.client import Sandbox, WorkerFault
from grading.sandbox.limits import Limits
from grading.sandbox.processes import Line, SandboxError
from grading.sandbox.rungs import Rung
from grading.submission.file import Submission, from_bytes
from grading.text import one_line

MAX_REASON = 400
# CUDA reserves far more address space than it uses.
ON_CUDA = Limits(memory=0, gpu=True)
# Making CUDA ready took 3.4 s on an H200.
CUDA_CPU_SECONDS = 60.0


def _in_words(excuses: Mapping[str, str]) -> list[str]:
    """One line for each reason why checks could not be run."""
    checks: dict[str, list[str]] = {}
    for check, reason in excuses.items():
        checks.setdefault(reason, []).append(check)
    return [f"{', '.join(names)}: {reason}. {WHAT_TO_DO}" for reason, names in checks.items()]


class Grader(Closing):
    """Grades any number of submissions over one line to a zygote (the weakest rung has none).

    Each exercise has one reference worker and, with `keep_suites`, one open run of pytest. A
    KeyboardInterrupt from `on_start` of `grade`, or from what `sandbox.waiting` calls, ends the
    current grading, and the next one can begin; it does not interrupt an open run.
    """

    def __init__(
        self, rung: Rung, line: Line | None, device: str = "cpu", keep_suites: bool = False
    ) -> None:
        self.rung, self.line = rung, line
        self.sandbox = Sandbox(line)
        self.printed = ""
        self.answers: dict[str, AnswerBook] = {}
        self.proofs: dict[str, ReferenceProof] = {}
        self._keep_suites = keep_suites
        self._suites: dict[str, OpenSuite] = {}
        self.device = device
        self.limits = Limits()
        # Imported objects stay. Looking for garbage among them again and again takes a twentieth of
        # this process's time for a small class (measured).
        gc.freeze()

    def close(self) -> None:
        for answers in self.answers.values():
            answers.close()
        for proof in self.proofs.values():
            proof.close()
        self.sandbox.close()
        # Last, because an interrupted check ends only when its worker is gone.
        for run in self._suites.values():
            run.close()

    @cached_property
    def _isolation(self) -> dict[str, Any]:
        """Found once for all reports, because trying out a rung starts processes."""
        return {
            "rung": self.rung.value,
            "walls": self.rung.walls,
            "stronger": rungs.why_not_stronger(self.rung),
        }

    @property
    def broken(self) -> bool:
        """Whether nothing more can be graded, because the fork server is gone."""
        return self.line is not None and self.line.gone

    def grade(
        self,
        exercise: Exercise,
        submission: Submission,
        plan: Plan,
        on_start: Callable[[str], None] = ignore,
        on_result: Callable[[CheckResult], None] = ignore,
    ) -> Report:
        """The report on a submission. `on_start` gets each check's title, `on_result` its result.

        Raises UsageError for an unknown check, GraderError if there is nothing to report.
        """
        with self.session(exercise, submission, plan, on_start, on_result) as session:
            return self.report(session, submission)

    @contextlib.contextmanager
    def session(
        self,
        exercise: Exercise,
        submission: Submission,
        plan: Plan,
        on_start: Callable[[str], None] = ignore,
        on_result: Callable[[CheckResult], None] = ignore,
    ) -> Iterator[Session]:
        """A submission about to be judged. Its worker ends with the session."""
        self.choose_device()
        answers = self._answers_to(exercise)
        source = Source(
            exercise.module,
            submission.name,
            submission.source,
            answers.source.probes,
            submission.line_map,
        )
        student = Student(self.sandbox, source, self.device, self.limits)
        interview = Interview(exercise, plan.seed, student, answers)
        try:
            yield Session(interview, plan, self.why_not_run, on_start, on_result)
        finally:
            student.close()
            if exercise.id in self.proofs:
                self.proofs[exercise.id].close()

    def judge(self, session: Session) -> list[CheckResult]:
        """Run the checks of a session in pytest. Raises UsageError."""
        if not self._keep_suites:
            return suite.run(session)
        exercise = session.interview.exercise
        if exercise.id not in self._suites:
            self._suites[exercise.id] = OpenSuite(exercise)
        return self._suites[exercise.id].run(session)

    def report(self, session: Session, submission: Submission) -> Report:
        """Judge a session, and name known mistakes."""
        interview, plan = session.interview, session.plan
        checks = self.judge(session)
        interview.student.close()
        faults = [*session.faults, *_in_words(session.excuses)]
        if plan.diagnosis and not faults:
            answers = self._answers_to(interview.exercise)
            checks = diagnose(checks, session.explainable(), answers)
        self.printed = interview.student.output.decode("utf-8", "replace")
        return Report(
            exercise=interview.exercise.id,
            submission_name=submission.name,
            submission_sha256=submission.sha256,
            seed=plan.seed,
            device=self.device,
            isolation=self._isolation,
            environment=self._environment(interview.exercise),
            checks=checks,
            faults=faults,
        )

    def why_not(self, exercise: Exercise, seed: int) -> str:
        """Why this machine, or the course, is not fit to grade an exercise; empty if it is.

        The reference is graded as if it had been handed in.
        """
        work = from_bytes(exercise.reference.read_bytes(), exercise.file)
        report = self.grade(exercise, work, Plan(seed, diagnosis=False))
        if report.full_marks:
            return ""
        lost = [check.id for check in report.checks if check.status is not Status.PASSED]
        said = f"the reference loses points at {', '.join(lost)}"
        if report.faults:
            # One is enough: what breaks a worker breaks every check.
            said = one_line(report.faults[0], MAX_REASON)
        return f"{exercise.id} cannot be graded here: {said}"

    def _answers_to(self, exercise: Exercise) -> AnswerBook:
        if exercise.id not in self.answers:
            self.answers[exercise.id] = (
                RecordedAnswers(exercise, self.device)
                if exercise.in_edition
                else LiveAnswers(exercise, self.sandbox, self.device, self.limits)
            )
        return self.answers[exercise.id]

    def why_not_run(self, check: Check, session: Session) -> str:
        """Why this machine cannot run a check; empty if it can."""
        exercise = session.interview.exercise
        if exercise.in_edition:
            return self._lacks
        if exercise.id not in self.proofs:
            source = self._answers_to(exercise).source
            new_student = partial(Student, self.sandbox, source, self.device, self.limits)
            self.proofs[exercise.id] = ReferenceProof(new_student)
        return self.proofs[exercise.id].why_not(check, session)

    @cached_property
    def _lacks(self) -> str:
        """What this machine does not give a submission; empty if it gives all that it needs."""
        found = fitness.examine(self.sandbox, self.device, self.limits)
        return "; ".join(measured.problem for measured in found if measured.problem)

    def choose_device(self) -> None:
        """Replace `auto` with a device, once. Raises UsageError for a GPU that is not there."""
        if self.device == "cpu" or self.limits.gpu:
            return
        reason = self._why_no_cuda()
        if reason and self.device == "cuda":
            raise UsageError(f"--device cuda: {reason}")
        self.device = "cpu" if reason else "cuda"
        if self.device == "cuda":
            self.limits = ON_CUDA

    def _why_no_cuda(self) -> str:
        """Why a worker cannot compute on CUDA here; empty if it can."""
        if not gpu.nodes():
            return "this machine has no NVIDIA GPU: use --device cpu"
        if self.rung is not Rung.PROCESS:
            return (
                f"workers see no GPU on isolation {self.rung}:"
                " use --device cpu, or for your own work --isolation process"
            )
        try:
            worker = self.sandbox.start(ON_CUDA)
            worker.send({"do": "try_cuda"}, {}, CUDA_CPU_SECONDS)
            reply = worker.receive().meta
            worker.kill()
        except SandboxError as error:
            raise GraderError(str(error)) from error
        except WorkerFault as fault:
            return f"a worker cannot compute on the GPU here, so use --device cpu: {fault.detail}"
        if reply.get("ok") is True:
            return ""
        said = one_line(reply["error"]["message"], MAX_REASON)
        return f"a worker cannot compute on the GPU here, so use --device cpu: {said}"

    def _environment(self, exercise: Exercise) -> dict[str, Any]:
        """What a result may depend on besides the submission and the seed."""
        versions: dict[str, str] = {}
        if self.line is not None:
            with contextlib.suppress(SandboxError):  # every check already says so
                versions = self.line.wait_until_ready()
        return {
            "python": platform.python_version(),
            **versions,
            "system": f"{platform.system()} {platform.release()}",
            "machine": platform.machine(),
            "implementation": sys.implementation.name,
            "threads": 1,
            "checks_sha256": suite_sha256(exercise),
            "engine_sha256": engine_sha256(),
        }
