"""The matrix as a table in Markdown."""

from collections.abc import Iterable, Mapping, Sequence

from tests.matrix.cells import Cell
from tests.matrix.records import Record, Result
from tests.matrix.steps import RUNGS, STEPS

NOT_RUN = "not run here"
INSTALL = "install"
# Problems of a step that stand below the table; its JSON file has them all.
SHOWN = 4
# The columns that a step fills alone.
SINGLE = ("batch", "lab", "release", "tests")


def table(cells: Iterable[Cell], records: Iterable[Record]) -> str:
    """A row for each cell; what failed, and marks that were wrong, in bold."""
    found = {(record.cell, record.step): record for record in records}
    head = ["cell", "Python, torch, numpy", *(f"references, {rung}" for rung in RUNGS)]
    head += ["stubs", *SINGLE, "wrong marks"]
    rows = [_row(cell, found) for cell in cells]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _row(cell: Cell, found: Mapping[tuple[str, str], Record]) -> list[str]:
    mine = {step: found.get((cell.name, step)) for step in (INSTALL, *STEPS)}
    run = [record for record in mine.values() if record is not None]
    wrong = sum(len(record.wrong_marks) for record in run)
    return [
        cell.name,
        _versions(run),
        *(_shown(mine[f"references-{rung}"]) for rung in RUNGS),
        "; ".join(dict.fromkeys(_shown(mine[f"stubs-{rung}"]) for rung in RUNGS)),
        *(_shown(mine[step]) for step in SINGLE),
        (f"**{wrong}**" if wrong else "0") if run else "",
    ]


def _versions(run: Iterable[Record]) -> str:
    """Of the last step: all the packages are there by then."""
    last = max(run, key=lambda record: len(record.versions), default=None)
    return NOT_RUN if last is None else ", ".join(last.versions[name] for name in _NAMES)


_NAMES = ("python", "torch", "numpy")


def _shown(record: Record | None) -> str:
    if record is None:
        return NOT_RUN
    if record.result is Result.ABSENT:
        return "not available"
    return record.seen if record.result is Result.OK else f"**{record.seen}**"


def remarks(records: Sequence[Record]) -> str:
    """The commits and systems of all steps, and what did not go well."""
    lines = [
        f"Commit: {', '.join(sorted({record.commit for record in records}))}",
        f"System: {'; '.join(sorted({record.system for record in records}))}",
    ]
    for record in records:
        said = [*record.wrong_marks, *record.problems[:SHOWN]]
        if left := record.problems[SHOWN:]:
            said.append(f"and {len(left)} more")
        lines += [f"- {record.cell}, {record.step}: {one}" for one in said]
    return "\n".join(lines)
