"""python -m tests.matrix CELL, or --table"""

import argparse
import json
import os
import platform
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.matrix.cells import CELLS, Cell, by_runners
from tests.matrix.install import install
from tests.matrix.place import Place, PlaceError, find_python, versions
from tests.matrix.records import RESULTS, Record, Result, Verdict, commit, is_done, read
from tests.matrix.steps import STEPS, steps_of
from tests.matrix.table import INSTALL, remarks, table

USAGE, INTERRUPTED = 2, 130


def main() -> int:
    """0 if every step was right, 1 if one was not, 2 if the cell cannot be run like that."""
    # So that a run that is told to end takes what it has started with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = _parser().parse_args()
    if options.list:
        for cell in CELLS.values():
            where = cell.runner or "by hand"
            print(f"{cell.name:30} {cell.versions} versions, {cell.build} build, {where}")
    elif options.runners:
        print(json.dumps([_for_workflow(cell) for cell in by_runners()]))
    elif options.table:
        records = list(read(options.out))
        ran = {record.cell for record in records}
        cells = [cell for cell in CELLS.values() if not cell.runner or cell.name in ran]
        print(table(cells, records), remarks(records), sep="\n\n")
    else:
        return _run(CELLS[options.cell], options)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=main.__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("cell", nargs="?", choices=CELLS, metavar="CELL", help="run this cell")
    what.add_argument("--list", action="store_true", help="the cells")
    what.add_argument("--table", action="store_true", help="what was seen, in Markdown")
    what.add_argument("--runners", action="store_true", help="the workflow's cells, as JSON")
    parser.add_argument("--python", metavar="PATH", help="the cell's interpreter")
    parser.add_argument("--out", type=Path, default=RESULTS, help="for results and environments")
    parser.add_argument("--venv", type=Path, help="default: OUT/CELL/venv")
    parser.add_argument("--reuse", action="store_true", help="install into VENV as it is")
    parser.add_argument("--uv", action="store_true", help="install with uv in place of pip")
    parser.add_argument("--steps", nargs="+", metavar="STEP", help="names, or how they begin")
    parser.add_argument("--again", action="store_true", help="also what this commit has done")
    return parser


def _for_workflow(cell: Cell) -> dict[str, str]:
    return {"cell": cell.name, "runner": cell.runner, "python": cell.python}


def _run(cell: Cell, options: argparse.Namespace) -> int:
    out = options.out.absolute()
    place = Place((options.venv or out / cell.name / "venv").absolute(), out / cell.name)
    place.folder.mkdir(parents=True, exist_ok=True)
    try:
        python = find_python(cell, options.python)
        todo = _chosen(cell, options.steps)
    except PlaceError as error:
        print(f"matrix: {error}", file=sys.stderr)
        return USAGE
    first = partial(install, cell, place, python, options.reuse, options.uv)
    work: dict[str, Callable[[], Verdict]] = {INSTALL: first}
    work |= {name: partial(step, place) for name, step in STEPS.items()}
    state, failed = commit(), False
    for name in todo:
        if not options.again and is_done(out, cell.name, name, state):
            print(f"{cell.name} {name}: done on {state}", flush=True)
            continue
        record = _timed(cell, name, work[name], place, state)
        record.write(out)
        _say(record)
        failed |= record.result is Result.FAILED
        if failed and name == INSTALL:
            break
    return 1 if failed else 0


def _chosen(cell: Cell, prefixes: list[str] | None) -> list[str]:
    """The steps to run, in order. Raises PlaceError."""
    names = [INSTALL, *steps_of(cell)]
    if prefixes is None:
        return names
    for prefix in prefixes:
        if not any(name.startswith(prefix) for name in names):
            raise PlaceError(f"{cell.name} has no step {prefix}: {', '.join(names)}")
    return [name for name in names if name.startswith(tuple(prefixes))]


def _timed(cell: Cell, name: str, step: Callable[[], Verdict], place: Place, state: str) -> Record:
    start = time.monotonic()
    verdict = step()
    seconds = round(time.monotonic() - start, 1)
    found = versions(place.python) if place.python.exists() else None
    return Record(
        cell=cell.name,
        step=name,
        result=verdict.result,
        seen=verdict.seen,
        problems=verdict.problems,
        wrong_marks=verdict.wrong_marks,
        seconds=seconds,
        versions=json.loads(found.output) if found and found.code == 0 else {},
        system=f"{platform.platform()}, {os.cpu_count()} cores",
        commit=state,
    )


def _say(record: Record) -> None:
    print(f"{record.cell} {record.step}: {record.result}, {record.seen} ({record.seconds} s)")
    for line in (*record.wrong_marks, *record.problems):
        print(f"  {line}")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("matrix: interrupted: run the same command again to continue", file=sys.stderr)
        sys.exit(INTERRUPTED)
