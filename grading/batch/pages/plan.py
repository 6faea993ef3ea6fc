"""Which grades stand on which feedback page: a page has nobody's grade but its reader's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from grading.batch.grades import Grade
from grading.batch.people.decisions import described
from grading.batch.people.person import Person


@dataclass(frozen=True)
class Feedback:
    """One page. `key` names it; it is the label of a submission, if it is a submission's page.

    A member of a team has a further page if something was decided about that member alone, and so
    has somebody from whom nothing came in.
    """

    key: str
    grades: Sequence[Grade]
    is_of_submission: bool

    @property
    def owners(self) -> list[Person]:
        """Whose the grades are."""
        return list(dict.fromkeys(grade.person for grade in self.grades if grade.person))


def feedback(grades: Sequence[Grade]) -> Iterator[Feedback]:
    """The pages of a class."""
    of_submissions: dict[str, dict[str, list[Grade]]] = {}
    for grade in grades:
        exercises = of_submissions.setdefault(grade.submission, {})
        exercises.setdefault(grade.exercise, []).append(grade)
    own: dict[str, list[Grade]] = {}
    for grade in _flat(of_submissions.pop("", {})):
        own.setdefault(key_of(grade), []).append(grade)
    for label, exercises in of_submissions.items():
        yield Feedback(label, [_shared(members) for members in exercises.values()], True)
        for members in exercises.values():
            for grade in members:
                if is_apart(grade, members):
                    own.setdefault(key_of(grade), []).append(grade)
    for key, mine in own.items():
        yield Feedback(key, mine, is_of_submission=False)


def is_apart(grade: Grade, members: Sequence[Grade]) -> bool:
    """Whether something was decided about one of several members alone."""
    return bool(grade.decision) and any(grade.decision != other.decision for other in members)


def key_of(grade: Grade) -> str:
    """The key of a page of one person's; no label has a line break."""
    who = "" if grade.person is None else described(grade.person)
    return f"{grade.submission}\n{who}"


def _shared(members: Sequence[Grade]) -> Grade:
    """The grade for the page that all members of a team read."""
    first, *_ = sorted(members, key=lambda grade: is_apart(grade, members))
    if is_apart(first, members):
        return replace(first, decided=(), excused=False, overridden=False, final=first.undecided)
    return first


def _flat(exercises: dict[str, list[Grade]]) -> Iterator[Grade]:
    for grades in exercises.values():
        yield from (grade for grade in grades if grade.decision or grade.final is not None)
