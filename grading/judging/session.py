"""Judges one submission on one exercise: a result for each of its checks, and the points."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from grading.checking.check import Check
from grading.checking.compare import Mismatch
from grading.checking.interview import Interview
from grading.checking.respondents import Asked, StudentFault
from grading.errors import UsageError
from grading.judging.attempt import Attempt, attempt
from grading.judging.plan import Plan
from grading.report import CheckResult, Status, Visibility


def ignore(_: object) -> None:
    return None


@dataclass
class Session:
    """One submission being graded. `declare` its checks, `judge` those to run, then `finish`.

    `why_not` says why this machine cannot run a check, or is empty; it is called before a fault
    counts. `faults` are the grader's own. `excuses` say, by check, why there is no verdict.
    """

    interview: Interview
    plan: Plan
    why_not: Callable[[Check, "Session"], str]
    on_start: Callable[[str], None] = ignore
    on_result: Callable[[CheckResult], None] = ignore
    declared: dict[str, Check] = field(default_factory=dict)
    results: dict[str, CheckResult] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    excuses: dict[str, str] = field(default_factory=dict)
    # The largest error of each check's comparisons; 1 is the tolerance.
    margins: dict[str, float] = field(default_factory=dict)

    def declare(self, checks: Sequence[Check]) -> list[Check]:
        """Take note of all checks, and return those to run, in their order."""
        self.results = {result.id: result for result in self.plan.known}
        self.declared = {check.name: check for check in checks}
        if len(self.declared) != len(checks):
            self.faults.append("two checks have the same name")
        return self.plan.chosen(checks)

    @property
    def ended(self) -> bool:
        """Whether no further check will be run."""
        lost = (result.status is not Status.PASSED for result in self.results.values())
        return self.plan.until_failure and any(lost)

    def judge(self, check: Check) -> None:
        """Run a check and give its points, unless the grading has ended."""
        if self.ended:
            return
        self.on_start(check.title)
        result = self._waiting(check) or self._judged(check)
        self.results[result.id] = result
        self.on_result(result)

    def finish(self) -> list[CheckResult]:
        """One result for each declared check. Raises UsageError if the wanted one is unknown."""
        only, exercise = self.plan.only, self.interview.exercise
        if not self.declared and not self.faults:
            self.faults.append(f"no checks found for {exercise.id}")
        if only is not None and self.declared and only not in self.declared:
            known = ", ".join(self.declared)
            raise UsageError(f"there is no check {only}: choose one of {known}")
        return [self.results.get(name) or self._not_run(name) for name in self.declared]

    def explainable(self) -> dict[str, list[Asked]]:
        """The questions of each check, without the checks that train something."""
        asked = self.interview.asked
        return {name: asked[name] for name in asked if not self.declared[name].trains}

    def _waiting(self, check: Check) -> CheckResult | None:
        """The result of a check that has to wait for another one; None if it need not wait."""
        for need in check.declaration.needs:
            result = self.results.get(need.__name__)
            if not self.plan.in_order or result is None or result.status is Status.PASSED:
                continue
            gap = result.status is Status.NOT_ATTEMPTED
            status = Status.NOT_ATTEMPTED if gap else Status.BLOCKED
            return self._result(check, status, 0.0, f"Waits for {result.id}.")
        return None

    def _judged(self, check: Check) -> CheckResult:
        made = attempt(check, self.interview)
        if made.errors:
            self.margins[check.name] = max(made.errors)
        return self._excused(check, self._verdict(check, made))

    def _verdict(self, check: Check, made: Attempt) -> CheckResult:
        """The one place where points are given."""
        shown = check.visibility is Visibility.PUBLIC
        full = check.declaration.points
        result = partial(self._result, check, seconds=made.seconds, measured=made.measured)
        match made.error:
            case None if made.parts.failures:
                share = 1 - len(made.parts.failures) / made.parts.count
                message = _messages(made.parts.failures, shown)
                first = made.parts.failures[0][1]
                status = Status.PARTIAL if share > 0 else first.status
                return result(status, round(full * share, 2), message, line=first.line)
            case None:
                return result(Status.PASSED, full, "")
            case (Mismatch() | StudentFault()) as failure:
                return result(failure.status, 0.0, _words(failure, shown), line=failure.line)
            case error:
                self.faults.append(f"{check.name}: {error!r}")
                message = "The grader failed on this check; your code is not to blame."
                return result(Status.GRADER_ERROR, 0.0, message)

    def _excused(self, check: Check, result: CheckResult) -> CheckResult:
        """The result, without a verdict if this machine may be to blame for a fault."""
        if result.status is Status.PASSED or not self.interview.new_faults(check.name):
            return result
        reason = self.why_not(check, self)
        if not reason:
            return result
        self.excuses[check.name] = reason
        message = f"This machine cannot run this check: {reason}. Your code was not judged."
        return self._result(check, Status.GRADER_ERROR, 0.0, message, result.seconds)

    def _not_run(self, name: str) -> CheckResult:
        check = self.declared[name]
        message = "No verdict was reached: the grading ended before this check."
        if not self.plan.training and check.trains:
            message = "Not asked for: checks that train something were left out."
        elif self.plan.only is not None:
            message = f"Not asked for: --check {self.plan.only}."
        return self._result(check, Status.NOT_RUN, 0.0, message)

    def _result(
        self,
        check: Check,
        status: Status,
        points: float,
        message: str,
        seconds: float = 0.0,
        measured: float | None = None,
        line: int | None = None,
    ) -> CheckResult:
        interview, declaration = self.interview, check.declaration
        replay = f"python grader.py {interview.exercise.id} --seed {self.plan.seed}"
        return CheckResult(
            id=check.name,
            title=check.title,
            visibility=check.visibility,
            status=status,
            points=points,
            max_points=declaration.points,
            message=message,
            misconception=None,
            explanation="",
            hint=(interview.student.advice or declaration.hint) if status.wants_help else "",
            seconds=seconds,
            replay=f"{replay} --check {check.name}",
            measured=measured,
            line=line,
        )


def _messages(failures: Sequence[tuple[str, Mismatch | StudentFault]], shown: bool) -> str:
    """The messages of all failed parts; the same message appears once, for all its parts."""
    names: dict[str, list[str]] = {}
    for name, failure in failures:
        names.setdefault(_words(failure, shown), []).append(name)
    return "\n".join(f"{', '.join(parts)}: {words}" for words, parts in names.items())


def _words(failure: Mismatch | StudentFault, shown: bool) -> str:
    """The message of a failure; `shown` says whether the expected value may be in it."""
    return failure.message(shown) if isinstance(failure, Mismatch) else failure.message
