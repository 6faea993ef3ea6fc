"""Compares names: letter for letter, or by their spelling without accents."""

import re
import unicodedata

from anyascii import anyascii

# Letters that are also spelled as two: Müller is Muller to some and Mueller to others.
_AS_TWO = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae", "þ": "th", "ð": "d"}
)
# Letters, marks and numbers. Marks are part of a letter in Hindi, Thai and many others.
_KEPT = ("L", "M", "N")


def squeezed(text: str) -> str:
    """`text` without spaces, punctuation and case. No letter is dropped or replaced by another."""
    normal = unicodedata.normalize("NFKC", _unescaped(text)).casefold()
    # Once more, as folding can make letters that are written in another way.
    normal = unicodedata.normalize("NFKC", normal)
    return "".join(letter for letter in normal if unicodedata.category(letter).startswith(_KEPT))


def plain(text: str) -> set[str]:
    """The spellings of `text` in a to z and 0 to 9: ø as o and as oe, ß as ss, 王 as wang."""
    text = _unescaped(text)
    folded = unicodedata.normalize("NFC", text.casefold())
    spelled = (anyascii(text), anyascii(folded.translate(_AS_TWO)))
    return {squeezed(spelling) for spelling in spelled} - {""}


def _unescaped(text: str) -> str:
    """`text` with the letters that unzip could not write: é, which it leaves as #U00e9."""
    return re.sub(r"#U([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), text)


def is_plainer(text: str, other: str) -> bool:
    """Whether one of two names of one spelling lacks only accents, or letters, that the other has.

    王 and 汪 are both spelled wang, and ö and ø as o: where each name has a letter of its own,
    they are two names.
    """
    mine, theirs = (
        {letter for letter in squeezed(name) if not letter.isascii()} for name in (text, other)
    )
    return mine <= theirs or theirs <= mine


def orders(name: str) -> list[str]:
    """`name` as written, and with its last words in front, as gradebooks sort it.

    With a comma ("Doe, Jane Mary") the words before it are the last name; without one, every
    number of last words is possible.
    """
    if "," in name:
        last, _, first = name.partition(",")
        return [f"{last} {first}", f"{first} {last}"]
    words = name.split()
    return [" ".join(words[start:] + words[:start]) for start in range(max(len(words), 1))]
