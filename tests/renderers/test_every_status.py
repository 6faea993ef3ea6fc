"""Every renderer has words for every status, and a report survives its document."""

import io
import json
from datetime import UTC
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from grading.batch.gradebooks.remarks import remark
from grading.batch.grades import Grade
from grading.batch.intake.times import Received
from grading.batch.pages import students
from grading.course.syllabus import ROOT, Course
from grading.pull_request.changes import PullRequest, Work
from grading.pull_request.github import annotations, summary
from grading.renderers import gradescope
from grading.renderers.junit import JUnit
from grading.renderers.terminal import TerminalRenderer
from grading.report import HintShown, Mark, QuestionResult, Report, Status, Visibility
from grading.watch.show import WatchRenderer
from tests.support.reports import check, report

SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
every_status = pytest.mark.parametrize("status", Status)


def one(status: Status) -> Report:
    points = 4.0 if status is Status.PASSED else 0.0
    return report(check(status=status, points=points, message="It says why.", hint="Try this."))


@every_status
def test_a_status_is_told_apart_by_its_words(status: Status) -> None:
    assert status.words
    assert [other for other in Status if other.words == status.words] == [status]


@every_status
def test_a_hint_is_given_only_where_something_is_left_to_do(status: Status) -> None:
    if status.wants_help:
        assert status is not Status.PASSED
    if status.has_reason:
        assert status.is_open
    assert status.is_open == (status not in (Status.PASSED, Status.BLOCKED, Status.NOT_RUN))


@every_status
def test_a_report_with_it_is_valid_and_survives_its_document(status: Status) -> None:
    document = one(status).to_json()
    Draft202012Validator(SCHEMA).validate(document)
    assert Report.from_json(json.loads(json.dumps(document))).to_json() == document


@every_status
def test_a_terminal_shows_it(status: Status, capsys: pytest.CaptureFixture[str]) -> None:
    for show in (TerminalRenderer(plain=True), WatchRenderer(plain=True, has_keys=False)):
        show.checked(one(status).checks[0])
        shown = capsys.readouterr().out
        assert status.words in shown
        assert ("It says why." in shown) == (status.has_reason or status is Status.BLOCKED)
        assert ("Try: Try this." in shown) == status.has_reason
    TerminalRenderer(plain=True).summary(one(status))
    assert ("Next: A" in capsys.readouterr().out) == (
        status.is_open and status is not Status.GRADER_ERROR
    )


@every_status
def test_junit_counts_it(status: Status) -> None:
    file = io.StringIO()
    with JUnit(file) as document:
        document.add("ada", one(status))
    root = ElementTree.fromstring(file.getvalue())
    counts = {name: root.get(name) for name in ("failures", "errors", "skipped")}
    assert sorted(counts.values()) == (["0"] * 3 if status is Status.PASSED else ["0", "0", "1"])


@every_status
def test_gradescope_shows_it(status: Status) -> None:
    [test] = gradescope.results(one(status))["tests"]
    assert test["status"] == ("passed" if status is Status.PASSED else "failed")
    assert test["output"].splitlines()[0] == status.words


@every_status
def test_a_gradebook_and_a_page_of_feedback_show_it(status: Status) -> None:
    found = one(status)
    grade = Grade(
        submission="ada",
        exercise="ex4",
        person=None,
        attempt=1,
        attempts=1,
        status=found.status,
        raw_score=found.score,
        received=Received(),
        late_days=0,
        penalty=0.0,
        score=found.score,
        max_score=4.0,
        problem="",
        load=lambda: found,
    )
    said = remark(grade, found)
    assert (said == "Everything is right.") == (status is Status.PASSED)
    part, titles = students.Part(grade, found, {}), {"ex4": "Looking inside"}
    page = students.feedback_page([part], [], titles, UTC)
    tone = "passed" if status is Status.PASSED else "neutral"
    if status not in (Status.PASSED, Status.NOT_ATTEMPTED, Status.BLOCKED, Status.NOT_RUN):
        tone = "partial" if status is Status.PARTIAL else "failed"
    assert f'<td class="status {tone}">{status.words}</td>' in page
    assert ("<pre>It says why.</pre>" in page) == status.is_open


@every_status
def test_a_pull_request_shows_it(status: Status, real_course: Course) -> None:
    exercise, path = real_course.exercise("ex4"), "exercises/ex4_interpretability.py"
    request = PullRequest([Work(exercise, path, None, report=one(status))])
    page = summary(request, "landlock")
    assert f"| {status.words} |" in page
    assert ("It says why." in page) == status.has_reason
    quiet = status is Status.NOT_ATTEMPTED or not status.is_open
    assert bool(annotations(request)) != quiet


marks = st.builds(Mark, st.floats(0, 5), st.just(5.0), st.text(max_size=9))
questions = st.builds(
    QuestionResult, st.text(max_size=9), st.text(), st.booleans(), st.none() | marks
)
hints = st.builds(HintShown, st.text(), st.none() | st.text(), st.integers(1, 3), st.floats(0, 9))
checks = st.builds(
    check,
    status=st.sampled_from(Status),
    visibility=st.sampled_from(Visibility),
    points=st.floats(0, 4),
    message=st.text(),
    misconception=st.none() | st.text(),
    seconds=st.floats(0, 1e3),
    measured=st.none() | st.floats(allow_nan=False),
    line=st.none() | st.integers(1, 999),
)


@given(
    st.lists(checks, max_size=4),
    st.lists(questions, max_size=2),
    st.lists(hints, max_size=2),
    st.booleans(),
)
def test_every_report_survives_its_document(
    some: list[object], asked: list[QuestionResult], shown: list[HintShown], failed: bool
) -> None:
    faults = ["it broke"] if failed else []
    made = report(*some, faults=faults).completed(asked, shown)  # type: ignore[arg-type]
    document = made.to_json()
    again = Report.from_json(document)
    assert again.to_json() == document
    assert (again.status, again.score, again.gradable) == (made.status, made.score, made.gradable)
