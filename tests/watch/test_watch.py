"""Watch: what is run first, what flipped, and that nothing keeps it from the next save."""

import os
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from grading.course.syllabus import ROOT, Exercise
from grading.errors import UsageError
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.report import CheckResult, Report, Status, Visibility
from grading.submission import file as submissions
from grading.watch import loop
from grading.watch.events import HANG_UP, SAVED, Events
from grading.watch.loop import AGAIN, HINT, NEXT, QUIT, Watch
from grading.watch.show import KEYS, WatchRenderer
from tests.support.patience import PATIENCE
from tests.support.toy import HIDDEN_CHECKS, PUBLIC_CHECKS, REFERENCE, make_course

# Each grading is a pytest session, which takes over the alarm signal.
pytestmark = pytest.mark.timeout(300, method="thread")

NO_DOUBLE = REFERENCE.replace("return 2 * values", "raise NotImplementedError")
HALF = REFERENCE.replace("2 * values", "values / 2")
SAME_SIGN = REFERENCE.replace("-values", "values")
ENDLESS = REFERENCE.replace("return 2 * values", "while True: pass")
TRAINING = """
from checks.public.toy import doubles
from grading.checking.check import check

def trained(draw, student):
    return float(student.double(values=draw.normal(1, 1))["doubled"].shape[0])

@check(points=10)
def adds(draw, student):
    '''Nothing but an answer is asked for.'''
    student.double(values=draw.normal(2, 2))

@check(points=20, needs=[doubles], measure=trained)
def learns(draw, student, bounds):
    '''It learns.'''
    assert trained(draw, student) == 1
"""
THRESHOLDS = """{"learns": {"quantity": "loss", "devices": {"cpu":
{"above": 0, "below": 2, "tries": 1, "right": [1], "wrong": {}}}}}"""


def result(name: str, status: Status) -> CheckResult:
    return CheckResult(
        name, name, Visibility.PUBLIC, status, 0, 1, "", None, "", "", 0.0, f"repeat {name}"
    )


def test_what_did_not_pass_comes_first_and_what_was_not_run_does_not_stand() -> None:
    checks = [result(status, status) for status in Status]
    before = {check.id: check.status for check in checks}
    assert loop.not_passed(before) == [status for status in Status if status != "passed"]
    assert result("not_run", Status.NOT_RUN) not in loop.standing(checks)
    assert len(loop.standing(checks)) == len(checks) - 1
    own = {check.id for check in loop.failing(checks)}
    assert own == set(Status) - {"passed", "blocked", "not_run"}


@pytest.fixture
def own_grader(grader: Grader, monkeypatch: pytest.MonkeyPatch) -> Grader:
    """The shared grader, without anything of another toy course; nobody looks around for long."""
    grader.answers.pop("toy", None)
    return grader


def test_checks_are_run_in_the_order_asked_for_and_after_what_they_need(
    own_grader: Grader, tmp_path: Path
) -> None:
    hidden = HIDDEN_CHECKS.replace("@check(points=40)", "@check(points=40, needs=[doubles])")
    hidden = f"from checks.public.toy import doubles\n{hidden}{LAST}"
    exercise = make_course(tmp_path, PUBLIC_CHECKS, hidden).exercise("toy")
    work = submissions.from_bytes(REFERENCE.encode(), exercise.file)

    def order(*first: str, known: Sequence[CheckResult] = ()) -> list[str]:
        run: list[str] = []
        report = own_grader.grade(
            exercise,
            work,
            Plan(seed=1, first=first, known=known),
            on_result=lambda one: run.append(one.id),
        )
        assert report.full_marks
        assert [check.id for check in report.checks] == ["doubles", "negates", "last"]
        return run

    assert order() == ["doubles", "negates", "last"]
    assert order("last") == ["last", "doubles", "negates"]
    assert order("last", "negates") == ["doubles", "negates", "last"]
    [doubles, *_] = own_grader.grade(exercise, work, Plan(seed=1)).checks
    assert order(known=[doubles]) == ["negates", "last"]
    failed = replace(doubles, status=Status.FAILED, points=0.0)
    report = own_grader.grade(exercise, work, Plan(seed=1, known=[failed]))
    assert [check.status for check in report.checks] == ["failed", "blocked", "passed"]


LAST = """
@check(points=1)
def last(draw, both):
    '''Numbers are negated once more.'''
    same(*both.negate(values=draw.normal(1, 2)), axes=AXES)
"""


class Script:
    """Events as they come: (while idle or while a grading waits, what happens then, the event)."""

    def __init__(self, *steps: tuple[str, Callable[[], object], str | None]) -> None:
        self.steps = list(steps)

    def next(self, timeout: float | None = None) -> str | None:
        when = "idle" if timeout is None else "grading"
        if not self.steps or self.steps[0][0] != when:
            assert timeout is not None, f"nothing happens any more, but {self.steps}"
            return None
        _, happens, event = self.steps.pop(0)
        happens()
        return event


