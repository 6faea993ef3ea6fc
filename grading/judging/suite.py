"""pytest's part: it collects an exercise's suites, and hands each check to the session."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_timeout  # type: ignore[import-untyped]

from grading.checking.check import Check
from grading.checking.suites import checks_in, own_modules
from grading.course.syllabus import Exercise
from grading.environment import environment
from grading.judging.session import Session
from grading.report import CheckResult

# Far above what any check may take: it fires only if the grader itself hangs.
BACKSTOP_SECONDS = 1800
# Parts of pytest that no check needs; setting them up costs a third of a session. Two of them,
# unraisableexception and threadexception, collect garbage twice per session.
UNUSED_PLUGINS = (
    *("cacheprovider", "debugging", "doctest", "faulthandler", "freeze_support", "junitxml"),
    *("legacypath", "logging", "monkeypatch", "pastebin", "python", "recwarn", "reports"),
    *("setuponly", "setupplan", "stepwise", "subtests", "terminal", "threadexception", "tmpdir"),
    *("unittest", "unraisableexception", "warnings"),
)
# Keeps out plugins and options that the caller's environment might add.
PLAIN = {
    "PYTEST_ADDOPTS": None,
    "PYTEST_PLUGINS": None,
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
}
SESSION = pytest.StashKey[Session]()


def run(session: Session) -> list[CheckResult]:
    """Run the checks of the session's exercise; faults of the suite go into its `faults`."""
    exercise = session.interview.exercise
    # Signals reach only the main thread, and a worker of a cluster runs this in another one.
    in_main_thread = threading.current_thread() is threading.main_thread()
    arguments = [
        *arguments_for(exercise),
        f"--timeout={BACKSTOP_SECONDS}",
        f"--timeout-method={'signal' if in_main_thread else 'thread'}",
    ]
    runner = Runner(session)
    with environment(PLAIN), own_modules(exercise.root):
        # The plugin itself: for its name, pytest would search all installed packages each time.
        code = pytest.main(arguments, plugins=[runner, pytest_timeout])
    if code == pytest.ExitCode.INTERRUPTED and not session.faults:
        raise runner.interruption
    if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
        session.faults.append(f"the suite ended with {code!r}")
    return session.finish()


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


class CheckFile(pytest.File):
    """A suite. Collecting from it imports it."""

    def collect(self) -> Iterator["CheckItem"]:
        exercise = self.config.stash[SESSION].interview.exercise
        for check in checks_in(exercise, self.path):
            yield CheckItem.from_parent(self, name=check.name, check=check)


class CheckItem(pytest.Item):
    """A check, as pytest runs it."""

    def __init__(self, *, check: Check, **more: Any) -> None:
        super().__init__(**more)
        self.check = check

    def runtest(self) -> None:
        self.config.stash[SESSION].judge(self.check)


class Runner:
    """The pytest plugin that collects declared checks, and runs them without pytest's reports.

    Nobody would read the reports, and one of a failure takes milliseconds to write.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.interruption = KeyboardInterrupt()

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[SESSION] = self.session

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> CheckFile:
        file: CheckFile = CheckFile.from_parent(parent, path=file_path)
        return file

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.session.faults.append(f"{report.nodeid} cannot be collected: {report.longrepr}")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        checks = {item.check: item for item in items if isinstance(item, CheckItem)}
        items[:] = [checks[check] for check in self.session.declare(list(checks))]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: CheckItem) -> bool:
        item.runtest()
        return True

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        if isinstance(excinfo.value, KeyboardInterrupt):
            self.interruption = excinfo.value

    def pytest_internalerror(self, excrepr: object) -> None:
        self.session.faults.append(str(excrepr))
