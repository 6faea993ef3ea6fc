"""Identical and nearly identical hand-ins of different people: a place to look, not a verdict.

Nothing here reaches a student: only the class page shows it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from grading.batch.counting import Graded
from grading.batch.fingerprints import VERSION, Hashes, every_hash, fingerprints
from grading.batch.people.evidence import Match
from grading.batch.store import Store
from grading.course.syllabus import Course
from grading.errors import UsageError
from grading.submission.file import read

# The share of the smaller program's fingerprints. Independent right programs share at most 0.41 in
# exercise 1 and 0.18 in the others (387 pairs of the bank and the references); the reference and
# the same with one known mistake at least 0.75 (tests/batch/test_similar.py).
ALIKE = 0.6
# What more authors than this have in common is the course's or a tutorial's. MOSS leaves out
# passages by the same rule and, unless told otherwise, at the same number.
COMMON = 10
# A program with fewer fingerprints of its own tells nothing; right programs have 56 and more.
FEWEST = 20
# Only the pairs that share most are kept.
MOST_PAIRS = 200
# Moodle's rosters have one column for teams and sections: a larger group is a section.
MOST_MEMBERS = 8


@dataclass(frozen=True)
class Same:
    """Submissions of different people with the same program.

    `exact` says whether their files are equal; otherwise names, comments and layout may differ.
    """

    exercise: str
    labels: tuple[str, ...]
    exact: bool


@dataclass(frozen=True)
class Near:
    """Two programs, each with the submissions that hold it, and what they share.

    `share` is the share of the smaller one's fingerprints, from 0 to 1.
    """

    exercise: str
    share: float
    first: tuple[str, ...]
    second: tuple[str, ...]


@dataclass
class Similar:
    """What is alike in a class; `more` pairs share less than those in `near`."""

    same: list[Same] = field(default_factory=list)
    near: list[Near] = field(default_factory=list)
    more: int = 0


@dataclass
class _Program:
    """One program (by its fingerprints), the submissions that hold it, and their files."""

    hashes: Hashes
    labels: dict[str, None] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)


def similar(course: Course, graded: Sequence[Graded], store: Store) -> Similar:
    """What different people handed in alike. The store keeps fingerprints.

    All attempts are compared by their bytes, those that were graded also by fingerprints. The
    untouched stub is nobody's work.
    """
    owners = _Owners({one.collected.author.label: one.match for one in graded})
    worked_on = [one for one in graded if one.collected.work and one.collected.work.worked_on]
    found = Similar(same=list(_identical(worked_on, owners)))
    known = _known(worked_on, store)
    for exercise, programs in _programs(course, worked_on, known).items():
        for program in programs:
            labels = tuple(program.labels)
            if len(program.files) > 1 and owners.differ(labels):
                found.same.append(Same(exercise, labels, exact=False))
        groups = _groups(found.same, exercise)
        found.near += (
            pair
            for pair in _near(exercise, programs, owners)
            if not groups(pair.first) & groups(pair.second)
        )
    found.near.sort(key=lambda pair: (-pair.share, pair.exercise, pair.first, pair.second))
    found.more = max(0, len(found.near) - MOST_PAIRS)
    del found.near[MOST_PAIRS:]
    return found


def _groups(same: Sequence[Same], exercise: str) -> Callable[[Iterable[str]], set[int]]:
    """Which of the groups of identical programs hold any of these submissions."""
    of_label: dict[str, set[int]] = {}
    for number, one in enumerate(same):
        for label in one.labels if one.exercise == exercise else ():
            of_label.setdefault(label, set()).add(number)
    return lambda labels: set().union(*(of_label.get(label, ()) for label in labels))


class _Owners:
    """Who handed in a submission; the members of a team are one."""

    def __init__(self, matches: dict[str, Match]) -> None:
        self._matches = matches
        people = {person for match in matches.values() for person in match.people}
        self._members: dict[str, int] = {}
        for person in people:
            for team in person.teams:
                self._members[team] = self._members.get(team, 0) + 1

    def differ(self, labels: Iterable[str]) -> bool:
        """Whether nobody, and no team, may have handed in all of these."""
        return not set.intersection(*(self._owners(label) for label in labels))

    def author(self, label: str) -> object:
        """Whose attempts are one: the people, or a submission that is nobody's."""
        return self._matches[label].people or label

    def _owners(self, label: str) -> set[object]:
        owners: set[object] = {label}
        for person in self._matches[label].people:
            owners.add(person)
            owners |= {
                ("team", team) for team in person.teams if self._members[team] <= MOST_MEMBERS
            }
        return owners


def _identical(worked_on: Sequence[Graded], owners: _Owners) -> Iterator[Same]:
    holders: dict[tuple[str, str], dict[str, None]] = {}
    for one in worked_on:
        work = one.collected.work
        if work is not None:
            place = (one.collected.exercise, work.identity)
            holders.setdefault(place, {})[one.collected.author.label] = None
    for (exercise, _), labels in holders.items():
        if len(labels) > 1 and owners.differ(labels):
            yield Same(exercise, tuple(labels), exact=True)


