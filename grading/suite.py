"""The pytest side: collects the checks of an exercise, runs them in order, gives the points."""

import ast
import importlib
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from math import isfinite
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np
import pytest
import pytest_timeout  # type: ignore[import-untyped]

from grading.check import CPU_SECONDS, Declaration, Measure, Parts, seed_of
from grading.check_items import SESSION, CheckFile, CheckItem
from grading.compare import Answer, Mismatch
from grading.course import Exercise
from grading.environment import environment
from grading.errors import GraderError, UsageError
from grading.players import Asked, Question, RightAnswers, Student, StudentFault, outcome_of
from grading.report import CheckResult, Status, Visibility
from grading.thresholds import Bounds

# Far above what any check may take: it fires only if the grader itself hangs.
BACKSTOP_SECONDS = 1800
CALIBRATION_CPU_SECONDS = 300.0
# Parts of pytest that no check needs; making them ready costs a third of a session. Two of them,
# unraisableexception and threadexception, collect garbage twice per session.
UNUSED_PLUGINS = (
    *("cacheprovider", "debugging", "doctest", "faulthandler", "freeze_support", "junitxml"),
    *("legacypath", "logging", "monkeypatch", "pastebin", "python", "recwarn", "reports"),
    *("setuponly", "setupplan", "stepwise", "subtests", "terminal", "threadexception", "tmpdir"),
    *("unittest", "unraisableexception", "warnings"),
)

# No plugin and no option that the caller's environment might add.
PLAIN = {
    "PYTEST_ADDOPTS": None,
    "PYTEST_PLUGINS": None,
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
}


@dataclass
class Session:
    """One submission being graded on one exercise.

    Where not `in_order`, a check does not wait for those that it rests on.
    """

    exercise: Exercise
    student: Student
    reference: RightAnswers
    seed: int
    only: str | None
    training: bool
    on_start: Callable[[str], None]
    on_result: Callable[[CheckResult], None]
    # Why this machine could not run a check, asked before a fault counts; empty if it can.
    why_not: Callable[[CheckItem, "Session"], str]
    until_failure: bool = False
    ended: bool = False
    first: Collection[str] = ()
    in_order: bool = True
    results: dict[str, CheckResult] = field(default_factory=dict)
    interruption: KeyboardInterrupt = field(default_factory=KeyboardInterrupt)
    declared: dict[str, CheckItem] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    # By check, why it could not be run here: those checks have no verdict.
    excuses: dict[str, str] = field(default_factory=dict)
    asked: dict[str, list[Asked]] = field(default_factory=dict)
    _current: list[Asked] = field(default_factory=list)
    _probes: frozenset[str] = frozenset()
    _suites: dict[Path, Visibility] = field(default_factory=dict)
    _cpu_seconds: float = CPU_SECONDS
    _probe_seed: int = 0

    def __post_init__(self) -> None:
        self._probes = _functions(self.reference.source.probes)
        self._suites = self.exercise.suites

    def begin(self, item: CheckItem) -> None:
        """Set the limits and the chance of the check that starts now."""
        seed = seed_of(self.exercise.id, item.name, self.seed)
        self.limit(item.declaration.cpu_seconds, seed)
        self._current = self.asked.setdefault(item.name, [])
        self.on_start(item.title)

    def limit(self, cpu_seconds: float, seed: int) -> None:
        """From here on: CPU seconds per question, and where chance starts in the worker."""
        self._cpu_seconds, self._probe_seed = cpu_seconds, seed % 2**31

    def require_probe(self, name: str) -> None:
        if name not in self._probes:
            raise GraderError(f"{self.exercise.probes.name} has no probe {name}")

    def question(self, probe: str, inputs: dict[str, Any]) -> Question:
        # A copy: the check may go on to change its arrays, and the question is asked again later.
        inputs = {
            name: value.copy() if isinstance(value, np.ndarray) else value
            for name, value in inputs.items()
        }
        return Question(probe, inputs, self._probe_seed, self._cpu_seconds)

    def ask_student(self, question: Question) -> Answer:
        """The student's answer; whatever comes of it is kept. Raises StudentFault."""
        outcome = outcome_of(self.student, question)
        self._current.append(Asked(question, outcome))
        if isinstance(outcome, StudentFault):
            raise outcome
        return outcome

    def with_student(self, student: Student) -> "Session":
        """The same grading of somebody else's work; nobody hears of it."""
        return Session(
            self.exercise,
            student,
            self.reference,
            self.seed,
            only=None,
            training=True,
            on_start=_ignore,
            on_result=_ignore,
            why_not=_can_run,
        )

    def new_faults(self, check: str) -> list[StudentFault]:
        """What ended the submission's code in a check, and in none before it.

        A module that cannot be imported meets every check with the same fault.
        """
        known = {
            id(one.outcome) for name, asked in self.asked.items() if name != check for one in asked
        }
        return [
            one.outcome
            for one in self.asked.get(check, ())
            if isinstance(one.outcome, StudentFault)
            and one.outcome.status is not Status.NOT_ATTEMPTED
            and id(one.outcome) not in known
        ]

    def record(self, result: CheckResult) -> None:
        self.results[result.id] = result
        self.on_result(result)

    def complete_results(self) -> list[CheckResult]:
        """One result for every declared check; those without a verdict are `not_run`, at 0."""
        for name, item in self.declared.items():
            if name not in self.results:
                message = "No verdict was reached: the grading ended before this check."
                if not self.training and item.declaration.measure is not None:
                    message = "Not asked for: checks that train something were left out."
                elif self.only is not None:
                    message = f"Not asked for: --check {self.only}."
                self.results[name] = self.result(item, Status.NOT_RUN, 0.0, message, 0.0)
        return [self.results[name] for name in self.declared]

    def result(
        self,
        item: CheckItem,
        status: Status,
        points: float,
        message: str,
        seconds: float,
        measured: float | None = None,
        line: int | None = None,
    ) -> CheckResult:
        declaration = item.declaration
        needs_help = status not in (Status.PASSED, Status.NOT_RUN, Status.GRADER_ERROR)
        return CheckResult(
            id=item.name,
            title=item.title,
            visibility=self.visibility(item),
            status=status,
            points=points,
            max_points=declaration.points,
            message=message,
            misconception=None,
            explanation="",
            hint=(self.student.advice or declaration.hint) if needs_help else "",
            seconds=seconds,
            replay=f"python grader.py {self.exercise.id} --seed {self.seed} --check {item.name}",
            measured=measured,
            line=line,
        )

    def explainable(self) -> dict[str, list[Asked]]:
        """By check, what was asked; without the checks that train something."""
        return {
            name: asked
            for name, asked in self.asked.items()
            if self.declared[name].declaration.measure is None
        }

    def visibility(self, item: CheckItem) -> Visibility:
        return self._suites[item.path]


