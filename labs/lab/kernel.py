"""What a lab's script and the kernel that executes it tell each other."""

from dataclasses import dataclass

from grading.course.syllabus import ROOT

LABS = ROOT / "labs"
# In the kernel's environment: a file that the script makes when the lab is to stop counting.
STOP = "UNROLLED_LAB_STOP"
# The metadata of the output in which the kernel says how the lab ended.
ENDING = "unrolled_lab_ending"
DONE, USAGE, FAILED, INTERRUPTED = 0, 2, 3, 130


@dataclass(frozen=True)
class Ending:
    """How a lab came to its end: one line, and the exit code of the lab."""

    line: str
    code: int
