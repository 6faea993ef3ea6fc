"""Opens a fleet on this machine."""

import sys

from grading.files import require_open_files
from grading.fleet.in_process import InProcess
from grading.fleet.pool import Pool, why_not
from grading.sandbox.rungs import Rung


def open_fleet(rung: Rung, device: str, jobs: int) -> InProcess | Pool:
    """Graders in `jobs` processes; one in this process for one job, or where a pool cannot work.

    If a pool cannot work, a line on standard error says why. Raises UsageError.
    """
    require_open_files(jobs)
    # Environment variables keep a pool's processes from importing from the current folder.
    if jobs > 1 and not sys.flags.ignore_environment:
        if not (reason := why_not()):
            return Pool(rung, device, jobs)
        print(f"grader: grading one at a time: {reason}", file=sys.stderr)
    return InProcess(rung, device)
