"""Hostile submissions to exercise 1, on every rung that claims to stop them.

A check that fails here may be a hole in the sandbox: read docs/security.md before changing what an
attack is expected to end with.

Each attack runs on one rung, in turn, and on both where they end it differently. `-m thorough` runs
the rest: the other rung, and all of it again with a PyTorch that maps as much as its CUDA build.
"""

import contextlib
import json
import os
import secrets
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from grading.checking import respondents
from grading.checking.draw import Draw
from grading.checking.interview import Interview
from grading.course import syllabus
from grading.course.syllabus import ROOT, Course, Exercise
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.renderers.terminal import TerminalRenderer
from grading.report import CheckResult, Report, Status
from grading.sandbox import client, processes, rungs
from grading.sandbox.processes import Zygote
from grading.sandbox.rungs import Rung
from grading.submission.file import from_bytes
from tests import attacks
from tests.attacks import Attack, page
from tests.support.machines import large_torch
from tests.support.patience import PATIENCE

ATTACKS = attacks.load()
STRONG = [Rung.NAMESPACES, Rung.LANDLOCK]
SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
# Words in the command line of every process that these graders start, and in their environment.
MARK = f"mark_{secrets.token_hex(8)}"
SECRET = f"secret_{secrets.token_hex(8)}"
# Instead of 10, for what is meant to run out of time and for nothing else: whatever ends in another
# way must end in that way on a busy machine too.
CPU_SECONDS = 0.5
# A loop is to be stopped by its CPU time, however little of a busy machine it gets.
WALL_PER_CPU_SECOND = 200.0
LONG_LINE = 25
LEFT_BEHIND = "unrolled_left_behind"
COMMON_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/", str(Path.home()), str(ROOT))
# What continuous integration obeys wherever a line has it: Azure Pipelines, old GitHub runners.
COMMANDS = ("##vso[", "##[")

GraderOf = Callable[[Rung, bool], Grader]


@pytest.fixture(scope="module")
def marked_grader() -> Iterator[GraderOf]:
    """The grader of a rung, with a large PyTorch or not, started once; its processes are marked."""
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(processes, "BOOT", f"{processes.BOOT}  # {MARK}")
        patch.setenv("UNROLLED_TEST_SECRET", SECRET)
        graders: dict[tuple[Rung, bool], Grader] = {}

        def get(rung: Rung, large: bool) -> Grader:
            if reason := rungs.why_not(rung):
                pytest.skip(f"rung {rung} is not available here: {reason}")
            if (rung, large) not in graders:
                graders[rung, large] = stack.enter_context(Grader(rung, zygote(rung, large)))
                # So that the reference has answered everything, with all the time it may need.
                right = from_bytes(attacks.reference().encode(), "ex1_vanilla_rnn.py")
                exercise = syllabus.load(syllabus.ROOT).exercise("ex1")
                report = graders[rung, large].grade(exercise, right, Plan(seed=1, training=False))
                assert report.score == 94
            return graders[rung, large]

        yield get


def zygote(rung: Rung, large: bool) -> Zygote:
    with pytest.MonkeyPatch.context() as patch:
        if large:
            patch.setattr(processes, "BOOT", large_torch(processes.BOOT))
        return Zygote(rung)


@pytest.fixture(scope="module")
def ex1(real_course: Course) -> Exercise:
    return real_course.exercise("ex1")


@pytest.fixture(scope="module")
def reference_lines(ex1: Exercise) -> set[str]:
    """The long lines that only the reference has."""
    stub = ex1.stub.read_text(encoding="utf-8")
    lines = {line.strip() for line in attacks.reference().splitlines()}
    return {line for line in lines if len(line) > LONG_LINE and line not in stub}


def each(entries: Sequence[tuple[str, object, bool]]) -> Iterator[Any]:
    """(entry, rung, large torch) for named entries; each on one rung in turn, or always on both."""
    for number, (name, entry, both) in enumerate(entries):
        for place, rung in enumerate(STRONG):
            for large in (False, True):
                sampled = not large and (both or number % len(STRONG) == place)
                marks = [] if sampled else [pytest.mark.thorough]
                suffix = "-large-torch" if large else ""
                yield pytest.param(entry, rung, large, id=f"{name}-{rung}{suffix}", marks=marks)


ATTACKED = [(attack.name, attack, bool(attack.statuses)) for attack in ATTACKS]
TWINS = [(name, name, False) for name in sorted({attack.category for attack in ATTACKS})]


@pytest.mark.parametrize(("attack", "rung", "large"), list(each(ATTACKED)))
def test_an_attack_ends_as_it_should_and_leaves_nothing(
    marked_grader: GraderOf,
    ex1: Exercise,
    reference_lines: set[str],
    capsys: pytest.CaptureFixture[str],
    attack: Attack,
    rung: Rung,
    large: bool,
) -> None:
    grader = marked_grader(rung, large)
    scratch = Path(grader.sandbox.scratch.name)
    before = (set(os.listdir(scratch)), running(), left_behind())
    started = grader.sandbox.usage.workers

    score = attack.score_on(rung)
    report = grade_quickly(grader, ex1, attack, attack.check if score is None else None)

    check = next(check for check in report.checks if check.id == attack.check)
    assert check.status == Status(attack.status_on(rung)), check.message
    assert check.points == (check.max_points if check.status is Status.PASSED else 0)
    assert score is None or report.score == score
    assert grader.sandbox.usage.workers > started
    assert_shown_harmless(report, grader.printed, capsys)
    assert_tells_nothing(report, grader.printed, reference_lines, attack.source)
    assert wait_for(lambda: running() <= before[1]), "a process was left"
    assert set(os.listdir(scratch)) <= before[0]
    assert left_behind() == before[2]
    neighbor_is_fine(grader, ex1)


