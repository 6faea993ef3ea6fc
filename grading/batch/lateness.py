"""How late something came in, and what that costs."""

from datetime import datetime, timedelta
from math import ceil

from grading.batch.intake.times import Received
from grading.course.syllabus import LatePolicy


def days_late(policy: LatePolicy | None, came_in: Received) -> int:
    """Days begun after the deadline and its grace period, by the clock on the wall.

    A platform that only says "late" tells no length: that is one day, the least it can be.
    """
    if policy is None or came_in.late is False:
        return 0
    if came_in.seconds is None:
        return 1 if came_in.late else 0
    # Addition forgets which of two equal hours was meant.
    end = (policy.due + timedelta(seconds=policy.grace)).replace(fold=policy.due.fold)
    moment = datetime.fromtimestamp(came_in.seconds, policy.due.tzinfo)
    # Aware times of one zone are subtracted as the wall shows them, across a change of the clocks.
    days = ceil((moment - end) / timedelta(days=1))
    days = max(days, 1) if came_in.seconds > end.timestamp() else 0
    return max(days, 1 if came_in.late else 0)


def penalty(policy: LatePolicy | None, days: int, raw_score: float) -> float:
    """Points off for lateness: percent of the raw score for each day begun, up to the cap."""
    if policy is None:
        return 0.0
    return round(raw_score * min(policy.cap, days * policy.percent_per_day) / 100, 4)
