"""Opens a fleet on this machine."""

import sys

from grading.files import require_open_files
from grading.fleet.in_process import InProcess
from grading.fleet.pool import Pool, why_not
from grading.sandbox.rungs import Rung


def open_fleet(rung: Rung, device: str, jobs: int) -> InProcess | Pool:
    """Graders in `jobs` processes; one in this process if others are not wanted or cannot be had.

    A line on standard error says if they cannot. Raises UsageError.
    """
    require_open_files(jobs)
    # The processes of a pool are kept off the current folder by the environment.
    if jobs > 1 and not sys.flags.ignore_environment:
        if not (reason := why_not()):
            return Pool(rung, device, jobs)
        print(f"grader: grading one at a time: {reason}", file=sys.stderr)
    return InProcess(rung, device)
