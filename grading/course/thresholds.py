"""Thresholds of checks that train something, kept beside the measurements they rest on.

checks/thresholds/ID.json holds, for each such check and device, the bounds, how many tries a
submission has, and the values measured on the reference and on known mistakes. calibrate.py writes
the measurements; people choose the bounds.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grading.files import usable, write_text


@dataclass(frozen=True)
class Bounds:
    """A measured value is right if above < value <= below, in one of `tries`."""

    above: float
    below: float
    tries: int

    def admit(self, value: float) -> bool:
        return self.above < value <= self.below


@dataclass(frozen=True)
class Calibration:
    """The bounds of one check on one device, and the measured values they were chosen by."""

    quantity: str
    bounds: Bounds
    right: Sequence[float]
    wrong: Mapping[str, Sequence[float]]

    @property
    def false_fail(self) -> float:
        """An upper estimate of how often a right answer fails all its tries.

        With no failure among n measurements the rate of a single try is below 3/n with 95 %
        confidence (the rule of three).
        """
        failures = sum(not self.bounds.admit(value) for value in self.right)
        rate = max(failures, 3) / max(len(self.right), 1)
        return float(min(rate, 1.0) ** self.bounds.tries)

    def false_pass(self, mistake: str) -> float:
        """How often a mistake passes in one of its tries, from the measured rate of one try."""
        values = self.wrong[mistake]
        rate = sum(self.bounds.admit(value) for value in values) / max(len(values), 1)
        return float(1 - (1 - rate) ** self.bounds.tries)


def bounds_on(calibrations: Mapping[str, Calibration], device: str) -> Bounds | None:
    """The bounds on a device, or those of the CPU if it was not calibrated; None if neither was.

    The CPU's will do: they bound what is learned, and leave margins far above what rounding on
    another device changes.
    """
    calibration = calibrations.get(device) or calibrations.get("cpu")
    return None if calibration is None else calibration.bounds


def load(path: Path) -> dict[str, dict[str, Calibration]]:
    """Calibrations by check and device; none if there is no file. Raises GraderError."""
    if not path.exists():
        return {}
    with usable(path):
        content = json.loads(path.read_text(encoding="utf-8"))
        return {
            check: {
                device: _calibration(entry["quantity"], part)
                for device, part in entry["devices"].items()
            }
            for check, entry in content.items()
        }


def save(path: Path, calibrations: Mapping[str, Mapping[str, Calibration]]) -> None:
    """Write what `load` reads."""
    content = {
        check: {
            "quantity": next(iter(devices.values())).quantity,
            "devices": {device: _to_json(part) for device, part in devices.items()},
        }
        for check, devices in calibrations.items()
    }
    write_text(path, json.dumps(content, indent=1) + "\n")


def _calibration(quantity: str, part: Mapping[str, Any]) -> Calibration:
    bounds = Bounds(float(part["above"]), float(part["below"]), int(part["tries"]))
    if not (bounds.above < bounds.below and bounds.tries >= 1):
        raise ValueError(f"{quantity}: no value can be right within {bounds}")
    return Calibration(quantity, bounds, part["right"], part["wrong"])


def _to_json(part: Calibration) -> dict[str, Any]:
    def rounded(values: Sequence[float]) -> list[float]:
        return [float(f"{value:.4g}") for value in values]

    return {
        "above": part.bounds.above,
        "below": part.bounds.below,
        "tries": part.bounds.tries,
        "right": rounded(part.right),
        "wrong": {name: rounded(values) for name, values in part.wrong.items()},
    }
