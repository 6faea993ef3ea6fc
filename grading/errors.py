"""The two ways in which grading cannot go on, and the ways in which the program can end."""

from enum import IntEnum


class UsageError(Exception):
    """The caller must change something: a path, an option, a file. One line that says what."""


class GraderError(Exception):
    """The grader itself failed. Never the student's fault, and never a score."""


class ExitCode(IntEnum):
    """What the program ends with."""

    FULL_MARKS = 0
    NOT_FULL_MARKS = 1
    USAGE = 2
    GRADER_FAILED = 3
    INTERRUPTED = 130