def _ignore(_: object) -> None:
    return None


def _can_run(_: CheckItem, __: Session) -> str:
    return ""


@cache
def _functions(source: str) -> frozenset[str]:
    """The names of the functions of a module, which is not run."""
    return frozenset(
        node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)
    )


class Blocked(Exception):
    """A prerequisite did not pass."""

    def __init__(self, status: Status, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Recorder:
    """The pytest plugin: collects declared checks and turns their outcomes into results."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[SESSION] = self.session

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> CheckFile:
        file: CheckFile = CheckFile.from_parent(parent, path=file_path)
        return file

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.session.faults.append(f"{report.nodeid} cannot be collected: {report.longrepr}")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        # In their order, prerequisites come first: a function is defined before it is named.
        checks = [item for item in items if isinstance(item, CheckItem)]
        self.session.declared = {item.name: item for item in checks}
        if len(self.session.declared) != len(checks):
            self.session.faults.append("two checks have the same name")
        items[:] = [
            item
            for item in in_order(checks, self.session.first)
            if wanted(item, self.session.only, checks)
            and (self.session.training or item.declaration.measure is None)
            and item.name not in self.session.results
        ]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: CheckItem) -> None:
        self.session.begin(item)
        for need in item.declaration.needs:
            result = self.session.results.get(need.__name__)
            if not self.session.in_order or result is None or result.status is Status.PASSED:
                continue
            status = Status.BLOCKED
            if result.status is Status.NOT_ATTEMPTED:
                status = Status.NOT_ATTEMPTED
            raise Blocked(status, f"Waits for {result.id}.")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: CheckItem, nextitem: CheckItem | None) -> bool:
        """Set up, call, tear down: what comes of it is a verdict, and no report of pytest's own.

        Nobody would read those, and that of a failure takes milliseconds to write.
        """
        hook = item.ihook
        # After the end, all that is left to do is to tear down what was made ready for many checks.
        if not self.session.ended and self._phase(
            item, "setup", partial(hook.pytest_runtest_setup, item=item)
        ):
            self._phase(item, "call", partial(hook.pytest_runtest_call, item=item))
        teardown = partial(hook.pytest_runtest_teardown, item=item, nextitem=nextitem)
        self._phase(item, "teardown", teardown)
        return True

    def _phase(
        self,
        item: CheckItem,
        when: Literal["setup", "call", "teardown"],
        action: Callable[[], None],
    ) -> bool:
        """Whether it ended without an exception."""
        reraise = (pytest.exit.Exception, KeyboardInterrupt)
        call = pytest.CallInfo.from_call(action, when, reraise)
        self._ended(item, call)
        return call.excinfo is None

    def _ended(self, item: CheckItem, call: pytest.CallInfo[None]) -> None:
        if call.when == "call" or (call.excinfo is not None and call.when == "setup"):
            verdict = self._excused(item, self._verdict(item, call))
            self.session.record(verdict)
            if self.session.until_failure and verdict.status is not Status.PASSED:
                self.session.ended = True
        elif call.excinfo is not None:
            self.session.faults.append(f"{item.name} broke after its verdict: {call.excinfo.value}")

    def _excused(self, item: CheckItem, result: CheckResult) -> CheckResult:
        """The result; no verdict where a fault counts that this machine may be to blame for."""
        session = self.session
        if result.status is Status.PASSED or not session.new_faults(item.name):
            return result
        reason = session.why_not(item, session)
        if not reason:
            return result
        session.excuses[item.name] = reason
        message = f"This machine cannot run this check: {reason}. Your code was not judged."
        return session.result(item, Status.GRADER_ERROR, 0.0, message, result.seconds)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        if isinstance(excinfo.value, KeyboardInterrupt):  # and not a check that calls pytest.exit
            self.session.interruption = excinfo.value

    def pytest_internalerror(self, excrepr: object) -> None:
        self.session.faults.append(str(excrepr))

    def _verdict(self, item: CheckItem, call: pytest.CallInfo[None]) -> CheckResult:
        """The one place where points are given."""
        result = self.session.result
        show_expected = self.session.visibility(item) is Visibility.PUBLIC
        seconds = call.duration  # not by the clock on the wall, which may be set
        full = item.declaration.points
        error = call.excinfo.value if call.excinfo is not None else None
        parts = item.arguments.get("parts")
        result = partial(result, measured=_measured(item.arguments.get("bounds")))
        match error:
            case None if isinstance(parts, Parts) and parts.failures:
                share = 1 - len(parts.failures) / parts.count
                message = _messages(parts.failures, show_expected)
                first = parts.failures[0][1]
                status = Status.PARTIAL if share > 0 else _status(first)
                points = round(full * share, 2)
                return result(item, status, points, message, seconds, line=_line(first))
            case None:
                return result(item, Status.PASSED, full, "", seconds)
            case Blocked():
                return result(item, error.status, 0.0, error.message, 0.0)
            case Mismatch() | StudentFault():
                words = _words(error, show_expected)
                return result(item, _status(error), 0.0, words, seconds, line=_line(error))
            case _:
                self.session.faults.append(f"{item.name}: {error!r}")
                message = "The grader failed at this check; your code is not to blame."
                return result(item, Status.GRADER_ERROR, 0.0, message, seconds)


def _measured(bounds: object) -> float | None:
    """The lowest finite value that was judged: each measure is a loss."""
    judged = bounds.judged if isinstance(bounds, Bounds) else []
    return min((value for value in judged if isfinite(value)), default=None)


def _status(failure: Mismatch | StudentFault) -> Status:
    return failure.status if isinstance(failure, StudentFault) else Status.FAILED


def _line(failure: Mismatch | StudentFault) -> int | None:
    return failure.line if isinstance(failure, StudentFault) else None


def _messages(failures: Sequence[tuple[str, Mismatch | StudentFault]], show_expected: bool) -> str:
    """What every part's failure says; the same words once, for all the parts they are about."""
    names: dict[str, list[str]] = {}
    for name, failure in failures:
        names.setdefault(_words(failure, show_expected), []).append(name)
    return "\n".join(f"{', '.join(parts)}: {words}" for words, parts in names.items())


def _words(failure: Mismatch | StudentFault, show_expected: bool) -> str:
    return failure.message(show_expected) if isinstance(failure, Mismatch) else failure.message


def wanted(item: CheckItem, only: str | None, items: Sequence[CheckItem]) -> bool:
    """Whether `item` is the check asked for, or one that it needs."""
    if only is None:
        return True
    return any(item in needed(other, items) for other in items if other.name == only)


def in_order(items: Sequence[CheckItem], first: Collection[str]) -> list[CheckItem]:
    """The checks named in `first` and those they need, then the others; else as declared."""
    early = [one for item in items if item.name in first for one in needed(item, items)]
    return sorted(items, key=lambda item: item not in early)


def needed(item: CheckItem, items: Sequence[CheckItem]) -> list[CheckItem]:
    """A check and all that it rests on."""
    found = [item]
    for other in items:
        if other.function in item.declaration.needs:
            found += needed(other, items)
    return found


def declarations(exercise: Exercise) -> dict[str, Declaration]:
    """What stands above each check of an exercise, by the check's name."""
    found: dict[str, Declaration] = {}
    with own_modules(exercise.root):
        for visibility in exercise.suites.values():
            module = importlib.import_module(f"checks.{visibility}.{exercise.id}")
            for name, value in vars(module).items():
                if (declaration := getattr(value, "declaration", None)) is not None:
                    found[name] = declaration
    return found


def measures(exercise: Exercise) -> dict[str, Measure]:
    """What the checks of an exercise measure, by check; only those that declare a measure."""
    declared = declarations(exercise)
    return {name: one.measure for name, one in declared.items() if one.measure is not None}


def run(session: Session) -> list[CheckResult]:
    """Run the checks of the session's exercise; what breaks in the suite is in its `faults`."""
    arguments = [
        *arguments_for(session.exercise),
        f"--timeout={BACKSTOP_SECONDS}",
        f"--timeout-method={_timeout_method()}",
    ]
    # By name, pytest would look for it among all packages that are installed, each time.
    plugins = [Recorder(session), pytest_timeout]
    with environment(PLAIN), own_modules(session.exercise.root):
        code = pytest.main(arguments, plugins=plugins)
    if code == pytest.ExitCode.INTERRUPTED and not session.faults:
        raise session.interruption
    if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
        session.faults.append(f"the suite ended with {code!r}")
    return finished(session)


def arguments_for(exercise: Exercise) -> list[str]:
    """pytest's arguments for the suites of an exercise."""
    checks = exercise.root / "checks"
    arguments = [
        *map(str, exercise.suites),
        f"--rootdir={checks}",
        f"--confcutdir={checks}",
        "--noconftest",
        f"-c={checks / 'pytest.ini'}",
        # Checks raise; they do not assert.
        "--assert=plain",
        "-s",
    ]
    for plugin in UNUSED_PLUGINS:
        arguments += ["-p", f"no:{plugin}"]
    return arguments


def finished(session: Session) -> list[CheckResult]:
    """One result for each check of a session that has run. Raises UsageError."""
    if not session.declared and not session.faults:
        session.faults.append(f"no checks found for {session.exercise.id}")
    if session.only is not None and session.declared and session.only not in session.declared:
        known = ", ".join(session.declared)
        raise UsageError(f"there is no check {session.only}: choose one of {known}")
    return session.complete_results()


def _timeout_method() -> str:
    """Signals reach the main thread only; a worker of a cluster runs this in another one."""
    return "signal" if threading.current_thread() is threading.main_thread() else "thread"


@contextmanager
def own_modules(root: Path) -> Iterator[None]:
    """The package `checks` is this course's, freshly imported: no check leaves anything behind."""
    before = _forget_checks()
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))
        _forget_checks()
        sys.modules.update(before)


def _forget_checks() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name == "checks" or name.startswith("checks.")]
    return {name: sys.modules.pop(name) for name in names}
