"""Compares names: letter for letter, or by their spelling without accents."""

import re
import unicodedata
from collections.abc import Container
from itertools import accumulate

from anyascii import anyascii

Words = tuple[str, ...]
# Letters that are also spelled as two: Müller is Muller to some and Mueller to others.
_AS_TWO = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae", "þ": "th", "ð": "d"}
)
# Letters, marks and numbers. Marks are part of a letter in Hindi, Thai and many others.
_KEPT = ("L", "M", "N")
# Suffixes stand behind the last name, behind the first name or behind a second comma.
_SUFFIXES = {"jr", "sr", "ii", "iii", "iv"}
# A nickname or pronouns, but no number.
_ASIDE = re.compile(r"""[("\[“„«](?P<aside>[^\d()"\[\]“”„«»]+)[)"\]”“»]""")
# What the names of groups hold in many languages: group, groupe, Gruppe, grupo, equipo, team.
_GROUP = re.compile(r"\d|team|group|grupp|grupo|grupa|equip")
# What may stand between the names of several people.
_AND = ("", "and", "und", "et", "y", "e", "og", "och", "en")


def words(text: str) -> Words:
    """The words of `text` without punctuation and case; no letter is dropped or replaced."""
    # Folding would make ss of ß, which is a letter of its own.
    parts = unicodedata.normalize("NFKC", _unescaped(text)).replace("ẞ", "ß").split("ß")
    # Once more, as folding can make letters that are written in another way.
    normal = unicodedata.normalize("NFKC", "ß".join(part.casefold() for part in parts))
    kept = (one if unicodedata.category(one).startswith(_KEPT) else " " for one in normal)
    return tuple("".join(kept).split())


def squeezed(text: str) -> str:
    """The words of `text` as one."""
    return "".join(words(text))


def fits(one: Words, other: Words) -> bool:
    """Whether words have the same letters, and none begins inside a word of the other.

    Mary-Ann is Maryann and Mary Ann, and Kim Lee is kimlee; but Anna Bell is not Ann Abell.
    """
    if "".join(one) != "".join(other):
        return False
    mine, theirs = (set(accumulate(map(len, each))) for each in (one, other))
    return mine <= theirs or theirs <= mine


def spellings(text: str) -> set[Words]:
    """The words of `text` in a to z and 0 to 9: ø as o and as oe, ß as ss, 王 as wang."""
    text = _unescaped(text)
    folded = unicodedata.normalize("NFC", text.casefold())
    spelled = (anyascii(text), anyascii(folded.translate(_AS_TWO)))
    return {words(spelling) for spelling in spelled} - {()}


def plain(text: str) -> set[str]:
    """Each spelling as one word."""
    return {"".join(spelling) for spelling in spellings(text)}


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
    number of last words is possible. Jr. and the like may also come last. What stands in brackets
    or quotation marks may be missing, or be a nickname: Robert "Bob" Lee is Robert Lee and Bob Lee.
    """
    found = _orders(name)
    if match := _ASIDE.search(name):
        found += _orders_without(name, match)
    if suffixes := [word for word in name.split()[1:] if squeezed(word) in _SUFFIXES]:
        rest = " ".join(word for word in name.split() if word not in suffixes).rstrip(", ")
        found += [" ".join([order, *suffixes]) for order in _orders(rest)]
    return found


def _orders_without(name: str, aside: re.Match[str]) -> list[str]:
    """The orders of a name without its aside, and with the aside in place of the words before it.

    Robert "Bob" Lee is Robert Lee and Bob Lee. Each must be a whole name: neither Robert alone nor
    the group in "Jane Doe (Red)" is one.
    """
    without = name.replace(aside[0], " ")
    instead = re.sub(rf"[^,]*{re.escape(aside[0])}", f" {aside['aside']} ", name)
    found = _orders(without) if len(words(without)) > 1 else []
    return found + (_orders(instead) if words(instead) != words(aside["aside"]) else [])


def _orders(name: str) -> list[str]:
    if "," in name:
        last, _, first = name.partition(",")
        return [f"{last} {first}", f"{first} {last}"]
    parts = name.split()
    return [" ".join(parts[start:] + parts[:start]) for start in range(max(len(parts), 1))]


def is_one_name(name: str, other: str) -> bool:
    """Whether two names agree in every word, or one lacks some of the other's (Jane Mary Doe)."""
    if any(fits(words(order), words(other)) for order in orders(name)):
        return True
    if any(
        fits(mine, theirs)
        for order in orders(name)
        for mine in {words(order), *spellings(order)}
        for theirs in {words(other), *spellings(other)}
    ):
        return True
    fewer, more = sorted((_each(name), _each(other)), key=len)
    return len(words(name)) > 1 < len(words(other)) and fewer <= more


def are_akin(name: str, other: str) -> bool:
    """Whether two names may be one person's: they share a word, or have no script in common."""
    if not _scripts(name) & _scripts(other) or is_one_name(name, other):
        return True
    # An initial, or the O of O'Neil, is shared by many.
    mine, theirs = (long_words(text) for text in (name, other))
    # Some platforms write names without spaces.
    return bool(mine & theirs) or any(
        whole.startswith(word) or whole.endswith(word)
        for text, each in ((name, theirs), (other, mine))
        for whole in (plain(text) if len(words(text)) == 1 else ())
        for word in each
    )


def names_group(text: str) -> bool:
    """Whether a text has a word for groups, or a digit."""
    return any(_GROUP.search(whole) for whole in plain(text))


def is_groups(name: str, person: str, known: Container[str]) -> bool:
    """Whether a name says that it is a group's, or is made of the person's and of others' words.

    `known` are everybody's words in plain spelling. Canvas writes names without spaces: doelee is
    Doe and Lee, but doejanie is Jane Doe, who calls herself Janie.
    """
    lefts = {_without(whole, long_words(person)) for whole in plain(name)}
    return any(_GROUP.search(left) or _is_made_of(left, known) for left in lefts)


def _without(whole: str, known: set[str]) -> str:
    """A name in one word without the words that it begins and ends with."""
    for word in sorted(known, key=len, reverse=True):
        if word in (whole[: len(word)], whole[-len(word) :]):
            left = whole.removeprefix(word) if whole.startswith(word) else whole[: -len(word)]
            return _without(left, known)
    return whole


def _is_made_of(text: str, known: Container[str]) -> bool:
    ends = {0}
    for end in range(1, len(text) + 1):
        pieces = [text[start:end] for start in ends]
        if any(piece.removeprefix(joint) in known for piece in pieces for joint in _AND):
            ends.add(end)
    return bool(text) and len(text) in ends


def long_words(name: str) -> set[str]:
    """The words of a name in plain spelling that are more than an initial."""
    return {word for word in _each(name) if len(word) > 1}


def _each(name: str) -> set[str]:
    """Every word of a name in plain spelling."""
    return {spelling for word in words(name) for spelling in plain(word)}


def _scripts(text: str) -> set[str]:
    """LATIN, CYRILLIC, CJK and so on."""
    letters = [letter for letter in squeezed(text) if letter.isalpha()]
    return {unicodedata.name(letter, "").partition(" ")[0] for letter in letters}
