"""One sentence of feedback, for a cell of a gradebook."""

from grading.batch.grades import Grade
from grading.report import Report, Status


def remark(grade: Grade, report: Report | None) -> str:
    """What is open in a report, or why there is none."""
    if report is None:
        return grade.problem
    left = [check for check in report.checks if check.status is not Status.PASSED]
    if not left:
        return "Everything is right."
    if len(left) == 1:
        return f"One check is open: {left[0].title}"
    return f"{len(left)} checks are open; the first: {left[0].title}"
