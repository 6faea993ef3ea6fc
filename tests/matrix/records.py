"""What a step saw, as one JSON file for each cell and step."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "build" / "matrix"


class Result(StrEnum):
    """How a step ended."""

    OK = "ok"
    FAILED = "failed"
    # A rung of isolation that this machine does not offer.
    ABSENT = "cannot be had"


@dataclass(frozen=True)
class Verdict:
    """How a step is judged. `seen` is the table's text.

    Wrong marks are scores that a person would have been given wrongly. A report without a score
    (`not_gradable`) is a problem, and no wrong mark.
    """

    seen: str
    problems: list[str] = field(default_factory=list)
    wrong_marks: list[str] = field(default_factory=list)
    absent: bool = False

    @property
    def result(self) -> Result:
        if self.absent:
            return Result.ABSENT
        return Result.FAILED if self.problems or self.wrong_marks else Result.OK


@dataclass(frozen=True)
class Record:
    """One step of one cell."""

    cell: str
    step: str
    result: Result
    seen: str
    problems: list[str]
    wrong_marks: list[str]
    seconds: float
    versions: dict[str, str]
    system: str
    commit: str

    def write(self, results: Path) -> None:
        path = results / self.cell / f"{self.step}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", "utf-8")


def read(results: Path) -> Iterator[Record]:
    """Every record, in no order that means anything."""
    for path in sorted(results.glob("*/*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        yield Record(**{**content, "result": Result(content["result"])})


def is_done(results: Path, cell: str, step: str, commit: str) -> bool:
    """Whether the step has been run on this commit; changes that are not committed never were."""
    found = (one for one in read(results) if (one.cell, one.step) == (cell, step))
    return any(one.commit == commit and not commit.endswith(DIRTY) for one in found)


DIRTY = "-dirty"


def commit() -> str:
    """The commit that is checked out, marked where a tracked file differs from it, or none is."""
    command = ["git", "describe", "--always", "--abbrev=12", "--exclude=*", f"--dirty={DIRTY}"]
    described = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return described.stdout.strip() or f"unknown{DIRTY}"
