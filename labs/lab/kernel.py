"""What a lab's script and the kernel that executes it tell each other."""

from dataclasses import dataclass

from grading.course.syllabus import ROOT

LABS = ROOT / "labs"
# The variable of the kernel that names a file: once it exists, the lab ends its current loop.
STOP = "UNROLLED_LAB_STOP"
# The metadata of the output in which a kernel reports how the lab ended.
ENDING = "unrolled_lab_ending"
DONE, USAGE, FAILED, INTERRUPTED = 0, 2, 3, 130


@dataclass(frozen=True)
class Ending:
    """How a lab ended: one line of text, and the lab's exit code."""

    line: str
    code: int
