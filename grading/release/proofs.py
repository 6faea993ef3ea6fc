"""Prove a student edition before it is handed out.

It proves that the edition holds no secrets, that untouched exercises score 0 with every check not
attempted, that the reference gets all points of the public checks on every recorded seed, and that
a fresh clone works with the two commands in its README. Everything runs in the clone, so that the
edition itself stays as it was written.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from grading.checking.suites import max_score
from grading.course.syllabus import Course
from grading.errors import GraderError
from grading.release.leaks import leaks
from grading.release.record import only_public
from grading.release.secrets import Secrets
from grading.report import Report, Status
from grading.text import number_of

SECONDS = 1800
_SHOWN_LEAKS = 5
_COMMANDS = re.compile(r"^```sh\n(.+)\n(.+)\n```$", re.MULTILINE)
_GIT = ("git", "-c", "user.name=release", "-c", "user.email=release@example.org")


def prove(
    edition: Path,
    course: Course,
    secrets: Secrets,
    seeds: Sequence[int],
    with_install: bool,
    say: Callable[[str], None],
) -> None:
    """Prove everything, or raise GraderError saying what cannot be proved."""
    require_no_leaks(read_all(edition), secrets)
    say(
        f"nothing secret is in it: looked for {len(secrets.texts)} lines and strings,"
        f" {len(secrets.names)} names and {len(secrets.trees)} syntax trees"
    )
    with cloned(edition) as clone:
        install(clone, with_install)
        require_readme(clone, course)
        how = "as its README says" if with_install else "with the packages that are installed here"
        say(f"a fresh clone works, {how}")
        for arguments in ((), ("--submission", "exercises/notebooks")):
            require_untouched(graded(clone, *arguments, "--seed", str(seeds[0])))
        say("untouched exercises and notebooks score 0, every check not attempted")
        reference = next(iter(course.exercises.values())).reference.parent
        for seed in seeds:
            reports = graded(clone, "--submission", str(reference), "--seed", str(seed))
            require_full_marks(reports, course)
        say(f"the reference gets every public point on {number_of(len(seeds), 'seed')}")


def read_all(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by path. Raises GraderError for links and special files."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise GraderError(f"{path.name} in the edition is not a plain file")
        if path.is_file():
            files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return files


def require_no_leaks(files: Mapping[str, bytes], secrets: Secrets) -> None:
    """Raise GraderError with the first few secrets found in these files, if any."""
    leaked = leaks(files, secrets)
    if leaked:
        shown = "".join(f"\n  {leak.words[:300]}" for leak in leaked[:_SHOWN_LEAKS])
        more = f"\n  and {len(leaked) - _SHOWN_LEAKS} more" if len(leaked) > _SHOWN_LEAKS else ""
        raise GraderError(f"secrets would be handed out:{shown}{more}")


@contextmanager
def cloned(edition: Path) -> Iterator[Path]:
    """A fresh clone of the edition; a copy where there is no git."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder, "clone")
        if shutil.which("git") is None:
            shutil.copytree(edition, clone)
        else:
            origin = Path(folder, "origin")
            shutil.copytree(edition, origin)
            git(origin, "init", "-q", "-b", "main")
            git(origin, "add", "-A")
            git(origin, "commit", "-q", "-m", "Student edition")
            git(Path(folder), "clone", "-q", str(origin), str(clone))
            if read_all(edition).keys() - read_all(clone).keys():
                raise GraderError("the edition's .gitignore keeps files of it out of a repository")
        yield clone


def git(folder: Path, *arguments: str) -> None:
    nobody = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    _run([*_GIT, *arguments], folder, 0, **nobody)


def readme_commands(clone: Path) -> tuple[str, str]:
    """The two commands with which the README has students begin. Raises GraderError."""
    match = _COMMANDS.search((clone / "README.md").read_text(encoding="utf-8"))
    if match is None:
        raise GraderError("the edition's README does not begin with two commands")
    return match[1], match[2]


def install(clone: Path, literally: bool) -> None:
    """Run the README's first command, or build its environment from this Python's packages."""
    if literally:
        _run(["bash", "-c", readme_commands(clone)[0]], clone, 0)
        return
    venv.create(clone / ".venv", symlinks=True)
    (packages,) = (clone / ".venv").glob("lib/python*/site-packages")
    ours = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (packages / "borrowed.pth").write_text("".join(f"{path}\n" for path in ours))


def require_readme(clone: Path, course: Course) -> None:
    """Run the README's second command: it must give the first exercise 0 points."""
    said = _run(["bash", "-c", readme_commands(clone)[1]], clone, 1)
    public = _public_points(course)
    first = next(iter(course.exercises))
    if f"0 of {public[first]:g} points" not in said:
        raise GraderError(f"the README's second command does not say 0 points:\n{said}")


def graded(clone: Path, *arguments: str) -> list[Report]:
    """The reports of the edition's own grader on all exercises."""
    report = clone.parent / "report.json"
    python = str(clone / ".venv" / "bin" / "python")
    command = [python, "grader.py", "all", "--plain", "--json", str(report), *arguments]
    _run(command, clone, None)
    documents = json.loads(report.read_text(encoding="utf-8"))
    return [Report.from_json(document) for document in documents]


def require_untouched(reports: Sequence[Report]) -> None:
    """Raise GraderError if anything was attempted or any points were earned."""
    for report in reports:
        odd = {check.status for check in report.checks} - {Status.NOT_ATTEMPTED}
        if report.score != 0 or odd:
            found = f"{report.score} points, checks {', '.join(sorted(odd))}"
            raise GraderError(f"{report.exercise}, untouched, gets {found}")


def require_full_marks(reports: Sequence[Report], course: Course) -> None:
    """Raise GraderError unless the reports give all points of the public checks."""
    wanted = _public_points(course)
    for report in reports:
        got = (report.score, report.max_score)
        if got != (wanted[report.exercise],) * 2:
            lost = [check for check in report.checks if check.status is not Status.PASSED]
            said = "; ".join(f"{check.id}: {check.status} {check.message}" for check in lost)
            raise GraderError(
                f"{report.exercise}: the reference gets {got[0]} of {got[1]} points with seed"
                f" {report.seed}: {said}"
            )


def _public_points(course: Course) -> dict[str, float]:
    return {exercise.id: max_score(only_public(exercise)) for exercise in course.exercises.values()}


def _run(command: Sequence[str], folder: Path, wanted: int | None, **more: str) -> str:
    """What a command prints. Raises GraderError unless it ends with the `wanted` exit code."""
    # Neither this process's environment nor its course may help the clone.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    result = subprocess.run(
        command,
        cwd=folder,
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1", **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    if (wanted is not None and result.returncode != wanted) or result.returncode not in (0, 1):
        said = (result.stderr or result.stdout).strip()[-2000:]
        raise GraderError(f"{' '.join(command)} ended with {result.returncode}: {said}")
    return result.stdout
