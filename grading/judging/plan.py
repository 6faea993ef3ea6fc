"""What a grading is asked to do."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from grading.checking.check import Check
from grading.report import CheckResult


@dataclass(frozen=True)
class Plan:
    """How one submission is graded; by default, by every check.

    only           the one check to run, with those it needs
    training       whether checks that train something are run
    diagnosis      whether known mistakes that explain a wrong answer are named
    until_failure  whether to stop after the first check that does not pass
    in_order       whether a check waits for those it needs
    first          checks to run before all others, with those they need
    known          results of the same submission on the same seed, which are not run again
    """

    seed: int
    only: str | None = None
    training: bool = True
    diagnosis: bool = True
    until_failure: bool = False
    in_order: bool = True
    first: Collection[str] = ()
    known: Sequence[CheckResult] = ()

    def chosen(self, checks: Sequence[Check]) -> list[Check]:
        """The checks to run, in their order: a check comes after those that it needs."""
        known = {result.id for result in self.known}
        early = _with_needs([check for check in checks if check.name in self.first], checks)
        wanted = checks
        if self.only is not None:
            wanted = _with_needs([check for check in checks if check.name == self.only], checks)
        return [
            check
            for check in sorted(checks, key=lambda check: check not in early)
            if check in wanted and (self.training or not check.trains) and check.name not in known
        ]


def _with_needs(some: Sequence[Check], checks: Sequence[Check]) -> list[Check]:
    """These checks, and all that they need, directly or not."""
    wanted = list(some)
    for check in some:
        needed = [other for other in checks if other.function in check.declaration.needs]
        wanted += _with_needs(needed, checks)
    return wanted
