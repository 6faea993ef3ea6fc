"""The bank: for each exercise, right answers in many styles and mistakes worth catching.

    tests/bank/ex1/right/*.py           complete solutions; each scores full marks on every seed
    reference/misconceptions/ex1.toml   mistakes, as edits of the reference; each is caught

The bank proves the checks: a right answer that loses points is a check that asks too much, a
mistake that keeps its points is a check that asks too little.
"""

from pathlib import Path

BANK = Path(__file__).resolve().parent


def exercises_with_a_bank() -> list[str]:
    """Their ids, in order."""
    return sorted(path.parent.name for path in BANK.glob("*/right"))


def right_answers(exercise: str) -> dict[str, str]:
    """Source text by name."""
    paths = sorted((BANK / exercise / "right").glob("*.py"))
    return {path.stem: path.read_text(encoding="utf-8") for path in paths}
