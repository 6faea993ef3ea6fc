"""python -m tests.fuzz --cases N --seed S [--target NAME]"""

import argparse
import sys

from tests.fuzz.engine import SEEDS, Outcome, keep, replay, run
from tests.fuzz.targets import TARGETS

SHOWN_FAILURES = 5


def main() -> int:
    """Run every target, or one; 1 if an input broke a promise."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--cases", type=int, default=10_000, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", choices=TARGETS)
    options = parser.parse_args()
    failed = 0
    for name in [options.target] if options.target else TARGETS:
        outcomes = replay(TARGETS[name]), run(TARGETS[name], options.cases, options.seed)
        for outcome in outcomes:
            failed += len(outcome.failures)
            show(outcome)
    return 1 if failed else 0


def show(outcome: Outcome) -> None:
    """Counts, and of what failed each kind once."""
    rate = outcome.cases / outcome.seconds if outcome.seconds else 0
    print(
        f"{outcome.target}: {outcome.cases} cases, {outcome.read} read, {outcome.refused} refused, "
        f"{len(outcome.failures)} failed, {rate:.0f} cases/s",
        flush=True,
    )
    kinds = {f"{one.error!r:.60}": one for one in reversed(outcome.failures)}
    for failure in list(kinds.values())[:SHOWN_FAILURES]:
        kept = keep(outcome.target, failure.data).relative_to(SEEDS.parent)
        print(f"  {failure.error!r:.300}\n  kept as {kept}: {failure.data[:300].hex()}")


if __name__ == "__main__":
    sys.exit(main())
