"""Text of a submission, made safe to show."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.text import clean, number_of, one_line, unknown, without_commands


@given(st.text(st.characters(codec=None), max_size=300))
def test_nothing_that_acts_on_a_terminal_survives(text: str) -> None:
    shown = clean(text)
    assert all(
        character in "\n\t" or not unicodedata.category(character).startswith("C")
        for character in shown
    )
    shown.encode("utf-8")


def test_ordinary_text_is_left_alone() -> None:
    assert clean("größer\n\tals π → 日本語") == "größer\n\tals π → 日本語"


def test_escapes_and_overrides_are_replaced() -> None:
    assert clean("\x1b[31mred\r\u202e\ud800") == "�[31mred���"


def test_long_text_is_cut_and_says_so() -> None:
    assert clean("x" * 50, limit=10) == "x" * 10 + " […]"
    assert clean("x" * 10, limit=10) == "x" * 10


def test_one_line() -> None:
    assert one_line("a\nb\t c") == "a b c"


def test_what_shows_nothing_takes_no_room() -> None:
    """33 of these, two columns wide each, would put what follows at the start of a line."""
    assert one_line("a" + "\u3164\u115f\u1160\uffa0\u2800" * 33 + "counted: b") == "a counted: b"


def test_no_log_obeys_a_name() -> None:
    for text in ("::error::x", "a##vso[task.setvariable]", "##[error]x", ":::", "####["):
        shown = without_commands(text)
        assert "::" not in shown
        assert "##" not in shown
        assert shown.replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(("count", "said"), [(0, "0 grades"), (1, "1 grade"), (2, "2 grades")])
def test_a_count_with_its_noun(count: int, said: str) -> None:
    assert number_of(count, "grade") == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("due", "zone"), ""),
        (("due", "zon"), "there is no zon (did you mean zone?): known are due, zone"),
        (("a\nb",), "there is no a b: known are due, zone"),
    ],
)
def test_a_name_that_is_unknown(given: tuple[str, ...], said: str) -> None:
    assert unknown(given, ("due", "zone")) == said
