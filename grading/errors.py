"""The two errors that end a grading, and the exit codes of the program."""

from enum import IntEnum


class UsageError(Exception):
    """The caller must change something: a path, an option, a file. One line says what."""


class GraderError(Exception):
    """The grader itself failed. Never the student's fault, and never a score."""


class ExitCode(IntEnum):
    """The exit codes of the program."""

    FULL_MARKS = 0
    NOT_FULL_MARKS = 1
    USAGE = 2
    GRADER_FAILED = 3
    INTERRUPTED = 130
