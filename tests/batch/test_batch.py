"""A class from end to end: grades that are right, kept, and out in every format."""

import csv
import io
import json
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from distributed import LocalCluster

from grading.batch.counting import UNREAD, UNSETTLED, Graded, may_count
from grading.batch.gradebooks.nbgrader import nbgrader_csv
from grading.batch.gradebooks.own import grades_csv
from grading.batch.gradebooks.remarks import remark
from grading.batch.gradebooks.uploads import Uploads
from grading.batch.grades import Grade, Rules, grades
from grading.batch.intake.collected import Collected, Work
from grading.batch.intake.times import Received
from grading.batch.lateness import penalty
from grading.batch.pages import rendering
from grading.batch.pages.statistics import Board, ClassStatistics, Entry, histogram
from grading.batch.people.evidence import Author, Clue, Evidence, Kind, Match
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.batch.platforms.hand_in import NO_STAMP
from grading.batch.store import Basis, Result, Store, rehearsed
from grading.course import misconceptions, syllabus
from grading.course.syllabus import ROOT, Course, LatePolicy
from grading.errors import GraderError, UsageError
from grading.fleet.cluster import Cluster
from grading.fleet.fleet import Lost
from grading.fleet.pool import Pool
from grading.judging.grader import Grader
from grading.renderers.gradescope import results
from grading.renderers.junit import JUnit
from grading.report import CheckResult, Status
from grading.sandbox import rungs
from grading.sandbox.limits import Limits
from grading.sandbox.rungs import Rung
from tests.support import class_files
from tests.support.patience import PATIENCE
from tests.support.reports import check, report

EVIL = "<script>alert(1)</script>"


