"""Takes in what a run is told: rosters, matches, times, points by hand, decisions.

Either all of it is taken or nothing: a row that cannot be meant ends the run before it counts.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from grading.batch import by_hand, ledger
from grading.batch.by_hand import ByHand
from grading.batch.decisions import COLUMNS, Decided, Reader
from grading.batch.intake.collected import Collected
from grading.batch.intake.identify import Intake, identify
from grading.batch.ledger import Kept
from grading.batch.people import decisions as people_decisions
from grading.batch.people import merging, roster
from grading.batch.people.matching import Roster
from grading.batch.store import Store, Taken
from grading.course.syllabus import Course, Exercise
from grading.files import sha256_of
from grading.tables import numbered_rows
from grading.text import one_line


@dataclass(frozen=True)
class Told:
    """The files that a command line names, and whether what is gone is to be forgotten."""

    rosters: Sequence[Path] = ()
    match: Path | None = None
    times: Path | None = None
    teams: Path | None = None
    rubric: Path | None = None
    decisions: Path | None = None
    prune: bool = False

    @property
    def files(self) -> list[Path]:
        """Every file, none of which is anybody's submission."""
        others = (self.match, self.times, self.teams, self.rubric, self.decisions)
        return [*self.rosters, *(path for path in others if path is not None)]


@dataclass(frozen=True)
class TakenIn:
    """What came in, and what people decided about it; `said` are lines about what was taken.

    `answers_taken` says whether the store has all that somebody wrote into answers.csv.
    """

    intake: Intake
    hand: ByHand
    decided: Decided
    pruned: Sequence[Kept]
    said: Sequence[str]
    answers_taken: bool = True


def roster_of(course: Course, told: Told) -> Roster:
    """The people of all rosters, each once, with their teams. Raises UsageError."""
    columns = roster.own_columns(course.roster)
    notes: list[str] = []
    sheets = [roster.read_sheet(path, columns, notes.append) for path in told.rosters]
    rows = [person for sheet in sheets for person in sheet.everybody]
    people, owners = merging.merged_rows(rows, notes.append)
    if told.teams is not None:
        people = people_decisions.with_teams(told.teams, people)
    of_rows = iter(owners)
    sheets = [
        sheet.with_people([people[next(of_rows)] for _ in sheet.everybody]) for sheet in sheets
    ]
    return Roster(people, list(dict.fromkeys(notes)), sheets)


def take_in(
    course: Course,
    exercises: Sequence[Exercise],
    collected: Sequence[Collected],
    known: Roster,
    told: Told,
    answers: Path,
    store: Store,
) -> TakenIn:
    """Take in what this run and earlier ones were told; the store keeps it. Raises UsageError.

    `answers` is the file that this run will overwrite, unless it holds points nobody gave back.
    """
    with store.together():
        rows = store.ledger()
        earlier = ledger.kept(rows, collected)
        asked = {"", *(exercise.id for exercise in exercises)} if told.prune else set()
        pruned = [one for one in earlier if one.collected.exercise in asked]
        earlier = [one for one in earlier if one.collected.exercise not in asked]
        intake, new = identify(
            course, exercises, collected, earlier, known, store.matches(), told.match, told.times
        )
        store.keep_matches(new)
        notes = _take_marks(store, course, intake, told.rubric)
        answers_taken = _is_as_written(answers, store) or by_hand.is_taken(answers, store.marks())
        hand = ByHand(course, store.marks(), store.seen())
        log, said = _take_decisions(store, course, intake, hand, told.decisions)
        decided = Decided(log, known, intake.matches)
    intake = replace(intake, notes=[*intake.notes, *notes, *decided.notes])
    return TakenIn(intake, hand, decided, pruned, said, answers_taken)


def _take_marks(store: Store, course: Course, intake: Intake, rubric: Path | None) -> list[str]:
    """Store a rubric's points; return a note for each unknown name. Raises UsageError."""
    if rubric is None:
        return []
    given, strangers = by_hand.read_rubric(rubric, course, intake.matches, intake.roster)
    by_hand.take(store, given)
    return [f"no submission is called {one_line(name)} ({rubric.name})" for name in strangers]


def _is_as_written(answers: Path, store: Store) -> bool:
    """Whether the last run has written this file as it is now."""
    hashes = store.written().get(answers.name, ())
    return bool(hashes) and answers.is_file() and sha256_of(answers) in hashes


def _take_decisions(
    store: Store, course: Course, intake: Intake, hand: ByHand, path: Path | None
) -> tuple[list[Taken], list[str]]:
    """Store a file's decisions; return all there are, and what to say. Raises UsageError."""
    log = store.decisions()
    if path is None:
        return log, []
    standing = store.standing()

    @cache
    def most(exercise: str) -> float:
        from grading.checking import suites  # slow to import and seldom needed

        counted = hand.most(exercise) if course.by_hand == "counts" else 0.0
        return suites.max_score(course.exercises[exercise]) + counted

    def stood(person: str, exercise: str) -> str:
        text = standing.get((person, exercise))
        final = None if text is None else json.loads(text).get("final")
        return "" if final is None else f"{final:g}"

    lost = Decided(log, intake.roster, intake.matches).lost
    reader = Reader(course, intake.roster, intake.matches, most, stood, lost)
    new = reader.new(path, log)
    store.keep_decisions(new)
    log += new
    count = len(numbered_rows(path, COLUMNS[:4]))
    before = f", {count - len(new)} taken before" if count > len(new) else ""
    return log, [f"decisions: {len(new)} taken{before}", *reader.outdated(path, log)]
