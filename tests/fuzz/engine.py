"""Run a target on many inputs, and count what came of them."""

import hashlib
import signal
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from tests.fuzz.inputs import Chance
from tests.fuzz.targets import Target

SEEDS = Path(__file__).parent / "seeds"
# CPU seconds: the slowest honest case takes milliseconds.
HANGS_AFTER = 10.0
# Every so many cases the memory is measured, which makes them several times slower.
MEASURED = 200
# What a reader may hold at its peak: so many times its input, and some for itself.
TIMES_INPUT, FOR_ITSELF = 60, 4 * 1024 * 1024


class Hang(BaseException):
    """A case used up its CPU time. No Exception, so that no reader takes it for its own."""


class Greed(Exception):
    """A case allocated more than its input explains."""


@dataclass
class Failure:
    """An input that broke a promise, and how."""

    data: bytes
    error: BaseException


@dataclass
class Outcome:
    """Of the cases of one target: how many were read, how many refused, and which failed."""

    target: str
    read: int = 0
    refused: int = 0
    seconds: float = 0.0
    failures: list[Failure] = field(default_factory=list)

    @property
    def cases(self) -> int:
        return self.read + self.refused + len(self.failures)


def run(target: Target, cases: int, seed: int) -> Outcome:
    """Try `target` on `cases` inputs, always the same for the same seed."""
    chance = Chance([seed, *target.name.encode()])
    outcome = Outcome(target.name)
    started = time.process_time()
    with _no_hang():
        for number in range(cases):
            try_one(target, target.make(chance), outcome, measured=number % MEASURED == 0)
    outcome.seconds = time.process_time() - started
    return outcome


def replay(target: Target) -> Outcome:
    """Try `target` on every input that ever broke it."""
    outcome = Outcome(target.name)
    with _no_hang():
        for path in sorted(SEEDS.glob(f"{target.name}-*")):
            try_one(target, path.read_bytes(), outcome, measured=True)
    return outcome


def try_one(target: Target, data: bytes, outcome: Outcome, measured: bool) -> None:
    """One case, counted in `outcome`."""
    signal.setitimer(signal.ITIMER_VIRTUAL, HANGS_AFTER)
    try:
        was_read = _measured(target, data) if measured else target.check(data)
    except (Exception, Hang) as error:
        outcome.failures.append(Failure(data, error))
    else:
        outcome.read += was_read
        outcome.refused += not was_read
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def keep(target: str, data: bytes) -> Path:
    """Write an input where `replay` finds it."""
    path = SEEDS / f"{target}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return path


def _measured(target: Target, data: bytes) -> bool:
    tracemalloc.start()
    try:
        was_read = target.check(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    if peak > TIMES_INPUT * len(data) + FOR_ITSELF:
        raise Greed(f"{peak} bytes for an input of {len(data)}")
    return was_read


@contextmanager
def _no_hang() -> Iterator[None]:
    def end(number: int, frame: FrameType | None) -> None:
        raise Hang(f"more than {HANGS_AFTER:g} s of CPU time")

    before = signal.signal(signal.SIGVTALRM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGVTALRM, before)
