"""One grader, in this process."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from grading.closing import Closing
from grading.fleet.fleet import Item, Lost, Outcomes, Result, Task
from grading.sandbox.processes import zygote_on
from grading.sandbox.rungs import Rung

if TYPE_CHECKING:
    from grading.judging.grader import Grader


class InProcess(Closing):
    """Grades one item after another. Use as a context manager."""

    def __init__(self, rung: Rung, device: str) -> None:
        self._rung, self._device = rung, device
        self._grader = self._new_grader()

    def close(self) -> None:
        self._grader.close()

    def run(self, function: Task[Item, Result], items: Iterable[Item]) -> Outcomes[Item, Result]:
        """Run function(grader, item) on every item, in order; yield each with its result.

        An item that kills the zygote is tried once more, and is `Lost` if it kills it again.
        """
        for item in items:
            for _ in range(2):
                if self._grader.broken:
                    self._grader.close()
                    self._grader = self._new_grader()
                result: Result | Lost = function(self._grader, item)
                if not self._grader.broken:
                    break
            else:
                result = Lost("the zygote that graded it died twice")
            yield item, result

    def _new_grader(self) -> "Grader":
        # The zygote comes first: it imports torch while this process imports pytest.
        zygote = zygote_on(self._rung)
        from grading.judging.grader import Grader

        return Grader(self._rung, zygote, self._device, keep_suites=True)
