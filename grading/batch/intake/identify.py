"""Says whose each hand-in is, and when it came in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grading.batch.intake.collect import Collected
from grading.batch.intake.times import Received, received, zone_of
from grading.batch.people import decisions
from grading.batch.people.matching import Match, Roster
from grading.batch.platforms.hand_in import Stamp
from grading.course.syllabus import Course, Exercise
from grading.text import one_line


@dataclass(frozen=True)
class Intake:
    """What came in, from whom and when, before anything is graded."""

    exercises: Sequence[Exercise]
    collected: Sequence[Collected]
    roster: Roster
    matches: Mapping[str, Match]
    received: Mapping[Collected, Received]
    notes: Sequence[str] = ()


def identify(
    course: Course,
    exercises: Sequence[Exercise],
    collected: Sequence[Collected],
    known: Roster,
    decided: Mapping[str, str],
    match: Path | None = None,
    times: Path | None = None,
) -> tuple[Intake, dict[str, str]]:
    """Match and date what was collected; the intake, and new decisions. Raises UsageError.

    `decided` are the decisions of earlier runs, `match` and `times` the files of this one.
    """
    authors = list({found.author.label: found.author for found in collected}.values())
    labels = [author.label for author in authors]
    new: dict[str, str] = {}
    if match is not None:
        chosen = decisions.read_matches(match, known, labels)
        new = {
            label: "" if person is None else known.key_of(person)
            for label, person in chosen.items()
        }
    kept = {label: key for label, key in {**decided, **new}.items() if key and label in labels}
    people = {label: known.of_key(key) for label, key in kept.items()}
    notes = [
        f"{label}: --match gave it to {one_line(kept[label])}, which is not one person of the"
        " roster now"
        for label, person in people.items()
        if person is None
    ]
    matches = known.match(
        authors, {label: person for label, person in people.items() if person is not None}
    )
    received_at = _times(course, collected, known, matches, times)
    return Intake(exercises, collected, known, matches, received_at, notes), new


def _times(
    course: Course,
    collected: Sequence[Collected],
    known: Roster,
    matches: Mapping[str, Match],
    times: Path | None,
) -> dict[Collected, Received]:
    labels = [found.author.label for found in collected]
    by_label, by_person = ({}, {}) if times is None else decisions.read_times(times, known, labels)
    received_at = {}
    for found in collected:
        policy = course.exercises[found.exercise].late if found.exercise else None
        person = matches[found.author.label].person
        moment = by_label.get(found.author.label)
        moment = moment or (by_person.get(person) if person is not None else None)
        stamp = found.stamp if moment is None else Stamp(moment, "times file")
        received_at[found] = received(stamp, zone_of(policy))
    return received_at
