"""What is graded again, and why."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grading.batch import run
from grading.batch.store import Store
from grading.closing import Closing
from grading.course.syllabus import Course
from grading.report import Report, Status
from tests.support.classes import EX1, collected, put
from tests.support.reports import check, report


class Graders(Closing):
    """A fleet that finds every exercise fit, and makes one report of every submission."""

    def __init__(self, made: Report) -> None:
        self._made = made

    def close(self) -> None:
        pass

    def run(self, function: object, items: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        for item in items:
            yield item, "" if function is run.why_not else self._made


FAILED = report(check(status=Status.GRADER_ERROR))
FULL, NONE = report(check(points=10.0)), report(check(points=0.0))


@pytest.mark.parametrize(
    ("before", "after", "again", "said"),
    [
        (FAILED, FULL, False, ["tried again, as the grader had failed"]),
        (FAILED, FULL, True, ["tried again, as the grader had failed"]),
        (FAILED, FAILED, False, []),
        (NONE, FULL, False, []),
        (NONE, FULL, True, ["graded again on request"]),
        (FULL, FULL, True, []),
    ],
)
def test_a_change_says_why_it_was_graded_again(
    tmp_path: Path, real_course: Course, before: Report, after: Report, again: bool, said: list[str]
) -> None:
    put(tmp_path / "in" / "ann" / EX1)
    found = list(collected(tmp_path / "in", real_course, "ex1").values())
    handed_in = run.attempts(real_course, found, set(found), "here", 1)
    with Store(tmp_path / "grades.sqlite") as store:
        for made, once_more in ((before, False), (after, again)):
            outcome = run.run(
                real_course, handed_in, store, lambda made=made: Graders(made), once_more, print
            )
    assert [change.why for change in outcome.changes] == said
