"""Points of a gradebook: scaled and rounded once, and people of the roster only."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.batch.gradebooks.entry import entries_of, number_text, scaled, shown
from grading.batch.people.person import Person
from tests.support.gradebooks import grade

ADA = Person("Ada", "1")


@pytest.mark.parametrize(
    ("final", "max_final", "out_of", "decimals", "points"),
    [
        (85.0, 100.0, 10.0, 2, "8.5"),
        (100.0, 100.0, 10.0, 2, "10"),
        (0.0, 100.0, 10.0, 2, "0"),
        # A third, and half a unit: up, as people round, and once.
        (33.3333, 100.0, 10.0, 2, "3.33"),
        (84.45, 100.0, 10.0, 2, "8.45"),
        (84.45, 100.0, 100.0, 1, "84.5"),
        (28.5, 100.0, 1.0, 2, "0.29"),
        (12.5, 100.0, 10.0, 1, "1.3"),
        # Rounded twice, 8.4449 would become 8.45 and 8.5.
        (84.449, 100.0, 10.0, 1, "8.4"),
        (0.5, 1.0, 1.0, 0, "1"),
        (2.5, 10.0, 10.0, 0, "3"),
        # More than all, and less than nothing.
        (110.0, 100.0, 10.0, 2, "11"),
        (-12.5, 100.0, 10.0, 1, "-1.3"),
        (-0.001, 100.0, 10.0, 2, "0"),
        (7.5, 10.0, 1e7, 2, "7500000"),
        (1.0, 3.0, 1.0, 6, "0.333333"),
    ],
)
def test_points_are_rounded_half_up_once(
    final: float, max_final: float, out_of: float, decimals: int, points: str
) -> None:
    found = scaled(final, max_final, out_of, decimals)
    assert found is not None
    assert shown(found) == points


def test_a_grade_out_of_nothing_has_no_points() -> None:
    assert scaled(0.0, 0.0, 10.0, 2) is None


@given(
    st.decimals(0, 200, places=4),
    st.decimals(1, 200, places=2),
    st.integers(1, 1000),
    st.integers(0, 6),
)
def test_points_are_the_nearest_ones(
    final: Decimal, max_final: Decimal, out_of: int, decimals: int
) -> None:
    found = scaled(float(final), float(max_final), float(out_of), decimals)
    assert found is not None
    exact = Fraction(str(float(final))) * out_of / Fraction(str(float(max_final)))
    assert abs(Fraction(found) - exact) <= Fraction(1, 2 * 10**decimals)
    assert float(shown(found)) == float(found)


@pytest.mark.parametrize(
    ("number", "text"), [(10.0, "10"), (0.5, "0.5"), (1e16, "10000000000000000"), (100.0, "100")]
)
def test_numbers_have_no_exponent(number: float, text: str) -> None:
    assert number_text(number) == text


def test_entries_are_those_of_people_with_a_grade_or_an_excuse() -> None:
    found = [
        grade(ADA, 7.0),
        grade(None, 5.0),
        grade(Person("Bob"), None),
        grade(Person("Cleo"), None, excused=True),
        grade(ADA, 3.0, exercise=""),
    ]
    remarks = {("Ada", "ex1"): "Good."}
    listed = list(entries_of(found, remarks))
    assert [(one.person.name, one.final, one.excused, one.remark) for one in listed] == [
        ("Ada", 7.0, False, "Good."),
        ("Cleo", None, True, ""),
    ]
    assert [one.points(10.0, 2) for one in listed] == [Decimal("7.00"), None]
    # An excuse counts more than a score.
    [both] = entries_of([grade(ADA, 7.0, excused=True)], {})
    assert both.points(10.0, 2) is None
