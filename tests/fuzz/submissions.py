"""Random submissions: students' files spliced and damaged, then graded.

    python -m tests.fuzz.submissions --exercise ex2 --cases 100 --seed 1

Whatever a submission is, its grading ends with a report that can be read and counts. One that does
not is written to the folder given by --keep. The same seed makes the same submissions.
"""

import argparse
import ast
import io
import json
import re
import sys
import time
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest import mock

from jsonschema import Draft202012Validator

from grading.audit import mutants
from grading.checking import respondents
from grading.checking.interview import Interview
from grading.course import syllabus
from grading.course.syllabus import ROOT, Exercise
from grading.errors import UsageError
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.report import Report
from grading.sandbox import client, rungs
from grading.sandbox.processes import Zygote
from grading.sandbox.rungs import Rung
from grading.submission.file import from_bytes
from tests.bank import harness
from tests.fuzz.inputs import Chance, damaged

SCHEMA = Draft202012Validator(json.loads((ROOT / "docs" / "report.schema.json").read_text()))
CPU_SECONDS = 0.5
_WORDS = re.compile(r"[A-Za-z_]\w*|[0-9.]+|[-+*/@=<>]+|[()\[\]{}:,]")
_STRANGE = (
    "None", "True", "0", "-1", "1e30", "float('nan')", "[]", "{}", "''", "lambda *a: a", "object()",
    "torch", "self", "super()", "...", "print", "__import__('os')", "yield", "return", "await",
    "raise", "del", "global x", "@", "**", "//", ":=", "not", "in", "for", "while True:", "import",
)  # fmt: skip


@cache
def files_of(exercise: Exercise) -> tuple[str, ...]:
    """The reference, the stub and every right answer of the bank."""
    own = [path.read_text(encoding="utf-8") for path in (exercise.reference, exercise.stub)]
    return (*own, *harness.right_answers(exercise.id).values())


@cache
def _mutants_of(source: str) -> tuple[str, ...]:
    return tuple(mutant.source for mutant in mutants.mutants(source))


def made(exercise: Exercise, chance: Chance) -> bytes:
    """A submission after one to three changes, most of which leave it readable."""
    sources = files_of(exercise)
    source = _changed(sources, chance)
    for _ in range(4):
        # One in eight that cannot be parsed stays, so that most reach the checks.
        if _parses(source) or not chance.below(8):
            break
        source = _changed(sources, chance)
    data = source.encode("utf-8", "surrogateescape")
    if chance.below(8):
        return data
    return damaged(data, chance, [other.encode() for other in sources])


def _changed(sources: Sequence[str], chance: Chance) -> str:
    source = chance.one_of(sources)
    for _ in range(1 + chance.below(3)):
        source = chance.one_of(_CHANGES)(source, sources, chance)
    return source


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True


def _mutated(source: str, sources: Sequence[str], chance: Chance) -> str:
    with_mutants = _mutants_of(chance.one_of(sources))
    return chance.one_of(with_mutants) if with_mutants else source


def _other_bodies(source: str, sources: Sequence[str], chance: Chance) -> str:
    """One or two functions have the body of some function of some file."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return source
    functions = _functions(tree)
    donors = _functions(ast.parse(chance.one_of(sources)))
    if not functions or not donors:
        return source
    for _ in range(1 + chance.below(2)):
        target, donor = chance.one_of(functions), chance.one_of(donors)
        same = [other for other in donors if other.name == target.name]
        # Mostly the function of that name, whose arguments fit.
        target.body = (chance.one_of(same) if same and chance.below(4) else donor).body
    return ast.unparse(tree)


def _functions(tree: ast.AST) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def _fewer_lines(source: str, sources: Sequence[str], chance: Chance) -> str:
    lines = source.splitlines(keepends=True)
    start = chance.below(len(lines) + 1)
    return "".join(lines[:start] + lines[start + 1 + chance.below(3) :])


def _lines_twice(source: str, sources: Sequence[str], chance: Chance) -> str:
    lines = source.splitlines(keepends=True)
    start = chance.below(len(lines) + 1)
    end = start + 1 + chance.below(3)
    return "".join(lines[:end] + lines[start:end] + lines[end:])


def _another_word(source: str, sources: Sequence[str], chance: Chance) -> str:
    """One word or sign becomes another of the files, or something strange."""
    found = list(_WORDS.finditer(source))
    if not found:
        return source
    start, end = chance.one_of(found).span()
    other = chance.one_of(_WORDS.findall(chance.one_of(sources)))
    return source[:start] + (other if chance.below(3) else chance.one_of(_STRANGE)) + source[end:]


def _another_token(source: str, sources: Sequence[str], chance: Chance) -> str:
    """Two tokens on one line change places."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return source
    line = chance.one_of(tokens).start[0]
    here = [token for token in tokens if token.start[0] == token.end[0] == line and token.string]
    if len(here) < 2:
        return source
    place = chance.below(len(here) - 1)
    one, other = here[place], here[place + 1]
    lines = source.splitlines(keepends=True)
    text = lines[line - 1] if line <= len(lines) else ""
    between = text[one.end[1] : other.start[1]]
    swapped = other.string + between + one.string
    lines[line - 1 : line] = [text[: one.start[1]] + swapped + text[other.end[1] :]]
    return "".join(lines)


