"""submission_metadata.yml beside folders submission_N, as Gradescope's export has them."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from grading.batch.platforms.gradescope import take
from tests.support.classes import EX1, clues, put

BLOCK = """{name}:
  :submitters:
{submitters}  :created_at: {created}
  :score: 0.0
  :status: processed
  :results:
    output: |
      :submitters:
      - :name: Somebody Else
        :sid: '99'
      :created_at: 2020-01-01 00:00:00 Z
"""
JANE = "  - :name: Jane Doe\n    :sid: '0012'\n    :email: jane@x.edu\n"
JOHN = '  - :name: "O\'Neil, John"\n    :sid: 13\n    :email: john@x.edu\n'


def test_every_submitter_has_the_work_and_its_time(tmp_path: Path) -> None:
    made = [
        BLOCK.format(name="submission_1", submitters=JANE, created="2026-10-05 19:02:38.341 Z"),
        BLOCK.format(
            name="submission_2", submitters=JANE + JOHN, created="'2026-10-05 21:02:38 +0200'"
        ),
    ]
    put(tmp_path / "submission_metadata.yml", "---\n" + "".join(made))
    for name in ("submission_1", "submission_2", "submission_3"):
        put(tmp_path / name / EX1)
    names = ["other", "submission_1", "submission_2", "submission_3", "submission_metadata.yml"]
    hand_ins, used = take(tmp_path, names)
    assert used == {"submission_1", "submission_2", "submission_metadata.yml"}
    assert [hand_in.author.label for hand_in in hand_ins] == [
        "Jane Doe_submission_1",
        "Jane Doe_submission_2",
        "O'Neil, John_submission_2",
    ]
    jane = [("id", "0012"), ("address", "jane@x.edu"), ("name", "Jane Doe")]
    assert sorted(clues(hand_ins[0])) == sorted(clues(hand_ins[1])) == sorted(jane)
    assert ("name", "O'Neil, John") in clues(hand_ins[2])
    assert hand_ins[0].author.account == hand_ins[1].author.account
    moments = {hand_in.stamp.moment for hand_in in hand_ins[1:]}
    assert moments == {datetime(2026, 10, 5, 19, 2, 38, tzinfo=UTC)}


def name_in(folder: Path, metadata: str) -> str:
    """The name of the only submitter, whose other clues are Mallory's."""
    put(folder / "submission_metadata.yml", metadata)
    [hand_in], _ = take(folder, ["submission_1", "submission_metadata.yml"])
    *others, (kind, name) = clues(hand_in)
    assert (others, kind) == ([("id", "7"), ("address", "mallory@x.edu")], "name")
    return name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (r'"Ji\u0159\u00ed Nov\xE1k"', "Jiří Novák"),
        (r'"Jane \"JD\" Doe"', 'Jane "JD" Doe'),
        (r'"Jane\tDoe\\ \U0001F600"', "Jane Doe\\ \U0001f600"),
        (r'"Jane\uD800 \U00110000"', "Jane\ufffd \ufffd"),
        ("'Jane ''JD'' Doe'", "Jane 'JD' Doe"),
        (r"Jane ''JD\u0159'' Doe", r"Jane ''JD\u0159'' Doe"),
        ("王小明", "王小明"),
    ],
)
def test_a_name_is_read_as_yaml_writes_it(tmp_path: Path, written: str, name: str) -> None:
    mallory = f"  - :name: {written}\n    :sid: '7'\n    :email: mallory@x.edu\n"
    text = BLOCK.format(name="submission_1", submitters=mallory, created="")
    assert name_in(tmp_path, text) == name


LONG = "x" * 70


@pytest.mark.parametrize("quote", [None, "'", '"'])
@pytest.mark.parametrize("rest", [":sid: 0012", "- :name: Jane Doe", ":email: jane@x.edu"])
@pytest.mark.parametrize("more", ["", f" {LONG} :sid: 0012 - :name: Jane Doe"])
def test_the_rest_of_a_long_name_is_no_key(
    tmp_path: Path, rest: str, more: str, quote: str | None
) -> None:
    """libyaml, which writes the file, goes on in the next line after 80 characters, as PyYAML."""
    name = f"{LONG} {LONG} {rest}{more}"
    mallory = {":name": name, ":sid": "7", ":email": "mallory@x.edu"}
    document = {"submission_1": {":submitters": [mallory]}}
    text = yaml.dump(document, default_style=quote, sort_keys=False)
    # Ruby writes its symbols without quotation marks.
    text = re.sub(r"""^( *(?:- )?)[\"'](:?\w+)[\"']:""", r"\1\2:", text, flags=re.M)
    assert "\n      " in text
    assert name_in(tmp_path, text) == name


@pytest.mark.parametrize("created", ["yesterday", "", "99999-01-01 00:00:00 Z"])
def test_a_time_that_is_none_is_unknown(tmp_path: Path, created: str) -> None:
    text = BLOCK.format(name="submission_1", submitters=JANE, created=created)
    put(tmp_path / "submission_metadata.yml", text)
    [hand_in], _ = take(tmp_path, ["submission_1", "submission_metadata.yml"])
    assert hand_in.stamp.moment is None


def test_without_metadata_it_is_another_platform(tmp_path: Path) -> None:
    put(tmp_path / "submission_1" / EX1)
    assert take(tmp_path, ["submission_1"]) == ([], set())
