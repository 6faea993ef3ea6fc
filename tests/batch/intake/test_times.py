"""When something came in, and how late that is."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from grading.batch.intake.times import Received, received
from grading.batch.lateness import days_late
from grading.batch.platforms.hand_in import NO_STAMP, Stamp
from grading.course.syllabus import LatePolicy

BERLIN = ZoneInfo("Europe/Berlin")
PARIS_TIME = timezone(timedelta(hours=2))


def policy(due: datetime, grace_minutes: float = 0) -> LatePolicy:
    return LatePolicy(due, 60 * grace_minutes, 10.0, 100.0)


def late(rules: LatePolicy, moment: datetime) -> int:
    """The days that a stamp is late; without a zone it is in the course's."""
    assert rules.due.tzinfo is not None
    return days_late(rules, received(Stamp(moment, "test"), rules.due.tzinfo))


@pytest.mark.parametrize(
    ("after", "days"),
    [
        (timedelta(days=-100), 0),
        (timedelta(0), 0),
        (timedelta(minutes=30), 0),
        (timedelta(minutes=30, seconds=1), 1),
        (timedelta(days=1, minutes=30), 1),
        (timedelta(days=1, minutes=30, seconds=1), 2),
        (timedelta(days=9, minutes=31), 10),
    ],
)
def test_a_day_is_late_as_soon_as_it_has_begun(after: timedelta, days: int) -> None:
    due = datetime(2026, 12, 1, 23, 59, tzinfo=UTC)
    assert late(policy(due, grace_minutes=30), due + after) == days


@pytest.mark.parametrize(
    ("due", "moment", "days"),
    [
        # A stamp without a zone is in the course's, one with a zone is not.
        ("2026-10-05T23:59", datetime(2026, 10, 5, 23, 59), 0),
        ("2026-10-05T23:59", datetime(2026, 10, 6, 0, 0), 1),
        ("2026-10-05T23:59", datetime(2026, 10, 5, 21, 59, tzinfo=UTC), 0),
        ("2026-10-05T23:59", datetime(2026, 10, 5, 22, 0, tzinfo=UTC), 1),
        # In autumn a day has 25 hours, and it is one day by the clock on the wall;
        ("2026-10-24T23:59", datetime(2026, 10, 25, 23, 59), 1),
        ("2026-10-24T23:59", datetime(2026, 10, 25, 22, 59, tzinfo=UTC), 1),
        ("2026-10-24T23:59", datetime(2026, 10, 25, 23, 0, tzinfo=UTC), 2),
        ("2026-10-24T12:00", datetime(2026, 10, 26, 12, 0), 2),
        # in spring it has 23.
        ("2026-03-28T23:59", datetime(2026, 3, 29, 23, 59), 1),
        ("2026-03-28T23:59", datetime(2026, 3, 29, 21, 59, tzinfo=UTC), 1),
        ("2026-03-28T23:59", datetime(2026, 3, 29, 22, 0, tzinfo=UTC), 2),
        ("2026-03-28T12:00", datetime(2026, 3, 30, 12, 0), 2),
        # The hour that the clock shows twice: half past two, before and after.
        ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), 0),
        ("2026-10-25T02:30", datetime(2026, 10, 25, 1, 15, tzinfo=UTC), 1),
        ("2026-10-25T02:30", datetime(2026, 10, 25, 1, 45, tzinfo=UTC), 1),
        # Of two moments that a stamp may mean the first one counts.
        ("2026-10-25T02:30", datetime(2026, 10, 25, 2, 20), 0),
        ("2026-10-25T02:30", datetime(2026, 10, 25, 2, 40), 1),
        ("2026-10-25T02:30+01:00", datetime(2026, 10, 25, 2, 40), 0),
        ("2026-10-25T02:30+01:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC), 0),
        ("2026-10-25T02:30+01:00", datetime(2026, 10, 25, 1, 31, tzinfo=UTC), 1),
    ],
)
def test_days_are_those_of_the_clock_on_the_wall(due: str, moment: datetime, days: int) -> None:
    at = datetime.fromisoformat(due)
    at = at.astimezone(BERLIN) if at.tzinfo else at.replace(tzinfo=BERLIN)
    assert late(policy(at), moment) == days


