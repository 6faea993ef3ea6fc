"""When something was handed in, by evidence.

The strongest evidence counts: --times, then the platform's word, then a clone's last commit. The
time of a file, and a date inside what a student made, are no evidence: they say when somebody
unpacked a download, or whatever a student wants them to say. course.toml may allow the time of a
file (`trust_file_times`). Where nothing tells the time there is no penalty, and the hand-in is
listed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from grading.batch.platforms.hand_in import Stamp

LAST = datetime(9000, 1, 1, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Received:
    """When something came in, and what says so; `seconds` since 1970 are None if nothing does.

    `spread` is how much later it may have been: clocks that are set back show an hour twice.
    """

    seconds: float | None = None
    source: str = "unknown"
    late: bool | None = None
    spread: float = 0.0

    def is_before(self, other: "Received") -> bool:
        """Whether this came in first, for certain."""
        if self.seconds is None or other.seconds is None:
            return False
        return self.seconds + self.spread < other.seconds

    def iso(self, zone: tzinfo) -> str:
        """ISO 8601 with the offset of a zone; empty if unknown."""
        if self.seconds is None:
            return ""
        return datetime.fromtimestamp(self.seconds, zone).isoformat(timespec="seconds")


def received(stamp: Stamp, zone: tzinfo) -> Received:
    """A stamp in seconds since 1970; `zone` is that of stamps that have none.

    In the hour that a clock shows twice the first one counts, to the student's advantage.
    """
    if stamp.moment is None:
        late = stamp.late
        return Received(None, stamp.source if late is not None else "unknown", late)
    moments = [stamp.moment]
    if stamp.moment.tzinfo is None:
        moments = [stamp.moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
    try:
        seconds = [moment.timestamp() for moment in moments]
    except (OverflowError, ValueError):
        return Received()
    # A student's clock may say anything; beyond these years, zones and deadlines end the calendar.
    first = min(seconds)
    if not 0 <= first < LAST:
        return Received()
    return Received(first, stamp.source, stamp.late, max(seconds) - first)
