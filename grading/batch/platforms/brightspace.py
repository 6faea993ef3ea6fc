"""Brightspace, "Download": IDS - NAME - DATE, as a folder, or in front of each file's own name.

IDS are numbers of Brightspace, and match no roster. NAME may hold a login or a student number
before the name, and hyphens; in an assignment for groups it is GROUP - NAME. So names are read from
both ends. DATE is local, to the minute, in 12 hours, with or without a colon, and with the month
before or after the day. Some downloads have an underscore where others have a hyphen between blanks
(medhatelmasry/UnzipLHub). index.html is the platform's own table of contents.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from grading.batch.paths import is_folder
from grading.batch.people.evidence import Author, Clue, Kind
from grading.batch.platforms.hand_in import HandIn, Part, Stamp, seconds
from grading.text import one_line

CONTENTS = "index.html"
_DATE = re.compile(
    r"(?:(?P<m1>[^\W\d_]{3,})\.? (?P<d1>\d{1,2})|(?P<d2>\d{1,2}) (?P<m2>[^\W\d_]{3,})\.?),?"
    r" (?P<year>\d{4}),? (?P<hour>\d{1,2}?)[:_ ]?(?P<minute>\d\d) ?(?P<half>[AaPp])\.?[Mm]\.?"
)
_IDS = re.compile(r"(?P<user>\d+)(?:-\d+)?(?P<between> ?[-_] ?)(?P<rest>.+)", re.DOTALL)
_BETWEEN = re.compile(r" [-_] ")
_UNDERSCORE = re.compile(r"_(?!\d\d ?[AaPp]\.?[Mm])")  # not that of 9_02 PM
_GROUP = re.compile(r"(?P<group>.+)(?: [-_] |_).+", re.DOTALL)
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)


def take(folder: Path, names: Sequence[str]) -> tuple[list[HandIn], set[str]]:
    """The hand-ins among these names, and the names that they use."""
    parsed = {
        name: found
        for name in names
        if (found := _parsed(name, is_folder(folder / name))) is not None
    }
    if not parsed:
        return [], set()
    together: dict[tuple[str, str, str], list[Part]] = {}
    for name, (user, who, date, theirs) in parsed.items():
        parts = together.setdefault((user, who, date), [])
        parts.append(Part(folder / name, theirs or name))
    hand_ins = [_hand_in(user, who, date, parts) for (user, who, date), parts in together.items()]
    return _numbered(hand_ins), set(parsed) | ({CONTENTS} & set(names))


def _parsed(name: str, is_folder: bool) -> tuple[str, str, str, str] | None:
    """The user's number, the middle, the date, and a file's own name if it is flat."""
    ids = _IDS.fullmatch(name)
    if ids is None:
        return None
    # A folder ends with the date. After that of a flat name comes the file's own name, which may
    # look like a date, as may the name of a group: then nothing tells which is the platform's.
    rest = ids["rest"]
    between = _UNDERSCORE if ids["between"] == "_" else _BETWEEN
    cuts = [*between.finditer(rest)]
    ends = [*(cut.start() for cut in cuts[1:]), len(rest)]
    # What stands before each date, the date, and what comes after it.
    dates = [
        (rest[: cut.start()], rest[cut.end() : end], between.sub("", rest[end:], count=1))
        for cut, end in zip(cuts, ends, strict=False)
        if _DATE.fullmatch(rest[cut.end() : end])
    ]
    if not dates or (is_folder and dates[-1][2]):
        return None
    who, date, theirs = dates[-1] if is_folder else dates[0]
    return ids["user"], who, date if is_folder or len(dates) == 1 else "", theirs


def _hand_in(user: str, who: str, date: str, parts: Iterable[Part]) -> HandIn:
    author = Author(one_line(f"{who}_{user}"), tuple(_clues(who)), f"brightspace {user}")
    moment = _moment(date)
    order = None if moment is None else (seconds(moment),)
    return HandIn(author, tuple(parts), Stamp(moment, "brightspace"), order=order)


def _numbered(hand_ins: Iterable[HandIn]) -> list[HandIn]:
    """The same hand-ins; those of one author are attempts, in the order of their dates."""
    counts: dict[Author, int] = {}
    numbered = []
    for hand_in in sorted(hand_ins, key=lambda hand_in: hand_in.order or ()):
        counts[hand_in.author] = counts.get(hand_in.author, 0) + 1
        numbered.append(replace(hand_in, attempt=counts[hand_in.author]))
    return numbered


def _clues(who: str) -> list[Clue]:
    # No part of it is taken for a name by itself: Mary Jane Doe is not Jane Doe with a login.
    clues = [Clue(Kind.NAME, who), Clue(Kind.LOGIN_AND_NAME, who)]
    group = _GROUP.fullmatch(who)
    return [*clues, Clue(Kind.TEAM, group["group"])] if group else clues


def _moment(text: str) -> datetime | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    month = (match["m1"] or match["m2"]).lower()
    day, hour = int(match["d1"] or match["d2"]), int(match["hour"]) % 12
    if match["half"].lower() == "p":
        hour += 12
    try:
        # Another language's month may begin as an English one does.
        number = [name.startswith(month) for name in _MONTHS].index(True) + 1
        return datetime(int(match["year"]), number, day, hour, int(match["minute"]))
    except ValueError:  # another language, or no such day
        return None
