"""A trial of a rung: a process confines itself like a worker, and then does nothing.

It runs as a program of its own, without torch, and prints why it could not be confined.
"""

import os
import sys
from typing import Any, NoReturn

from grading.sandbox.limits import Limits
from grading.sandbox.worker.confine import Walls, confine, fork, new_session


def main(configuration: dict[str, Any]) -> NoReturn:
    """Exit with 0 if the walls stand; otherwise print the reason on standard error."""
    walls = Walls(**configuration["walls"])
    pid = fork(walls)
    if pid == 0:
        _try(walls)
    _, status = os.waitpid(pid, 0)
    os._exit(os.waitstatus_to_exitcode(status))


def _try(walls: Walls) -> NoReturn:
    try:
        new_session()
        confine(walls, Limits())
    except BaseException as error:
        sys.stderr.write(str(getattr(error, "strerror", None) or error))
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)
