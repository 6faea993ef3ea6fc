"""Which platform wrote a download: students' own names of files decide nothing."""

from pathlib import Path

import pytest

from grading.batch.intake.layout import recognized
from grading.batch.platforms.hand_in import HandIn
from grading.course.syllabus import Course
from tests.support.classes import put

OWN = {
    "blackboard": "HW_jdoe_attempt_2026-10-01-00-00-00_ex4_interpretability.py",
    "brightspace": "1002-56 - Jane Doe - Oct 1, 2026 902 PM - ex4_interpretability.py",
    "canvas": "doejane_1234_777_ex4_interpretability.py",
    "moodle": "Jane Doe_12_assignsubmission_file_ex4_interpretability.py",
}
# How each platform stores a file that Mallory called NAME.
STORED = {
    "blackboard": "HW_mal_attempt_2026-10-09-00-00-00_{}",
    "brightspace": "1003-56 - Mallory Mal - Oct 9, 2026 902 PM - {}",
    "canvas": "malmallory_LATE_5678_778_{}",
    "moodle": "Mallory Mal_13_assignsubmission_file_{}",
}
PAIRS = [(platform, other) for platform in STORED for other in OWN if platform != other]
FILE = "ex4_interpretability.py"


def hand_ins(folder: Path, course: Course, names: list[str]) -> dict[str, HandIn]:
    for name in names:
        put(folder / name)
    return {
        part.path.name: hand_in
        for hand_in in recognized(folder, [course.exercise("ex4")])
        for part in hand_in.parts
    }


@pytest.mark.parametrize(("platform", "imitated"), PAIRS)
def test_a_file_called_as_another_platform_would_is_its_owner_s(
    tmp_path: Path, real_course: Course, platform: str, imitated: str
) -> None:
    jane = OWN[platform]
    honest = hand_ins(tmp_path / "a", real_course, [jane, STORED[platform].format(FILE)])
    hostile = [STORED[platform].format(name) for name in (OWN[imitated], f"a{OWN[imitated]}")]
    found = hand_ins(tmp_path / "b", real_course, [jane, *hostile])
    assert found[jane].author == honest[jane].author
    assert found[jane].stamp == honest[jane].stamp
    mallory = honest[STORED[platform].format(FILE)]
    for name in hostile:
        assert found[name].author == mallory.author
        assert found[name].stamp == mallory.stamp


@pytest.mark.parametrize(("platform", "imitated"), PAIRS)
def test_so_it_is_in_a_class_of_one(
    tmp_path: Path, real_course: Course, platform: str, imitated: str
) -> None:
    honest, hostile = (STORED[platform].format(name) for name in (FILE, OWN[imitated]))
    [right] = hand_ins(tmp_path / "a", real_course, [honest]).values()
    [found] = hand_ins(tmp_path / "b", real_course, [hostile]).values()
    assert (found.author, found.stamp) == (right.author, right.stamp)
