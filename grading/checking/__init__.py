"""What an author of checks needs, in one import; and the questions that a check asks."""

from grading.checking.check import Parts, Trials, check
from grading.checking.compare import (
    Answer,
    Axes,
    Layer,
    Mismatch,
    Tolerance,
    close,
    finite,
    same,
    same_shape,
)
from grading.checking.draw import Draw
from grading.checking.interview import Alone, Both
from grading.checking.respondents import StudentFault
from grading.report import Status

__all__ = [
    "Alone",
    "Answer",
    "Axes",
    "Both",
    "Draw",
    "Layer",
    "Mismatch",
    "Parts",
    "Status",
    "StudentFault",
    "Tolerance",
    "Trials",
    "check",
    "close",
    "finite",
    "same",
    "same_shape",
]
