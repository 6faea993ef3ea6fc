"""Text that came from a submission, made safe to show."""

import unicodedata

MAX_LENGTH = 2000


def clean(text: str, limit: int = MAX_LENGTH) -> str:
    """`text` without anything a terminal, log or page would act on, at most `limit` characters.

    Control and format characters (escape sequences, carriage returns, bidirectional overrides,
    lone surrogates) become "�"; newlines and tabs stay.
    """
    shown = "".join(_shown(character) for character in text[: limit + 1])
    return shown if len(text) <= limit else shown[:limit] + " […]"


def one_line(text: str, limit: int = MAX_LENGTH) -> str:
    """`text`, cleaned and on one line."""
    return " ".join(clean(text, limit).split())


def _shown(character: str) -> str:
    if character in "\n\t":
        return character
    # Cc, Cf, Cs, Co and Cn: control, format, surrogate, private use, unassigned.
    return "�" if unicodedata.category(character).startswith("C") else character
