"""Clones, named ASSIGNMENT-LOGIN."""

from pathlib import Path

import pytest

from grading.batch.platforms.clones import take
from tests.support.classes import clues


@pytest.mark.parametrize(
    ("names", "logins"),
    [
        (["rnns-ann", "rnns-bob"], ["ann", "bob"]),
        (["week-1-ann-lee", "week-1-bob"], ["ann-lee", "bob"]),
        (["rnns-ann", "other-bob"], [None, None]),
        (["rnns-ann"], [None]),
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
