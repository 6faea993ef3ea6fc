"""What a student's report must not hold: hidden inputs, expected values, reference text."""

import json

import numpy as np
import pytest

from grading.checking import compare
from grading.checking.respondents import Question, Student
from grading.course.syllabus import Course
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.submission.file import from_bytes

WRONG = {
    "V is never added": ("self.hidden_to_hidden(hidden))", "0 * self.hidden_to_hidden(hidden))"),
    "never feeds back": ("given if reads_given else outputs[-1]", "given"),
    "raises in forward": ("outputs: list[Tensor] = []", "raise ValueError('no')"),
    "output detached": ("else outputs[-1]", "else outputs[-1].detach()"),
    "zeros of float32": ("torch.stack(outputs)", "torch.stack(outputs).float()"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_report_tells_no_secrets(
    grader: Grader, real_course: Course, monkeypatch: pytest.MonkeyPatch, mistake: str
) -> None:
    exercise = real_course.exercise("ex1")
    reference = exercise.reference.read_text(encoding="utf-8")
    old, new = WRONG[mistake]
    assert reference.count(old) == 1
    numbers: set[str] = set()
    drawn: set[str] = set()
    close, ask = compare.close, Student.ask

    def listening_close(*arguments: object, **more: object) -> None:
        numbers.update(as_shown(arguments[2]))
        close(*arguments, **more)

    def listening_ask(student: Student, question: Question) -> None:
        for value in question.inputs.values():
            drawn.update(as_shown(value))
        ask(student, question)

    monkeypatch.setattr(compare, "close", listening_close)
    monkeypatch.setattr(Student, "ask", listening_ask)
    report = grader.grade(
        exercise,
        from_bytes(reference.replace(old, new).encode(), exercise.file),
        Plan(seed=4, training=False),
    )
    lost = [check for check in report.checks if check.points < check.max_points]
    assert lost
    assert numbers
    for check in report.checks:
        if check.visibility == "hidden":
            shown = set(check.message.replace(",", " ").replace(";", " ").split())
            assert "expected" not in check.message
            assert not shown & drawn
    document = json.dumps(report.to_json())
    stub = exercise.stub.read_text(encoding="utf-8")
    submitted = reference.replace(old, new)
    for line in reference.splitlines():
        if len(line.strip()) > 15 and line not in stub and line not in submitted:
            assert line.strip() not in document


def as_shown(value: object) -> set[str]:
    """The entries of a float array, as a message would print them."""
    if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
        return set()
    return {f"{entry:.6g}" for entry in value.flat if abs(entry) > 1e-3 and abs(entry) != 1}


def test_hidden_expected_values_are_never_shown(
    grader: Grader, real_course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every comparison of a hidden check fails here, and none says what it wanted."""
    exercise = real_course.exercise("ex1")
    wanted: set[str] = set()

    def hopeless(name: str, got: np.ndarray, want: np.ndarray, *rest: object) -> None:
        wanted.update(as_shown(want))
        place = tuple(0 for _ in want.shape)
        raise compare.Mismatch(
            compare.Layer.VALUE, f"{name} differs", f"expected {want[place]:.6g}"
        )

    monkeypatch.setattr(compare, "close", hopeless)
    source = exercise.reference.read_bytes()
    report = grader.grade(exercise, from_bytes(source, exercise.file), Plan(seed=4, training=False))
    public = [check for check in report.checks if check.visibility == "public"]
    hidden = [check for check in report.checks if check.visibility == "hidden"]
    assert any(number in check.message for check in public for number in wanted)
    for check in hidden:
        assert not any(word in wanted for word in check.message.split())
