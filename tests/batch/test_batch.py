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
from dataclasses import astuple, replace
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from distributed import LocalCluster
from grading.batch.collect import Collected, Origin

from grading.batch import gradebooks, pages
from grading.batch.files import write_class
from grading.batch.grades import Grade, Graded, grades, late_days, penalty
from grading.batch.people import Person
from grading.batch.statistics import ClassStatistics, histogram
from grading.batch.store import Basis, Result, Store
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
    assert "7 attempts: 6 graded now, 0 known already, 1 grades open" in first.stdout
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


POLICY = LatePolicy(due=1000.0, grace=60.0, percent_per_day=10.0, cap=25.0)
DAY = 24 * 3600


@pytest.mark.parametrize(
    ("received", "days", "points"),
    [
        (0, 0, 0),
        (1000, 0, 0),
        (1060, 0, 0),
        (1061, 1, 8),
        (1060 + DAY, 1, 8),
        (1061 + DAY, 2, 16),
        (1061 + 9 * DAY, 10, 20),
    ],
)
def test_lateness_costs_a_share_of_the_raw_score_up_to_the_cap(
    received: float, days: int, points: float
) -> None:
    assert late_days(POLICY, received) == days
    assert penalty(POLICY, days, 80.0) == points
    assert penalty(None, days, 80.0) == 0


def test_a_platform_knows_best_whether_it_was_late() -> None:
    assert late_days(POLICY, 1061 + DAY, late=False) == 0
    assert late_days(POLICY, 0, late=True) == 1
    assert late_days(POLICY, 1061 + DAY, late=True) == 2
    assert late_days(None, 1061 + DAY, late=True) == 0


@pytest.mark.parametrize(
    "line",
    [
        'show_names = "false"',
        'attempts = "first"',
        "[late]\ndue = 2026-12-01T23:59:00\npercent_per_day = 10",
        "[late]\ndue = 2026-12-01T23:59:00Z\npercent_per_day = nan",
        "[late]\ndue = 2026-12-01T23:59:00Z\npercent_per_day = 10\ncap_percent = 120",
    ],
)
def test_settings_that_mean_nothing_are_refused(tmp_path: Path, line: str) -> None:
    plan = 'title = "T"\n' + line + "\n[exercises]\n"
    (tmp_path / "course.toml").write_text(plan, encoding="utf-8")
    with pytest.raises(GraderError, match=r"course\.toml cannot be used"):
        syllabus.load(tmp_path)


def test_a_late_policy_is_read(tmp_path: Path) -> None:
    late = "[late]\ndue = 2026-12-01T23:59:00+01:00\ngrace_minutes = 30\npercent_per_day = 10\n"
    (tmp_path / "course.toml").write_text(f'title = "T"\nattempts = "best"\n[exercises]\n{late}')
    plan = syllabus.load(tmp_path)
    assert plan.attempts == "best"
    assert plan.late == LatePolicy(1796165940.0, 1800.0, 10.0, 100.0)


def attempt(number: int, score: float | None, received: float = 0.0) -> Graded:
    collected = Collected(Origin("ada", ("ada",), number), "ex4", None, received)
    result = None if score is None else Result("graded", score, 100.0)
    return Graded(replace(collected, work=object()), None, result, lambda: None)  # type: ignore[type-var]


def test_the_latest_or_the_best_attempt_counts() -> None:
    tries = [attempt(1, 90.0), attempt(2, 95.0, received=1061 + DAY), attempt(3, 50.0)]
    [latest] = grades(tries, POLICY, "latest", {"ex4": 100})
    assert (latest.attempt, latest.attempts, latest.score) == (3, 3, 50.0)
    [best] = grades(tries, POLICY, "best", {"ex4": 100})
    assert (best.attempt, best.raw_score, best.penalty, best.score) == (1, 90.0, 0.0, 90.0)
    [best] = grades(tries, None, "best", {"ex4": 100})
    assert (best.attempt, best.score) == (2, 95.0)
    [only] = grades([attempt(1, 10.0), attempt(2, None)], None, "best", {"ex4": 100})
    assert only.score == 10.0