def test_a_grace_period_crosses_a_change_of_the_clocks() -> None:
    rules = policy(datetime(2026, 3, 29, 1, 30, tzinfo=BERLIN), grace_minutes=60)
    assert late(rules, datetime(2026, 3, 29, 0, 30, tzinfo=UTC)) == 0
    assert late(rules, datetime(2026, 3, 29, 2, 0, tzinfo=UTC)) == 1


@pytest.mark.parametrize(
    ("came_in", "days"),
    [
        (Received(), 0),
        (Received(late=True), 1),
        (Received(late=False), 0),
        (Received(0.0, late=True), 1),
        (Received(1.8e9, late=False), 0),
        (Received(1796165940.0 + 3 * 86400, late=True), 3),
        (Received(1796165940.0 + 3 * 86400), 3),
    ],
)
def test_a_platform_knows_whether_it_was_late(came_in: Received, days: int) -> None:
    """Canvas's LATE tells no length: one day, which is the least that it can be."""
    rules = policy(datetime.fromtimestamp(1796165940, UTC))
    assert days_late(rules, came_in) == days
    assert days_late(None, came_in) == 0


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (NO_STAMP, Received()),
        (Stamp(source="moodle"), Received()),
        (Stamp(source="canvas_late", late=True), Received(None, "canvas_late", True)),
        (Stamp(source="canvas", late=False), Received(None, "canvas", False)),
        (Stamp(datetime(1970, 1, 1, 2, tzinfo=PARIS_TIME), "x"), Received(0.0, "x")),
        (Stamp(datetime(1970, 1, 1, 1), "x"), Received(0.0, "x")),
    ],
)
def test_what_a_stamp_says(stamp: Stamp, expected: Received) -> None:
    assert received(stamp, BERLIN) == expected


@pytest.mark.parametrize(
    ("moment", "other", "is_before"),
    [
        ("2026-10-25T02:10", "2026-10-25T02:20", False),
        ("2026-10-25T02:59:59", "2026-10-25T03:00", True),
        ("2026-10-25T01:59:59", "2026-10-25T02:00", True),
        ("2026-10-25T02:10+02:00", "2026-10-25T02:20", True),
        ("2026-10-25T02:10", "2026-10-25T02:05+01:00", False),
        ("2026-10-25T02:10", "2026-10-25T02:20+01:00", True),
        ("2026-10-05T02:10", "2026-10-05T02:20", True),
        ("2026-10-05T02:10", "2026-10-05T02:10", False),
    ],
)
def test_which_came_first_in_the_hour_that_a_clock_shows_twice(
    moment: str, other: str, is_before: bool
) -> None:
    one, two = (
        received(Stamp(datetime.fromisoformat(text), "x"), BERLIN) for text in (moment, other)
    )
    assert one.is_before(two) == is_before
    assert not two.is_before(one)
    assert not Received().is_before(one)
    assert not one.is_before(Received())


@pytest.mark.parametrize("day", [date.min, date.max])
@pytest.mark.parametrize("zone", [None, UTC, *(timezone(timedelta(hours=n)) for n in (-23, 23))])
def test_a_time_at_the_ends_of_the_calendar_is_unknown(day: date, zone: timezone | None) -> None:
    """It can be shown in no other zone: a commit's date is whatever its author says."""
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
    for course in (BERLIN, UTC):
        assert received(Stamp(moment, "x"), course) == Received()


def test_a_time_that_no_clock_shows_is_unknown() -> None:
    rules = policy(datetime(2026, 10, 5, tzinfo=BERLIN))
    for moment in (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, 23, tzinfo=UTC)):
        came_in = received(Stamp(moment, "x"), BERLIN)
        assert came_in == Received()
        assert days_late(rules, came_in) == 0


def test_a_time_is_written_with_the_offset_of_the_course() -> None:
    assert Received(0.0).iso(UTC) == "1970-01-01T00:00:00+00:00"
    assert Received(1791226958.0).iso(BERLIN) == "2026-10-05T21:02:38+02:00"
    assert Received(1796165940.0).iso(BERLIN) == "2026-12-01T23:59:00+01:00"
    assert Received().iso(BERLIN) == ""
