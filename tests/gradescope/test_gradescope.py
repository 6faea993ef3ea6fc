"""The zip for Gradescope, run in a folder tree like theirs, below a folder of the test's own."""

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grading.course.syllabus import Course
from grading.errors import UsageError
from grading.gradescope import bundle
from grading.release.proofs import install
from grading.renderers.gradescope import together, unread
from grading.sandbox import rungs
from tests.support.editions import copy_course
from tests.support.patience import PATIENCE

IDENTITY = "ex4"
FILE = "ex4_interpretability.py"
# The published shape: what a document and each of its tests may hold, and of which type.
DOCUMENT = {
    **dict.fromkeys(("score", "execution_time"), (int, float)),
    **dict.fromkeys(("output", "output_format", "test_output_format", "test_name_format"), str),
    **dict.fromkeys(("visibility", "stdout_visibility"), str),
    **dict.fromkeys(("tests", "leaderboard"), list),
    "extra_data": dict,
}
TEST = {
    **dict.fromkeys(("score", "max_score"), (int, float)),
    **dict.fromkeys(("number", "name", "status", "output"), str),
    "tags": list,
}

pytestmark = pytest.mark.skipif(
    not rungs.best().fit_for_strangers, reason="this machine has no isolation for strangers' code"
)


@dataclass(frozen=True)
class Container:
    """A folder tree like that of Gradescope's container."""

    root: Path
    course: Course

    @property
    def results(self) -> Path:
        return self.root / "results" / "results.json"

    def run(self, files: dict[str, bytes]) -> "subprocess.CompletedProcess[str]":
        """Hand these files in, and run the autograder as Gradescope does."""
        for name in ("submission", "results"):
            shutil.rmtree(self.root / name, ignore_errors=True)
            (self.root / name).mkdir()
        self.results.write_text('{"score": 100}')  # left by an earlier run
        for name, data in files.items():
            (self.root / "submission" / name).write_bytes(data)
        return subprocess.run(
            [self.root / "run_autograder"],
            cwd="/",
            env={**os.environ, "AUTOGRADER_ROOT": str(self.root)},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    def graded(self, files: dict[str, bytes]) -> dict[str, Any]:
        done = self.run(files)
        assert done.returncode == 0, done.stderr
        return valid(json.loads(self.results.read_text(), parse_constant=refuse))


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


def valid(document: dict[str, Any]) -> dict[str, Any]:
    for name, value in document.items():
        assert isinstance(value, DOCUMENT[name]), name
    assert document["visibility"] == "visible"
    assert document["stdout_visibility"] == "hidden"
    for test in document["tests"]:
        for name, value in test.items():
            assert isinstance(value, TEST[name]), name
        assert test["status"] in ("passed", "failed")
        assert 0 <= test["score"] <= test["max_score"]
    assert document["score"] == pytest.approx(sum(test["score"] for test in document["tests"]))
    return document


@pytest.fixture(scope="session")
def container(tmp_path_factory: pytest.TempPathFactory) -> Container:
    """The zip, unpacked and set up; the packages are those of this interpreter."""
    folder = tmp_path_factory.mktemp("gradescope")
    plan = copy_course(folder / "course", IDENTITY, mistakes=2)
    bundle.release(plan, folder / "autograder.zip", [])
    root = folder / "autograder"
    # Python's zipfile leaves permissions out.
    shutil.unpack_archive(folder / "autograder.zip", root / "source")
    with zipfile.ZipFile(folder / "autograder.zip") as archive:
        for entry in archive.infolist():
            (root / "source" / entry.filename).chmod(entry.external_attr >> 16 & 0o777)
    shutil.copy(root / "source" / "run_autograder", root / "run_autograder")
    install(root / "source" / "course", literally=False)
    return Container(root, plan)


def test_the_reference_gets_every_point(container: Container) -> None:
    reference = container.course.exercise(IDENTITY).reference.read_bytes()
    document = container.graded({FILE: reference})
    assert document["score"] == 100
    assert sum(test["max_score"] for test in document["tests"]) == 100
    assert {test["status"] for test in document["tests"]} == {"passed"}


def test_a_broken_submission_is_graded_and_told_why(container: Container) -> None:
    document = container.graded({FILE: b"def broken(:\n    pass\n"})
    assert document["score"] == 0
    assert len(document["tests"]) > 10
    assert any("SyntaxError" in test["output"] for test in document["tests"])
    assert any("line 1:  def broken(:" in test["output"] for test in document["tests"])


@pytest.mark.parametrize(
    ("files", "word"),
    [
        ({}, "holds no ex4_interpretability.py"),
        ({FILE: b"\x7fELF\0\0"}, "NUL"),
        ({FILE: b"#" * 2 * 2**20}, "larger than 1 MB"),
    ],
)
def test_what_cannot_be_read_is_a_zero_that_says_why(
    container: Container, files: dict[str, bytes], word: str
) -> None:
    document = container.graded(files)
    (test,) = document["tests"]
    assert (test["score"], test["max_score"]) == (0, 100)
    assert word in test["output"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda course: (course / "checks" / "probes" / f"{IDENTITY}.py").unlink(),
        lambda course: (course / "checks" / "public" / f"{IDENTITY}.py").write_text("1 / 0"),
        lambda course: (course / "course.toml").write_text("title = 3"),
    ],
)
def test_a_grader_that_fails_is_never_a_zero(
    container: Container, tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    broken = Container(tmp_path / "autograder", container.course)
    shutil.copytree(container.root, broken.root, symlinks=True)
    spoil(broken.root / "source" / "course")
    done = broken.run({FILE: container.course.exercise(IDENTITY).reference.read_bytes()})
    assert done.returncode == 3
    assert "not the student's fault" in done.stderr
    assert not broken.results.exists()


def test_a_student_cannot_write_results_or_read_the_checks(container: Container) -> None:
    hostile = b"""
import glob, os, sys
seen = glob.glob("/autograder/**", recursive=True) + glob.glob(%r, recursive=True)
print("seen", seen)
for path in (%r, "results.json", "/autograder/results/results.json"):
    try:
        open(path, "w").write('{"score": 100}')
        print("wrote", path)
    except OSError:
        pass
os._exit(0)
""" % (f"{container.root}/**", str(container.results))
    document = container.graded({FILE: hostile})
    assert document["score"] == 0
    assert len(document["tests"]) > 10


def test_the_zip_is_the_same_each_time_and_has_its_programs_at_the_root(
    real_course: Course, tmp_path: Path
) -> None:
    for name in ("one.zip", "other.zip"):
        said = bundle.release(real_course, tmp_path / name, [IDENTITY])
        assert said.endswith("grades ex4")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.zip", "other.zip"]
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        programs = {one.filename: one.external_attr >> 16 for one in archive.infolist()
                    if "/" not in one.filename}  # fmt: skip
        texts = {name: archive.read(name).decode() for name in programs}
        names = archive.namelist()
    assert programs == {"setup.sh": 0o100755, "run_autograder": 0o100755}
    assert texts["run_autograder"].endswith(' "$root" ex4\n')
    assert "course/checks/hidden/ex4.py" in names
    assert not any("__pycache__" in name or name.startswith("course/tests") for name in names)
    for name, text in texts.items():
        assert subprocess.run(["bash", "-n"], input=text, text=True).returncode == 0, name


@pytest.mark.parametrize("name", ["folder.zip", "autograder", "no/such/folder/a.zip"])
def test_a_place_for_no_zip_is_refused(real_course: Course, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.zip").mkdir()
    with pytest.raises(UsageError):
        bundle.release(real_course, tmp_path / name, [])


def test_several_exercises_become_one_document() -> None:
    one, other = unread("One", 100.0, "not here"), unread("Other", 50.0, "nor here")
    other["score"] = other["tests"][0]["score"] = 20
    document = valid(together([one, other]))
    assert document["score"] == 20
    assert [test["number"] for test in document["tests"]] == ["1.1", "2.1"]
