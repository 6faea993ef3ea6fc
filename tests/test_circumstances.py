"""Odd surroundings, through the command line: each is coped with, or told in one line.

What this machine does not allow to be set up is skipped, and the reason said.
"""

import ast
import csv
import ctypes
import importlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path

import pytest

from grading.course.syllabus import ROOT
from grading.sandbox import rungs
from grading.sandbox.rungs import Rung
from tests.support.patience import PATIENCE

EX4 = "ex4_interpretability.py"
CHECK = "saturation_counts_both_ends"
QUICK = ("ex4", "--submission", "reference", "--check", CHECK)
DOOR = ROOT / "grader.py"
BACKEND = ROOT / "grading" / "install" / "backend.py"
INSTALL = "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e ."

Result = subprocess.CompletedProcess[str]


def grader(
    *arguments: str | Path,
    before: Sequence[str] = (),
    course: Path = ROOT,
    limit: Callable[[], None] | None = None,
    **variables: str,
) -> Result:
    """`python grader.py ARGUMENTS`, run by the command `before`."""
    return run([*before, sys.executable, "grader.py", *arguments], course, limit, **variables)


def run(
    command: Sequence[str | Path],
    folder: Path,
    limit: Callable[[], None] | None = None,
    **variables: str,
) -> Result:
    return subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        preexec_fn=limit,
    )


def as_script(setting: str, *arguments: str | Path, folder: Path = ROOT) -> Result:
    """grader.py in an interpreter that has run `setting` first."""
    program = (
        "import runpy, sys; " + setting + "; sys.argv = ['grader.py', *sys.argv[1:]]; "
        "sys.path[0] = ''; runpy.run_path('grader.py', run_name='__main__')"
    )
    return run([sys.executable, "-c", program, *arguments], folder)


def assert_told(result: Result, *words: str) -> None:
    """One line on standard error that says all this, and exit code 2."""
    assert result.returncode == 2, result.stdout + result.stderr
    assert result.stdout == ""
    assert re.fullmatch(r"grader: [^\n]+\n", result.stderr), result.stderr
    for word in words:
        assert word in result.stderr


# --- Python, Windows, packages


