"""Hand-ins that are alike: what is found, what is not, and what honest programs share."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grading.batch.fingerprints import WINDOW, every_hash, fingerprints, winnowed
from grading.batch.grades import Graded
from grading.batch.intake.collected import Collected, Work
from grading.batch.intake.times import Received
from grading.batch.people.evidence import Author, Evidence, Match
from grading.batch.people.person import Person
from grading.batch.platforms.hand_in import NO_STAMP
from grading.batch.similar import ALIKE, COMMON, FEWEST, Near, Same, Similar, similar
from grading.batch.store import Result, Store
from grading.course import misconceptions
from grading.course.syllabus import ROOT, Course
from grading.errors import UsageError
from grading.submission.file import Submission, from_bytes
from tests.support.notebooks import code, notebook


def test_winnowing_keeps_what_its_authors_keep() -> None:
    # Figure 2 of Schleimer, Wilkerson and Aiken (2003): windows of 4 of the hashes of "a do run".
    hashes = [77, 74, 42, 17, 98, 50, 17, 98, 8, 88, 67, 39, 77, 74, 42, 17, 98]
    places = winnowed(np.array(hashes, dtype=np.uint64), 4)
    assert [hashes[place] for place in places] == [17, 17, 8, 39, 17]


@pytest.mark.parametrize("length", [0, 1, WINDOW - 1, WINDOW, 100])
def test_each_window_has_a_fingerprint(length: int) -> None:
    hashes = np.random.default_rng(length).integers(0, 20, length).astype(np.uint64)
    places = set(winnowed(hashes, WINDOW).tolist())
    width = min(WINDOW, length)
    for start in range(length - width + 1 if length else 0):
        window = range(start, start + width)
        assert places & set(window)
        assert min(hashes[start : start + width]) in {hashes[place] for place in places}


BODY = "\n".join(f"    y = torch.tanh(W_{n} @ x + b_{n} * {n}) - V_{n}[{n}, :]" for n in range(40))
PROGRAM = f"import torch\n\n\ndef f(x):\n    '''What it does.'''\n{BODY}\n    return y\n"


@pytest.mark.parametrize(
    "disguise",
    [
        lambda text: re.sub(r"\by\b", "result", text),
        lambda text: text.replace("W_", "weight_").replace("def f(", "def another_name("),
        lambda text: "".join(f"{line}  # line {n}\n" for n, line in enumerate(text.splitlines())),
        lambda text: text.replace("    ", "\t").replace(" + ", "+"),
        lambda text: text.replace("'''What it does.'''", '"another text"'),
        lambda text: text.replace("\n", "\n\n"),
    ],
)
def test_names_comments_and_layout_change_no_fingerprint(disguise: Callable[[str], str]) -> None:
    assert disguise(PROGRAM) != PROGRAM
    assert fingerprints(disguise(PROGRAM)).tolist() == fingerprints(PROGRAM).tolist()


def test_what_is_no_python_has_fingerprints_or_none() -> None:
    for text in ("", "'", '"""' * 9, "\\", "\x00é\ud800", "(" * 99, "f'{x!r:>{w}}' " * 40):
        assert fingerprints(text).dtype == np.uint64


def bank(exercise: str) -> Iterator[str]:
    for path in sorted((ROOT / "tests" / "bank" / exercise / "right").glob("*.py")):
        yield path.read_text(encoding="utf-8")


def share(first: str, second: str, handed_out: set[int]) -> float:
    """What two programs share of the smaller one's fingerprints."""
    one, other = (set(fingerprints(text).tolist()) - handed_out for text in (first, second))
    assert min(len(one), len(other)) >= FEWEST
    return len(one & other) / min(len(one), len(other))


@pytest.mark.parametrize("name", ["ex1", "ex2", "ex3", "ex4"])
def test_the_threshold_lies_between_honest_programs_and_copies(
    real_course: Course, name: str
) -> None:
    exercise = real_course.exercise(name)
    handed_out = set(every_hash(exercise.stub.read_text(encoding="utf-8")).tolist())
    reference = exercise.reference.read_text(encoding="utf-8")
    honest = [
        share(one, other, handed_out) for one, other in combinations([reference, *bank(name)], 2)
    ]
    edited = [
        share(reference, known.made_in(reference), handed_out)
        for known in misconceptions.load(exercise.misconceptions)
    ]
    assert max(honest) < 0.45 < ALIKE < 0.7 < min(edited)


