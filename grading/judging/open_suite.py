"""A run of pytest that stays open, for many submissions to one exercise.

Starting pytest costs as much as running a dozen quick checks. So it is started once, in a thread of
its own, and gets one submission after another. It still imports the modules of the checks anew for
each one.
"""

import contextlib
import faulthandler
import os
import threading
import time
from queue import Empty, SimpleQueue

import pytest

from grading.checking.suites import own_modules
from grading.course.syllabus import Exercise
from grading.environment import environment
from grading.judging.session import Session
from grading.judging.suite import (
    BACKSTOP_SECONDS,
    PLAIN,
    SESSION,
    CheckFile,
    Runner,
    arguments_for,
)
from grading.report import CheckResult


class OpenSuite:
    """Runs the checks of `exercise` for one session after another; not thread-safe."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._thread: threading.Thread | None = None

    def run(self, session: Session) -> list[CheckResult]:
        """Like `suite.run`."""
        if self._thread is None:
            self._start()
        if not self._graded(session):
            session.faults.append("the suite ended early")
            self.close()
        return session.finish()

    def close(self) -> None:
        """End the run, if one is open."""
        if self._thread is not None:
            self._inbox.put(None)
            self._thread.join()
            self._thread = None

    def _start(self) -> None:
        # Sessions go in, and come out when they are finished.
        self._inbox: SimpleQueue[Session | None] = SimpleQueue()
        self._outbox: SimpleQueue[Session | None] = SimpleQueue()
        name = f"checks of {self._exercise.id}"
        self._thread = threading.Thread(target=self._hold_open, name=name, daemon=True)
        self._thread.start()

    def _graded(self, session: Session) -> bool:
        """Run a session to its end; False if pytest ended instead."""
        self._inbox.put(session)
        began = time.monotonic()
        while time.monotonic() - began < BACKSTOP_SECONDS:
            # Some systems wait by the wall clock: if somebody sets it, a wait may end at once.
            with contextlib.suppress(Empty):
                return self._outbox.get(timeout=BACKSTOP_SECONDS) is session
            time.sleep(0.05)
        # As pytest-timeout does: the grader itself hangs, and no submission is to blame.
        faulthandler.dump_traceback()
        os._exit(1)

    def _hold_open(self) -> None:
        try:
            with environment(PLAIN):
                loop = _Loop(self._inbox, self._outbox)
                pytest.main(arguments_for(self._exercise), plugins=[loop])
        finally:
            self._outbox.put(None)


class _Loop(Runner):
    """Collects and runs the checks once for every session that comes in."""

    def __init__(
        self, inbox: "SimpleQueue[Session | None]", outbox: "SimpleQueue[Session | None]"
    ) -> None:
        self._inbox, self._outbox = inbox, outbox

    def pytest_configure(self, config: pytest.Config) -> None:
        """Nothing is graded yet."""

    def pytest_collection(self) -> bool:
        """Nothing is collected yet."""
        return True

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        while (current := self._inbox.get()) is not None:
            self.session = session.config.stash[SESSION] = current
            with own_modules(current.interview.exercise.root):
                for item in self._collected(session):
                    item.runtest()
            self._outbox.put(current)
        return True

    def _collected(self, session: pytest.Session) -> list[pytest.Item]:
        """The checks, from the known files; pytest would look through their folders again."""
        items: list[pytest.Item] = []
        for path in self.session.interview.exercise.suites:
            file = CheckFile.from_parent(session, path=path)
            report = session.config.hook.pytest_make_collect_report(collector=file)
            self.pytest_collectreport(report)
            items += report.result
        self.pytest_collection_modifyitems(items)
        return [] if self.session.faults else items
