"""A class that needs a person's word: from the first run to grades that are all settled."""

import csv
import io
from pathlib import Path

import pytest

from grading.course.syllabus import Course
from tests.support.classes import EX4, pack, put
from tests.support.command import run

ROSTER = "name,id,email\nAlice,1,\nBob Roe,2,bob@x.edu\nKim 민수,3,minsu@x.edu\nDee,4,\n"


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


def batch(work: Path, *more: str | Path) -> tuple[int, str]:
    command = ("batch", work / "class", "--out", work / "out", "--exercise", "ex4", "--jobs", "1")
    end = run(*command, "--roster", work / "roster.csv", "--plain", *more)
    assert "Traceback" not in end.stderr
    return end.returncode, end.stdout


def test_from_the_first_run_to_the_last(work: Path, real_course: Course) -> None:
    exercise = real_course.exercise("ex4")
    right = exercise.reference.read_bytes()
    put(work / "roster.csv", ROSTER)
    folder = work / "class"
    # Two entries of one person, and nothing tells which came later.
    put(folder / "alice.py", right)
    put(folder / "alice_.py", right + b"\nMORE = 1\n")
    put(folder / "bob roe" / EX4, right)
    # Somebody whose Latin letters are those of another person.
    put(folder / "Kim 지훈" / EX4, right)
    # An archive whose data are damaged, and a number that no database holds.
    archive = pack(folder / "dee.zip", {EX4: right})
    data = bytearray(archive.read_bytes())
    data[60:70] = b"\xff" * 10
    archive.write_bytes(data)
    put(folder / "doejane_1234_56789_ex4_interpretability-99999999999999999999.py", right)

    code, said = batch(work)
    assert code == 1
    assert "dee.zip cannot be read as an archive" in said
    assert "the better one counts for now" in said
    people = {row["submission"]: row for row in rows(work / "out" / "people.csv")}
    assert set(people) == {"alice", "alice_", "bob roe", "Kim 지훈", "dee", "doejane_1234"}
    assert (people["bob roe"]["person"], people["bob roe"]["evidence"]) == ("Bob Roe (2)", "name")
    for label in ("Kim 지훈", "doejane_1234"):
        assert (people[label]["person"], people[label]["evidence"]) == ("", "")
    # What is to be settled stands beside the submission, too.
    assert people["bob roe"]["to_settle"] == ""
    assert people["Kim 지훈"]["to_settle"] == "belongs to nobody yet"
    assert people["Kim 지훈"]["candidates"] == "Kim 민수 (3)"
    assert people["doejane_1234"]["to_settle"] == "belongs to nobody"
    assert people["dee"]["to_settle"] == "needs attention"
    listed = [line for line in said.splitlines() if line.startswith(("belongs", "needs", "which"))]
    assert f"to settle: {len(listed)} in all" in said
    assert "class.html lists all that is to settle" in said
    grades = {row["name"] or row["submission"]: row for row in rows(work / "out" / "grades.csv")}
    assert set(grades) == {"Alice", "Bob Roe", "Kim 지훈", "Dee", "doejane_1234"}
    assert (grades["Alice"]["score"], grades["Alice"]["attempts"]) == ("100.0", "2")
    assert grades["Alice"]["unsettled"]
    assert (grades["Dee"]["status"], grades["Dee"]["score"]) == ("no_submission", "")
    canvas = {row["Student"]: row for row in rows(work / "out" / "canvas.csv")}
    assert canvas["Alice"][exercise.title] == "100"
    assert "Kim 민수" not in str(canvas)

    def settle(text: str) -> Path:
        return put(work / "match.csv", f"submission,person\n{text}")

    # A person settles it, and later runs remember.
    code, _ = batch(work, "--match", settle("Kim 지훈,minsu@x.edu\nalice_,Bob Roe\n"))
    assert code == 1  # the damaged archive, and a stranger
    for _ in range(2):
        people = {row["submission"]: row for row in rows(work / "out" / "people.csv")}
        assert people["Kim 지훈"]["person"] == "Kim 민수 (3)"
        assert {people[one]["evidence"] for one in ("Kim 지훈", "alice_")} == {"match file"}
        batch(work)
    # An empty person takes it back.
    batch(work, "--match", settle("Kim 지훈,\n"))
    people = {row["submission"]: row for row in rows(work / "out" / "people.csv")}
    assert people["Kim 지훈"]["person"] == ""
    assert people["alice_"]["person"] == "Bob Roe (2)"

    (folder / "dee.zip").unlink()
    matched = "Kim 지훈,3\ndoejane_1234,4\nalice_,\nalice,1\n"
    times = "submission,submitted_at\nalice,2026-10-05T12:00Z\nalice_,2026-10-05T11:00Z\n"
    settled = ("--match", settle(matched), "--times", put(work / "times.csv", times))
    code, said = batch(work, *settled)
    assert code == 0, said
    assert "to settle" not in said
    grades = {row["name"]: row for row in rows(work / "out" / "grades.csv")}
    assert {row["score"] for row in grades.values()} == {"100.0"}
    assert grades["Alice"]["submitted_at"] == "2026-10-05T12:00:00+00:00"
    assert (grades["Alice"]["time_source"], grades["Alice"]["unsettled"]) == ("times file", "")


def test_what_cannot_be_meant_is_a_usage_error(work: Path) -> None:
    for name, text, reason in (
        ("match", "submission,person\nzoe,1\n", "there is no submission zoe"),
        ("match", "who\nzoe\n", "no column submission"),
        ("times", "submission,submitted_at\nalice,soon\n", "not a time in ISO 8601"),
        ("teams", "team,person\nred,zoe\n", "zoe is nobody of the roster"),
    ):
        path = put(work / "wrong.csv", text)
        command = ("batch", work / "class", "--out", work / "out", "--roster", work / "roster.csv")
        end = run(*command, f"--{name}", path, "--exercise", "ex4")
        assert (end.returncode, len(end.stderr.splitlines())) == (2, 1), end.stderr
        assert reason in end.stderr


def test_no_later_submission_takes_over_a_decision(tmp_path: Path, real_course: Course) -> None:
    """Two names that look alike are both marked, so that neither is the one decided about."""
    exercise = real_course.exercise("ex4")
    put(tmp_path / "roster.csv", "name,id\nJane,1\nMallory,2\n")
    put(tmp_path / "class" / "x.py", exercise.reference.read_bytes())
    match = put(tmp_path / "match.csv", "submission,person\nx,Jane\n")
    batch(tmp_path, "--match", match)
    put(tmp_path / "class" / "x .py", exercise.stub.read_bytes())
    code, said = batch(tmp_path)
    assert code == 1
    people = rows(tmp_path / "out" / "people.csv")
    assert len({row["submission"] for row in people}) == 2
    assert {row["person"] for row in people} == {""}
    assert said.count("belongs to nobody: x (") == 2
