"""submitted/STUDENT/ASSIGNMENT/timestamp.txt, as nbgrader/converters/base.py reads it.

What it says is read as parse_utc of nbgrader/utils.py reads it (jupyter/nbgrader, release 0.9.6):
a third word is an offset or the name of a zone, and a time with neither is in UTC.
"""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from grading.batch.platforms.nbgrader import take
from tests.support.classes import EX1, clues, put

MOMENT = datetime(2026, 10, 5, 19, 2, 38, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-05 19:02:38 UTC", MOMENT),
        ("2026-10-05 19:02:38.000000 UTC\n", MOMENT),
        ("2026-10-05 21:02:38 +0200", MOMENT),
        ("2026-10-05 21:02:38 +02:00", MOMENT),
        ("2026-10-05T21:02:38+02:00", MOMENT),
        ("2026-10-05 12:02:38.000000 America/Los_Angeles", MOMENT),
        ("2026-10-05 19:02:38", MOMENT),
        ("2026-10-05T19:02:38Z", MOMENT),
        ("0001-01-01 00:00:00", datetime(1, 1, 1, tzinfo=UTC)),
        ("0001-01-01 00:00:00 Asia/Tokyo", datetime(1, 1, 1, tzinfo=ZoneInfo("Asia/Tokyo"))),
        ("2026-10-05 12:02:38 America/Indiana", None),
        ("2026-10-05 12:02:38 Europe/Atlantis", None),
        ("2026-10-05 12:02:38 ../../etc/passwd", None),
        ("2026-10-05 12:02:38 A/" + "A" * 900, None),
        ("2026-10-05 12:02:38 EST", None),
        ("UTC", None),
        ("yesterday", None),
        ("", None),
        (b"\xff", None),
        ("9" * 5000, None),
    ],
)
def test_the_time_of_an_assignment(
    tmp_path: Path, text: str | bytes, expected: datetime | None
) -> None:
    folder = tmp_path / "submitted"
    put(folder / "jdoe" / "ex1" / EX1)
    put(folder / "jdoe" / "ex1" / "timestamp.txt", text)
    [hand_in], used = take(folder, ["jdoe"])
    assert used == {"jdoe"}
    assert clues(hand_in) == [("label", "jdoe")]
    assert [part.path for part in hand_in.parts] == [folder / "jdoe" / "ex1"]
    assert hand_in.stamp.moment == expected
    assert hand_in.stamp.moment is None or hand_in.stamp.moment.tzinfo is not None


def test_only_a_folder_of_that_name_is_nbgraders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elsewhere a student may have written the file."""
    for name in ("class", "submitted"):
        put(tmp_path / name / "jdoe" / "ex1" / "timestamp.txt", "2026-10-05 19:02:38 UTC")
    assert take(tmp_path / "class", ["jdoe"]) == ([], set())
    monkeypatch.chdir(tmp_path / "submitted")
    assert take(Path(), ["jdoe"])[1] == {"jdoe"}


def test_links_and_files_are_no_students(tmp_path: Path) -> None:
    folder = tmp_path / "submitted"
    put(folder / "a.py")
    (folder / "b").symlink_to(tmp_path)
    assert take(folder, ["a.py", "b"]) == ([], set())
