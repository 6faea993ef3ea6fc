"""git as the grader runs it: alone, and with bounds."""

import sys
from pathlib import Path

import pytest

from grading.git import MEMORY, git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--bare", "--quiet", ".")
    return tmp_path


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS limits no address space")
def test_its_memory_is_limited(repository: Path) -> None:
    """A few MB of objects may unpack to several GB."""
    done = git(repository, "-c", "alias.limit=!ulimit -v", "limit")
    assert done.stdout.decode().strip() == str(MEMORY)


def test_it_hears_of_no_other_repository(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", "/nowhere")
    done = git(repository, "rev-parse", "--git-dir")
    assert (done.returncode, done.stdout.strip()) == (0, b".")
