"""Points, times, rules and statuses in the words of the pages."""

from datetime import datetime, tzinfo
from functools import lru_cache

from grading.batch.grades import Grade
from grading.batch.intake.times import Received
from grading.course.syllabus import Course, LatePolicy
from grading.text import number_of

# What Received.source says, where a page says more.
_SOURCES = {
    "unknown": "nothing tells the time",
    "canvas": "Canvas, which says only whether it was late",
    "canvas_late": "Canvas, which says only that it was late",
    "times file": "the instructor's file of times",
    "gradescope": "Gradescope",
    "blackboard": "Blackboard",
    "brightspace": "Brightspace",
    "submitty": "Submitty",
    "nbgrader": "nbgrader",
    "commit (set by the student)": "the last commit, by the student's own clock",
    "file (course.toml trusts it)": "the time of the file, which course.toml trusts",
}
_STATUSES = {
    "no_submission": "nothing to grade",
    "not_gradable": "not gradable",
    "unreadable": "unreadable",
}


@lru_cache(maxsize=1000)  # a class has few different numbers, and each page shows many
def points(value: float) -> str:
    """A number of points with at most four decimals, and none that say nothing."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def source(came_in: Received) -> str:
    """What tells when something came in."""
    return _SOURCES.get(came_in.source, came_in.source)


def moment(came_in: Received, zone: tzinfo) -> str:
    """When something came in, as the wall shows it; "not known" if nothing tells."""
    iso = came_in.iso(zone)
    return f"{iso[:10]} {iso[11:19]} {iso[19:]}".rstrip() if iso else "not known"


def state(grade: Grade) -> str:
    """What stands in the matrix in place of points, or beside them."""
    if grade.excused:
        return "excused"
    if grade.is_only_missing:
        return "missing"
    if grade.final is None:
        return "open"
    if grade.overridden:
        return "decided"
    if grade.unsettled:
        return "unsettled"
    return "extended" if grade.decision else ""


def why_open(grade: Grade) -> str:
    """Why nothing was graded."""
    return grade.problem or _STATUSES.get(grade.status, grade.status.replace("_", " "))


def account(grade: Grade) -> str:
    """How the final points come about, in one line; empty if they are those of the checks."""
    if grade.raw_score is None or grade.score is None or grade.excused:
        return ""
    steps = f"{points(grade.raw_score)} for the checks"
    if grade.penalty:
        days = f"{number_of(grade.late_days, 'day')} late"
        steps += f" - {points(grade.penalty)} ({days}) = {points(grade.score)}"
    if adds_by_hand(grade) and grade.by_hand:
        given, together = grade.by_hand[0], grade.score + grade.by_hand[0]
        steps += f" + {points(given)} by hand = {points(together)}"
    if grade.overridden and grade.final is not None:
        steps += f"; by the decision: {points(grade.final)}"
    return steps if "=" in steps or ";" in steps else ""


def adds_by_hand(grade: Grade) -> bool:
    """Whether points given by hand count toward the final points."""
    return grade.by_hand is not None and grade.max_final > grade.max_score


def rules(course: Course) -> list[str]:
    """What holds for all exercises."""
    which = "best, after its penalty," if course.attempts == "best" else "latest"
    nothing = {
        "blank": "People who hand in nothing have no grade.",
        "zero": "People of the roster who hand in nothing have zero points after the deadline.",
    }
    hand = {
        "apart": "Points given by hand stand beside the score.",
        "counts": "Points given by hand are added to the score.",
    }
    return [
        f"Of several attempts, the {which} counts.",
        nothing[course.missing],
        hand[course.by_hand],
    ]


def deadline(policy: LatePolicy | None) -> str:
    """When an exercise is due."""
    if policy is None:
        return "no deadline"
    return f"{policy.due:%Y-%m-%d %H:%M} ({_zone(policy.due)})"


def grace(policy: LatePolicy | None) -> str:
    """How long after the deadline nothing is late."""
    minutes = 0.0 if policy is None else policy.grace / 60
    return f"{points(minutes)} minutes" if minutes else "none"


def lateness(policy: LatePolicy | None) -> str:
    """What lateness costs."""
    if policy is None or not policy.percent_per_day or not policy.cap:
        return "nothing"
    per_day = f"{points(policy.percent_per_day)} % of the raw score for each day begun"
    return f"{per_day}, at most {points(policy.cap)} %"


def _zone(moment: datetime) -> str:
    return str(getattr(moment.tzinfo, "key", None) or moment.tzname())
