"""What a worker of a cluster does: it compares itself with the host, and then grades.

The host's part of this module, `serving`, makes a function that holds nothing but text and bytes
and imports nothing before it runs. So it reaches a worker by value, also one that has another
version of this module, or none at all, and that worker can still say so.
"""

import pickle
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from grading.judging import fingerprint
from grading.judging.fingerprint import Fingerprint
from grading.sandbox.processes import zygote_on
from grading.sandbox.rungs import Rung

if TYPE_CHECKING:
    from grading.judging.grader import Grader

# A worker's address, how it differs from the host, and a result if it does not.
Answer = tuple[str, list[str], Any]

_graders: "dict[tuple[Rung, str], tuple[Mapping[str, str], Grader]]" = {}
# A grader serves one item at a time, however many threads its worker has.
_turn = threading.Lock()


def serving(expected: Mapping[str, Any], exercises: bytes) -> Callable[[bytes], Answer]:
    """The function that answers a job on a worker.

    `expected` holds the fields of the host's `Fingerprint`, and `exercises` those that it covers,
    pickled.
    """

    def serve(job: bytes) -> Answer:
        from distributed import get_worker

        address = get_worker().address
        try:
            from grading.fleet.cluster_worker import answer, differences

            found = differences(expected, exercises)
        except Exception as error:  # whatever keeps it from comparing itself makes it unfit
            found = [f"it cannot be compared ({type(error).__name__}: {error})"]
        if found:
            return address, found, None
        return address, [], answer(job, expected["checks"])

    return serve


def differences(expected: Mapping[str, Any], exercises: bytes) -> list[str]:
    """How this worker differs from the host."""
    host = Fingerprint(**expected)
    # Pickled objects mean the same only to the same engine.
    if found := fingerprint.on_disk(()).differs_from(host, with_checks=False):
        return found
    if found := fingerprint.loaded().differs_from(host, with_checks=False):
        return [*found, "its process was started before an update: restart it"]
    return fingerprint.on_disk(pickle.loads(exercises)).differs_from(host)


def answer(job: bytes, checks: Mapping[str, str]) -> Any:
    """Run a job's function(grader, item) with a grader that was made for these checks."""
    from grading.judging.grader import Grader

    function, item, rung, device = pickle.loads(job)
    with _turn:
        made_for, grader = _graders.get((rung, device), (checks, None))
        if grader is not None and made_for != checks:
            grader.close()
            grader = None
        if grader is None:
            grader = Grader(rung, zygote_on(rung), device)
            _graders[rung, device] = checks, grader
        return function(grader, item)