def batch(folder: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "grader.py", "batch", str(folder), "--out", str(out), "--plain"]
    command += ["--jobs", "1"]
    return subprocess.run(
        [*command, "--exercise", "ex4", *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.fixture
def class_folder(tmp_path: Path, real_course: Course) -> Path:
    """Two right, one stub, two known mistakes, one hostile, one missing file."""
    exercise = real_course.exercise("ex4")
    reference = exercise.reference.read_text(encoding="utf-8")
    known = {one.name: one for one in misconceptions.load(exercise.misconceptions)}
    sources = {
        "ada": reference,
        "bob": reference + "\n# mine\n",
        "cleo": exercise.stub.read_text(encoding="utf-8"),
        "dan": known["standardized"].made_in(reference),
        f"eve{EVIL.replace('/', '')}": known["covariance"].made_in(reference),
        "mallory": f"raise ValueError('=1+1 {EVIL} \\x1b[31m ::error::')\n" + reference,
    }
    folder = tmp_path / "class"
    for name, source in sources.items():
        path = folder / name / exercise.file
        path.parent.mkdir(parents=True)
        path.write_text(source, encoding="utf-8")
    (folder / "nobody").mkdir()
    return folder


def rows(out: Path) -> dict[str, dict[str, str]]:
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        return {row["submission"]: row for row in csv.DictReader(file)}


def test_a_class_is_graded_and_graded_only_once(class_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = batch(class_folder, out)
    assert first.returncode == 1, first.stderr  # one came in that cannot be graded
    assert "7 attempts: 6 graded now, 0 known already, 1 grade open" in first.stdout
    assert "needs attention: nobody: holds no ex4_interpretability.py" in first.stdout
    table = rows(out)
    assert (table["ada"]["score"], table["bob"]["score"]) == ("100.0", "100.0")
    assert table["cleo"]["score"] == table["mallory"]["score"] == "0.0"
    assert 0 < float(table["dan"]["score"]) < 100
    assert (table["nobody"]["status"], table["nobody"]["score"]) == ("no_submission", "")
    again = batch(class_folder, out)
    assert "0 graded now, 6 known already" in again.stdout
    assert rows(out) == table
    path = class_folder / "cleo" / "ex4_interpretability.py"
    path.write_text((class_folder / "ada" / path.name).read_text(encoding="utf-8"))
    third = batch(class_folder, out)
    assert "0 graded now, 5 known already" in third.stdout  # these bytes were graded for ada
    assert "changed: cleo ex4: 0 -> 100 (changed: submission)" in third.stdout
    forced = batch(class_folder, out, "--regrade")
    assert "5 graded now, 0 known already" in forced.stdout
    assert "changed:" not in forced.stdout

    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
    lines = (out / "results.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 6
    for line in lines:
        jsonschema.validate(json.loads(line), schema)
    for name in ("class.html", "feedback/ada.html", "feedback/mallory.html"):
        assert_harmless((out / name).read_text(encoding="utf-8"))
    assert "standardized" in (out / "class.html").read_text(encoding="utf-8")


class Links(HTMLParser):
    """Collects what a page loads, and its headings."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loaded += [value or "" for name, value in attributes if name in ("src", "href")]


def assert_harmless(page: str) -> None:
    """No code and no address of anybody else's, no control characters, a heading to begin with."""
    assert EVIL not in page
    assert "\x1b" not in page
    links = Links()
    links.feed(page)
    assert not [one for one in links.loaded if re.match(r"\w+:|//", one)]
    assert links.tags.count("h1") == 1
    assert links.tags.count("script") <= 1


def test_a_killed_batch_loses_nothing_and_grades_nothing_twice(
    class_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "grader.py", "batch", str(class_folder), "--out", str(out)]
    command += ["--exercise", "ex4", "--jobs", "1", "--plain"]
    kept = 0
    for _ in range(3):
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and stored(out) <= kept and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert stored(out) >= kept
        kept = stored(out)
    end = batch(class_folder, out)
    counts = re.search(r"(\d+) graded now, (\d+) known", end.stdout)
    assert counts is not None
    assert int(counts[2]) >= kept - 1
    assert int(counts[1]) + int(counts[2]) == 6
    assert stored(out) == 6


def test_a_batch_on_a_full_disk_loses_nothing(class_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "grader.py", "batch", str(class_folder), "--out", str(out)]
    full = subprocess.run(
        [*command, "--exercise", "ex4", "--jobs", "1", "--plain"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    assert full.returncode == 3, full.stderr
    kept = stored(out)
    end = batch(class_folder, out)
    assert f"{6 - kept} graded now, {kept} known already" in end.stdout
    assert rows(out)["ada"]["score"] == "100.0"


def stored(out: Path) -> int:
    path = out / "grades.sqlite"
    if not path.exists():
        return 0
    try:
        with sqlite3.connect(path, timeout=10) as database:
            return int(database.execute("select count(*) from results").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def test_bad_calls_end_with_one_line(class_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "plain").write_text("")
    for folder, out, reason in (
        (tmp_path / "missing", tmp_path / "out", "is not a folder"),
        (tmp_path / "empty", tmp_path / "out", "holds no submissions"),
        (class_folder, tmp_path / "plain" / "out", "cannot be created"),
    ):
        end = batch(folder, out)
        assert end.returncode == 2
        assert reason in end.stderr
        assert len(end.stderr.strip().splitlines()) == 1


DAY = 24 * 3600
POLICY = LatePolicy(datetime.fromtimestamp(1000, UTC), 60.0, 10.0, 25.0)


@pytest.mark.parametrize(("days", "points"), [(0, 0), (1, 8), (2, 16), (3, 20), (10, 20)])
def test_lateness_costs_a_share_of_the_raw_score_up_to_the_cap(days: int, points: float) -> None:
    assert penalty(POLICY, days, 80.0) == points
    assert penalty(None, days, 80.0) == 0


@pytest.mark.parametrize(
    "line",
    [
        'show_names = "false"',
        'attempts = "first"',
        "[late]\ndue = 2026-12-01T23:59:00\npercent_per_day = 10",
        "[late]\ndue = 2026-12-01\nzone = 'UTC'",
        "[late]\ndue = '2026-12-01T23:59:00Z'",
        "[late]\ndue = 2026-12-01T23:59:00\nzone = 'Europe/Atlantis'",
        "[late]\ndue = 2026-12-01T23:59:00\nzone = '/etc/passwd'",
        "[late]\ndue = 2026-12-01T23:59:00\nzone = 2",
        "[late]\nzone = 'Europe'",
        "[late]\ndue = 2026-12-01T23:59:00Z\npercent_a_day = 10",
        "[late]\ndue = 2026-12-01T23:59:00Z\ngrace_minutes = -1",
        "[late]\ndue = 2026-12-01T23:59:00Z\npercent_per_day = nan",
        "trust_file_times = 'yes'",
        "[roster]\nname = 3",
        "[late]\ndue = 2026-12-01T23:59:00Z\npercent_per_day = 10\ncap_percent = 120",
    ],
)
def test_settings_that_mean_nothing_are_refused(tmp_path: Path, line: str) -> None:
    exercise = '\n[exercises.ex1]\ntitle = "A"\nfile = "a.py"\n'
    path = tmp_path / "course.toml"
    path.write_text(f'title = "T"\n{line}{exercise}', encoding="utf-8")
    with pytest.raises(GraderError, match=r"course\.toml cannot be used"):
        syllabus.load(tmp_path)


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("late", "due"),
    [
        ("due = 2026-12-01T23:59:00+01:00", datetime.fromisoformat("2026-12-01T23:59+01:00")),
        ("due = 2026-12-01T23:59:00Z", datetime(2026, 12, 1, 23, 59, tzinfo=UTC)),
        (
            'due = 2026-12-01T23:59:00\nzone = "Europe/Berlin"',
            datetime(2026, 12, 1, 23, 59, tzinfo=BERLIN),
        ),
        (
            'due = 2026-12-01T22:59:00Z\nzone = "Europe/Berlin"',
            datetime(2026, 12, 1, 23, 59, tzinfo=BERLIN),
        ),
    ],
)
def test_a_late_policy_is_read(tmp_path: Path, late: str, due: datetime) -> None:
    (tmp_path / "course.toml").write_text(
        'title = "T"\nattempts = "best"\ntrust_file_times = true\n'
        f"[late]\n{late}\ngrace_minutes = 30\npercent_per_day = 10\n"
        '[roster]\nname = "Naam"\n'
        '[exercises.ex1]\ntitle = "A"\nfile = "a.py"\n'
        '[exercises.ex2]\ntitle = "B"\nfile = "b.py"\ndue = 2026-12-24T12:00:00+01:00\n',
        encoding="utf-8",
    )
    plan = syllabus.load(tmp_path)
    assert (plan.attempts, plan.trust_file_times, plan.roster) == ("best", True, {"name": "Naam"})
    first, second = (plan.exercise(one).late for one in ("ex1", "ex2"))
    assert first == LatePolicy(due, 1800.0, 10.0, 100.0)
    assert first is not None
    assert second is not None
    assert first.due.utcoffset() == due.utcoffset()
    assert second.due == datetime(2026, 12, 24, 11, tzinfo=UTC)
    assert (second.grace, second.percent_per_day, second.cap) == (1800.0, 10.0, 100.0)


@pytest.mark.parametrize(
    ("late", "due", "offsets"),
    [
        # The offsets of local times, on that day in winter: of the course, of ex1 and of ex2.
        ("", "", [0, 0, 0]),
        ('zone = "Europe/Berlin"', "", [1, 1, 1]),
        ('zone = "Europe/Berlin"', "due = 2026-12-24T12:00:00", [1, 1, 1]),
        ('zone = "Europe/Berlin"', "due = 2026-12-24T12:00:00+05:00", [1, 1, 1]),
        ("", "due = 2026-12-24T12:00:00+05:00", [5, 5, 5]),
        ("due = 2026-12-01T23:59:00+02:00", "due = 2026-12-24T12:00:00+05:00", [2, 2, 5]),
    ],
)
def test_local_times_are_in_the_zone_of_the_course(
    tmp_path: Path, late: str, due: str, offsets: list[int]
) -> None:
    """Also where the exercise, or every exercise, has no deadline."""
    exercises = '[exercises.ex1]\ntitle = "A"\nfile = "a.py"\n[exercises.ex2]\ntitle = "B"\n'
    text = f'title = "T"\n[late]\n{late}\n{exercises}file = "b.py"\n{due}\n'
    (tmp_path / "course.toml").write_text(text, encoding="utf-8")
    plan = syllabus.load(tmp_path)
    zones = (plan.zone, plan.zone_of(""), plan.zone_of("ex1"), plan.zone_of("ex2"))
    course, nothing, *of_exercises = (
        datetime(2026, 12, 1, tzinfo=zone).utcoffset() for zone in zones
    )
    assert course == nothing
    assert [course, *of_exercises] == [timedelta(hours=hours) for hours in offsets]


ADA = Person("Ada", "7")


def attempt(
    number: int,
    score: float | None,
    seconds: float | None = None,
    label: str = "ada",
    is_ordered: bool = True,
) -> Graded:
    author = Author(label, (Clue(Kind.ANY, label),))
    work = Work("ex4.py", str(number), "", True, "ex4.py", True, True, lambda: None)  # type: ignore[arg-type, return-value]
    order = (number,) if is_ordered else None
    collected = Collected(author, "ex4", work, NO_STAMP, number, order)
    result = None if score is None else Result("graded", score, 100.0)
    match = Match((ADA,), Evidence.NAME)
    return Graded(collected, match, Received(seconds, "x"), result, lambda: None)


def counted_attempt(course: Course, policy: LatePolicy | None, *tries: Graded) -> Grade:
    exercises = {"ex4": replace(course.exercise("ex4"), late=policy)}
    [grade] = grades(tries, Rules(replace(course, exercises=exercises), {"ex4": 100}))
    return grade


def test_the_latest_or_the_best_attempt_counts(real_course: Course) -> None:
    best_counts = replace(real_course, attempts="best")
    tries = (attempt(1, 90.0, 0.0), attempt(2, 95.0, 1061 + DAY), attempt(3, 50.0, 500.0))
    latest = counted_attempt(real_course, POLICY, *tries)
    assert (latest.attempt, latest.attempts, latest.score) == (2, 3, 95.0 - 19.0)
    best = counted_attempt(best_counts, POLICY, *tries)
    assert (best.attempt, best.raw_score, best.penalty, best.score) == (1, 90.0, 0.0, 90.0)
    best = counted_attempt(best_counts, None, *tries)
    assert (best.attempt, best.score) == (2, 95.0)
    only = counted_attempt(best_counts, None, attempt(1, 10.0), attempt(2, None))
    assert only.score == 10.0
    assert counted_attempt(real_course, None, attempt(1, 9.0)).counted == ""


def test_a_number_orders_attempts_of_one_author_where_no_time_does(real_course: Course) -> None:
    latest = counted_attempt(real_course, None, attempt(2, 10.0), attempt(1, 90.0, seconds=5.0))
    assert (latest.score, latest.unsettled) == (10.0, "")
    assert latest.counted == "attempt 2 of 2"


@pytest.mark.parametrize(
    "tries",
    [
        # Of two entries the numbers say nothing,
        (attempt(1, 90.0), attempt(2, 10.0, label="ada_")),
        (attempt(1, 90.0, seconds=5.0), attempt(2, 10.0, label="ada_")),
        (attempt(1, 90.0, seconds=5.0), attempt(2, 10.0, seconds=5.0, label="ada_")),
        # nor is there always a number.
        (attempt(1, 90.0, is_ordered=False), attempt(2, 10.0)),
    ],
)
def test_without_evidence_the_better_one_counts_for_now(
    real_course: Course, tries: tuple[Graded, ...]
) -> None:
    for order in (tries, tries[::-1]):
        grade = counted_attempt(real_course, None, *order)
        assert (grade.score, grade.attempts, grade.unsettled) == (90.0, 2, UNSETTLED)
        assert "attempt 1 of 2" in grade.counted
    text = grades_csv([grade], UTC)
    [row] = csv.DictReader(io.StringIO(text))
    assert row["unsettled"] == UNSETTLED


def test_two_entries_with_times_are_settled(real_course: Course) -> None:
    tries = (attempt(1, 90.0, seconds=5.0), attempt(2, 10.0, seconds=6.0, label="ada_"))
    grade = counted_attempt(real_course, None, *tries)
    assert (grade.submission, grade.score, grade.unsettled) == ("ada_", 10.0, "")
    assert grade.counted == "attempt 2 of 2, and not ada"


def test_the_same_work_handed_in_again_has_its_own_time_and_is_said(real_course: Course) -> None:
    first, late = attempt(1, 90.0, seconds=0.0), attempt(2, 90.0, seconds=1061.0 + DAY)
    work = late.collected.work
    assert work is not None
    same = replace(work, identity="1")
    again = replace(late, collected=replace(late.collected, work=same))
    for last, said in ((late, "attempt 2 of 2"), (again, "attempt 2 of 2; 1 with the same work")):
        grade = counted_attempt(real_course, POLICY, first, last)
        assert (grade.received.seconds, grade.late_days) == (1061.0 + DAY, 2)
        assert grade.counted == said


def test_what_cannot_be_read_replaces_no_work(real_course: Course) -> None:
    """If it may have come later, somebody should look at it."""
    work = attempt(1, 90.0, seconds=5.0)
    for seconds, unsettled in ((4.0, ""), (6.0, UNREAD), (None, UNREAD)):
        other = attempt(1, None, seconds=seconds, label="ada_")
        unread = replace(other, collected=replace(other.collected, work=None, problem="damaged"))
        for tries in ((work, unread), (unread, work)):
            grade = counted_attempt(real_course, None, *tries)
            assert (grade.score, grade.unsettled) == (90.0, unsettled)


def test_only_what_may_count_is_graded(real_course: Course) -> None:
    """Eight files of one upload are eight attempts, and only the latest counts."""
    eight = [attempt(number, None) for number in range(1, 9)]
    two = [attempt(9, None, label="bob"), attempt(10, None, label="bob_")]
    bob = Match((Person("Bob"),), Evidence.NAME)
    everything = [*eight, *(replace(one, match=bob) for one in two)]
    needed = may_count(
        real_course,
        [one.collected for one in everything],
        {one.collected.author.label: one.match for one in everything},
        {one.collected: one.received for one in everything},
    )
    assert sorted(one.attempt for one in needed) == [8, 9, 10]


def test_every_member_of_a_team_has_the_grade(real_course: Course) -> None:
    team = Match((ADA, Person("Bob", "8")), Evidence.TEAM)
    found = grades([replace(attempt(1, 90.0), match=team)], Rules(real_course, {"ex4": 100}))
    assert [(one.person, one.score) for one in found] == [(person, 90.0) for person in team.people]


def test_what_is_nobodys_has_a_row_and_reaches_no_gradebook(real_course: Course) -> None:
    tries = [replace(attempt(1, 90.0, label=name), match=Match()) for name in ("a", "b")]
    found = grades(tries, Rules(real_course, {"ex4": 100}))
    assert [(one.person, one.submission) for one in found] == [(None, "a"), (None, "b")]
    uploads = Uploads(real_course, Roster([ADA]), [], {})
    files = dict(uploads.gradebooks(found, {}))
    assert len(str(files["canvas.csv"]).splitlines()) == 2  # the heading, and that of the points
    assert len(str(files["moodle.csv"]).splitlines()) == 1


def grade(name: str, score: float | None, *checks: CheckResult, person: str = "") -> Grade:
    who = Person(person, "7", "p@example.org", "log", canvas="77", sections=("A", "B"))
    return Grade(
        submission=name,
        exercise="ex4",
        person=who if person else None,
        attempt=1,
        attempts=1,
        status="graded",
        raw_score=score,
        received=Received(0.0, "gradescope"),
        late_days=0,
        penalty=0.0,
        score=score,
        max_score=10.0,
        problem="",
        load=lambda: report(*checks),
        final=score,
        max_final=10.0,
    )


def counted(*found: Grade) -> ClassStatistics:
    statistics = ClassStatistics()
    for one in found:
        if one.report is not None and one.score is not None:
            statistics.add(one, one.report)
    return statistics


def test_no_cell_is_a_formula() -> None:
    text = grades_csv([grade("=1+1", 3.5, person="@SUM(A1)"), grade("-x", -1.0)], UTC)
    table = list(csv.reader(io.StringIO(text)))
    assert table[1][0] == "'=1+1"
    assert table[0][13] == "name"
    assert table[1][13] == "'@SUM(A1)"
    assert table[2][0] == "'-x"
    assert table[2][3] == "-1.0"


def test_a_row_says_when_it_came_in_and_by_what() -> None:
    early = grade("a", 1.0)
    unknown = replace(early, received=Received())
    text = grades_csv([early, unknown], ZoneInfo("Europe/Berlin"))
    first, second = csv.DictReader(io.StringIO(text))
    assert (first["submitted_at"], first["time_source"]) == (
        "1970-01-01T01:00:00+01:00",
        "gradescope",
    )
    assert (second["submitted_at"], second["time_source"]) == ("", "unknown")
    assert list(first)[:12] == [
        *("submission", "exercise", "status", "raw_score", "penalty", "score", "final"),
        *("decision", "max_score", "max_final", "late_days", "attempt"),
    ]


@pytest.mark.parametrize(
    ("failed", "said"),
    [
        (0, "Everything is right."),
        (1, "One check is open: A"),
        (2, "2 checks are open; the first: A"),
    ],
)
def test_a_remark_is_one_sentence(failed: int, said: str) -> None:
    checks = [check(), *(check(status=Status.FAILED) for _ in range(failed))]
    graded = grade("a", 7.5, *checks)
    assert remark(graded, graded.report) == said


def test_nbgrader_has_its_columns(real_course: Course) -> None:
    found = [grade("a", 7.5, check(), person="Jane Mary Doe"), grade("b", 3.0)]
    nbgrader = list(csv.reader(io.StringIO(nbgrader_csv(found, real_course))))
    assert ",".join(nbgrader[0]) == (
        "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,"
        "late_submission_penalty,score,max_score"
    )
    assert nbgrader[1][3:7] == ["7", "Doe", "Jane Mary", "p@example.org"]


def test_junit_says_failure_error_and_skipped_and_is_xml() -> None:
    checks = [
        check(),
        check(id="b", status=Status.FAILED, points=0.0, message="bad \x1b \ud800 <tag>"),
        check(id="c", status=Status.GRADER_ERROR),
        check(id="d", status=Status.BLOCKED, message="Waits for b."),
    ]
    file = io.StringIO()
    with JUnit(file) as document:
        document.add("ada & co", report(*checks))
    root = ElementTree.fromstring(file.getvalue().encode())
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
    }
    failure = root.find(".//failure")
    assert failure is not None
    assert "<tag>" in str(failure.text)


def test_gradescope_gets_scores_and_hides_what_is_printed() -> None:
    half = check(id="b", status=Status.PARTIAL, points=1.0)
    document = results(report(check(measured=0.5), half))
    assert document["score"] == 5.0
    assert [test["status"] for test in document["tests"]] == ["passed", "failed"]
    assert document["stdout_visibility"] == "hidden"
    assert document["leaderboard"] == [{"name": "A", "value": 0.5, "order": "asc"}]


def test_what_is_not_gradable_has_no_score_to_upload(tmp_path: Path, real_course: Course) -> None:
    graded = grade("ada", 4.0, check())
    broken = report(check(status=Status.GRADER_ERROR))
    failed = replace(graded, status="not_gradable", score=None, raw_score=None, load=lambda: broken)
    for found, names in ((graded, ["ada.ex4.json"]), (failed, [])):
        class_files.write(tmp_path, real_course, [found])
        assert [path.name for path in (tmp_path / "gradescope").iterdir()] == names


def test_statistics_of_a_class() -> None:
    found = [
        grade("a", 10.0, check(points=4.0), check(id="b", points=6.0, measured=0.2)),
        grade("b", 4.0, check(points=4.0), check(id="b", points=0.0, status=Status.FAILED)),
        grade("c", 0.0, check(points=0.0, status=Status.FAILED), check(id="b", points=0.0)),
        grade("d", None),
    ]
    assert histogram(found) == [1, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    statistics = counted(*found)
    first, second = statistics.checks()
    assert (first.passed, second.passed) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert first.discrimination == pytest.approx(0.5)
    assert first.number(Status.PASSED) == 2
    assert first.number(Status.FAILED, Status.BLOCKED) == 1
    [board] = statistics.leaderboard()
    assert board == Board("ex4", "A", [Entry(0.2, ["a"])], 0)


def test_pages_have_names_of_their_own() -> None:
    names = rendering.file_names(["a b", "a/b", "A_B", "../..", "ü"])
    assert len({name.lower() for name in names.values()}) == 5
    assert all(re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*\.html", name) for name in names.values())


def test_a_store_keeps_results_and_matches(tmp_path: Path) -> None:
    old = Basis("sha", "ex4", "checks", "engine", "settings", "python", 1)
    with Store(tmp_path / "grades.sqlite") as store:
        assert store.meta("seed", "5") == store.meta("seed", "6") == "5"
        ten = store.add(old, report(check(points=10.0, max_points=30.0)))
        assert ten == store.result(old) == Result("graded", 10.0, 30.0)
        store.keep_matches({"ada": "7", "=x": "8"})
        store.keep_matches({"ada": "", "bob": "9"})
        assert store.matches() == {"=x": "8", "bob": "9"}
    with rehearsed(tmp_path / "grades.sqlite") as copy:
        assert copy.matches() == {"=x": "8", "bob": "9"}
        copy.keep_matches({"bob": ""})
    with rehearsed(tmp_path / "none.sqlite") as copy:
        assert copy.matches() == {}
    with Store(tmp_path / "grades.sqlite") as store:
        assert store.matches() == {"=x": "8", "bob": "9"}
    assert not (tmp_path / "none.sqlite").exists()
    (tmp_path / "other").write_text("no database, but long enough to be looked at" * 50)
    with pytest.raises(UsageError, match="cannot be used"):
        Store(tmp_path / "other")


def dies(grader: Grader, item: int) -> int:
    if item == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return item * item


def test_a_dead_process_loses_only_what_kills_it_again() -> None:
    # Nothing is graded here, so no fork server is needed.
    with Pool(Rung.PROCESS, "cpu", 2) as pool:
        found = dict(pool.run(dies, range(6)))
    assert isinstance(found.pop(3), Lost)
    assert found == {n: n * n for n in (0, 1, 2, 4, 5)}


def starts_a_worker(grader: Grader, item: int) -> int:
    grader.sandbox.start(Limits()).kill()
    return item


def test_a_dead_zygote_loses_nothing() -> None:
    if rungs.best() is Rung.PROCESS:
        pytest.skip("this machine has no zygote")
    found = []
    with Pool(rungs.best(), "cpu", 2) as pool:
        for item, result in pool.run(starts_a_worker, range(12)):
            if not found:
                pool.zygotes[0].process.kill()
            found.append((item, result))
    assert sorted(found) == [(n, n) for n in range(12)]


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    """A scheduler and two worker processes, on loopback."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as started:
        yield started


@pytest.mark.timeout(240, method="thread")
def test_a_cluster_grades_as_one_machine_does(
    cluster: LocalCluster, class_folder: Path, tmp_path: Path
) -> None:
    end = batch(class_folder, tmp_path / "there", "--cluster", cluster.scheduler_address)
    assert end.returncode == 1, end.stderr
    batch(class_folder, tmp_path / "here")
    there, here = rows(tmp_path / "there"), rows(tmp_path / "here")
    assert there == here


def slow_square(grader: Grader, item: int) -> int:
    time.sleep(0.2)
    return item * item


@pytest.mark.timeout(240, method="thread")
def test_a_lost_worker_of_a_cluster_loses_nothing(cluster: LocalCluster) -> None:
    with Cluster(cluster.scheduler_address, Rung.PROCESS, "cpu") as force:
        found: dict[int, object] = {}
        for item, result in force.run(slow_square, range(10)):
            if not found:
                worker = cluster.workers[0]
                os.kill(worker.pid, signal.SIGKILL)
            found[item] = result
    assert found == {n: n * n for n in range(10)}


def test_an_address_without_a_scheduler_is_said(
    class_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grading.fleet.connection.CONNECT_SECONDS", 1)
    with pytest.raises(UsageError, match="no scheduler answers"):
        Cluster("tcp://127.0.0.1:9", rungs.best(), "cpu")
