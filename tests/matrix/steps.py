"""The steps after the installation: what is graded, made and tested in a cell."""

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.matrix import verdicts
from tests.matrix.cells import Cell
from tests.matrix.place import Done, Place, run
from tests.matrix.records import ROOT, Verdict

Step = Callable[[Place], Verdict]

RUNGS = ("namespaces", "landlock", "process")
# Every cell draws the same inputs, so that cells can be compared.
SEED = ("--seed", "1")
MINUTES, LONG = 600, 3600
USAGE = 2
# Lines of the grader's own complaints that are kept; they repeat from check to check.
SHOWN = 5


def graded(submission: str, judge: verdicts.Judge, rung: str, place: Place) -> Verdict:
    """All exercises of one submission on one rung."""
    options = ("--isolation", rung, *SEED, "--json", "-")
    done = place.course("all", "--submission", submission, *options, seconds=MINUTES)
    if done.code == USAGE and "is not available here" in done.errors:
        return Verdict("", [done.last_words], absent=True)
    try:
        reports = json.loads(done.output)
    except json.JSONDecodeError:
        return _failed(done)
    verdict = judge(reports, rung)
    said = sorted(set(done.errors.splitlines())) if verdict.problems else []
    return replace(verdict, problems=[*verdict.problems, *said[:SHOWN]])


def batch(place: Place) -> Verdict:
    """A class of six, whose scores are known."""
    submissions, out = place.folder / "class", place.folder / "grades"
    for folder in (submissions, out):
        shutil.rmtree(folder, ignore_errors=True)
    truth = make_class(submissions, place.folder / "truth.csv")
    done = place.course("batch", submissions, "--out", out, *SEED, "--plain", seconds=MINUTES)
    table = out / "grades.csv"
    if not table.exists():
        return _failed(done)
    with table.open(encoding="utf-8", newline="") as rows:
        return verdicts.grades(list(csv.DictReader(rows)), truth)


def make_class(folder: Path, kept: Path) -> verdicts.Truth:
    """Two references, two untouched stubs and two right variants; what each deserves is kept."""
    truth: dict[tuple[str, str], float] = {}
    for reference in sorted((ROOT / "reference").glob("ex*.py")):
        exercise = reference.name.partition("_")[0]
        variants = sorted((ROOT / "tests" / "bank" / exercise / "right").glob("*.py"))
        stub = ROOT / "exercises" / reference.name
        members = {
            "reference": ([reference, reference], 100.0),
            "stub": ([stub, stub], 0.0),
            # The first and the last by name: nothing is known of them but that they are right.
            "variant": ([variants[0], variants[-1]], 100.0),
        }
        for kind, (sources, deserved) in members.items():
            for number, source in enumerate(sources, 1):
                name = f"{kind}-{number}"
                target = folder / name / reference.name
                target.parent.mkdir(parents=True, exist_ok=True)
                # Equal files are graded once: a remark makes them differ.
                text = source.read_text(encoding="utf-8")
                target.write_text(f"{text}\n# {name}\n", encoding="utf-8")
                truth[name, exercise] = deserved
    lines = [f"{name},{exercise},{score:g}" for (name, exercise), score in truth.items()]
    kept.write_text("\n".join(["submission,exercise,score", *lines]) + "\n", encoding="utf-8")
    return truth


def lab(place: Place) -> Verdict:
    """The quickest lab that trains nothing, with its page."""
    out = place.folder / "lab"
    shutil.rmtree(out, ignore_errors=True)
    quick = ("--draws", "2", "--long-sequence-length", "20", *SEED)
    done = place.course("lab", "gradients", "--reference", *quick, "--out", out, seconds=MINUTES)
    page = out / "gradients.html"
    if done.code != 0 or not page.exists():
        return _failed(done)
    pictures = page.read_text(encoding="utf-8").count("<img ")
    return Verdict(f"page, {pictures} figures", [] if pictures else ["a page without figures"])


def release(place: Place) -> Verdict:
    """A student edition of one exercise: a tenth of the time of the whole course's, same steps."""
    scratch = place.folder / "release"
    shutil.rmtree(scratch, ignore_errors=True)
    course, edition = scratch / "course", scratch / "edition"
    copy = "import sys; from pathlib import Path; from tests.support.editions import copy_course\n"
    copied = run([place.python, "-c", f"{copy}copy_course(Path(sys.argv[1]), 'ex4')", course], 60)
    if copied.code != 0:
        return _failed(copied)
    done = run([place.python, course / "grader.py", "release", edition, "--plain"], LONG)
    if done.code != 0:
        return _failed(done)
    return Verdict(done.output.strip().rpartition("\n")[2].partition(", ")[2])


def tests(place: Place) -> Verdict:
    """The engine's own tests."""
    done = run([place.python, "-m", "pytest", "-q", "-n", "2"], LONG)
    (place.folder / "tests.log").write_text(done.output + done.errors, encoding="utf-8")
    return verdicts.tests(done.output, done.code)


def _failed(done: Done) -> Verdict:
    return Verdict("failed", [f"exit code {done.code}: {done.last_words}"])


references = partial(graded, "reference", verdicts.references)
stubs = partial(graded, "exercises", verdicts.stubs)
STEPS: dict[str, Step] = {
    **{f"references-{rung}": partial(references, rung) for rung in RUNGS},
    **{f"stubs-{rung}": partial(stubs, rung) for rung in RUNGS},
    "batch": batch,
    "lab": lab,
    "release": release,
    "tests": tests,
}


def steps_of(cell: Cell) -> list[str]:
    """The steps of a cell: a runner grades references and stubs only."""
    names = [name for name in STEPS if name.startswith(("references", "stubs"))]
    return names if cell.runner else list(STEPS)