def grade_quickly(grader: Grader, ex1: Exercise, attack: Attack, only: str | None) -> Report:
    """The report; what should run out of time has little of it, from where it is met."""
    with pytest.MonkeyPatch.context() as patch:
        if attack.status_on(grader.rung) == Status.TIMED_OUT:
            shorten(patch, attack)
        work = from_bytes(attack.source.encode(), ex1.file)
        # What known mistakes answer says nothing about the attack.
        return grader.grade(
            ex1, work, Plan(seed=1, only=only, training=attack.score is not None, diagnosis=False)
        )


def shorten(patch: pytest.MonkeyPatch, attack: Attack) -> None:
    """Little time for the import or the checks that an attack spoils, as usual for all before."""
    begin = Interview.begin

    def begin_with_less(interview: Interview, check: str, cpu_seconds: float) -> Draw:
        late = attack.check in [check, *interview.asked]
        return begin(interview, check, CPU_SECONDS if late else cpu_seconds)

    if attack.place == "import":
        patch.setattr(respondents, "LOAD_CPU_SECONDS", CPU_SECONDS)
    else:
        patch.setattr(Interview, "begin", begin_with_less)
    if not attack.waits:
        patch.setattr(client, "WALL_PER_CPU_SECOND", WALL_PER_CPU_SECOND)


def neighbor_is_fine(grader: Grader, ex1: Exercise) -> None:
    """The same zygote grades a right submission rightly."""
    report = grader.grade(
        ex1,
        from_bytes(attacks.reference().encode(), ex1.file),
        Plan(seed=1, only="cell_takes_one_step"),
    )
    assert report.score == 7
    assert report.full_marks


def assert_shown_harmless(report: Report, printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON and plain text are valid, and hold nothing that a terminal or a log would act on."""
    document = report.to_json()
    Draft202012Validator(SCHEMA).validate(document)
    assert document["status"] == "graded"
    assert document["max_score"] == 100
    json.dumps(document, allow_nan=False, ensure_ascii=False).encode()
    shown = rendered(report, printed, capsys)
    for text in [*texts(document), shown]:
        odd = {letter for letter in text if unicodedata.category(letter) in ("Cc", "Cf", "Cs")}
        assert odd <= {"\n", "\t"}
    for line in shown.splitlines():
        assert not line.lstrip(" |").startswith("::")
        assert not any(command in line for command in COMMANDS)


def assert_tells_nothing(
    report: Report, printed: str, reference_lines: set[str], source: str
) -> None:
    """No line of the reference, no secret of the grader, and no attack's word of success."""
    secret = {line for line in reference_lines if line not in source} | {SECRET, "BREACH"}
    shown = [*texts(report.to_json()), printed]
    for text in shown:
        assert not [line for line in secret if line in text]


def texts(value: object) -> Iterator[str]:
    """Every string in a JSON document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for entry in value.values():
            yield from texts(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from texts(entry)


def rendered(report: Report, printed: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What `python grader.py ex1 --plain` shows of a report."""
    capsys.readouterr()
    renderer = TerminalRenderer(plain=True)
    renderer.heading("ex1", report.submission_name)
    for check in report.checks:
        renderer.checked(check)
    renderer.summary(report, printed)
    return capsys.readouterr().out


def running() -> set[int]:
    """The marked processes of this machine."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if MARK.encode() in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
    return found


def wait_for(condition: Callable[[], bool]) -> bool:
    """Whether the condition comes true, at once on an idle machine."""
    deadline = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def left_behind() -> set[str]:
    """Files that attacks leave in common folders."""
    return {
        f"{folder}/{name}"
        for folder in COMMON_FOLDERS
        if os.path.isdir(folder)
        for name in os.listdir(folder)
        if name.startswith(LEFT_BEHIND)
    }


@pytest.mark.parametrize(("category", "rung", "large"), list(each(TWINS)))
def test_all_harmless_twins_of_a_category_together_lose_nothing(
    marked_grader: GraderOf, ex1: Exercise, category: str, rung: Rung, large: bool
) -> None:
    """Everything is graded here but the training, which costs seconds."""
    text = attacks.reference()
    for place, benign in {(a.place, a.benign) for a in ATTACKS if a.category == category}:
        text = attacks.put(text, place, benign)
    report = marked_grader(rung, large).grade(
        ex1, from_bytes(text.encode(), ex1.file), Plan(seed=1, training=False)
    )
    assert not [check.message for check in report.checks if lost(check)]
    trained = [check.id for check in report.checks if check.status is Status.NOT_RUN]
    assert trained == ["net_learns_a_sine"]


def lost(check: CheckResult) -> bool:
    return check.status not in (Status.PASSED, Status.NOT_RUN)


def test_every_attack_is_a_working_submission_without_its_code() -> None:
    """So that none of them fails because the file is broken."""
    for attack in ATTACKS:
        assert attack.source not in (attacks.reference(), attack.twin)
        for line in attacks.lines_of(attack.code).splitlines():
            assert line.strip() in attack.source
        compile(attack.source, attack.name, "exec")
        compile(attack.twin, attack.name, "exec")


def test_there_are_many_attacks_each_with_a_name_and_a_sentence() -> None:
    names = [attack.name for attack in ATTACKS]
    assert len(names) == len(set(names)) >= 205
    assert all(attack.tries.endswith(".") for attack in ATTACKS)


def test_the_documentation_says_how_every_attack_ends() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.written(text) == text, "out of date: python -m tests.attacks.page"
