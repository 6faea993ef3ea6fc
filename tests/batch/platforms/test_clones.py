"""Clones, named ASSIGNMENT-LOGIN."""

from pathlib import Path

import pytest

from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.batch.platforms.clones import take
from tests.support.classes import clues


@pytest.mark.parametrize(
    ("names", "logins"),
    [
        (["rnns-ann", "rnns-bob"], ["ann", "bob"]),
        (["week-1-ann-lee", "week-1-bob"], ["ann-lee", "bob"]),
        (["rnns-ann", "other-bob"], [None, None]),
        (["rnns-ann"], [None]),
        # An owner has renamed a repository.
        (["rnns-ann", "rnns-bob", "zzz"], ["ann", "bob", None]),
    ],
)
def test_the_common_beginning_is_the_assignment(
    tmp_path: Path, names: list[str], logins: list[str | None]
) -> None:
    for name in names:
        (tmp_path / name / ".git").mkdir(parents=True)
    hand_ins, used = take(tmp_path, names)
    assert used == set(names)
    for hand_in, name, login in zip(hand_ins, names, logins, strict=True):
        known = [value for _, value in clues(hand_in)]
        assert (known[0], known[-1]) == (name, login or name)
        assert all(name.endswith(one) for one in known)
        assert hand_in.author.label == name


def test_a_folder_without_git_or_behind_a_link_is_no_clone(tmp_path: Path) -> None:
    (tmp_path / "rnns-ann").mkdir()
    (tmp_path / "real" / ".git").mkdir(parents=True)
    (tmp_path / "rnns-bob").symlink_to(tmp_path / "real")
    assert take(tmp_path, ["rnns-ann", "rnns-bob"]) == ([], set())


@pytest.mark.parametrize(
    ("people", "owners"),
    [
        # Two accounts of one name are two people: nothing tells which of them the roster means.
        ([Person("Jane Doe", "1")], {"rnns-jane-doe": None, "rnns-janedoe": None}),
        # Only a login tells them apart.
        (
            [Person("Jane Doe", "1", handles=("janedoe",))],
            {"rnns-jane-doe": None, "rnns-janedoe": "1"},
        ),
        (
            [Person("Jane Doe", "1", handles=("janedoe", "jane-doe"))],
            {"rnns-jane-doe": "1", "rnns-janedoe": "1"},
        ),
    ],
)
def test_two_accounts_are_not_taken_for_one_person(
    tmp_path: Path, people: list[Person], owners: dict[str, str | None]
) -> None:
    for name in owners:
        (tmp_path / name / ".git").mkdir(parents=True)
    hand_ins, _ = take(tmp_path, sorted(owners))
    found = Roster(people).match([hand_in.author for hand_in in hand_ins], {})
    assert {label: match.person and match.person.id for label, match in found.items()} == owners
    assert all(match.people or match.candidates for match in found.values())
