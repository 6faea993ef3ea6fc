"""Finds out which known mistake explains a wrong output.

When a check fails, the mistakes that it is about answer the same questions on the same inputs, each
in a worker of its own. A mistake explains the check if it reproduces every answer that the
student's code gave (arrays within the usual tolerances, or the same exception, with the same
message unless the code itself raises it), and if at least one of these answers differs from the
reference's. A mistake is named if it is the only explanation:

  - a mistake is ruled out if the submission passed a check that it is known to fail;
  - of several mistakes, the one that explains the most failed checks is the most specific;
  - if several are left, none is named.

If no single mistake fits, pairs are tried, at most MAX_PAIRS in one grading, starting with pairs
that include an already named mistake. If nothing matches, nothing is named. Checks that train
something are left out: replaying a training costs as much as the grading.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from grading.checking.respondents import Asked
from grading.course.misconceptions import Misconception
from grading.judging.answers import AnswerBook, Mistakes
from grading.report import CheckResult, Status

# 40 pairs cost about as much as 40 workers: 0.4 CPU seconds for an exercise's quick probes.
MAX_PAIRS = 40
# A worker that ended or ran out of something says nothing about what it would have computed.
EXPLAINABLE = {Status.FAILED, Status.PARTIAL}


def diagnose(
    results: Sequence[CheckResult], asked: Mapping[str, Sequence[Asked]], book: AnswerBook
) -> list[CheckResult]:
    """The results, with the mistake named wherever exactly one explains the answers."""
    passed = {result.id for result in results if result.status is Status.PASSED}
    possible = [known for known in book.known if not passed & set(known.fails)]
    wrong = {}
    for result in results:
        answers = asked.get(result.id)
        if result.status in EXPLAINABLE and answers and not book.reproduces((), answers):
            wrong[result.id] = answers
    explains = _explanations(wrong, possible, book)
    named = _singles(wrong, explains)
    explained = {check for checks in explains.values() for check in checks}
    left = {check: answers for check, answers in wrong.items() if check not in explained}
    named |= _pairs(left, named, possible, book)
    return [
        _named(result, named[result.id]) if result.id in named else result for result in results
    ]


def _explanations(
    wrong: Mapping[str, Sequence[Asked]], possible: Iterable[Misconception], book: AnswerBook
) -> dict[Misconception, set[str]]:
    """For each mistake that explains a check about it, every check that it explains."""
    explains: dict[Misconception, set[str]] = {}
    for known in possible:
        about = [check for check in wrong if check in known.fails]
        if any(book.reproduces((known,), wrong[check]) for check in about):
            explains[known] = {check for check in wrong if book.reproduces((known,), wrong[check])}
    return explains


def _singles(
    wrong: Iterable[str], explains: Mapping[Misconception, set[str]]
) -> dict[str, Mistakes]:
    """By check, the mistake that explains it; of several, the one that explains most checks."""
    named: dict[str, Mistakes] = {}
    for check in wrong:
        fits = {known: len(checks) for known, checks in explains.items() if check in checks}
        best = [known for known, explained in fits.items() if explained == max(fits.values())]
        if len(best) == 1:
            named[check] = (best[0],)
    return named


def _pairs(
    unexplained: Mapping[str, Sequence[Asked]],
    named: Mapping[str, Mistakes],
    possible: Sequence[Misconception],
    book: AnswerBook,
) -> dict[str, Mistakes]:
    """By check, the first pair of mistakes that explains it."""
    left = MAX_PAIRS
    pairs: dict[str, Mistakes] = {}
    for check, asked in unexplained.items():
        for pair in _worth_trying(check, named, possible):
            if left == 0:
                return pairs
            left -= 1
            if book.reproduces(pair, asked):
                pairs[check] = pair
                break
    return pairs


def _worth_trying(
    check: str, named: Mapping[str, Mistakes], possible: Sequence[Misconception]
) -> Iterator[Mistakes]:
    """Pairs with an already named mistake, then any two that this check is about."""
    about = [known for known in possible if check in known.fails]
    by_name = {mistake.name: mistake for mistakes in named.values() for mistake in mistakes}
    yield from ((old, new) for old in by_name.values() for new in about if old != new)
    yield from combinations([known for known in about if known.name not in by_name], 2)


def _named(result: CheckResult, mistakes: Mistakes) -> CheckResult:
    """The result with the name of the mistake and its author's words."""
    return replace(
        result,
        misconception="+".join(mistake.name for mistake in mistakes),
        explanation=" ".join(mistake.student for mistake in mistakes),
    )