def _cut_off(source: str, sources: Sequence[str], chance: Chance) -> str:
    # Near the end: a file cut near its beginning has nothing left to grade.
    return source[: len(source) - chance.below(1 + len(source) // 3)]


_CHANGES = (
    _mutated,
    _mutated,
    _other_bodies,
    _other_bodies,
    _fewer_lines,
    _lines_twice,
    _another_word,
    _another_word,
    _another_token,
    _cut_off,
)


@dataclass
class Ending:
    """What became of one submission; `trouble` is empty if it is as promised."""

    data: bytes
    outcome: str
    trouble: str


def endings(grader: Grader, exercise: Exercise, cases: int, seed: int) -> Iterator[Ending]:
    """Make and grade `cases` submissions, without the checks that train something.

    All on one seed: what the reference and the known mistakes answer is then computed once.
    """
    for number in range(cases):
        data = made(exercise, Chance([seed, *exercise.id.encode(), number]))
        yield ending(grader, exercise, data, seed)


def ending(grader: Grader, exercise: Exercise, data: bytes, seed: int) -> Ending:
    """Grade one submission."""
    try:
        work = from_bytes(data, exercise.file)
    except UsageError:
        return Ending(data, "refused", "")
    try:
        with _short_limits():
            report = grader.grade(exercise, work, Plan(seed, training=False))
    except Exception as error:
        return Ending(data, "raised", repr(error))
    return Ending(data, _outcome(report), _trouble(report))


@contextmanager
def _short_limits() -> Iterator[None]:
    """Half a CPU second, not 10, so that endless loops end sooner; nothing here only waits."""
    limit = Interview.limit

    def shorter(interview: Interview, cpu_seconds: float, seed: int) -> None:
        limit(interview, min(cpu_seconds, CPU_SECONDS), seed)

    with (
        mock.patch.object(respondents, "LOAD_CPU_SECONDS", CPU_SECONDS),
        mock.patch.object(Interview, "limit", shorter),
        mock.patch.object(client, "WALL_PER_CPU_SECOND", 100.0),
    ):
        yield


def _outcome(report: Report) -> str:
    """In a word or two: the score in words, then the kinds of ends there were."""
    if not report.gradable:
        return "not gradable"
    kinds = {check.status.words for check in report.checks}
    for kind in ("unreadable", "crashed", "timed out", "out of memory"):
        if kind in kinds:
            return kind
    return "some points" if report.score else "no points"


def _trouble(report: Report) -> str:
    if not report.gradable:
        return f"not gradable: {list(report.faults)}"
    document = json.loads(json.dumps(report.to_json(), allow_nan=False))
    problems = [error.message for error in SCHEMA.iter_errors(document)]
    if not 0 <= document["score"] <= document["max_score"]:
        problems.append(f"a score of {document['score']}")
    return "; ".join(problems)


def main() -> int:
    """Grade many; 1 if one of them ended in trouble."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.submissions")
    parser.add_argument("--exercise", default="ex2")
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="A folder for submissions that made trouble.")
    options = parser.parse_args()
    exercise = syllabus.load(syllabus.ROOT).exercise(options.exercise)
    rung = rungs.best()
    zygote = None if rung is Rung.PROCESS else Zygote(rung)
    counts: Counter[str] = Counter()
    troubles = 0
    started = time.monotonic()
    with Grader(rung, zygote) as grader:
        for number, one in enumerate(endings(grader, exercise, options.cases, options.seed)):
            counts[one.outcome] += 1
            if one.trouble:
                troubles += 1
                print(f"case {number}: {one.trouble}", flush=True)
                if options.keep is not None:
                    (options.keep / f"{exercise.id}-{options.seed}-{number}.py").write_bytes(
                        one.data
                    )
    took = time.monotonic() - started
    print(
        f"{exercise.id}, seed {options.seed}: {dict(counts)}, {troubles} in trouble, {took:.0f} s"
    )
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
