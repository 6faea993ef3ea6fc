"""What GRADES knows of hand-ins: those of this run, and those of earlier ones.

A submission that this run's folder lacks keeps its grade. The ledger holds what identifies its
owner, when it came in and what was graded, so that it takes part in everything as if it were there:
whose it is, which attempt counts, how late it is. Only its file is out of reach.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from functools import partial
from typing import Any

from grading.batch.intake.collected import Collected, Work
from grading.batch.people.evidence import Author, Clue, Kind
from grading.batch.platforms.hand_in import Stamp
from grading.batch.store import Basis, Row
from grading.course.answer_sheet import Sheet
from grading.course.questions import Question
from grading.errors import UsageError
from grading.submission.file import Submission


@dataclass(frozen=True, slots=True)
class Kept:
    """An attempt of an earlier run that this folder lacks, and the basis of its grade, if any.

    Attempts with the same `run` were last seen together.
    """

    collected: Collected
    basis: Basis | None
    run: int


def kept(rows: Iterable[Row], here: Iterable[Collected]) -> list[Kept]:
    """The attempts that this folder lacks: those of other people, and at other exercises."""
    places = {(name, found.exercise) for found in here for name in _names(found.author)}
    present = {name for name, _ in places}
    found = []
    for row in rows:
        attempt = _recalled(row)
        names = _names(attempt.author)
        # Without an exercise, a row says that nothing could be graded, which no longer holds.
        mine = (
            {(name, row.exercise) for name in names} & places if row.exercise else names & present
        )
        if not mine:
            basis = None if row.key is None else Basis.of(row.key)
            found.append(Kept(attempt, basis, row.run))
    return found


def _names(author: Author) -> set[str]:
    """The label, with and without the mark that it has beside one that looks alike."""
    mark = f" ({author.mark})"
    return {author.label, f"{author.label.removesuffix(mark)}{mark}"}


def rows(
    graded: Iterable[tuple[Collected, Basis | None]], earlier: Iterable[Kept], run: int
) -> list[Row]:
    """The ledger after a run: what it has seen, and what earlier runs have seen last."""
    seen = [_row(found, basis, run) for found, basis in graded]
    return [*seen, *(_row(one.collected, one.basis, one.run) for one in earlier)]


def _row(found: Collected, basis: Basis | None, run: int) -> Row:
    key = None if basis is None else basis.key
    text = json.dumps(_entry(found), ensure_ascii=False)
    return Row(found.author.label, found.exercise, found.attempt, key, run, text)


def _entry(found: Collected) -> dict[str, Any]:
    author, work, moment = found.author, found.work, found.stamp.moment
    return {
        "author": {
            "label": author.label,
            "clues": [[clue.kind.value, clue.value] for clue in author.clues],
            "account": author.account,
            "inside": author.inside,
        },
        "exercise": found.exercise,
        "attempt": found.attempt,
        "order": found.order,
        "work": None
        if work is None
        else {
            "name": work.name,
            "identity": work.identity,
            "note": work.note,
            "settled": work.settled,
            "place": work.place,
            "named": work.named,
            "worked_on": work.worked_on,
        },
        "stamp": {
            "moment": None if moment is None else moment.isoformat(),
            "source": found.stamp.source,
            "late": found.stamp.late,
        },
        "problem": found.problem,
        "doubt": found.doubt,
        "answers": _answers(found),
        "answers_note": found.answers_note,
        "answers_settled": found.answers_settled,
        "unread": found.unread,
        "assignment": found.assignment,
    }


def _answers(found: Collected) -> dict[str, Any] | None:
    """The answers as they are now; None if there are none that can be read."""
    try:
        sheet = None if found.answers is None else found.answers()
    except UsageError:  # the run that could not read the file has said so
        sheet = None
    if sheet is None:
        return None
    return {
        "questions": [astuple(question) for question in sheet.questions],
        "doubts": list(sheet.doubts),
        "stray": sheet.stray,
        "perhaps": sorted(sheet.perhaps),
    }


def _recalled(row: Row) -> Collected:
    """What is known of an attempt, in the form in which it was collected."""
    entry: Mapping[str, Any] = json.loads(row.entry)
    author, work, order = entry["author"], entry["work"], entry.get("order")
    given = entry.get("answers")
    return Collected(
        Author(
            author["label"],
            tuple(Clue(Kind(kind), value) for kind, value in author["clues"]),
            author.get("account", ""),
            tuple(author.get("inside", ())),
        ),
        row.exercise,
        None if work is None else _work(row.submission, work),
        _stamp(entry.get("stamp", {})),
        row.attempt,
        None if order is None else tuple(order),
        entry.get("problem", ""),
        entry.get("doubt", ""),
        None if given is None else partial(_sheet, given),
        entry.get("answers_note", ""),
        entry.get("answers_settled", True),
        entry.get("unread", False),
        entry.get("assignment", ""),
    )


def _work(label: str, work: Mapping[str, Any]) -> Work:
    return Work(
        work["name"],
        work["identity"],
        work.get("note", ""),
        work.get("settled", True),
        work.get("place", ""),
        work.get("named", True),
        work["worked_on"],
        partial(_out_of_reach, label),
    )


def _stamp(stamp: Mapping[str, Any]) -> Stamp:
    moment = stamp.get("moment")
    when = None if moment is None else datetime.fromisoformat(moment)
    return Stamp(when, stamp.get("source", ""), stamp.get("late"))


def _sheet(given: Mapping[str, Any]) -> Sheet:
    questions = [Question(*one) for one in given["questions"]]
    return Sheet(questions, given["doubts"], given["stray"], frozenset(given["perhaps"]))


def _out_of_reach(label: str) -> Submission:
    raise UsageError(f"{label} is not in this folder")
