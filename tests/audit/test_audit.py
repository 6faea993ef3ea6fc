"""The audit finds what is wrong with a course, and nothing in the real one's quickest exercise."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from grading.audit import audit
from grading.audit.audit import Kind
from grading.checking import suites
from grading.course.syllabus import ROOT, Course
from grading.judging.grader import Grader
from grading.sandbox import gpu
from tests.support.toy import KNOWN, PUBLIC_CHECKS, REFERENCE, make_course

SOLUTION = """
def double(values):
    # BEGIN SOLUTION
    return 2 * values
    # END SOLUTION

def negate(values):
    # BEGIN SOLUTION
    return -values
    # END SOLUTION
"""
STUB = """
def double(values):
    raise NotImplementedError

def negate(values):
    raise NotImplementedError
"""


def toy_course(root: Path, known: str, equivalent: str = "") -> Course:
    """The toy course with a stub, a right variant and known mistakes."""
    plan = make_course(root, PUBLIC_CHECKS)
    exercise = plan.exercise("toy")
    for path, text in (
        (exercise.stub, STUB),
        (exercise.misconceptions, known),
        (exercise.misconceptions.parent / "equivalent.toml", equivalent),
        (
            root / "tests/bank/toy/right/added.py",
            REFERENCE.replace("2 * values", "values + values"),
        ),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return plan


class OneGrader:
    """A pool of the one grader that the tests share."""

    def __init__(self, grader: Grader) -> None:
        self.grader = grader

    def run(self, function, cases):  # type: ignore[no-untyped-def]
        for case in cases:
            yield case, function(self.grader, case)


def audited(
    grader: Grader, plan: Course, monkeypatch: pytest.MonkeyPatch, *kinds: Kind
) -> audit.Audit:
    grader.answers.pop("toy", None)
    exercises = list(plan.exercises.values())
    pool = OneGrader(grader)
    return audit.audit(exercises, pool, 1, kinds or list(Kind), False, lambda *_: None)  # type: ignore[arg-type]


ONE = KNOWN[: KNOWN.index("[[misconception]]", 20)]
EQUIVALENT = """
[[toy]]
mutant = "negate: -values -> values"
why = "no check of this toy looks at negate"
"""


def test_a_good_course_has_no_findings(
    grader: Grader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = audited(grader, toy_course(tmp_path, ONE, EQUIVALENT), monkeypatch)
    assert found.findings == []
    assert found.named == 1
    assert found.equivalent == {("toy", "negate: -values -> values")}
    assert {kind: found.counts["toy", kind] > 0 for kind in Kind} == dict.fromkeys(Kind, True)
    margin = found.margins["toy", "doubles"]
    assert margin.right < 1
    assert margin.wrong is not None
    assert margin.wrong > 1


def problems(found: audit.Audit) -> str:
    return "\n".join(f"{one.kind} {one.name}: {one.problem}" for one in found.findings)


def test_a_surviving_mutant_is_a_finding(
    grader: Grader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = audited(grader, toy_course(tmp_path, ONE), monkeypatch, Kind.MUTANT)
    assert problems(found) == "mutant negate: -values -> values: no check notices it"


@pytest.mark.parametrize(
    ("known", "problem"),
    [
        (ONE.replace('"doubles"', '"negates"'), "negates does not fail"),
        (ONE.replace('"doubles"', '"negates"'), "doubles fails, but is not listed for it"),
        (ONE.replace("fails", 'unnamed = "because"\nfails'), ""),
        (ONE + ONE.replace('"halves"', '"twin"'), "should be named, but is diagnosed as {None}"),
        (ONE.replace("values / 2", "2 * 1 * values"), "doubles does not fail"),
        (ONE.replace("values / 2", "2 * 1 * values"), "catches no mistake that no other"),
    ],
)
def test_what_is_wrong_with_a_known_mistake_is_a_finding(
    grader: Grader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: str, problem: str
) -> None:
    found = audited(grader, toy_course(tmp_path, known), monkeypatch, Kind.MISCONCEPTION)
    assert problem in problems(found)
    assert bool(problem) == bool(found.findings)


def test_a_stub_that_scores_and_a_right_answer_that_does_not_are_findings(
    grader: Grader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = toy_course(tmp_path, ONE)
    exercise = plan.exercise("toy")
    exercise.stub.write_text(REFERENCE)
    variant = tmp_path / "tests/bank/toy/right/added.py"
    variant.write_text(REFERENCE.replace("2 * values", "values"))
    said = problems(audited(grader, plan, monkeypatch, Kind.STUB, Kind.RIGHT))
    assert "stub stub: scores 60" in said
    assert "right variant added: seed" in said


def test_a_mutant_that_is_listed_as_equivalent_and_caught_is_a_finding(
    grader: Grader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = EQUIVALENT + EQUIVALENT.replace("negate: -values -> values", "no such mutant")
    plan = toy_course(tmp_path, ONE, listed)
    found = audited(grader, plan, monkeypatch, Kind.MUTANT)
    assert problems(found).startswith("mutant no such mutant: is listed as equivalent")


def test_the_stored_table_is_about_the_checks_there_are(real_course: Course) -> None:
    table = json.loads((ROOT / "docs" / "tolerances.json").read_text(encoding="utf-8"))
    assert set(table) == set(real_course.exercises)
    for identity, margins in table.items():
        assert set(margins) <= set(suites.checks(real_course.exercise(identity)))
        assert len(margins) > 5
        for margin in margins.values():
            assert 0 <= margin["right"] < 1
            assert margin["wrong"] is None or margin["wrong"] > 1


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "grader.py", "audit", *arguments, "--jobs", "1", "--plain"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("device", [["--device", "cpu"], []])
def test_an_audit_on_a_device(device: list[str]) -> None:
    result = run("ex4", "--only", "stub", *device)
    assert result.returncode == 0, result.stderr
    assert "ex4: stubs" in result.stdout


@pytest.mark.skipif(bool(gpu.nodes()), reason="there is a GPU")
def test_an_audit_without_the_gpu_that_it_needs_is_one_line() -> None:
    result = run("ex4", "--only", "stub", "--device", "cuda")
    assert result.returncode == 2
    assert result.stderr.startswith("grader: --device cuda: this machine has no NVIDIA GPU")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


@pytest.mark.cuda
@pytest.mark.skipif(not gpu.nodes(), reason="there is no GPU")
def test_a_reference_on_a_gpu() -> None:
    result = run("ex4", "--only", "reference", "--device", "cuda")
    assert result.returncode == 0, result.stdout + result.stderr
