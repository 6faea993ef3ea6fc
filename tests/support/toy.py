"""A tiny course that is no RNN course: an exercise about doubling numbers."""

from pathlib import Path
from textwrap import dedent

from grading.course import syllabus
from grading.course.syllabus import Course, Exercise
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.report import Report
from grading.submission.file import from_bytes


def make_course(root: Path, public: str, hidden: str = "") -> Course:
    """A course of one exercise with these checks, in `root`."""
    files = {
        "course.toml": COURSE,
        "reference/toy_module.py": REFERENCE,
        "checks/probes/toy.py": PROBES,
        "checks/public/toy.py": public,
        "checks/pytest.ini": "[pytest]\n",
    }
    if hidden:
        files["checks/hidden/toy.py"] = hidden
    for package in ("checks", "checks/public", "checks/hidden"):
        files[f"{package}/__init__.py"] = ""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    return syllabus.load(root)


COURSE = """
title = "Toy"
[exercises.toy]
title = "Doubling"
file = "toy_module.py"
"""
REFERENCE = """
def double(values):
    return 2 * values

def negate(values):
    return -values
"""
PROBES = """
def double(module, values):
    return {"doubled": module.double(values)}

def negate(module, values):
    return {"negated": module.negate(values)}
"""
PUBLIC_CHECKS = """
from grading.checking.check import check
from grading.checking.compare import same

AXES = {"doubled": ("row", "column")}

@check(points=60, hint="Add the number to itself.")
def doubles(draw, both):
    '''Every number is doubled.'''
    same(*both.double(values=draw.normal(3, 2)), axes=AXES)
"""
HIDDEN_CHECKS = """
from grading.checking.check import check
from grading.checking.compare import same

AXES = {"negated": ("row", "column")}

@check(points=40)
def negates(draw, both):
    '''Every number changes its sign.'''
    same(*both.negate(values=draw.normal(3, 2)), axes=AXES)
"""
ORDER = """
from grading.checking.check import check
from grading.checking.compare import same

AXES = {"doubled": ("row", "column"), "negated": ("row", "column")}

@check(points=10)
def doubles(draw, both):
    '''Every number is doubled.'''
    same(*both.double(values=draw.normal(3, 2)), axes=AXES)

@check(points=20, needs=[doubles])
def negates(draw, both):
    '''Every number changes its sign.'''
    same(*both.negate(values=draw.normal(3, 2)), axes=AXES)

@check(points=30, needs=[negates])
def negates_again(draw, both):
    '''And once more.'''
    same(*both.negate(values=draw.normal(2, 3)), axes=AXES)

@check(points=40)
def independent(draw, both):
    '''Needs nothing.'''
    same(*both.negate(values=draw.normal(2, 2)), axes=AXES)
"""
HALVES = """
[[misconception]]
name = "halves"
why = "it halves"
student = "Your double halves."
hints = ["nudge", "concept", "location"]
fails = ["doubles"]
edits = [["2 * values", "values / 2"]]
"""
KNOWN = (
    HALVES
    + """
[[misconception]]
name = "adds_two"
why = "it adds two"
student = "Your double adds two."
hints = ["nudge", "concept", "location"]
fails = ["doubles"]
edits = [["2 * values", "2 + values"]]

[[misconception]]
name = "keeps_the_sign"
why = "it keeps the sign"
student = "Your negate keeps the sign."
hints = ["nudge", "concept", "location"]
fails = ["negates"]
edits = [["return -values", "return values"]]
"""
)


def taught(root: Path, known: str = KNOWN) -> Exercise:
    """The toy exercise, with known mistakes."""
    exercise = make_course(root, PUBLIC_CHECKS, HIDDEN_CHECKS).exercise("toy")
    exercise.misconceptions.parent.mkdir(parents=True, exist_ok=True)
    exercise.misconceptions.write_text(known, encoding="utf-8")
    return exercise


def graded(grader: Grader, exercise: Exercise, source: str) -> Report:
    # Each toy course is another one: what its mistakes answer must not be remembered.
    grader.answers.pop("toy", None)
    return grader.grade(exercise, from_bytes(source.encode(), exercise.file), Plan(seed=3))
