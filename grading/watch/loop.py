"""Grade a submission again at each save, and say which checks flipped.

Checks that did not pass before run first. Training checks run last and build on the results so far:
each starts only when every check that it needs has passed. All rounds draw the same inputs until
the student asks for new ones, so a check that flips was flipped by the edit. A save ends the
running grading, and with it a worker that would never end by itself.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from grading.course.syllabus import Exercise
from grading.errors import UsageError
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.report import CheckResult, Report, Status
from grading.submission import file as submissions
from grading.submission.file import Submission
from grading.watch.events import HANG_UP, SAVED, Events
from grading.watch.show import WatchRenderer

HINT, NEXT, AGAIN, QUIT = "h", "n", "r", "q"


class Canceled(KeyboardInterrupt):
    """Ends a grading that `event` has made pointless."""

    def __init__(self, event: str) -> None:
        super().__init__(event)
        self.event = event


def not_passed(before: Mapping[str, Status]) -> list[str]:
    """The checks to run first: an edit is most likely about one of them."""
    return [name for name, status in before.items() if status is not Status.PASSED]


def standing(checks: Iterable[CheckResult]) -> list[CheckResult]:
    """The results that stand: on the same submission, their checks need not run again."""
    return [check for check in checks if check.status is not Status.NOT_RUN]


def failing(checks: Iterable[CheckResult]) -> list[CheckResult]:
    """The checks that are open: they did not pass, for a reason of their own."""
    return [check for check in checks if check.status.is_open]


def watch(
    grader: Grader,
    exercise: Exercise,
    path: Path,
    draw: Callable[[], int],
    complete: Callable[[Report], Report],
    hint: Callable[[], list[str]],
    plain: bool,
) -> Report | None:
    """Watch the submission at `path` until told to quit; return the last report, if any.

    `draw`, `complete` and `hint` are those of `Watch`.
    """
    read = partial(submissions.read, path, exercise.file, exercise.stubs)
    with Events(*submissions.places_of(path, exercise.file)) as events:
        show = WatchRenderer(plain, events.has_keys)
        return Watch(grader, exercise, read, draw, complete, hint, events, show).run()


@dataclass
class Watch:
    """One watched submission. `run` returns when it is told to quit.

    `read` returns the current submission, or raises UsageError; `draw` returns a seed for new
    inputs; `complete` adds to a report what the course keeps beside it; `hint` returns the lines of
    the next hint, or raises UsageError.
    """

    grader: Grader
    exercise: Exercise
    read: Callable[[], Submission]
    draw: Callable[[], int]
    complete: Callable[[Report], Report]
    hint: Callable[[], list[str]]
    events: Events
    show: WatchRenderer
    last: Report | None = None
    _work: Submission | None = None
    _seed: int = 0
    _before: dict[str, Status] = field(default_factory=dict)
    _looked_at: int = 0

    def run(self) -> Report | None:
        """Answer events until told to quit; return the last report, if any."""
        event: str | None = AGAIN
        with self.show, self.grader.sandbox.waiting(self._look_around):
            while event not in (QUIT, HANG_UP):
                try:
                    self._answer(event)
                    event = self.events.next()
                except Canceled as canceled:
                    event = canceled.event
                    self.show.canceled()
        return self.last

    def _answer(self, event: str | None) -> None:
        if event == AGAIN:
            self._seed = self.draw()
            self._grade()
        elif event == SAVED and self._is_new():
            self._grade()
        elif event == NEXT:
            self._show_next()
        elif event == HINT:
            self._show_hint()

    def _look_around(self) -> None:
        """Answer an event while the grader waits for a worker. Raises Canceled."""
        event = self.events.next(0)
        if event in (AGAIN, QUIT, HANG_UP) or (event == SAVED and self._is_new()):
            raise Canceled(event)
        if event in (HINT, NEXT):
            self._answer(event)

    def _is_new(self) -> bool:
        """Whether the file differs from the submission that was graded last."""
        try:
            return self._work is None or self.read().identity != self._work.identity
        except UsageError:
            return True

    def _grade(self) -> None:
        """Grade what the file holds now; if it cannot be read, say why."""
        try:
            work = self._work = self.read()
        except UsageError as error:
            self._work = None
            self.show.say(str(error))
            return
        self.show.began(work.described, self._seed)
        quick = self._round(work, training=False, known=[])
        self._ended(quick)
        known = standing(quick.checks)
        if len(known) < len(quick.checks):
            report = self._round(work, training=True, known=known)
            trained = [check for check in report.checks if check not in known]
            if any(check.status is not Status.BLOCKED for check in trained):
                self._ended(report)

    def _round(self, work: Submission, training: bool, known: list[CheckResult]) -> Report:
        def started(title: str) -> None:
            self._look_around()
            self.show.started(title)

        first = not_passed(self._before)
        plan = Plan(self._seed, training=training, first=first, known=known)
        return self.grader.grade(self.exercise, work, plan, started, self._checked)

    def _ended(self, report: Report) -> None:
        self.last = self.complete(report)
        self._looked_at = 0
        self.show.ended(self.last, failing(self.last.checks), self.grader.printed)

    def _checked(self, result: CheckResult) -> None:
        self.show.flipped(result, self._before.get(result.id))
        self._before[result.id] = result.status

    def _show_next(self) -> None:
        """Show the failing check after the one shown last; after the last one, the first."""
        failed = failing(self.last.checks) if self.last is not None else []
        if not failed:
            self.show.say("No check fails.")
            return
        self._looked_at = (self._looked_at + 1) % len(failed)
        self.show.checked(failed[self._looked_at])

    def _show_hint(self) -> None:
        try:
            lines = self.hint()
        except UsageError as error:
            lines = [str(error)]
        for line in lines:
            self.show.say(line)