def grade(name: str, score: float | None, *checks: CheckResult, person: str = "") -> Grade:
    who = Person(person, "7", "p@example.org", "log") if person else None
    scores = (score, 0.0, 0, 0.0, score, 10.0)
    return Grade(name, "ex4", who, 1, 1, "graded", *scores, "", lambda: report(*checks))


def counted(*found: Grade) -> ClassStatistics:
    statistics = ClassStatistics()
    for one in found:
        if one.report is not None and one.score is not None:
            statistics.add(one, one.report)
    return statistics


def test_no_cell_is_a_formula() -> None:
    text = gradebooks.grades_csv([grade("=1+1", 3.5, person="@SUM(A1)"), grade("-x", -1.0)])
    table = list(csv.reader(io.StringIO(text)))
    assert table[1][0] == "'=1+1"
    assert table[1][10] == "'@SUM(A1)"
    assert table[2][0] == "'-x"
    assert table[2][3] == "-1.0"


def test_gradebooks_have_the_columns_that_platforms_know() -> None:
    found = [grade("a", 7.5, check(), person="Jane Mary Doe"), grade("b", 3.0)]
    titles, most = {"ex4": "Looking inside (123)"}, {"ex4": 10.0}
    remarks = {("a", "ex4"): gradebooks.remark(found[0], found[0].report)}
    canvas = list(csv.reader(io.StringIO(gradebooks.canvas_csv(found, titles, most))))
    assert canvas[0] == [*gradebooks.CANVAS, "Looking inside (123)"]
    assert canvas[1] == ["    Points Possible", "", "", "", "", "10.0"]
    assert canvas[2:] == [["Doe, Jane Mary", "7", "", "log", "", "7.5"]]
    moodle = list(csv.reader(io.StringIO(gradebooks.moodle_csv(found, titles, remarks))))
    assert moodle[0] == ["email", "idnumber", *titles.values(), "Looking inside (123) feedback"]
    assert moodle[1] == ["p@example.org", "7", "7.5", "Everything is right."]
    nbgrader = list(csv.reader(io.StringIO(gradebooks.nbgrader_csv(found, 0.0))))
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
    for found, files in ((graded, ["ada.ex4.json"]), (failed, [])):
        write_class(tmp_path, real_course, [found], {"ex4": 4.0}, [], [])
        assert [path.name for path in (tmp_path / "gradescope").iterdir()] == files


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
    assert [entry.value for entry in statistics.leaderboard()] == [0.2]


def test_pages_have_names_of_their_own() -> None:
    names = pages.file_names(["a b", "a/b", "A_B", "../..", "ü"])
    assert len({name.lower() for name in names.values()}) == 5
    assert all(re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*\.html", name) for name in names.values())


def test_a_store_settles_once_and_says_what_changed(tmp_path: Path) -> None:
    old = Basis("sha", "ex4", "checks", "settings", "python", 1)
    new = replace(old, checks="others", seed=2)
    with Store(tmp_path / "grades.sqlite") as store:
        assert store.meta("seed", "5") == store.meta("seed", "6") == "5"
        ten = store.add(old, report(check(points=10.0, max_points=30.0)))
        store.add(new, report(check(points=20.0, max_points=30.0)))
        assert ten == store.result(old) == Result("graded", 10.0, 30.0)
        assert store.settle("ada", 1, old, None, "") is None
        assert store.settle("ada", 1, old, ten, "") is None
        assert store.settle("ada", 1, old, ten, "asked for") is None
        change = store.settle("ada", 1, new, None, "")
        assert change is not None
        assert (change.old_score, change.new_score) == (10.0, 20.0)
        assert change.why == "changed: checks, seed"
        again = store.settle("ada", 1, new, ten, "asked for")
        assert again is not None
        assert (again.old_score, again.new_score, again.why) == (10.0, 20.0, "asked for")
    query = (
        "select submission, exercise, attempt, old_score, new_score, why from changes order by id"
    )
    with sqlite3.connect(tmp_path / "grades.sqlite") as database:
        assert database.execute(query).fetchall() == [astuple(change), astuple(again)]
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
    monkeypatch.setattr("grading.fleet.cluster.CONNECT_SECONDS", 1)
    with pytest.raises(UsageError, match="no scheduler answers"):
        Cluster("tcp://127.0.0.1:9", rungs.best(), "cpu")
