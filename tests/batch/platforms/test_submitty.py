"""submissions/USER/VERSION, as site/app/controllers/MiscController.php of Submitty packs them."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grading.batch.platforms.hand_in import HandIn
from grading.batch.platforms.submitty import take
from tests.support.classes import EX1, clues, put

SETTINGS = "user_assignment_settings.json"
MOMENT = datetime(2026, 10, 5, 19, 2, 38, tzinfo=UTC)


def user(folder: Path, active: object, *versions: int) -> Path:
    for version in versions:
        put(folder / str(version) / EX1)
        put(folder / str(version) / ".submit.timestamp", f"2026-10-0{version} 21:02:38-0400\n")
    settings = {"active_version": active, "history": [{"version": 1, "time": "", "who": "x"}]}
    put(folder / SETTINGS, json.dumps(settings))
    return folder


def only(folder: Path) -> HandIn:
    [hand_in], used = take(folder.parent, [folder.name])
    assert used == {folder.name}
    return hand_in


def test_the_active_version_counts_and_not_the_highest(tmp_path: Path) -> None:
    folder = user(tmp_path / "submissions" / "jdoe", 2, 1, 2, 3)
    hand_in = only(folder)
    assert [part.path for part in hand_in.parts] == [folder / "2"]
    assert (hand_in.attempt, hand_in.author.label, hand_in.problem) == (2, "jdoe", "")
    assert hand_in.stamp.moment == datetime(2026, 10, 3, 1, 2, 38, tzinfo=UTC)
    assert clues(hand_in) == [("login", "jdoe"), ("team", "jdoe")]


@pytest.mark.parametrize("active", [0, -1, 9, "x", None, [], {}, "../.."])
def test_without_an_active_version_there_is_nothing(tmp_path: Path, active: object) -> None:
    hand_in = only(user(tmp_path / "submissions" / "jdoe", active, 1))
    assert hand_in.parts == ()
    assert hand_in.problem


def test_settings_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    folder = user(tmp_path / "submissions" / "jdoe", 1, 1)
    for content in ("{", "[" * 10_000, b"\xff", "{}", "[]"):
        put(folder / SETTINGS, content)
        assert "cannot be read" in only(folder).problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-05 15:02:38-0400", MOMENT),
        ("2026-10-05 15:02:38 -0400\n", MOMENT),
        ("2026-10-05 21:02:38+02:00", MOMENT),
        ("2026-10-05 15:02:38", datetime(2026, 10, 5, 15, 2, 38)),
        ("yesterday", None),
        (b"\xff\xfe", None),
        ("9" * 5000, None),
    ],
)
def test_the_time_of_a_version(
    tmp_path: Path, text: str | bytes, expected: datetime | None
) -> None:
    put(tmp_path / "submissions" / "jdoe" / EX1)
    put(tmp_path / "submissions" / "jdoe" / ".submit.timestamp", text)
    hand_in = only(tmp_path / "submissions" / "jdoe")
    assert [part.path for part in hand_in.parts] == [tmp_path / "submissions" / "jdoe"]
    assert hand_in.stamp.moment == expected


def test_a_link_is_no_student(tmp_path: Path) -> None:
    put(tmp_path / "jdoe" / EX1)
    (tmp_path / "linked").symlink_to(user(tmp_path / "real", 1, 1))
    assert take(tmp_path, ["jdoe", "linked"]) == ([], set())


def test_one_student_alone_makes_no_download(tmp_path: Path) -> None:
    """Whoever hands in a folder can put such files into it; a download has them for everybody."""
    user(tmp_path / "ann", 1, 1)
    put(tmp_path / "bob" / EX1)
    assert take(tmp_path, ["ann"]) == take(tmp_path, ["ann", "bob"]) == ([], set())
    user(tmp_path / "bob", 1, 1)
    assert take(tmp_path, ["ann", "bob"])[1] == {"ann", "bob"}
