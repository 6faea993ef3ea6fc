"""What a gradebook gets for one person and exercise: points of its column, rounded once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import floor

from grading.batch.grades import Grade
from grading.batch.people.person import Person


@dataclass(frozen=True, slots=True)
class Entry:
    """A person's final points at an exercise, out of `max_final`; or the person is excused.

    `remark` is one sentence of feedback, `submission` the label of what was handed in.
    `is_overridden` says whether a person decided on the points; `is_missing` whether they are zero
    only because nothing came in.
    """

    person: Person
    exercise: str
    final: float | None
    max_final: float
    excused: bool
    remark: str
    submission: str
    is_overridden: bool = False
    is_missing: bool = False

    def points(self, out_of: float, decimals: int) -> Decimal | None:
        """The points of a column that is out of `out_of` points; None if there are none."""
        if self.excused or self.final is None:
            return None
        return scaled(self.final, self.max_final, out_of, decimals)


@lru_cache(maxsize=8192)  # a class has few scores, and fractions are slow
def scaled(final: float, max_final: float, out_of: float, decimals: int) -> Decimal | None:
    """final x out_of / max_final, rounded half up once; None if there are no points to have.

    The numbers count as they are written: 0.285 is 285 thousandths, not the nearest binary number.
    """
    most = Fraction(str(max_final))
    if most <= 0:
        return None
    exact = Fraction(str(final)) * Fraction(str(out_of)) / most
    units = floor(abs(exact) * 10**decimals + Fraction(1, 2))
    return Decimal(units if exact >= 0 else -units).scaleb(-decimals)


def shown(points: Decimal) -> str:
    """A number as every importer reads it: a dot, no thousands, no zeros at the end."""
    text = format(points, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def number_text(number: float) -> str:
    """A number as `shown` writes one."""
    return shown(Decimal(str(number)))


def entries_of(grades: Iterable[Grade], remarks: Mapping[tuple[str, str], str]) -> Iterator[Entry]:
    """What people of the roster have a grade or an excuse for: a gradebook knows no others."""
    for grade in grades:
        if grade.person is None or not grade.exercise:
            continue
        if grade.final is None and not grade.excused:
            continue
        yield Entry(
            grade.person,
            grade.exercise,
            grade.final,
            grade.max_final,
            grade.excused,
            remarks.get((grade.submission, grade.exercise), ""),
            grade.submission,
            grade.overridden,
            grade.is_only_missing,
        )