def _known(worked_on: Sequence[Graded], store: Store) -> dict[str, Hashes]:
    """The fingerprints of each work that was graded; new ones are stored."""
    known: dict[str, Hashes] = {}
    new: dict[str, bytes] = {}
    for one in worked_on:
        work = one.collected.work
        if work is None or one.result is None or work.identity in known:
            continue
        name = f"{VERSION} {work.identity}"
        kept = store.fingerprints(name)
        if kept is None:
            try:
                source = work.read().source
            except UsageError:  # gone or changed since it was graded: the next run says so
                continue
            kept = new[name] = fingerprints(source).astype("<u8").tobytes()
        known[work.identity] = np.frombuffer(kept, dtype="<u8")
    store.keep_fingerprints(new)
    return known


def _programs(
    course: Course, worked_on: Sequence[Graded], known: dict[str, Hashes]
) -> dict[str, list[_Program]]:
    """The programs of each exercise without the code of the stubs."""
    handed_out = _handed_out(course)
    programs: dict[str, dict[bytes, _Program]] = {}
    for one in worked_on:
        work, exercise = one.collected.work, one.collected.exercise
        if work is None or work.identity not in known:
            continue
        hashes = np.setdiff1d(known[work.identity], handed_out, assume_unique=True)
        if len(hashes) < FEWEST:
            continue
        of_exercise = programs.setdefault(exercise, {})
        program = of_exercise.setdefault(hashes.tobytes(), _Program(hashes))
        program.labels[one.collected.author.label] = None
        program.files.add(work.identity)
    return {exercise: list(found.values()) for exercise, found in programs.items()}


def _handed_out(course: Course) -> Hashes:
    """Every hash of every stub: a stub's own fingerprints depend on what stands beside them."""
    sources = []
    for exercise in course.exercises.values():
        try:
            sources.append(read(exercise.stub, exercise.stub.name).source)
        except UsageError:  # a course without a stub hands none out
            continue
    return np.unique(np.concatenate([np.empty(0, np.uint64), *map(every_hash, sources)]))


def _near(exercise: str, programs: Sequence[_Program], owners: _Owners) -> Iterator[Near]:
    """The closest programs of each two authors that share enough.

    First whole authors are compared, with all their attempts, as many attempts of one must not make
    common what they hold. Then the programs of those who share something.
    """
    authors = _authors(programs, owners)
    if len(authors) < 2:
        return
    unions = [np.unique(np.concatenate([programs[at].hashes for at in one])) for one in authors]
    common, pairs = _shared(unions)
    own = [np.setdiff1d(program.hashes, common, assume_unique=True) for program in programs]
    for first, second in pairs:
        compared = [
            (*_share(own[one], own[other]), one, other)
            for one in authors[first]
            for other in authors[second]
            if one != other and owners.differ([*programs[one].labels, *programs[other].labels])
        ]
        share, _, one, other = max(compared, default=(0.0, 0, 0, 0))
        if share >= ALIKE:
            yield Near(exercise, share, tuple(programs[one].labels), tuple(programs[other].labels))


def _authors(programs: Sequence[_Program], owners: _Owners) -> list[tuple[int, ...]]:
    """The places of the programs of each author; those with the same programs are one."""
    mine: dict[object, dict[int, None]] = {}
    for at, program in enumerate(programs):
        for label in program.labels:
            mine.setdefault(owners.author(label), {})[at] = None
    return list(dict.fromkeys(tuple(places) for places in mine.values()))


def _share(one: Hashes, other: Hashes) -> tuple[float, int]:
    """What two programs share: of the smaller one, from 0 to 1, and as a number of fingerprints."""
    smaller = min(len(one), len(other))
    if smaller < FEWEST:
        return 0.0, 0
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / smaller, shared


def _shared(unions: Sequence[Hashes]) -> tuple[Hashes, Iterator[tuple[int, int]]]:
    """What more than COMMON authors hold, and the pairs of authors who may share enough."""
    hashes = np.concatenate(unions)
    places = np.repeat(np.arange(len(unions)), [len(union) for union in unions])
    order = np.argsort(hashes, kind="stable")
    hashes, places = hashes[order], places[order]
    starts = np.flatnonzero(np.diff(hashes, prepend=~hashes[0]))
    counts = np.diff(starts, append=len(places))
    pairs, shared = np.unique(_pairs(places, starts, counts, len(unions)), return_counts=True)
    enough = pairs[shared >= ALIKE * FEWEST]
    first, second = np.divmod(enough, len(unions))
    return hashes[starts[counts > COMMON]], zip(first.tolist(), second.tolist(), strict=True)


def _pairs(
    places: NDArray[np.intp], starts: NDArray[np.intp], counts: NDArray[np.intp], size: int
) -> NDArray[np.intp]:
    """A pair of programs as one number, once for each fingerprint that the two share."""
    found = [np.empty(0, dtype=np.intp)]
    for count in range(2, COMMON + 1):
        # The programs of each fingerprint that this many have, (fingerprints, count).
        holders = places[starts[counts == count][:, None] + np.arange(count)]
        left, right = np.triu_indices(count, 1)
        found.append((holders[:, left] * size + holders[:, right]).ravel())
    return np.concatenate(found)
