"""Hostile submissions to exercise 1, on every rung that claims to stop them."""

import pytest

from grading import players
from grading.course import ROOT, Course
from grading.report import Status
from grading.sandbox.rungs import Rung
from grading.submission import from_bytes
from grading.suite import Session
from tests import attacks
from tests.attacks import Attack
from tests.conftest import GraderOn


@pytest.fixture(autouse=True)
def short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """2 CPU seconds instead of 10, so that endless loops end sooner."""
    limit = Session.limit
    monkeypatch.setattr(players, "LOAD_CPU_SECONDS", 2.0)
    monkeypatch.setattr(Session, "limit", lambda self, seconds, seed: limit(self, 2.0, seed))


@pytest.mark.parametrize("rung", [Rung.NAMESPACES, Rung.LANDLOCK])
@pytest.mark.parametrize("attack", attacks.load("first.toml"), ids=lambda attack: attack.name)
def test_an_attack_ends_as_it_should(
    grader_on: GraderOn, real_course: Course, attack: Attack, rung: Rung
) -> None:
    exercise = real_course.exercise("ex1")
    grader = grader_on(rung)
    started = grader.sandbox.usage.workers
    report = grader.grade(exercise, from_bytes(attack.source.encode(), exercise.file), seed=1)
    statuses = {check.id: check.status for check in report.checks}
    assert statuses[attack.check] == Status(attack.status)
    assert report.score == attack.score
    assert report.max_score == 100
    assert report.to_json()["status"] == "graded"
    # The grader goes on: the same zygote grades the same submission without the attack.
    assert grader.sandbox.usage.workers > started
    control = grader.grade(
        exercise,
        from_bytes(exercise.reference.read_bytes(), exercise.file),
        seed=1,
        only="net_reads_every_input",
    )
    assert control.full_marks


def test_every_attack_is_a_working_submission_without_its_code(real_course: Course) -> None:
    """So that none of them fails because the file is broken."""
    reference = (ROOT / "reference" / "ex1_vanilla_rnn.py").read_text(encoding="utf-8")
    for attack in attacks.load("first.toml"):
        code = attack.code.replace("COURSE", str(ROOT)).strip("\n")
        for line in code.splitlines():
            assert line.strip() in attack.source
        assert attack.source != reference
        compile(attack.source, attack.name, "exec")
