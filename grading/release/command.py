"""`python grader.py release`: from the course to a student edition."""

from collections.abc import Callable, Sequence
from pathlib import Path

from grading.course.syllabus import Course
from grading.fleet.pool import open_fleet
from grading.release.contents import contents
from grading.release.place import require_replaceable, staged
from grading.release.proofs import prove
from grading.release.public_part import public_part
from grading.release.record import SEEDS, record
from grading.release.secrets import secrets
from grading.renderers.progress import Bar
from grading.sandbox.rungs import best


def release(
    course: Course,
    out: Path,
    jobs: int,
    plain: bool,
    with_install: bool = False,
    seeds: Sequence[int] = SEEDS,
    say: Callable[[str], None] = print,
) -> None:
    """Write the edition and prove it. Raises UsageError, GraderError; `out` is then unchanged."""
    require_replaceable(out)
    exercises = list(course.exercises.values())
    checks = public_part(exercises)
    with open_fleet(best(), "cpu", jobs) as pool, Bar(plain, "recording") as bar:
        recorded = record(exercises, seeds, pool, bar.show)
    files = contents(course, checks, recorded, seeds)
    with staged(out, files) as folder:
        prove(folder, course, secrets(exercises, checks), seeds, with_install, say)
    size, answers = (sum(map(len, data.values())) / 2**20 for data in (files, recorded))
    say(
        f"written: {out}, {len(files)} files, {size:.1f} MB,"
        f" {answers:.1f} MB of them recorded answers"
    )