def nothing() -> None:
    return None


def watched(
    grader: Grader,
    exercise: Exercise,
    file: Path,
    *steps: tuple[str, Callable[[], object], str | None],
    hint: Callable[[], list[str]] = list,
) -> Report | None:
    script = Script(*steps)
    if steps[-1][2] != HANG_UP:
        script.steps.append(("idle", nothing, QUIT))
    seeds = iter(range(1, 10))
    one = Watch(
        grader,
        exercise,
        read=lambda: submissions.read(file, exercise.file),
        draw=lambda: next(seeds),
        complete=lambda report: report,
        hint=hint,
        events=script,  # type: ignore[arg-type]
        show=WatchRenderer(plain=True, has_keys=False),
    )
    report = one.run()
    assert script.steps == [], "not all that should have happened has"
    return report


@pytest.fixture
def work(tmp_path: Path) -> Path:
    file = tmp_path / "toy_module.py"
    file.write_text(NO_DOUBLE)
    return file


def parts(shown: str) -> list[str]:
    """What was said in each round, with single spaces."""
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    return "\n".join(lines).split("toy_module.py at ")[1:]


def test_each_save_says_what_flipped_and_nothing_else(
    own_grader: Grader, toy: Exercise, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = watched(
        own_grader,
        toy,
        work,
        ("idle", lambda: work.write_text(HALF), SAVED),
        ("idle", lambda: work.touch(), SAVED),
        ("idle", lambda: work.write_text(REFERENCE), SAVED),
        ("idle", lambda: work.write_text(SAME_SIGN), SAVED),
    )
    first, half, right, same_sign = parts(capsys.readouterr().out)
    assert "not attempted 0/60 Every number is doubled. (doubles)" in first
    assert "passed 40/40 Every number changes its sign.\n" in first
    assert "40 of 100 points" in first
    assert "1 passed, 1 not attempted" in first
    assert "(doubles, was not attempted)" in half
    assert "expected" in half
    assert "changes its sign" not in half
    assert "40 of 100 points [" in half
    assert "passed 60/60 Every number is doubled. (was failed)" in right
    assert "100 of 100 points, 60 more than before" in right
    assert "Everything is right" in right
    assert "(negates, was passed)" in same_sign
    assert "60 of 100 points, 40 fewer than before" in same_sign
    assert "To run it alone: python grader.py toy --seed 1 --check negates" in same_sign
    assert report is not None
    assert report.score == 60


def test_an_endless_loop_is_left_at_the_next_save(
    own_grader: Grader, toy: Exercise, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work.write_text(ENDLESS)
    before = own_grader.sandbox.usage.cpu_seconds
    report = watched(
        own_grader,
        toy,
        work,
        ("grading", nothing, None),
        ("grading", lambda: work.touch(), SAVED),  # nothing new: goes on
        ("grading", lambda: work.write_text(REFERENCE), SAVED),
    )
    first, second = parts(capsys.readouterr().out)
    assert "timed out" not in first
    assert first.endswith("Stopped before it was done\n\n")
    assert "100 of 100 points" in second
    assert report is not None
    assert report.full_marks
    assert own_grader.sandbox.usage.cpu_seconds - before < 10  # what a check may take


def test_a_loop_at_import_and_one_in_diagnosis_are_left_too(
    own_grader: Grader, toy: Exercise, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toy.misconceptions.parent.mkdir(exist_ok=True)
    toy.misconceptions.write_text(LOOPING_MISTAKE)
    work.write_text("while True: pass\n")
    watched(
        own_grader,
        toy,
        work,
        ("grading", nothing, None),
        ("grading", lambda: work.write_text(HALF), SAVED),
        # Looking around between checks, then in the endless replay of the mistake.
        *[("grading", nothing, None)] * 3,
        ("grading", lambda: work.write_text(REFERENCE), SAVED),
    )
    said = capsys.readouterr().out
    assert said.count("Stopped before it was done") == 2
    assert "100 of 100 points" in parts(said)[-1]


LOOPING_MISTAKE = """
[[misconception]]
name = "loops"
why = "it loops"
student = "Your double loops."
hints = ["nudge", "concept", "location"]
fails = ["doubles"]
edits = [["return 2 * values", "while True: pass"]]
"""


def test_what_trains_comes_last_and_only_once_everything_it_rests_on_has_passed(
    own_grader: Grader, tmp_path: Path, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exercise = make_course(tmp_path, PUBLIC_CHECKS, TRAINING).exercise("toy")
    exercise.thresholds.parent.mkdir()
    exercise.thresholds.write_text(THRESHOLDS)
    work.write_text(HALF)
    report = watched(
        own_grader,
        exercise,
        work,
        ("idle", lambda: work.write_text(REFERENCE), SAVED),
    )
    half, right = parts(capsys.readouterr().out)
    assert half.count("of 90 points") == 1
    assert "It learns." not in half
    quick, trained = right.split("It learns.")
    assert "70 of 90 points, 60 more than before" in quick
    assert "90 of 90 points, 20 more than before" in trained
    assert report is not None
    assert report.full_marks


def test_keys(
    own_grader: Grader, toy: Exercise, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hints = iter([["Hint 1 of 3: nudge"], ["Hint 2 of 3: concept"]])

    def hint() -> list[str]:
        if (lines := next(hints, None)) is None:
            raise UsageError("this course gives no hints")
        return lines

    work.write_text(HALF.replace("-values", "values"))
    watched(
        own_grader,
        toy,
        work,
        *[("idle", nothing, key) for key in (HINT, NEXT, NEXT, HINT, "x", HINT, AGAIN)],
        ("idle", lambda: work.write_text(ENDLESS), SAVED),
        ("grading", nothing, NEXT),
        ("grading", nothing, HANG_UP),
        hint=hint,
    )
    first, again, endless = parts(capsys.readouterr().out)
    summary, one, two = first.split("Hint ")
    assert "Next: Every number is doubled." in summary
    assert one.startswith("1 of 3: nudge")
    assert one.index("(negates)") < one.index("(doubles)")
    assert two.startswith("2 of 3: concept\nthis course gives no hints")
    assert "inputs of seed 1\n" in first
    assert "inputs of seed 2\n" in again
    assert again.split("\n", 1)[1].startswith("0 of 100 points")
    assert "Next:\nfailed 0/60 Every number is doubled. (doubles)" in again
    assert "(negates)" in endless


def test_a_file_that_cannot_be_read_is_said_and_waited_for(
    own_grader: Grader, toy: Exercise, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = watched(
        own_grader,
        toy,
        work,
        ("idle", lambda: work.unlink(), SAVED),
        ("idle", nothing, AGAIN),
        ("idle", lambda: work.write_bytes(b"x = 1\0"), SAVED),
        ("idle", lambda: work.write_text(REFERENCE), SAVED),
    )
    said = " ".join(capsys.readouterr().out.split())
    assert said.count("does not exist: give a file or a folder") == 2
    assert "NUL bytes" in said
    assert report is not None
    assert report.full_marks


def test_a_grader_that_fails_says_so_and_goes_on(
    own_grader: Grader, toy: Exercise, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = toy.root / "checks" / "public" / "toy.py"
    sound = suite.read_text()
    suite.write_text(sound.replace("both.double", "both.triple"))
    report = watched(
        own_grader,
        toy,
        work,
        ("idle", lambda: (suite.write_text(sound), work.write_text(REFERENCE)), SAVED),
    )
    broken, right = parts(capsys.readouterr().out)
    assert "not gradable" in broken
    assert "grader: doubles: GraderError('toy.py has no probe triple')" in broken
    assert "100 of 100 points" in right
    assert report is not None
    assert report.full_marks


# --- events ----------------------------------------------------------------------------------


@pytest.fixture
def events(tmp_path: Path) -> Iterator[Events]:
    with Events(tmp_path, ["work.py"]) as opened:
        assert opened.next(60) == SAVED  # the first look
        yield opened


def test_a_save_is_noticed_however_the_editor_does_it(events: Events, tmp_path: Path) -> None:
    work, new = tmp_path / "work.py", tmp_path / "work.py.new"
    work.write_text("1")
    assert events.next(60) == SAVED
    with work.open("a") as file:
        file.write("2")
    assert events.next(60) == SAVED
    new.write_text("3")
    new.rename(work)
    assert events.next(60) == SAVED
    work.rename(tmp_path / "work.py~")
    new.write_text("4")
    new.rename(work)
    assert events.next(60) == SAVED


def test_other_files_are_no_save(events: Events, tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text("1")
    (tmp_path / "work.py.swp").write_text("1")
    assert events.next(0.3) is None


def test_a_folder_that_cannot_be_watched_is_said(tmp_path: Path) -> None:
    missing = Events(tmp_path / "missing", ["work.py"])
    with missing as opened:
        assert opened.next(60) == SAVED
        with pytest.raises(UsageError, match="cannot be watched"):
            opened.next()


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_signal_that_somebody_swallowed_ends_the_watch_all_the_same(
    tmp_path: Path, goes_on: bool
) -> None:
    def told_to_end() -> None:
        with Events(tmp_path, ["work.py"]) as opened:
            with suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
            if goes_on:
                opened.next()

    with pytest.raises(KeyboardInterrupt):
        told_to_end()


# --- the command -----------------------------------------------------------------------------

COMMAND = [sys.executable, str(ROOT / "grader.py"), "watch", "ex4"]


class Terminal:
    """A terminal of its own, and a command in it."""

    def __init__(self, *command: str) -> None:
        self.ours, theirs = os.openpty()
        self.before = termios.tcgetattr(theirs)
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=take_terminal,
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "200"},
        )
        self.theirs = theirs  # kept open, so that its settings can be asked for
        self.shown = ""

    def until(self, words: str) -> None:
        """Read until these words are there; what comes before them is forgotten."""
        while words not in self.shown:
            assert select.select([self.ours], [], [], 120)[0], self.shown
            self.shown += os.read(self.ours, 65536).decode("utf-8", "replace")
        self.shown = self.shown.split(words, 1)[1]

    def press(self, key: str) -> None:
        os.write(self.ours, key.encode())

    @property
    def is_raw(self) -> bool:
        """Whether keys are passed on one by one, and not shown."""
        return not termios.tcgetattr(self.theirs)[3] & (termios.ICANON | termios.ECHO)

    @property
    def is_as_before(self) -> bool:
        return termios.tcgetattr(self.theirs) == self.before

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)


def take_terminal() -> None:
    """As a shell does: the new session's terminal is its standard input."""
    import fcntl

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def run(*command: str) -> Terminal:
        opened.append(Terminal(*command))
        return opened[-1]

    yield run
    for one in opened:
        one.close()


def copy_of(name: str, target: Path) -> str:
    """The text of a solution, which is written into `target`."""
    text = (ROOT / "reference" / name).read_text(encoding="utf-8")
    target.write_text(text, encoding="utf-8")
    return text


def test_in_a_terminal_keys_work_and_quitting_leaves_it_as_it_was(
    terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    file = tmp_path / "work.py"
    text = copy_of("ex4_interpretability.py", file)
    shown = terminal(*COMMAND, "--submission", str(file))
    shown.until("100 of 100 points")
    shown.until(KEYS)
    assert shown.is_raw
    new = tmp_path / "new"
    new.write_text(
        text.replace("raise ValueError", "pass #").replace("i, f, g, o", "f, i, g, o", 1)
    )
    new.rename(file)
    shown.until("was passed")
    shown.until(KEYS)
    shown.press("n")
    shown.until("(gates_of_one_step)")
    shown.press("\x1b[A")  # an arrow is no key of ours
    shown.press("h")
    shown.until("hints are given for the work in exercises/ only")
    shown.press("Q")
    assert shown.process.wait(PATIENCE) == 1
    assert shown.is_as_before


@pytest.mark.parametrize("ending", ["\x03", "\x1c", "SIGTERM", "crash"])
def test_however_it_ends_the_terminal_is_as_it_was(
    terminal: Callable[..., Terminal], ending: str, tmp_path: Path
) -> None:
    if ending == "crash":
        shown = terminal(sys.executable, "-c", CRASHING)
        shown.until("ready")
        shown.press("x")
    else:
        file = tmp_path / "work.py"
        file.write_text("while True: pass\n")  # it ends from within a grading, too
        shown = terminal(*COMMAND, "--submission", str(file))
        shown.until("work.py at")
        assert shown.is_raw
        if ending == "SIGTERM":
            shown.process.send_signal(signal.SIGTERM)
        else:
            shown.press(ending)
    assert shown.process.wait(PATIENCE) == (3 if ending == "crash" else 130)
    assert shown.is_as_before


CRASHING = """
import sys
from grading.cli.main import run
from grading.judging.grader import Grader
from grading.watch.loop import Watch

def crash(watch):
    print("ready", flush=True)
    watch.events.next()
    raise RuntimeError("a bug")

Watch.run = crash
sys.argv = ["grader.py", "watch", "ex4", "--isolation", "process"]
run()
"""


def test_without_a_terminal_there_are_lines_and_a_save_interrupts_an_endless_loop(
    tmp_path: Path,
) -> None:
    file = tmp_path / "work.py"
    file.write_text("while True: pass\n")
    process = subprocess.Popen(
        [*COMMAND, "--submission", str(file), "--seed", "5"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "inputs of seed 5" in line:
                break
        time.sleep(0.5)  # not needed, but then the loop is running rather than about to
        copy_of("ex4_interpretability.py", file)
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip())
            if "Well done" in line:
                break
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
    shown = "\n".join(lines)
    assert "Stopped before it was done" in shown
    assert "100 of 100 points" in shown
    assert "\x1b" not in shown
    assert KEYS not in shown
    assert process.returncode == 130
    assert "Traceback" not in errors


def test_what_cannot_be_read_at_the_start_is_one_line() -> None:
    result = subprocess.run(
        [*COMMAND, "--submission", "nowhere.py"], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 2
    assert "nowhere.py does not exist" in result.stderr
    assert "Traceback" not in result.stderr
