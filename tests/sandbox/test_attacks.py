"""The corpus of attacks aims at what is there."""

import re

import pytest

from grading.course.syllabus import ROOT
from tests import attacks
from tests.attacks import Attack

# A file or a module of the course, as an attack names it.
NAMED = re.compile(r"\b(?:grading|checks|reference|exercises|labs|data|docs)(?:[./]\w+)+")
ATTACKS = attacks.load()


def exists(name: str) -> bool:
    """A file or a folder, or a module: what follows a module in dots may be one of its names."""
    if "/" in name:
        return (ROOT / name).exists()
    parts = name.split(".")
    ways = (ROOT.joinpath(*parts[:end]) for end in (len(parts), len(parts) - 1))
    return any(way.with_suffix(".py").exists() or way.is_dir() for way in ways)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_names_only_files_and_modules_that_exist(attack: Attack) -> None:
    """Else it would pass by hitting nothing, once they have moved."""
    gone = [name for name in NAMED.findall(attack.code) if not exists(name)]
    assert not gone


def test_some_attacks_name_files_and_some_modules() -> None:
    named = [name for attack in ATTACKS for name in NAMED.findall(attack.code)]
    assert any("/" in name for name in named)
    assert any("/" not in name for name in named)
