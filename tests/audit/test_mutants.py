"""Mutants: each changes one thing, and each kind of change is there."""

import ast

import pytest

from grading.audit.mutants import mutants

PROGRAM = '''
"""Words stay."""

def walk(steps, start=3, *, loud=False):
    """More words."""
    total = start
    for step in range(steps):
        if step == 0 or not loud:
            total += 1.5
        print(step, end="", flush=True)
    if steps < 0:
        raise ValueError("steps - 1 is no number")
    return total / 2 if loud else total @ 4
'''


def test_every_mutant_is_another_program_that_parses() -> None:
    original = ast.dump(ast.parse(PROGRAM))
    dumps = [ast.dump(ast.parse(mutant.source)) for mutant in mutants(PROGRAM)]
    assert original not in dumps
    assert len(set(dumps)) > 0.9 * len(dumps)
    assert len({mutant.name for mutant in mutants(PROGRAM)}) == len(dumps)


@pytest.mark.parametrize(
    "name",
    [
        "walk: 3 -> 4",
        "walk: 3 -> 2",
        "walk: False -> True",
        "walk: total = start -> pass",
        "walk: step == 0 -> step != 0",
        "walk: step == 0 or not loud -> step == 0 and (not loud)",
        "walk: step == 0 or not loud -> if True",
        "walk: not loud -> loud",
        "walk: total += 1.5 -> total -= 1.5",
        "walk: total += 1.5 -> pass",
        "walk: 1.5 -> 3.0",
        "walk: 1.5 -> -1.5",
        "walk: steps < 0 -> steps <= 0",
        "walk: total / 2 -> total * 2",
        "walk: total @ 4 -> total * 4",
        "walk: loud -> True",
        "walk: print(step, end='', flush=True) -> print(step, end='')",
    ],
)
def test_each_kind_of_change_is_made(name: str) -> None:
    assert name in {mutant.name for mutant in mutants(PROGRAM)}


def test_words_and_what_an_exception_says_stay() -> None:
    for mutant in mutants(PROGRAM):
        assert "Words stay." in mutant.source
        assert "steps - 1 is no number" in mutant.source
