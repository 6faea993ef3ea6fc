"""`python -m tests.gpu.part PART DEVICE OUT`: one part, in a process of its own."""

import importlib
import signal
import sys
import traceback
from pathlib import Path

from grading.errors import GraderError, UsageError
from grading.sandbox.processes import SandboxError
from tests.gpu.record import Job, Record, Status

# Their words say it all.
SAID = (GraderError, SandboxError, UsageError)


def main(name: str, device: str, out: Path) -> int:
    """Run the part; 0 if all is as it should be.

    A part that is interrupted stays `running`: the person who ended it knows why.
    """
    record = Record(name, device, Status.RUNNING)
    job = Job(out, record)
    job.save()
    try:
        importlib.import_module(f"tests.gpu.{name}").run(job)
        record.status = Status.FAILED if record.problems else Status.OK
    except Exception as error:
        traceback.print_exc()
        record.status = Status.FAILED
        kind = "" if isinstance(error, SAID) else f"{type(error).__name__}: "
        record.error = f"{kind}{error}"
    finally:
        job.save()
    return int(record.bad)


if __name__ == "__main__":
    # So that a part that is told to end takes its workers and temporary files with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
    except KeyboardInterrupt:
        sys.exit(130)
