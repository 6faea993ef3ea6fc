"""Which known mistake explains a wrong output.

When a check fails, the mistakes that are about it answer the same questions on the same inputs,
each in a worker of its own. A mistake explains the check if it reproduces every answer that the
student's code gave (arrays within the usual tolerances, or the same exception, in the same words
unless the code itself raises it), and if at least one of these answers is not the reference's. It
is named only if it is the one explanation:

  - a mistake is out if the submission passed a check that it is known to fail;
  - among several, the one that explains more of the failed checks is the more specific;
  - if several are left, none is named.

Where no single mistake fits, pairs are tried, at most MAX_PAIRS in one grading; first those with a
mistake that was named already. No match, no name. Checks that train something are left out:
replaying a training costs as much as the grading.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Protocol

import numpy as np

from grading.compare import TOLERANCES, Answer
from grading.errors import GraderError
from grading.misconceptions import Misconception
from grading.players import Asked, Outcome, Source, Student, StudentFault, outcome_of
from grading.report import CheckResult, Status
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits

# 40 pairs cost about as much as 40 workers: 0.4 CPU seconds for an exercise's quick probes.
MAX_PAIRS = 40
# A worker that ended or ran out of something says nothing about what it would have computed.
EXPLAINABLE = {Status.FAILED, Status.PARTIAL}

# The mistakes made at once: none is the reference itself.
Mistakes = tuple[Misconception, ...]


class Answers(Protocol):
    """Whoever knows what mistakes answer: replays, or a record of them."""

    @property
    def known(self) -> Sequence[Misconception]: ...
    def reproduce(self, mistakes: Mistakes, asked: Sequence[Asked]) -> bool: ...


class Replays:
    """What the reference answers with mistakes made in it; asked once, then remembered."""

    def __init__(
        self,
        sandbox: Sandbox,
        source: Source,
        known: Sequence[Misconception],
        device: str,
        limits: Limits,
    ) -> None:
        self.known = [mistake for mistake in known if not mistake.same_as + mistake.unnamed]
        self._sandbox, self._source, self._device, self._limits = sandbox, source, device, limits
        self._outcomes: dict[tuple[str, str], Outcome] = {}

    def reproduce(self, mistakes: Mistakes, asked: Sequence[Asked]) -> bool:
        """Whether the reference with these mistakes answers as the student's code did."""
        text = self._source.text
        try:
            for mistake in mistakes:
                text = mistake.made_in(text)
        except GraderError:
            return False  # the two edit the same lines
        player = Student(
            self._sandbox, replace(self._source, text=text), self._device, self._limits
        )
        key = "+".join(mistake.name for mistake in mistakes)
        try:
            return all(alike(self._outcome(key, player, one), one.outcome) for one in asked)
        finally:
            player.close()

    def _outcome(self, key: str, player: Student, asked: Asked) -> Outcome:
        identity = (key, asked.question.key)
        if identity not in self._outcomes:
            self._outcomes[identity] = outcome_of(player, asked.question)
        return self._outcomes[identity]


def alike(one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes are the same as far as anyone can tell."""
    if isinstance(one, StudentFault) and isinstance(other, StudentFault):
        return one.essence == other.essence
    if isinstance(one, StudentFault) or isinstance(other, StudentFault):
        return False
    if dict(one.others) != dict(other.others) or set(one.arrays) != set(other.arrays):
        return False
    return all(_close(array, other.arrays[name], one) for name, array in one.arrays.items())


def _close(one: np.ndarray, other: np.ndarray, answer: Answer) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    tolerance = TOLERANCES.get((one.dtype.name, answer.device))
    if tolerance is None:
        return bool(np.array_equal(one, other))
    finite = np.isfinite(one)
    if not np.array_equal(finite, np.isfinite(other)):
        return False
    error = np.abs(one[finite].astype(np.float64) - other[finite].astype(np.float64))
    return bool((error <= tolerance.allowed(one[finite])).all())


def diagnose(
    results: Sequence[CheckResult], asked: Mapping[str, Sequence[Asked]], replays: Answers
) -> list[CheckResult]:
    """The results, with the mistake named wherever exactly one explains what came out."""
    failed = {
        result.id: asked[result.id]
        for result in results
        if result.status in EXPLAINABLE and asked.get(result.id)
    }
    passed = {result.id for result in results if result.status is Status.PASSED}
    possible = [known for known in replays.known if not passed & set(known.fails)]
    wrong = {check: one for check, one in failed.items() if not replays.reproduce((), one)}
    explains = _explanations(wrong, possible, replays)
    found = _singles(wrong, explains)
    explained = {check for checks in explains.values() for check in checks}
    left = {check: one for check, one in wrong.items() if check not in explained}
    found |= _pairs(left, found, possible, replays)
    return [
        _named(result, found[result.id]) if result.id in found else result for result in results
    ]


def _explanations(
    wrong: Mapping[str, Sequence[Asked]], possible: Iterable[Misconception], replays: Answers
) -> dict[Misconception, set[str]]:
    """For each mistake that explains a check it is about: every check that it explains."""
    explains: dict[Misconception, set[str]] = {}
    for known in possible:
        about = [check for check in wrong if check in known.fails]
        if any(replays.reproduce((known,), wrong[check]) for check in about):
            explains[known] = {
                check for check in wrong if replays.reproduce((known,), wrong[check])
            }
    return explains


def _singles(
    wrong: Iterable[str], explains: Mapping[Misconception, set[str]]
) -> dict[str, Mistakes]:
    """By check, the mistake that explains it, or of several the one that explains most."""
    found: dict[str, Mistakes] = {}
    for check in wrong:
        fits = [known for known, checks in explains.items() if check in checks]
        most = max((len(explains[known]) for known in fits), default=0)
        best = [known for known in fits if len(explains[known]) == most]
        if len(best) == 1:
            found[check] = (best[0],)
    return found


def _pairs(
    unexplained: Mapping[str, Sequence[Asked]],
    found: Mapping[str, Mistakes],
    possible: Sequence[Misconception],
    replays: Answers,
) -> dict[str, Mistakes]:
    """By check, the first pair of mistakes that explains it."""
    left = MAX_PAIRS
    pairs: dict[str, Mistakes] = {}
    for check, asked in unexplained.items():
        for pair in _worth_trying(check, found, possible):
            if left == 0:
                return pairs
            left -= 1
            if replays.reproduce(pair, asked):
                pairs[check] = pair
                break
    return pairs


def _worth_trying(
    check: str, found: Mapping[str, Mistakes], possible: Sequence[Misconception]
) -> Iterator[Mistakes]:
    """Pairs with a mistake that was named already, then any two that are about this check."""
    about = [known for known in possible if check in known.fails]
    named = {mistake.name: mistake for mistakes in found.values() for mistake in mistakes}
    yield from ((one, other) for one in named.values() for other in about if one != other)
    yield from combinations([known for known in about if known.name not in named], 2)


def _named(result: CheckResult, mistakes: Mistakes) -> CheckResult:
    """The result with the name of the mistake and its author's words."""
    return replace(
        result,
        misconception="+".join(mistake.name for mistake in mistakes),
        explanation=" ".join(mistake.student for mistake in mistakes),
    )