Compare = Callable[..., Similar]


def handed_in(
    label: str,
    source: str | bytes,
    *people: Person,
    attempt: int = 1,
    graded: bool = True,
    worked_on: bool = True,
) -> Graded:
    """An attempt at ex4 of these people; without any, of nobody."""
    data = source if isinstance(source, bytes) else source.encode()
    submission = from_bytes(data, "ex4.ipynb" if isinstance(source, bytes) else "ex4.py")

    def read() -> Submission:
        return submission

    work = Work("ex4.py", submission.identity, "", True, "ex4.py", True, worked_on, read)
    collected = Collected(Author(label, ()), "ex4", work, NO_STAMP, attempt)
    result = Result("graded", 1.0, 1.0) if graded else None
    return Graded(collected, Match(people, Evidence.NAME), Received(), result, lambda: None)


@pytest.fixture
def compare(tmp_path: Path, real_course: Course) -> Iterator[Compare]:
    """What is alike among these hand-ins."""
    with Store(tmp_path / "grades.sqlite") as store:
        yield lambda *graded: similar(real_course, graded, store)


ADA, BOB, EVE = (Person(name, name) for name in ("Ada", "Bob", "Eve"))
RENAMED = re.sub(r"\bx\b", "states", PROGRAM) + "# mine\n"


def test_equal_files_of_different_people_are_found(compare: Compare) -> None:
    found = compare(
        handed_in("ada", PROGRAM, ADA), handed_in("bob", PROGRAM, BOB), handed_in("eve", "x", EVE)
    )
    assert found == Similar(same=[Same("ex4", ("ada", "bob"), exact=True)])


def test_a_copy_with_other_names_is_found(compare: Compare) -> None:
    found = compare(handed_in("ada", PROGRAM, ADA), handed_in("bob", RENAMED, BOB))
    assert found == Similar(same=[Same("ex4", ("ada", "bob"), exact=False)])


def test_a_copy_with_changes_is_found_with_its_share(compare: Compare) -> None:
    changed = PROGRAM.replace("@ x + b_7 * 7", ".mm(x).add(b_7)") + "print(f(1), 'by Bob')\n"
    found = compare(handed_in("ada", PROGRAM, ADA), handed_in("bob", changed, BOB))
    [pair] = found.near
    assert (pair.exercise, pair.first, pair.second) == ("ex4", ("ada",), ("bob",))
    assert ALIKE <= pair.share < 1


def test_a_notebook_is_compared_by_its_module(compare: Compare) -> None:
    copied = notebook(code(PROGRAM))
    found = compare(handed_in("ada", PROGRAM, ADA), handed_in("bob", copied, BOB))
    assert [one.labels for one in found.same] == [("ada", "bob")]


TEAM = [Person(name, name, teams=("Team 1", "Section A")) for name in ("Kim", "Lou")]
SECTION = [Person(f"P{n}", f"{n}", teams=("Section A",)) for n in range(9)]


@pytest.mark.parametrize("second", [PROGRAM, RENAMED])
@pytest.mark.parametrize(
    ("first", "other", "is_found"),
    [
        # Attempts of one person, under one label or two,
        (("ada", ADA), ("ada", ADA), False),
        (("ada", ADA), ("ada_late", ADA), False),
        # a member's own work beside that of the team, and that of another member,
        (("team1", *TEAM), ("kim", TEAM[0]), False),
        (("kim", TEAM[0]), ("lou", TEAM[1]), False),
        # one entry that belongs to nobody.
        (("x",), ("x",), False),
        (("x",), ("y",), True),
        (("ada", ADA), ("y",), True),
        (("team1", *TEAM), ("ada", ADA), True),
        # A section is no team.
        (("p0", SECTION[0]), ("p1", SECTION[1]), True),
    ],
)
def test_only_different_people_can_be_alike(
    compare: Compare, first: tuple[Any, ...], other: tuple[Any, ...], is_found: bool, second: str
) -> None:
    class_ = [handed_in(person.id, f"{person.id} = 1", person) for person in SECTION]
    found = compare(
        handed_in(first[0], PROGRAM, *first[1:]),
        handed_in(other[0], second, *other[1:], attempt=2),
        *class_,
    )
    assert len(found.same) == is_found
    assert not found.near


