"""Text that came from a submission, made safe to show."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from difflib import get_close_matches

MAX_LENGTH = 2000
# Letters and symbols that show nothing: enough of them push what follows to the next line.
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"


def clean(text: str, limit: int = MAX_LENGTH) -> str:
    """`text` without anything a terminal, log or page would act on, at most `limit` characters.

    Control and format characters (escape sequences, carriage returns, bidirectional overrides,
    lone surrogates) become "�", and characters that show nothing spaces; newlines and tabs stay.
    """
    shown = "".join(_shown(character) for character in text[: limit + 1])
    return shown if len(text) <= limit else shown[:limit] + " […]"


def one_line(text: str, limit: int = MAX_LENGTH) -> str:
    """`text`, cleaned and on one line."""
    return " ".join(clean(text, limit).split())


def unknown(given: Iterable[str], known: Collection[str]) -> str:
    """Says which name is unknown, which one may have been meant, and what is known; or nothing."""
    for name in given:
        if name not in known:
            meant = [f" (did you mean {one}?)" for one in get_close_matches(name, known, n=1)]
            return f"there is no {one_line(name)}{''.join(meant)}: known are {', '.join(known)}"
    return ""


def number_of(count: int, noun: str, several: str = "") -> str:
    """A count with its noun: 1 grade, 2 grades."""
    return f"{count} {noun}" if count == 1 else f"{count} {several or f'{noun}s'}"


def without_commands(text: str) -> str:
    """`text` without anything that a CI system would obey in its log.

    That is ::error:: at the start of a line, wrapped ones too, and ##vso[...] and ##[...] anywhere.
    """
    return re.sub(r"([:#])(?=\1)", r"\1 ", text)


def _shown(character: str) -> str:
    if character in "\n\t":
        return character
    if character in _BLANK:
        return " "
    # Cc, Cf, Cs, Co and Cn: control, format, surrogate, private use, unassigned.
    return "�" if unicodedata.category(character).startswith("C") else character
