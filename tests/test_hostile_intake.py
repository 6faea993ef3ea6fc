"""Hostile files: each is refused in one line with exit code 2, or graded as what it is."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grading import submission
from grading.course import ROOT, Course
from grading.errors import UsageError
from grading.grade import Grader
from grading.report import Report, Status
from grading.submission import MAX_BYTES, from_bytes, read
from tests import attacks

NAME = "ex1_vanilla_rnn.py"
QUICK = "cell_takes_one_step"
SHADOWS = ("torch", "numpy", "conftest", "sitecustomize", "pytest", "json", "grading", "probes")


def command_line(path: Path, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    """`python grader.py ex1 --submission PATH`, one check of it."""
    arguments = ["ex1", "--submission", str(path), "--check", QUICK, "--plain"]
    return subprocess.run(
        [sys.executable, str(ROOT / "grader.py"), *arguments, "--isolation", "auto"],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
    )


def make_link(path: Path) -> None:
    path.symlink_to(ROOT / "reference" / NAME)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a link to the reference": (make_link, "symbolic link"),
    "a link to itself": (lambda path: path.symlink_to(path), "symbolic link"),
    "a pipe that nobody writes to": (os.mkfifo, "neither a file nor a folder"),
    "a socket": (make_socket, "neither a file nor a folder"),
    "a folder of the file's name": (Path.mkdir, "does not exist"),
    "three megabytes": (lambda path: path.write_bytes(b"#" * 3 * 2**20), "larger than 1 MB"),
    "a sparse terabyte": (lambda path: os.truncate(touched(path), 2**40), "larger than 1 MB"),
    "bytes that are no text": (lambda path: path.write_bytes(b"x = '\xff\xfe'"), "not UTF-8"),
    "a NUL byte": (lambda path: path.write_bytes(b"x = 1\0"), "NUL"),
    "a program": (lambda path: path.write_bytes(b"\x7fELF\x02\x01\x01\0\0"), "NUL"),
    "a surrogate in UTF-8": (lambda path: path.write_bytes(b"x = '\xed\xa0\x80'"), "not UTF-8"),
}


def touched(path: Path) -> Path:
    path.touch()
    return path


def refused(path: Path, word: str) -> None:
    with pytest.raises(UsageError, match=word) as caught:
        read(path, NAME)
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_plain_text_file_is_refused_in_one_line(tmp_path: Path, what: str) -> None:
    make, word = REFUSED[what]
    make(tmp_path / NAME)
    refused(tmp_path / NAME, word)


def test_devices_are_refused() -> None:
    for path in ("/dev/zero", "/dev/stdin", "/dev/fd/0", "/dev/full"):
        with pytest.raises(UsageError):
            read(Path(path), NAME)


@pytest.mark.parametrize("what", ["a link to the reference", "a pipe that nobody writes to"])
def test_the_command_line_refuses_with_exit_code_2_and_one_line(tmp_path: Path, what: str) -> None:
    REFUSED[what][0](tmp_path / NAME)
    for path in (tmp_path / NAME, tmp_path):
        result = command_line(path)
        assert result.returncode == 2
        assert len(result.stderr.splitlines()) == 1
        assert result.stderr.startswith("grader: ")
        assert result.stdout == ""


def test_a_link_swapped_in_after_the_look_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / NAME
    file.write_text("x = 1\n")
    look = submission._kind_of_file

    def look_then_swap(path: Path, shown: str) -> None:
        look(path, shown)
        path.unlink()
        make_link(path)

    monkeypatch.setattr(submission, "_kind_of_file", look_then_swap)
    refused(file, "cannot be read")


def test_a_pipe_swapped_in_after_the_look_does_not_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / NAME
    file.write_text("x = 1\n")
    look = submission._kind_of_file

    def look_then_swap(path: Path, shown: str) -> None:
        look(path, shown)
        path.unlink()
        os.mkfifo(path)

    monkeypatch.setattr(submission, "_kind_of_file", look_then_swap)
    refused(file, "not a plain file")


def test_a_file_that_grows_while_it_is_read_is_cut_off_at_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / NAME
    file.write_bytes(b"#" * 10)
    open_file = os.fdopen

    def grow_then_open(descriptor: int, mode: str) -> object:
        file.write_bytes(b"#" * (MAX_BYTES + 10))
        return open_file(descriptor, mode)

    monkeypatch.setattr(submission.os, "fdopen", grow_then_open)
    refused(file, "larger than 1 MB")


def test_hostile_file_names_are_shown_harmless(tmp_path: Path) -> None:
    for name in ("\x1b[2J.py", "a\n::error::x.py", "\u202egpj.py", "-rf", "=cmd().py", "\udcff.py"):
        path = tmp_path / name
        path.write_bytes(attacks.reference().encode())
        shown = read(path, NAME).name
        assert shown.isprintable()
        path.unlink()
        refused(path, "does not exist")


def test_a_hostile_file_name_is_graded_and_obeyed_by_no_log(tmp_path: Path) -> None:
    path = tmp_path / "\x1b[2J\n::error::x.py"
    path.write_bytes(attacks.reference().encode())
    result = command_line(path)
    assert result.returncode == 0, result.stderr
    assert "\x1b" not in result.stdout
    assert not any(line.lstrip().startswith("::") for line in result.stdout.splitlines())


def test_modules_beside_a_submission_are_never_imported(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(attacks.reference().encode())
    for name in SHADOWS:
        (tmp_path / f"{name}.py").write_text("raise SystemExit('BREACH')\n")
    result = command_line(tmp_path, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "BREACH" not in result.stdout + result.stderr


def graded(grader: Grader, course: Course, data: bytes) -> Report:
    exercise = course.exercise("ex1")
    return grader.grade(exercise, from_bytes(data, exercise.file), seed=1, only=QUICK)


@pytest.mark.parametrize(
    "prefix",
    [
        b"\xef\xbb\xbf",
        b"# -*- coding: latin-1 -*-\n",
        b"# -*- coding: no-such-codec -*-\n",
        b"\x0c\n",
    ],
)
def test_marks_and_declared_encodings_do_not_matter(
    grader: Grader, real_course: Course, prefix: bytes
) -> None:
    """The grader has decoded the text: nothing that it declares is believed."""
    assert graded(grader, real_course, prefix + attacks.reference().encode()).full_marks


def test_line_ends_do_not_matter(grader: Grader, real_course: Course) -> None:
    for end in (b"\r\n", b"\r"):
        data = attacks.reference().encode().replace(b"\n", end)
        assert graded(grader, real_course, data).full_marks


BOMBS = {
    "100,000 parentheses": "x = " + "(" * 100_000 + ")" * 100_000,
    "100,000 brackets": "x = " + "[" * 100_000,
    "100,000 minus signs": "x = " + "-" * 100_000 + "1",
    "100,000 sums": "x = " + "1 + " * 100_000 + "1",
    "100,000 attributes": "x = a" + ".a" * 100_000,
    "a chain of comparisons": "x = " + "1 < " * 100_000 + "1",
    "blocks in blocks": "".join(" " * depth + "if 1:\n" for depth in range(200)) + " " * 200 + "x",
    "formatted strings in each other": "x = " + "f'{" * 200 + "1" + "}'" * 200,
    "a format in a format": "x = f'" + "{1:" * 200 + "}" * 200 + "'",
    "an integer of a million digits": "x = " + "9" * 900_000,
    "a power that is folded": "x = 9 ** 9 ** 9 ** 9",
    "a megabyte on one line": "x = '" + "y" * 1_000_000 + "'; raise ValueError(x)",
    "an endless string": "x = '''" + "y\n" * 100_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_for_the_parser_goes_off_in_the_worker(
    grader: Grader, real_course: Course, monkeypatch: pytest.MonkeyPatch, bomb: str
) -> None:
    monkeypatch.setattr("grading.players.LOAD_CPU_SECONDS", 2.0)
    report = graded(grader, real_course, BOMBS[bomb].encode())
    assert report.score == 0
    statuses = {check.status for check in report.checks if check.status is not Status.NOT_RUN}
    ended = {Status.UNREADABLE, Status.CRASHED, Status.TIMED_OUT, Status.OUT_OF_MEMORY}
    # What the parser survives is a module without the exercise's names.
    assert statuses - {Status.BLOCKED} <= ended | {Status.FAILED}
    assert all(len(check.message) < 3000 for check in report.checks)
    assert graded(grader, real_course, attacks.reference().encode()).full_marks
