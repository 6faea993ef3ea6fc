"""Find the unit that follows a feature, and what the same search finds in controls."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from text.subjects import Activations, Subject, gates, states

SHIFTS = 8


@dataclass(frozen=True)
class Found:
    """A unit (the name of its layer and its number there) and its correlation."""

    layer: str
    unit: int
    r: float

    def __str__(self) -> str:
        return f"{self.layer}, unit {self.unit}"


@dataclass(frozen=True)
class Result:
    """The best unit and gate for a feature, and the absolute r that the controls reach.

    `gate` is None for a closed network. `untrained` has an entry for each untrained network,
    `shifted` for each shift of the feature.
    """

    unit: Found
    gate: Found | None
    untrained: list[Found]
    shifted: list[float]


def best(seen: Activations, feature: Tensor, ex4: Any) -> Found:
    """The unit of all layers that follows a feature, (steps, streams), best.

    `ex4` is the module of exercise 4: its `best_unit` chooses within a layer.
    """
    found = []
    for layer, values in seen.items():
        units = values.flatten(0, 1)
        unit = ex4.best_unit(units, feature.flatten())
        r = float(ex4.unit_correlations(units, feature.flatten())[unit])
        found.append(Found(layer, unit, r))
    return max(found, key=lambda one: abs(one.r))


def shifted(feature: Tensor) -> list[Tensor]:
    """The feature of other places: shifted in time, and to other streams.

    So it changes as slowly as before, and has nothing to do with the text being read.
    """
    steps = len(feature) // (SHIFTS + 1)
    return [feature.roll((n * steps, n), dims=(0, 1)) for n in range(1, SHIFTS + 1)]


def search(
    subject: Subject, tokens: Tensor, wanted: dict[str, Tensor], ex4: Any, controls: list[Any]
) -> dict[str, Result]:
    """For each of the `wanted` features, (steps, streams), the unit that follows it, and controls.

    `controls` are untrained networks like the subject. All networks read tokens, (steps, streams).
    """
    seen = subject.look(subject.run.model, tokens, ex4)
    units, its_gates = states(seen), gates(seen)
    untrained: dict[str, list[Found]] = {name: [] for name in wanted}
    for control in controls:
        control_units = states(subject.look(control, tokens, ex4))
        for name, feature in wanted.items():
            untrained[name].append(best(control_units, feature, ex4))
    return {
        name: Result(
            best(units, feature, ex4),
            best(its_gates, feature, ex4) if its_gates else None,
            untrained[name],
            [abs(best(units, other, ex4).r) for other in shifted(feature)],
        )
        for name, feature in wanted.items()
    }
