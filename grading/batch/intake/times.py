"""When something was handed in, by evidence, and how late that is.

The strongest evidence counts: --times, then the platform's word, then a clone's last commit. The
time of a file, and a date inside what a student made, are no evidence: they say when somebody
unpacked a download, or whatever a student wants them to say. course.toml may allow the time of a
file (`trust_file_times`). Where nothing tells the time there is no penalty, and the hand-in is
listed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from math import ceil

from grading.batch.platforms.hand_in import Stamp
from grading.course.syllabus import LatePolicy

LAST = datetime(9000, 1, 1, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class Received:
    """When something came in, and what says so; `seconds` since 1970 are None if nothing does."""

    seconds: float | None = None
    source: str = "unknown"
    late: bool | None = None

    def iso(self, zone: tzinfo) -> str:
        """ISO 8601 with the offset of a zone; empty if unknown."""
        if self.seconds is None:
            return ""
        return datetime.fromtimestamp(self.seconds, zone).isoformat(timespec="seconds")


def received(stamp: Stamp, zone: tzinfo) -> Received:
    """A stamp in seconds since 1970; `zone` is that of stamps that have none."""
    if stamp.moment is None:
        late = stamp.late
        return Received(None, stamp.source if late is not None else "unknown", late)
    moment = stamp.moment
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    try:
        seconds = moment.timestamp()
    except (OverflowError, ValueError):
        return Received()
    # A student's clock may say anything; beyond these years, zones and deadlines end the calendar.
    return Received(seconds, stamp.source, stamp.late) if 0 <= seconds < LAST else Received()


def days_late(policy: LatePolicy | None, came_in: Received) -> int:
    """Days begun after the deadline and its grace period, by the clock on the wall.

    A platform that only says "late" tells no length: that is one day, the least it can be.
    """
    if policy is None or came_in.late is False:
        return 0
    if came_in.seconds is None:
        return 1 if came_in.late else 0
    end = policy.due + timedelta(seconds=policy.grace)
    moment = datetime.fromtimestamp(came_in.seconds, policy.due.tzinfo)
    # Aware times of one zone are subtracted as the wall shows them, across a change of the clocks.
    days = ceil((moment - end) / timedelta(days=1))
    if days <= 0 and came_in.seconds > end.timestamp():
        days = 1  # in the hour that a clock shows twice
    return max(days, 1 if came_in.late else 0)


def zone_of(policy: LatePolicy | None) -> tzinfo:
    """The zone of the course's deadline, or UTC."""
    zone = None if policy is None else policy.due.tzinfo
    return UTC if zone is None else zone
