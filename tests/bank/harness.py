"""The bank: for each exercise, right answers in many styles and mistakes worth catching.

    tests/bank/ex1/right/*.py           complete solutions; each scores full marks on every seed
    reference/misconceptions/ex1.toml   mistakes, as edits of the reference; each is caught

The bank proves the checks: a right answer that loses points is a check that asks too much, a
mistake that keeps its points is a check that asks too little.
"""

import hashlib
from pathlib import Path

from grading.course import Exercise
from grading.grade import Grader
from grading.report import Report
from grading.submission import from_bytes

BANK = Path(__file__).resolve().parent
MAX_SEED = 2**31


def exercises_with_a_bank() -> list[str]:
    """Their ids, in order."""
    return sorted(path.parent.name for path in BANK.glob("*/right"))


def right_answers(exercise: str) -> dict[str, str]:
    """Source text by name."""
    paths = sorted((BANK / exercise / "right").glob("*.py"))
    return {path.stem: path.read_text(encoding="utf-8") for path in paths}


def grade(
    grader: Grader, exercise: Exercise, source: str, seed: int, only: str | None = None
) -> Report:
    """The report on this source text; `only` names a check, run with those it needs."""
    return grader.grade(exercise, from_bytes(source.encode(), exercise.file), seed, only)


def seed_for(exercise: str, name: str, repeat: int = 0) -> int:
    """A seed of its own for each answer and repeat, the same on every machine."""
    digest = hashlib.sha256(f"{exercise}/{name}/{repeat}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % MAX_SEED