@cache
def old_pythons() -> dict[tuple[int, ...], str]:
    """Interpreters of this machine that are too old, by version."""
    names = ("2.7", *(f"3.{minor}" for minor in range(6, 11)))
    found = [shutil.which(f"python{name}") for name in names]
    found += map(str, Path.home().glob(".pyenv/versions/*/bin/python"))
    versions = {}
    for python in filter(None, found):
        said = run([python, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"], ROOT)
        if said.returncode == 0:  # and not a shim of pyenv's, behind which there is nothing
            versions[tuple(map(int, said.stdout.split(".")))] = python
    return {version: python for version, python in versions.items() if version < (3, 11)}


def test_an_old_python_is_told_so() -> None:
    if not old_pythons():
        pytest.skip("this machine has no Python before 3.11")
    for version, python in old_pythons().items():
        result = run([python, "grader.py", "ex1"], ROOT)
        assert_told(result, "Python 3.11 or newer is needed", ".".join(map(str, version)))


def test_a_python_that_says_it_is_old_is_told_so() -> None:
    fake = "sys.version_info = (3, 10, 13, 'final', 0); sys.version = '3.10.13 (main)'"
    assert_told(as_script(fake, "ex1"), "Python 3.11 or newer is needed", "3.10.13", "python3.11")


@pytest.mark.parametrize("path", [DOOR, BACKEND], ids=lambda path: path.name)
def test_an_old_python_can_read_what_tells_it(path: Path) -> None:
    text = path.read_text(encoding="ascii")
    assert not newer_syntax(text)
    assert newer_syntax("def f(a: int): return f'{a}'") == ["annotation", "f-string"]


def newer_syntax(text: str) -> list[str]:
    """What Python 2.7 or 3.6 would not read."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if getattr(node, "annotation", None) or getattr(node, "returns", None):
            found.append("annotation")
        elif isinstance(node, ast.arguments) and (node.posonlyargs or node.kwonlyargs):
            found.append("kinds of arguments")
        elif isinstance(node, ast.JoinedStr):
            found.append("f-string")
        elif isinstance(node, ast.NamedExpr | ast.Nonlocal | ast.Match | ast.AsyncFunctionDef):
            found.append(type(node).__name__)
        elif isinstance(node, ast.Raise) and node.cause:
            found.append("raise from")
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print":
            found.append("print")
    return found


def test_pip_says_at_once_that_a_python_is_too_old(tmp_path: Path) -> None:
    version = max(old_pythons(), default=(0,))
    if version < (3, 7):
        pytest.skip("this machine has no Python from 3.7 to 3.10")
    python = old_pythons()[version]
    if run([python, "-c", "import ensurepip, venv"], ROOT).returncode:
        pytest.skip(f"{python} makes no virtual environments")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(python)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"\n{INSTALL} && " in readme
    for name in ("pyproject.toml", "constraints.txt", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(BACKEND.parent, tmp_path / "grading" / "install")
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    result = run(["sh", "-c", INSTALL], tmp_path, PATH=path, PIP_NO_INDEX="1")
    assert result.returncode != 0
    assert "Python 3.11 or newer is needed" in result.stderr


def test_windows_is_told_of_wsl2() -> None:
    for arguments in ([], ["ex1"], ["doctor"], ["batch", "class", "--out", "grades"]):
        assert_told(as_script("import os; os.name = 'nt'", *arguments), "WSL2")


def test_a_python_without_the_packages_is_told_where_they_are(tmp_path: Path) -> None:
    shutil.copy(DOOR, tmp_path)
    bare = [sys.executable, "-S", "grader.py", "ex1"]
    assert_told(run(bare, tmp_path), "not installed: click, numpy", "torch", f"run {INSTALL}")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    assert_told(run(bare, tmp_path), "not installed: click", "run .venv/bin/python grader.py")
    elsewhere = [sys.executable, "-S", tmp_path / "grader.py", "ex1"]
    assert_told(run(elsewhere, ROOT), f"run {tmp_path}/.venv/bin/python {tmp_path}/grader.py")


@pytest.mark.parametrize(
    ("package", "arguments"),
    [
        ("jinja2", ["batch", "exercises", "--out", "nowhere"]),
        ("matplotlib", ["lab", "ex2"]),
        ("torch", ["ex2"]),
    ],
)
def test_a_package_that_one_command_needs_is_named(package: str, arguments: list[str]) -> None:
    missing = as_script(f"sys.modules[{package!r}] = None", *arguments)
    assert_told(missing, package, "pip install")


def test_a_part_of_the_course_that_is_missing_is_the_graders_failure() -> None:
    result = as_script("sys.modules['grading.course.stubs'] = None", "stubs", "--check")
    assert result.returncode == 3
    assert "not your code's fault" in result.stderr


def test_the_door_itself_imports_none_of_the_packages() -> None:
    result = run([sys.executable, "-X", "importtime", "grader.py", "--help"], ROOT)
    imported = {line.split("|")[-1].strip() for line in result.stderr.splitlines()}
    assert "click" in imported
    assert not imported & {"torch", "numpy", "pytest", "rich"}


def test_python_3_14_finds_no_packed_structure_without_a_layout() -> None:
    for name in ("kernel", "landlock", "seccomp"):
        importlib.import_module(f"grading.sandbox.worker.{name}")
    ours = [
        one for one in ctypes.Structure.__subclasses__() if one.__module__.startswith("grading.")
    ]
    assert not [one for one in ours if hasattr(one, "_pack_") and not hasattr(one, "_layout_")]


# --- streams and width


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_changes_no_exit_code(closed: str) -> None:
    quick = grader("stubs", "--check", before=closing(closed))
    assert (quick.returncode, quick.stdout + quick.stderr) == (0, "")


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_a_name_that_the_terminal_cannot_show_ends_nothing(tmp_path: Path, encoding: str) -> None:
    folder = tmp_path / "class" / "王小明"
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("no work")
    command = [sys.executable, "grader.py", "batch", str(folder.parent), "--out", "nowhere"]
    result = run([*command, "--dry-run"], ROOT, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert result.returncode == 1, result.stderr
    assert "needs attention: \\u738b\\u5c0f\\u660e: holds no" in result.stdout


def test_a_grading_needs_no_stream_at_all(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    result = grader(*QUICK, "--json", target, before=closing("<&- >&- 2>&-"))
    assert result.returncode == 0
    assert json.loads(target.read_text())["status"] == "graded"


def closing(streams: str) -> list[str]:
    return ["sh", "-c", f'exec "$@" {streams}', "sh"]


def test_a_reader_that_goes_away_ends_nothing(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer) as broken:
        result = subprocess.run(
            [sys.executable, "grader.py", *QUICK, "--json", target],
            cwd=ROOT,
            stdout=broken,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
        )
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(target.read_text())["status"] == "graded"


# --- a checkout that is read-only


@pytest.fixture(scope="module")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[str]]]:
    """A copy of the course, and the command that runs another where nobody may change it."""
    course = tmp_path_factory.mktemp("course")
    for name in ("grading", "checks", "data", "reference", "exercises"):
        shutil.copytree(ROOT / name, course / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("grader.py", "course.toml"):
        shutil.copy(ROOT / name, course)
    (course / "exercises" / EX4).write_text("# out of date\n")
    failed = {
        "check": CHECK,
        "title": "",
        "status": "failed",
        "message": "",
        "hint": "Look again.",
        "misconception": None,
    }
    (course / ".unrolled").mkdir()
    record = {"failures": [failed], "shown": []}
    (course / ".unrolled" / "ex4.json").write_text(json.dumps(record))
    folders = [course, *(path for path in course.rglob("*") if path.is_dir())]
    if os.geteuid() == 0:
        yield course, private_mounts(f"mount --bind {course} {course}", f"{course}", "bind,")
        return
    for folder in folders:
        folder.chmod(0o555)
    for file in (course / "exercises" / EX4, course / ".unrolled" / "ex4.json"):
        file.chmod(0o444)
    yield course, []
    for folder in folders:
        folder.chmod(0o755)


def private_mounts(mount: str, place: str, how: str = "") -> list[str]:
    """The command that runs another where what `mount` mounts is read-only."""
    setting = f'{mount} && mount -o remount,{how}ro {place} && cd . && exec "$@"'
    command = ["unshare", "-m", "sh", "-c", setting, "sh"]
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare here")
    trial = subprocess.run([*command, "true"], capture_output=True, text=True)
    if trial.returncode:
        pytest.skip(f"nothing can be mounted here: {trial.stderr.strip()}")
    return command


@pytest.mark.parametrize(
    "arguments",
    [
        ["hint", "ex1"],
        ["hint", "ex4"],
        ["stubs"],
        ["audit", "ex4", "--save", "checks/tolerances.json"],
        ["release", "edition"],
        ["release", "--gradescope", "autograder.zip"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_written_is_told_before_any_work(
    arguments: list[str], read_only: tuple[Path, list[str]]
) -> None:
    course, before = read_only
    assert_told(grader(*arguments, before=before, course=course), "cannot be written")


def test_a_read_only_course_grades_in_as_many_columns_as_are_asked_for(
    read_only: tuple[Path, list[str]],
) -> None:
    course, before = read_only
    result = grader("ex4", before=before, course=course, COLUMNS="40")
    assert result.returncode == 1
    assert re.fullmatch(r"grader: nothing was saved for `hint`: [^\n]+\n", result.stderr)
    assert "0 of 100 points" in result.stdout
    assert max(map(len, result.stdout.splitlines())) == 40


# --- labs


def test_a_lab_draws_whatever_the_users_matplotlibrc_says(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text(
        "text.usetex: True\nbackend: none_such\nfont.family: None Such\nimage.cmap: none_such\n"
    )
    small = ("--draws", "1", "--sequence-length", "3", "--long-sequence-length", "3")
    # Without Jupyter's packages: a kernel costs as much as the rest together.
    program = (
        "import runpy, sys; sys.modules['ipykernel'] = None; sys.path.insert(0, 'labs'); "
        "runpy.run_path('labs/__main__.py', run_name='__main__')"
    )
    command = [sys.executable, "-c", program, "gradients", "--", "--reference", *small]
    variables = {"MPLCONFIGDIR": str(tmp_path), "MPLBACKEND": "none_such"}
    result = run([*command, "--out", tmp_path / "out"], ROOT, **variables)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "out" / "gradients.png").exists()
    assert "none_such" not in result.stderr


# --- a class


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three submissions to exercise 4, of which only ada's is right."""
    folder = tmp_path_factory.mktemp("class")
    for name, source in (("ada", "reference"), ("bob", "exercises"), ("eve", "exercises")):
        (folder / name).mkdir()
        text = (ROOT / source / EX4).read_text(encoding="utf-8")
        (folder / name / EX4).write_text(f"{text}# {name}\n")
    return folder


def class_of(handed_in: Path, out: Path, *options: str) -> list[str | Path]:
    if rungs.best() is Rung.PROCESS:
        pytest.skip("this machine has no isolation for strangers' code")
    return ["batch", handed_in, "--out", out, "--exercise", "ex4", "--seed", "1", *options]


def assert_graded(result: Result, out: Path) -> None:
    assert result.returncode == 0, result.stdout + result.stderr
    with (out / "grades.csv").open(newline="") as file:
        scores = {row["submission"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores == {"ada": 100, "bob": 0, "eve": 0}


def test_without_locks_for_processes_a_class_is_graded_by_one(
    handed_in: Path, tmp_path: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can take /dev/shm away")
    before = private_mounts("mount -t tmpfs none /dev/shm", "/dev/shm")
    arguments = class_of(handed_in, tmp_path, "--jobs", "2")
    result = grader(*arguments, before=before)
    assert_graded(result, tmp_path)
    said = [line for line in result.stderr.splitlines() if line.startswith("grader:")]
    assert len(said) == 1
    assert "one at a time" in said[0]
    assert "/dev/shm" in said[0]


def test_a_clock_that_is_wrong_costs_nobody_anything(handed_in: Path, tmp_path: Path) -> None:
    if shutil.which("faketime") is None:
        pytest.skip("faketime is not installed")
    if rungs.why_not(Rung.LANDLOCK):
        pytest.skip("bubblewrap does not start under faketime, and there is no other isolation")
    # Before the epoch, where a monotonic clock is negative to faketime, and waits end at once.
    before = ["faketime", "1960-01-01"]
    result = grader(*class_of(handed_in, tmp_path, "--jobs", "1"), before=before)
    assert_graded(result, tmp_path)


# --- open files


def open_files(count: int, hard: int | None = None) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, count if hard is None else hard))


def test_a_class_is_graded_with_few_open_files(handed_in: Path, tmp_path: Path) -> None:
    arguments = class_of(handed_in, tmp_path, "--jobs", "2")
    assert_graded(grader(*arguments, limit=partial(open_files, 64)), tmp_path)


@pytest.mark.parametrize(("count", "hard"), [(8, 8), (10, 1000), (28, 28)])
def test_too_few_open_files_for_anything_are_told(count: int, hard: int) -> None:
    limit = partial(open_files, count, hard)
    assert_told(grader(*QUICK, limit=limit), "29 open files", f"limit is {count}", "ulimit -n 29")


def test_too_few_open_files_for_so_many_graders_are_told(handed_in: Path, tmp_path: Path) -> None:
    arguments = class_of(handed_in, tmp_path, "--jobs", "8")
    assert_told(grader(*arguments, limit=partial(open_files, 49)), "50 open files", "limit is 49")


def test_a_worker_holds_nothing_of_a_grader_with_many_open_files(tmp_path: Path) -> None:
    if rungs.best() is Rung.PROCESS:
        pytest.skip("this machine has no zygote")
    source = (ROOT / "reference" / EX4).read_text(encoding="utf-8")
    (tmp_path / EX4).write_text(source + LOOKS_FOR_DESCRIPTORS)
    many = "import os; many = [os.open(os.devnull, os.O_RDONLY) for _ in range(200)]"
    result = as_script(many, "ex4", "--submission", tmp_path, "--check", CHECK)
    assert result.returncode == 0, result.stdout + result.stderr


LOOKS_FOR_DESCRIPTORS = """
import os
for number in range(5, 1024):
    try:
        os.fstat(number)
    except OSError:
        continue
    raise RuntimeError(f"{number} is open")
"""
