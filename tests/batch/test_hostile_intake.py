"""Hostile files: each is refused in one line with exit code 2, or graded as what it is."""

import os
import shutil
import socket
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from grading.batch.intake.collect import collect
from grading.course.syllabus import ROOT, Course
from grading.errors import UsageError
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.report import Report, Status
from grading.submission import file as submissions
from grading.submission import notebook as notebooks
from grading.submission.file import MAX_BYTES, from_bytes, read
from tests import attacks
from tests.support.classes import put
from tests.support.notebooks import code, notebook
from tests.support.patience import PATIENCE

NAME = "ex1_vanilla_rnn.py"
QUICK = "cell_takes_one_step"
IMPORTED_FIRST = ("multiprocessing", "signal", "socket", "selectors", "struct", "runpy", "click")
SHADOWS = ("torch", "numpy", "conftest", "sitecustomize", "pytest", "json", "grading", "probes")


def command_line(path: Path, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    """`python grader.py ex1 --submission PATH`, one check of it."""
    arguments = ["ex1", "--submission", str(path), "--check", QUICK, "--plain"]
    return subprocess.run(
        [sys.executable, str(ROOT / "grader.py"), *arguments, "--isolation", "auto"],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
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
    look = submissions.kind_of_file

    def look_then_swap(path: Path, shown: str) -> None:
        look(path, shown)
        path.unlink()
        make_link(path)

    monkeypatch.setattr(submissions, "kind_of_file", look_then_swap)
    refused(file, "cannot be read")


def test_a_pipe_swapped_in_after_the_look_does_not_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / NAME
    file.write_text("x = 1\n")
    look = submissions.kind_of_file

    def look_then_swap(path: Path, shown: str) -> None:
        look(path, shown)
        path.unlink()
        os.mkfifo(path)

    monkeypatch.setattr(submissions, "kind_of_file", look_then_swap)
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

    monkeypatch.setattr(submissions.os, "fdopen", grow_then_open)
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


def test_a_class_in_the_current_folder_is_never_imported(tmp_path: Path) -> None:
    """By the grader's helper processes neither, whose import path begins with that folder."""
    name = "ex4_interpretability.py"
    work, out = tmp_path / "class", tmp_path / "grades"
    (work / "alice").mkdir(parents=True)
    (work / "alice" / name).write_bytes((ROOT / "reference" / name).read_bytes())
    marker = tmp_path / "breach.txt"
    for shadow in (*SHADOWS, *IMPORTED_FIRST):
        (work / f"{shadow}.py").write_text(f"open({str(marker)!r}, 'a').write('{shadow} ')\n")
    # It would work: this is how Python starts those helpers.
    subprocess.run([sys.executable, "-c", "import grading"], cwd=work, check=True)
    assert marker.read_text() == "grading "
    marker.unlink()
    command = [sys.executable, str(ROOT / "grader.py"), "batch", ".", "--out", str(out), "--plain"]
    subprocess.run([*command, "--exercise", "ex4", "--jobs", "2"], cwd=work, timeout=PATIENCE)
    assert not marker.exists(), f"the grader imported {marker.read_text()}"
    lines = (out / "grades.csv").read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("alice,ex4,graded,100") for line in lines), lines


def graded(grader: Grader, course: Course, data: bytes) -> Report:
    exercise = course.exercise("ex1")
    return grader.grade(exercise, from_bytes(data, exercise.file), Plan(seed=1, only=QUICK))


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
    with monkeypatch.context() as patch:
        patch.setattr("grading.checking.respondents.LOAD_CPU_SECONDS", 2.0)
        report = graded(grader, real_course, BOMBS[bomb].encode())
    assert report.score == 0
    statuses = {check.status for check in report.checks if check.status is not Status.NOT_RUN}
    ended = {Status.UNREADABLE, Status.CRASHED, Status.TIMED_OUT, Status.OUT_OF_MEMORY}
    # What the parser survives is a module without the exercise's names.
    assert statuses - {Status.BLOCKED} <= ended | {Status.FAILED}
    assert all(len(check.message) < 3000 for check in report.checks)
    assert graded(grader, real_course, attacks.reference().encode()).full_marks


NOTEBOOK = "ex1_vanilla_rnn.ipynb"
# Python's objects are larger than the JSON they come from.
MEMORY = 600 * 2**20


def around(cells: str = "", metadata: str = "{}", outputs: str = "[]") -> bytes:
    """A working notebook, and somewhere in its JSON these texts."""
    work = code(attacks.reference())
    text = notebook(work, metadata=5).decode().replace('"metadata": 5', f'"metadata": {metadata}')
    return (
        text.replace('"outputs": []', f'"outputs": {outputs}').replace("[{", f"[{cells}{{").encode()
    )


def of_text(*lines: str) -> bytes:
    """A working notebook, and these lines in a cell above its code."""
    return notebook(code(*lines), code(attacks.reference()))


def of_cell(**changes: object) -> bytes:
    """A working notebook, and a cell that says something else than cells do."""
    return notebook({**code("x = 1"), **changes}, code(attacks.reference()))


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def image(size: int) -> str:
    return f'[{{"data": {{"image/png": "{"A" * size}"}}}}]'


def cells(number: int, text: str) -> str:
    return f'{{"cell_type": "code", "source": "{text}"}},' * number


HALF = "\ud83d"
FULL = 16 * 2**20

# What is refused, the reason, and a twin of the same shape that is graded as what it is.
NOTEBOOK_BOMBS: dict[str, tuple[Callable[[], bytes], str, Callable[[], bytes]]] = {
    "nested metadata": (
        lambda: around(metadata=nested(100_000)),
        "nested too deeply",
        lambda: around(metadata=nested(50)),
    ),
    "nested objects in an output": (
        lambda: around(outputs='{"a":' * 100_000 + "1" + "}" * 100_000),
        "nested too deeply",
        lambda: around(outputs='{"a":' * 50 + "1" + "}" * 50),
    ),
    "a huge output": (
        lambda: around(outputs=image(FULL)),
        "larger than 16 MB: clear its outputs",
        lambda: around(outputs=image(FULL - 2**14)),
    ),
    "huge metadata": (
        lambda: around(metadata=f'"{"x" * FULL}"'),
        "larger than 16 MB",
        lambda: around(metadata=f"[{'[],' * (2**20)}1]"),
    ),
    "a million cells": (
        lambda: around(cells=cells(10**6, "")),
        "larger than 16 MB",
        lambda: around(cells=cells(10**5, "")),
    ),
    "cells of nothing but their number": (
        lambda: around(cells=cells(10**5, "1")),
        "more than 1 MB of code",
        lambda: around(cells=cells(10**3, "1")),
    ),
    "a cell of escapes that grow": (
        lambda: of_text("# " + "\u2028" * 2**19),
        "more than 1 MB of code",
        lambda: of_text("# " + "\u2028" * 2**17),
    ),
    "a source that is no list of strings": (
        lambda: of_cell(source=["x = 1\n", ["y = 2"]]),
        "cell 1 has no text",
        lambda: of_cell(source=["x = 1\n", "y = 2"]),
    ),
    "a kind that lies": (
        lambda: of_cell(cell_type="code\u200b"),
        "cell 1 is of an unknown kind",
        lambda: of_cell(cell_type="markdown"),
    ),
    "a kind that is a list": (
        lambda: of_cell(cell_type=["code"]),
        "cell 1 is of an unknown kind",
        lambda: of_cell(cell_type="raw"),
    ),
    "two sources in one cell": (
        lambda: around(cells='{"cell_type": "code", "source": "a", "source": "b"},'),
        "the same key twice",
        lambda: around(cells='{"cell_type": "code", "source": "a = 1", "input": "b"},'),
    ),
    "half a character": (
        lambda: of_text(f"x = '{HALF}'"),
        "an incomplete character",
        lambda: of_text(f"x = '{HALF}\ude00'"),
    ),
    "a NUL character": (lambda: of_text("x = '\0'"), "NUL", lambda: of_text("x = '\\0'")),
    "a version that is none": (
        lambda: notebook(code(attacks.reference()), nbformat=1e300),
        "not a notebook in format 4",
        lambda: notebook(code(attacks.reference()), nbformat=4.0),
    ),
    "infinity": (
        lambda: around(metadata="-Infinity"),
        "-Infinity is not JSON",
        lambda: around(metadata="-1e999"),
    ),
}


@pytest.mark.parametrize("bomb", NOTEBOOK_BOMBS)
def test_a_bomb_in_a_notebook_is_refused_and_its_twin_is_graded(
    grader: Grader, real_course: Course, tmp_path: Path, bomb: str
) -> None:
    make, word, twin = NOTEBOOK_BOMBS[bomb]
    (tmp_path / NOTEBOOK).write_bytes(make())
    refused(tmp_path / NOTEBOOK, word)
    refused(tmp_path, word)
    (tmp_path / NOTEBOOK).write_bytes(twin())
    exercise = real_course.exercise("ex1")
    assert grader.grade(exercise, read(tmp_path, NAME), Plan(seed=1, only=QUICK)).full_marks


@pytest.mark.parametrize("part", ["[],", "{},", '{"a":1},', "1,", '"",'])
def test_a_full_notebook_of_tiny_parts_is_read_within_its_memory(part: str) -> None:
    size = notebooks.MAX_BYTES // 16
    data = around(metadata=f"[{part * ((size - 10_000) // len(part))}1]")
    tracemalloc.start()
    try:
        from_bytes(data, NOTEBOOK)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 16 * peak < MEMORY


@pytest.mark.parametrize("line", ["!", "%", "'", "''' ", "(", "\\", "a ", "a=", "a.", "x?", "#"])
def test_a_long_cell_of_one_sign_is_read_line_by_line(line: str) -> None:
    """A pattern that went back over a line would need minutes for these."""
    for end in ("", "\n"):
        text = (line + end) * ((notebooks.MAX_CODE_BYTES // 16) // len(line + end))
        found = from_bytes(notebook(code(text + "!x")), NOTEBOOK)
        assert found.source.count("\n") == text.count("\n") + 2


def test_a_link_to_a_notebook_is_refused_like_any_other(tmp_path: Path) -> None:
    real = tmp_path / "real.ipynb"
    real.write_bytes(around())
    (tmp_path / NOTEBOOK).symlink_to(real)
    refused(tmp_path, "symbolic link")
    refused(tmp_path / NOTEBOOK, "symbolic link")
    assert "class VanillaRNN" in read(real, NAME).source


def test_the_command_line_refuses_a_notebook_with_exit_code_2_and_one_line(tmp_path: Path) -> None:
    (tmp_path / NOTEBOOK).write_bytes(b"[" * 100_000)
    result = command_line(tmp_path)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""


def test_a_folder_that_nobody_may_read_ends_no_batch(tmp_path: Path) -> None:
    """Programs that unpack archives restore the modes in them."""
    for name, mode in (("ann", 0o000), ("bob", 0o644), ("submitted", 0o000)):
        put(tmp_path / "class" / name / "inner" / NAME)
        (tmp_path / "class" / name).chmod(mode)
    put(tmp_path / "class" / "eve" / NAME)
    put(tmp_path / "class" / "zoe" / NAME)
    put(tmp_path / "class" / "zoe" / "locked" / "work.zip")
    (tmp_path / "class" / "zoe" / "locked").chmod(0o644)
    obedient: list[str] = []
    if os.geteuid() == 0:  # whom no mode stops, unless this power is taken
        if shutil.which("setpriv") is None:
            pytest.skip("setpriv is not installed")
        obedient = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    command = ["batch", str(tmp_path / "class"), "--out", str(tmp_path / "out"), "--dry-run"]
    end = subprocess.run(
        [*obedient, sys.executable, "grader.py", *command, "--exercise", "ex1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    for path in tmp_path.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
    assert end.returncode == 1, end.stderr
    for name in ("ann", "submitted"):
        assert f"needs attention: {name}: {name} cannot be read: Permission denied" in end.stdout
    assert "needs attention: bob: holds no ex1_vanilla_rnn.py (or .ipynb)" in end.stdout
    assert "5 attempts" in end.stdout


@pytest.mark.parametrize("top", ["submitted", "all"])
def test_folders_without_end_end_no_batch(tmp_path: Path, real_course: Course, top: str) -> None:
    folders = [tmp_path / "class", tmp_path / "class" / top]
    for _ in range(1100):
        folders.append(folders[-1] / "a")
    try:
        for folder in folders:
            folder.mkdir()
        [found] = collect(tmp_path / "class", [real_course.exercise("ex1")])
        assert (found.author.label, found.work) == (top, None)
        assert found.problem
    finally:
        for folder in reversed(folders):  # more than shutil can remove
            folder.rmdir()
