"""What a person must settle after a batch, grouped by kind, for the console and the class page."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from grading.batch.grades import Grade
from grading.batch.people.decisions import described
from grading.batch.people.evidence import Match
from grading.batch.people.person import Person
from grading.course.syllabus import Course

MAX_LINES = 25
# More grades than this without a time are one matter, and one line: platforms that tell no times
# tell none of anybody's.
FEW = 10


@dataclass
class Attention:
    """Lines by kind, in the order of their weight, and the kinds of each submission.

    `missing` is printed too, but there is nothing to settle about it, nor about `notes`, which are
    lines on the files for platforms.
    """

    lines: dict[str, list[str]] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)
    of_submission: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _added: set[tuple[str, str]] = field(default_factory=set, repr=False)

    def add(self, kind: str, line: str, submission: str = "") -> None:
        """Add a line once, and its kind to those of the submission."""
        # A class may have 100,000 lines of one kind: too many to search through for each.
        if (kind, line) not in self._added:
            self._added.add((kind, line))
            self.lines.setdefault(kind, []).append(line)
        kinds = self.of_submission.setdefault(submission, [])
        if kind not in kinds:
            kinds.append(kind)

    @property
    def is_empty(self) -> bool:
        return not self.lines

    def shown(self) -> Iterator[str]:
        """At most 25 lines, then how many more there are of each kind, and how many in all.

        Every kind has its share of the lines, so that none can fill them all.
        """
        groups = {**self.lines, **self.missing}
        if (timeless := len(self.lines.get(TIME, ()))) > FEW:
            groups[TIME] = [f"{timeless} grades; give --times, or set trust_file_times"]
        shown = dict.fromkeys(groups, 0)
        for _ in range(MAX_LINES):
            unshown = [kind for kind, lines in groups.items() if shown[kind] < len(lines)]
            if unshown:
                shown[min(unshown, key=lambda kind: shown[kind])] += 1
        for kind, lines in groups.items():
            count = shown[kind]
            yield from (f"{kind}: {line}" for line in lines[:count])
            if more := len(lines) - count:
                yield f"{kind}: {more} more"
        if count := sum(len(lines) for lines in self.lines.values()):
            yield f"to settle: {count} in all"


NOBODY = "belongs to nobody"
PERHAPS = "belongs to nobody yet"
FILES = "which file counts is not settled"
ATTEMPTS = "which attempt counts is not settled"
ANSWERS = "to be looked at"
CHANGED = "differs from its last commit"
TIME = "nothing tells when it came in"
LATE = "late by an unknown time"
UNREADABLE = "needs attention"
DECIDED = "decided out of other points"
BY_HAND = "waits for points by hand"
EDITED = "edited by hand"
NOTHING = "handed in nothing"
NOT_HERE = "not in this folder"
UNWRITTEN = "not in a gradebook"


def attention(
    course: Course,
    grades: Sequence[Grade],
    matches: Mapping[str, Match],
    doubts: Sequence[tuple[str, str, str]],
    missing: Mapping[str, Sequence[Person]],
    notes: Sequence[str],
    has_roster: bool,
    unfit: Collection[str],
) -> Attention:
    """Everything that a person must look at.

    `doubts` are (kind, line, submission) from collecting; `unfit` holds the reason of each exercise
    that cannot be graded on this machine, which gets one line for all its grades.
    """
    found = Attention()
    for reason in unfit:
        count = sum(grade.problem == reason for grade in grades)
        found.add(UNREADABLE, f"{reason} ({count} without a grade)")
    if has_roster:
        for label, match in matches.items():
            _add_owner(found, label, match)
    for kind, line, label in doubts:
        found.add(kind, line, label)
    for grade in grades:
        before = grade.overridden_of
        if before is not None and round(before, 4) != grade.max_final:
            of = f"{grade.final:g} of {grade.max_final:g} points"
            line = f"{_what(grade)}: {of}, decided out of {before:g}"
            found.add(DECIDED, line, grade.submission)
        if grade.is_decided or grade.is_missing:
            continue
        if grade.unsettled:
            line = f"{_what(grade)}: {grade.unsettled} ({grade.counted})"
            found.add(ATTEMPTS, line, grade.submission)
        if grade.submission and grade.exercise and course.exercises[grade.exercise].late:
            _add_time(found, grade)
        if grade.final is None and grade.score is not None:
            found.add(BY_HAND, _what(grade), grade.submission)
        elif grade.score is None and grade.problem not in unfit:
            why = grade.problem or grade.status.replace("_", " ")
            found.add(UNREADABLE, f"{_what(grade)}: {why}", grade.submission)
    for note in notes:
        found.add(UNREADABLE, note)
    zeros = {
        (grade.exercise, grade.person)
        for grade in grades
        if grade.is_only_missing and grade.final is not None
    }
    lines = [
        f"{exercise}: {described(person)}{', who has 0 points' * ((exercise, person) in zeros)}"
        for exercise, people in missing.items()
        for person in people
    ]
    if lines:
        found.missing[NOTHING] = lines
    return found


def _add_owner(found: Attention, label: str, match: Match) -> None:
    """What is open about whose a submission is."""
    if match.candidates:
        names = " or ".join(described(person) for person in match.candidates)
        doubt = f" ({match.doubt})" if match.doubt else ""
        found.add(PERHAPS, f"{label}: perhaps {names}{doubt}", label)
    elif not match.people:
        found.add(NOBODY, label, label)


def _add_time(found: Attention, grade: Grade) -> None:
    """What is open about when the work came in, where there is a deadline."""
    came_in = grade.received
    if came_in.seconds is not None:
        return
    if came_in.late:
        line = f"{_what(grade)}: it has the penalty of one day ({came_in.source})"
        found.add(LATE, line, grade.submission)
    elif came_in.late is None:
        found.add(TIME, _what(grade), grade.submission)


def _what(grade: Grade) -> str:
    who = grade.submission or ("" if grade.person is None else described(grade.person))
    return f"{who} {grade.exercise}".strip()