def test_the_untouched_stub_and_little_work_are_nobodys(
    compare: Compare, real_course: Course
) -> None:
    stub = real_course.exercise("ex4").stub.read_text(encoding="utf-8")
    little = stub.replace("raise NotImplementedError", "return gate.mean()", 1)
    assert (
        compare(
            handed_in("ada", stub, ADA, worked_on=False),
            handed_in("bob", stub, BOB, worked_on=False),
            handed_in("eve", little, EVE),
            handed_in("kim", f"{little}\n", TEAM[0]),
        )
        == Similar()
    )


def test_code_that_many_programs_have_is_the_courses(compare: Compare) -> None:
    """Ten that share most of what they have are listed, eleven are not."""

    def pairs(size: int) -> list[Near]:
        own = (f"{'abc'[: n % 3]}z = {n} ** 2\n" * (9 + n) for n in range(size))
        graded = [
            handed_in(f"{n}", PROGRAM + text, Person(f"{n}", f"{n}")) for n, text in enumerate(own)
        ]
        return list(compare(*graded).near)

    assert len(pairs(COMMON)) == COMMON * (COMMON - 1) // 2
    assert pairs(COMMON + 1) == []


def test_padding_hides_nothing(compare: Compare) -> None:
    padded = f"_ = ({'0,' * 30_000})\n{RENAMED}"
    [pair] = compare(handed_in("ada", PROGRAM, ADA), handed_in("bob", padded, BOB)).near
    assert pair.share > 0.9


def test_many_attempts_of_one_person_make_nothing_common(compare: Compare) -> None:
    attempts = [
        handed_in("bob", f"{PROGRAM}{'z = 1 ** 2' * n}\n", BOB, attempt=n)
        for n in range(2, COMMON + 5)
    ]
    [pair] = compare(handed_in("ada", PROGRAM, ADA), *attempts).near
    assert (pair.first, pair.second) == (("ada",), ("bob",))
    # What is equal is listed once.
    equal = handed_in("bob", PROGRAM, BOB, attempt=1)
    found = compare(handed_in("ada", PROGRAM, ADA), equal, *attempts)
    assert (found.same, found.near) == ([Same("ex4", ("ada", "bob"), exact=True)], [])


def test_another_attempt_hides_no_copy(compare: Compare) -> None:
    """Each has handed in a program of their own as well."""
    own = [text for text in bank("ex4") if len(text) > 2000][:2]
    found = compare(
        handed_in("ada", own[0], ADA),
        handed_in("bob", own[1], BOB),
        handed_in("ada", PROGRAM, ADA, attempt=2),
        handed_in("bob", RENAMED, BOB, attempt=2),
    )
    assert found == Similar(same=[Same("ex4", ("ada", "bob"), exact=False)])
    changed = PROGRAM.replace("@ x + b_7 * 7", ".mm(x).add(b_7)") + "print(f(1), 'by Bob')\n"
    found = compare(
        handed_in("ada", own[0], ADA),
        handed_in("bob", own[1], BOB),
        handed_in("ada", PROGRAM, ADA, attempt=2),
        handed_in("bob", changed, BOB, attempt=2),
    )
    [pair] = found.near
    assert ((pair.first, pair.second), pair.share >= 0.9) == ((("ada",), ("bob",)), True)


def test_only_what_was_graded_is_read_and_only_once(
    compare: Compare, tmp_path: Path, real_course: Course
) -> None:
    earlier = handed_in("ada", PROGRAM, ADA, graded=False)
    assert compare(earlier, handed_in("bob", RENAMED, BOB)) == Similar()
    gone = handed_in("bob", RENAMED, BOB)

    def unreadable() -> Submission:
        raise UsageError("it is gone")

    assert gone.collected.work is not None
    work = replace(gone.collected.work, _read=unreadable)
    gone = replace(gone, collected=replace(gone.collected, work=work))
    found = compare(handed_in("ada", PROGRAM, ADA), gone)
    assert len(found.same) == 1, "the store has forgotten it"


def test_a_class_of_independent_programs_is_quiet(compare: Compare) -> None:
    graded = [handed_in(f"{n}", text, Person(f"{n}", f"{n}")) for n, text in enumerate(bank("ex4"))]
    assert compare(*graded) == Similar()
