"""Says whose each hand-in is, and when it came in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from grading.batch.intake.collected import Collected
from grading.batch.intake.times import Received, received
from grading.batch.ledger import Kept
from grading.batch.people import decisions
from grading.batch.people.evidence import Author, Match
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.batch.platforms.hand_in import Stamp
from grading.course.syllabus import Course, Exercise
from grading.errors import UsageError
from grading.text import one_line


@dataclass(frozen=True)
class Intake:
    """What came in, from whom and when, before anything is graded.

    `collected` is what this folder holds, `earlier` what it lacks and earlier runs have seen.
    """

    exercises: Sequence[Exercise]
    collected: Sequence[Collected]
    earlier: Sequence[Kept]
    roster: Roster
    matches: Mapping[str, Match]
    received: Mapping[Collected, Received]
    notes: Sequence[str] = ()

    @property
    def everything(self) -> list[Collected]:
        return [*self.collected, *(one.collected for one in self.earlier)]


def identify(
    course: Course,
    exercises: Sequence[Exercise],
    collected: Sequence[Collected],
    earlier: Sequence[Kept],
    known: Roster,
    decided: Mapping[str, str],
    match: Path | None = None,
    times: Path | None = None,
) -> tuple[Intake, dict[str, str]]:
    """Match and date what was collected; the intake, and new decisions. Raises UsageError.

    `decided` are the decisions of earlier runs, `match` and `times` the files of this one.
    """
    groups = _seen_together(collected, earlier)
    authors = {label: author for group in groups for label, author in group.items()}
    new = {} if match is None else _new_decisions(match, known, authors)
    kept = {label: key for label, key in {**decided, **new}.items() if key and label in authors}
    people, notes = _decided(kept, known)
    matches = {
        label: match
        for group in groups
        for label, match in known.match(list(group.values()), people).items()
    }
    told: Mapping[str, datetime] = {}
    if times is not None:
        told, unused = _told_times(times, known, matches)
        notes += unused
    everything = [*collected, *(one.collected for one in earlier)]
    dated = {found: _stamp(found, told) for found in everything}
    # One line for each reason: it is about this machine, and not about a submission.
    notes += dict.fromkeys(
        stamp.problem
        for found, stamp in dated.items()
        if stamp.problem and course.exercises[found.exercise].late is not None
    )
    received_at = {
        found: received(stamp, course.zone_of(found.exercise)) for found, stamp in dated.items()
    }
    return Intake(exercises, collected, earlier, known, matches, received_at, notes), new


def _seen_together(
    collected: Sequence[Collected], earlier: Sequence[Kept]
) -> list[dict[str, Author]]:
    """The authors of this folder, and those of earlier ones by the run that saw them last.

    Only authors of one download contradict each other: platforms give people other numbers in
    another assignment.
    """
    here = {found.author.label: found.author for found in collected}
    runs: dict[int, dict[str, Author]] = {}
    for one in earlier:
        author = one.collected.author
        if author.label not in here:
            runs.setdefault(one.run, {})[author.label] = author
    return [here, *runs.values()]


def _new_decisions(path: Path, known: Roster, authors: Mapping[str, Author]) -> dict[str, str]:
    """The key of the person whom a file of matches gives each submission; empty for nobody."""
    chosen = decisions.read_matches(path, known, authors)
    return {
        label: "" if person is None else known.key_of(person) for label, person in chosen.items()
    }


def _decided(kept: Mapping[str, str], known: Roster) -> tuple[dict[str, Person], list[str]]:
    """The people of decisions, and a note on each whose person the roster no longer has."""
    people = {label: known.of_key(key) for label, key in kept.items()}
    notes = [
        f"{label}: --match gave it to {one_line(kept[label])}, but the roster has nobody, or"
        " several people, with that now: give it to somebody again"
        for label, person in people.items()
        if person is None
    ]
    return {label: person for label, person in people.items() if person is not None}, notes


def _stamp(found: Collected, told: Mapping[str, datetime]) -> Stamp:
    """The time of a file of times, or else the hand-in's own."""
    moment = told.get(found.author.label)
    return found.stamp if moment is None else Stamp(moment, "times file")


def _told_times(
    path: Path, known: Roster, matches: Mapping[str, Match]
) -> tuple[dict[str, datetime], list[str]]:
    """The times of a file by submission, and a note on rows without one. Raises UsageError.

    A row for a submission comes before those for its people.
    """
    told, by_person = decisions.read_times(path, known, matches)
    unused = dict(by_person)
    for label in sorted(matches.keys() - told.keys()):
        for person in by_person.keys() & set(matches[label].people):
            unused.pop(person, None)
            if told.setdefault(label, by_person[person]) != by_person[person]:
                raise UsageError(f"{path.name} has two times for the people of {label}: choose one")
    names = ", ".join(decisions.described(person) for person in unused)
    return told, [f"{path.name}: no submission has the time of {names}"] if unused else []
