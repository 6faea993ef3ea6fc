"""What a part has found, in a file that is whole at every moment."""

import json
import math
import time
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from grading.renderers import json_file

# A part that grades hundreds of programs would otherwise write its file for each of them.
SECONDS_BETWEEN_WRITES = 1.0


class Status(StrEnum):
    """How far a part has come."""

    NOT_REACHED = "not reached"
    RUNNING = "running"
    CUT_OFF = "cut off"
    OK = "ok"
    FAILED = "failed"


@dataclass
class Record:
    """One part. `problems` are what is not as it should be; `error` is what ended it early."""

    part: str
    device: str
    status: Status = Status.NOT_REACHED
    seconds: float = 0.0
    error: str = ""
    problems: list[str] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=dict)

    @property
    def bad(self) -> bool:
        """Whether something went wrong, as far as the part has come."""
        return self.status is Status.FAILED or bool(self.problems)

    @classmethod
    def load(cls, folder: Path, part: str) -> Self:
        content = json.loads(_path(folder, part).read_text(encoding="utf-8"))
        return cls(**{**content, "status": Status(content["status"])})

    def save(self, folder: Path) -> None:
        json_file.write(_strict(asdict(self)), str(_path(folder, self.part)))


@dataclass
class Job:
    """What a part is given: the device, the folder of all results, and its own record in it."""

    out: Path
    record: Record
    _saved: float = 0.0

    @property
    def device(self) -> str:
        return self.record.device

    def keep(self, **found: Any) -> None:
        """Add to what was found. It reaches the file at once, or with what is found next."""
        self.record.found |= found
        if time.monotonic() - self._saved > SECONDS_BETWEEN_WRITES:
            self.save()

    def save(self) -> None:
        self.record.save(self.out)
        self._saved = time.monotonic()

    def problem(self, words: str) -> None:
        self.record.problems.append(words)


def _path(folder: Path, part: str) -> Path:
    return folder / f"{part}.json"


def _strict(value: Any) -> Any:
    """`value` without infinities and NaN, which JSON does not have: words take their place."""
    if isinstance(value, dict):
        return {name: _strict(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(one) for one in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
