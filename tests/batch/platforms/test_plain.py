"""Everything without a platform: the name is the owner's."""

from pathlib import Path

import pytest

from grading.batch.platforms.plain import take
from tests.support.classes import clues, put


@pytest.mark.parametrize(
    ("name", "who", "attempt"),
    [
        *(("ada.py", "ada", 1), ("Ada Lovelace.ZIP", "Ada Lovelace", 1), ("a.b.ipynb", "a.b", 1)),
        *(("ada_attempt2.py", "ada", 2), ("ada-Attempt-12", "ada", 12), ("a attempt 3", "a", 3)),
        ("ada_attempt99999999999999999999.py", "ada_attempt99999999999999999999", 1),
        ("dee.tar.gz", "dee.tar.gz", 1),
        ("attempt2.py", "attempt2", 1),
        ("王小明_attempt2.py", "王小明", 2),
    ],
)
def test_the_name_of_a_file(tmp_path: Path, name: str, who: str, attempt: int) -> None:
    put(tmp_path / name)
    [hand_in], used = take(tmp_path, [name])
    assert used == {name}
    assert (hand_in.author.label, hand_in.attempt) == (who, attempt)
    assert clues(hand_in) == [("label", who)]
    assert hand_in.author.account == ""
    assert hand_in.stamp.moment is None


def test_the_name_of_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "ada.py").mkdir()
    [hand_in], _ = take(tmp_path, ["ada.py"])
    assert hand_in.author.label == "ada.py"
