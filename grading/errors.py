"""The two ways in which grading cannot go on."""


class UsageError(Exception):
    """The caller must change something: a path, an option, a file. One line that says what."""


class GraderError(Exception):
    """The grader itself failed. Never the student's fault, and never a score."""
