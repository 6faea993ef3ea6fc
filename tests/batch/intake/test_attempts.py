"""What the attempts of one author say of each other."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from grading.batch.intake.collect import collect
from grading.batch.intake.collected import Collected
from grading.course.syllabus import Course
from tests.support.classes import EX1, WORK, pack, put

OTHER = "y = 2\n"


def assignments(folder: Path, course: Course, files: Mapping[str, str]) -> list[Collected]:
    """What Jane has for ex1 in assignments of nbgrader, of which each comes a day later."""
    files = {f"jane/{place}": text for place, text in files.items()}
    files |= {f"john/{name}/{EX1}": WORK for name in ("ex1", "ex2")}
    for place, text in files.items():
        put(folder / "submitted" / place, text)
    for path in (folder / "submitted").glob("*/*"):
        put(path / "timestamp.txt", f"2026-10-0{path.name[-1]} 12:00:00 UTC")
    asked, *others = course.exercises.values()
    found = collect(folder, [asked], others=others)
    return [one for one in found if one.author.label == "jane"]


@pytest.mark.parametrize(
    ("files", "note"),
    [
        ({f"ex1/{EX1}": WORK, f"ex2/{EX1}": OTHER}, "that in ex2 does not count"),
        ({f"ex1/{EX1}": WORK, f"ex2/{EX1}": WORK}, ""),
        ({f"ex1/{EX1}": WORK, f"ex2/{EX1}": "stub"}, ""),
        ({f"ex1/{EX1}": WORK, "ex2/ex1.md": "an answer", "ex2/ex2_gradient_probe.py": WORK}, ""),
    ],
)
def test_only_its_own_assignment_counts_for_an_exercise(
    tmp_path: Path, real_course: Course, files: Mapping[str, str], note: str
) -> None:
    stub = real_course.exercise("ex1").stub.read_text(encoding="utf-8")
    files = {place: stub if text == "stub" else text for place, text in files.items()}
    [found] = assignments(tmp_path, real_course, files)
    assert found.work is not None
    assert (found.work.read().source, found.work.note, found.work.settled) == (WORK, note, True)
    assert found.stamp.moment is not None
    assert found.stamp.moment.day == 1


def test_work_in_another_exercises_assignment_alone_is_listed(
    tmp_path: Path, real_course: Course
) -> None:
    [found] = assignments(tmp_path / "a", real_course, {f"ex2/{EX1}": WORK})
    assert found.work is not None
    assert (found.work.note, found.work.settled) == ("from the assignment ex2", False)
    stub = real_course.exercise("ex1").stub.read_text(encoding="utf-8")
    [found] = assignments(tmp_path / "b", real_course, {f"ex1/{EX1}": stub, f"ex2/{EX1}": WORK})
    assert found.work is not None
    assert (found.work.note, found.work.settled) == ("that in ex2 does not count", False)


def test_nothing_in_another_exercises_assignment_is_dropped_in_silence(
    tmp_path: Path, real_course: Course
) -> None:
    stub = real_course.exercise("ex1").stub.read_text(encoding="utf-8")
    # What cannot be read may be the work.
    files = {f"ex1/{EX1}": stub, f"ex2/{EX1}.tar.gz": "x"}
    [found] = assignments(tmp_path / "a", real_course, files)
    assert found.work is not None
    assert (found.work.note, found.work.settled) == ("that in ex2 does not count", False)
    for name, own, settled in (("b", NONE, False), ("c", SHEET.format("another"), True)):
        files = {f"ex1/{EX1}": WORK, "ex1/ex1.md": own, "ex2/ex1.md": MINE}
        [found] = assignments(tmp_path / name, real_course, files)
        assert (found.answers_note, found.answers_settled) == ("in ex2 do not count", settled)
    files = {f"ex1/{EX1}": WORK, "ex1/ex1.md": MINE, "ex2/ex1.md": MINE}
    [found] = assignments(tmp_path / "d", real_course, files)
    assert (found.answers_note, found.answers_settled) == ("", True)


def test_the_stub_in_another_exercises_assignment_is_nothing_to_settle(
    tmp_path: Path, real_course: Course
) -> None:
    stub = real_course.exercise("ex1").stub.read_text(encoding="utf-8")
    [found] = assignments(tmp_path, real_course, {f"ex2/{EX1}": stub})
    assert found.work is not None
    assert (found.work.note, found.work.settled) == ("from the assignment ex2", True)


SHEET = "## surrogate: What?\n\n{}\n"
MINE, NONE = SHEET.format("mine"), SHEET.format("")
LATER = ("mine", "from attempt 2")


@pytest.mark.parametrize(
    ("uploads", "attempt", "answer", "note"),
    [
        # An attempt with answers alone, or with what cannot be read, replaces no work;
        (({EX1: WORK}, {"ex1.md": MINE}), 1, "mine", "from attempt 2"),
        (({EX1: WORK, "ex1.md": SHEET.format("old")}, {"ex1.md": MINE}), 1, "mine", "from attempt"),
        (({EX1: WORK}, {EX1: "\0"}), 1, "", ""),
        # and answers follow the later work.
        (({EX1: OTHER, "ex1.md": MINE}, {EX1: WORK}), 2, "mine", "from attempt 1"),
        (({"ex1.md": MINE}, {EX1: WORK}), 2, "mine", "from attempt 1"),
        (({EX1: OTHER, "ex1.md": MINE}, {EX1: WORK, "ex1.md": NONE}), 2, "mine", "from attempt"),
        # The untouched stub is no work.
        (({EX1: WORK, "ex1.md": SHEET.format("old")}, {EX1: "stub", "ex1.md": MINE}), 1, *LATER),
    ],
)
def test_answers_follow_the_work(
    tmp_path: Path,
    real_course: Course,
    uploads: Sequence[Mapping[str, str]],
    attempt: int,
    answer: str,
    note: str,
) -> None:
    stub = real_course.exercise("ex1").stub.read_text(encoding="utf-8")
    for number, files in enumerate(uploads, start=1):
        for name, text in files.items():
            put(tmp_path / f"ada_attempt{number}" / name, stub if text == "stub" else text)
    put(tmp_path / "bob" / EX1)
    found = collect(tmp_path, [real_course.exercise("ex1")])
    counting = [one for one in found if one.author.label == "ada" and one.exercise]
    assert all(one.work is not None for one in counting)
    *_, last = (one for one in counting if one.work is not None and one.work.worked_on)
    given = [] if last.answers is None else [one.answer for one in last.answers()]
    assert (last.attempt, "".join(given)) == (attempt, answer)
    assert last.answers_note.startswith(note)
    assert bool(note) == bool(last.answers_note)
    unread = [one.problem for one in found if not one.exercise]
    assert len(unread) == ("\0" in "".join(uploads[-1].values()))


def test_answers_of_which_nothing_tells_the_latest_are_not_settled(
    tmp_path: Path, real_course: Course
) -> None:
    for who, answer in (("ada", SHEET.format("other")), ("bob", MINE)):
        put(tmp_path / who / EX1)
        put(tmp_path / who / "ex1.md", MINE)
        pack(tmp_path / f"{who}.zip", {"ex1.md": answer})
    settled = {
        found.author.label: found.answers_settled
        for found in collect(tmp_path, [real_course.exercise("ex1")])
    }
    assert settled == {"ada": False, "bob": True}


def test_assignments_that_name_no_exercise_are_attempts(
    tmp_path: Path, real_course: Course
) -> None:
    for number in (1, 2):
        for student in ("jane", "john"):
            put(tmp_path / "submitted" / student / f"hw{number}" / EX1, f"x = {number}\n")
            stamp = tmp_path / "submitted" / student / f"hw{number}" / "timestamp.txt"
            put(stamp, f"2026-10-0{number} UTC")
    found = collect(tmp_path, [real_course.exercise("ex1")])
    assert len(found) == 4
    assert all(one.work is not None and not one.work.note for one in found)
