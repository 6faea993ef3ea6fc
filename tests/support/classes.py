"""Classes made up for tests: what came in, as files in a folder."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

from grading.batch.intake.collect import collect
from grading.batch.intake.collected import Collected
from grading.batch.platforms.hand_in import HandIn
from grading.course.syllabus import Course

EX1 = "ex1_vanilla_rnn.py"
EX4 = "ex4_interpretability.py"
WORK = "x = 1\n"


def put(path: Path, content: str | bytes = WORK) -> Path:
    """Write a file and the folders that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def pack(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write a zip archive."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def collected(folder: Path, course: Course, *exercises: str) -> dict[str, Collected]:
    """What came in to these exercises, or to ex1, by label and attempt."""
    found = collect(folder, [course.exercise(one) for one in exercises or ("ex1",)])
    by_label = {f"{one.author.label}/{one.attempt}": one for one in found}
    assert exercises or len(by_label) == len(found), "two have one label and one number"
    return by_label


def clues(hand_in: HandIn) -> list[tuple[str, str]]:
    """What tells whose a hand-in is: kind and value."""
    return [(clue.kind.value, clue.value) for clue in hand_in.author.clues]


def files(hand_in: HandIn) -> dict[str, str]:
    """The names of its files as their author gave them, by their names in the folder."""
    return {part.path.name: part.name for part in hand_in.parts}
