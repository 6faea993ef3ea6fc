"""The time of a clone's commit, read without running anything that its owner has configured."""

import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from grading.batch.intake.commits import Commit, last_change
from grading.batch.intake.times import received
from grading.batch.platforms.hand_in import Stamp
from tests.support.classes import EX1, WORK
from tests.support.repositories import clone, commit, git, start

FIRST, SECOND = "2026-10-01T12:00:00+0200", "2026-10-05T21:02:38+0000"
BERLIN = ZoneInfo("Europe/Berlin")
MOMENT = datetime(2026, 10, 5, 21, 2, 38, tzinfo=UTC)


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A repository with two commits to the exercise and a later one to something else."""
    folder = start(tmp_path / "origin")
    commit(folder, EX1, "x = 0\n", FIRST)
    commit(folder, EX1, WORK, SECOND)
    commit(folder, "README.md", "hello\n", "2026-10-09T12:00:00+0000")
    return folder


def seen(folder: Path) -> Commit | None:
    return last_change(folder, folder / EX1)


def test_the_last_commit_that_changed_the_file_counts(origin: Path, tmp_path: Path) -> None:
    copy = clone(origin, tmp_path / "in" / "rnns-ann")
    os.utime(copy / EX1, (0, 0))
    assert seen(copy) == Commit(MOMENT, same=True)


@pytest.mark.parametrize(
    ("authored", "committed"), [(SECOND, FIRST), (FIRST, SECOND), (SECOND, SECOND)]
)
def test_the_later_of_both_dates_counts(tmp_path: Path, authored: str, committed: str) -> None:
    folder = start(tmp_path / "ann")
    commit(folder, EX1, WORK, authored, committed)
    assert seen(folder) == Commit(MOMENT, same=True)


def pack_refs(folder: Path) -> None:
    git(folder, "pack-refs", "--all")
    git(folder, "gc", "--quiet")
    assert not (folder / ".git" / "refs" / "heads" / "main").exists()


def detach(folder: Path) -> None:
    git(folder, "checkout", "--quiet", "--detach")


def branch(folder: Path) -> None:
    git(folder, "checkout", "--quiet", "-b", "feature/my-work")


@pytest.mark.parametrize("change", [pack_refs, detach, branch])
def test_every_way_to_say_head(origin: Path, change: Callable[[Path], None]) -> None:
    change(origin)
    assert seen(origin) == Commit(MOMENT, same=True)


def test_a_file_in_a_folder_with_a_strange_name(tmp_path: Path) -> None:
    folder = start(tmp_path / "ann")
    place = ":(glob)*/\u738b [a] b/" + EX1
    commit(folder, place, WORK, SECOND)
    commit(folder, f"other/{EX1}", WORK, "2026-10-09T12:00:00+0000")
    assert last_change(folder, folder / place) == Commit(MOMENT, same=True)


def test_a_folder_that_differs_from_its_commit_is_seen(origin: Path) -> None:
    for text in (WORK + "# more\n", "", WORK[:-1]):
        (origin / EX1).write_text(text, encoding="utf-8")
        assert seen(origin) == Commit(MOMENT, same=False)
    (origin / EX1).unlink()
    (origin / EX1).symlink_to("README.md")
    assert seen(origin) == Commit(MOMENT, same=False)


def test_the_ends_of_lines_that_git_checks_out_on_windows_are_no_difference(origin: Path) -> None:
    (origin / EX1).write_bytes(WORK.encode().replace(b"\n", b"\r\n"))
    assert seen(origin) == Commit(MOMENT, same=True)


def test_a_large_notebook_is_compared_whole(tmp_path: Path) -> None:
    folder = start(tmp_path / "ann")
    text = "x" * (2 * 2**20)
    commit(folder, "a.ipynb", text, SECOND)
    assert last_change(folder, folder / "a.ipynb") == Commit(MOMENT, same=True)
    (folder / "a.ipynb").write_text(text + "y")
    assert last_change(folder, folder / "a.ipynb") == Commit(MOMENT, same=False)


def lose_head(folder: Path) -> None:
    (folder / ".git" / "HEAD").unlink()


def leave_the_folder(folder: Path) -> None:
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/../../../../secret\n")


def an_option(folder: Path) -> None:
    (folder / ".git" / "HEAD").write_text("--output=/tmp/x\n")


def no_commit(folder: Path) -> None:
    (folder / ".git" / "HEAD").write_text("1" * 40 + "\n")


def borrow(folder: Path) -> None:
    (folder / ".git" / "objects" / "info" / "alternates").write_text("/some/where/objects\n")


def link_objects(folder: Path) -> None:
    objects = folder / ".git" / "objects"
    objects.rename(folder / "elsewhere")
    objects.symlink_to(folder / "elsewhere")


def a_file_for_git(folder: Path) -> None:
    (folder / ".git").rename(folder / "git")
    (folder / ".git").write_text("gitdir: git\n")


def a_linked_git(folder: Path) -> None:
    (folder / ".git").rename(folder / "git")
    (folder / ".git").symlink_to("git")


def damage(folder: Path) -> None:
    for path in (folder / ".git" / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"no object")


def a_pipe_for_a_commit(folder: Path) -> None:
    """git would open it and wait."""
    head = git(folder, "rev-parse", "HEAD").strip()
    path = folder / ".git" / "objects" / head[:2] / head[2:]
    path.unlink()
    os.mkfifo(path)


def link_one_folder(folder: Path) -> None:
    """A link in the objects leads to any repository there is."""
    head = git(folder, "rev-parse", "HEAD").strip()
    path = folder / ".git" / "objects" / head[:2]
    path.rename(folder / "elsewhere")
    path.symlink_to(folder / "elsewhere")


CANNOT = (
    *(lose_head, leave_the_folder, an_option, no_commit, borrow, link_objects),
    *(a_file_for_git, a_linked_git, damage, a_pipe_for_a_commit, link_one_folder),
)


@pytest.mark.parametrize("change", CANNOT)
def test_where_it_cannot_be_found_out_nothing_is_said(
    origin: Path, change: Callable[[Path], None]
) -> None:
    change(origin)
    assert seen(origin) is None


def test_borrowed_objects_are_not_read(origin: Path, tmp_path: Path) -> None:
    """Their list may name any folder of the machine."""
    shared = clone(origin, tmp_path / "in" / "rnns-ann")
    objects = shared / ".git" / "objects"
    for path in sorted(objects.glob("*")):
        path.rename(tmp_path / path.name) if path.name != "info" else None
    (objects / "info").mkdir(exist_ok=True)
    (objects / "info" / "alternates").write_text(f"{origin / '.git' / 'objects'}\n")
    assert git(shared, "log", "-1", "--format=%H")
    assert seen(shared) is None


def test_the_name_of_a_clone_names_no_other_folder(origin: Path, tmp_path: Path) -> None:
    """git reads a list of folders by lines, and takes quotes and escapes out of each."""
    escaped = str(origin / ".git" / "objects").replace("/", "\\057")
    folder = start(tmp_path / f'ann\n"{escaped}"')
    (folder / ".git" / "HEAD").write_text(git(origin, "rev-parse", "HEAD"))
    (folder / EX1).write_text(WORK)
    assert seen(folder) is None
    twin = clone(origin, tmp_path / 'bob\n"x"')
    assert seen(twin) == Commit(MOMENT, same=True)


def test_a_file_that_was_never_committed_has_no_time(origin: Path) -> None:
    (origin / "new.py").write_text(WORK)
    assert last_change(origin, origin / "new.py") is None


@pytest.mark.parametrize("seconds", ["253402300799", "253402300800", "9" * 18, "9" * 40, "-1", "x"])
def test_a_date_beyond_the_calendar_is_survived(tmp_path: Path, seconds: str) -> None:
    """A student can write any date into a commit; no zone can show the last day of the calendar."""
    folder = start(tmp_path / "ann")
    commit(folder, EX1, WORK, SECOND)
    text = git(folder, "cat-file", "commit", "HEAD").replace("1791234158", seconds)
    made = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
        cwd=folder,
        input=text + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    (folder / ".git" / "refs" / "heads" / "main").write_text(made.stdout)
    found = seen(folder)
    moment = None if found is None else found.moment
    assert received(Stamp(moment, "commit"), BERLIN).iso(BERLIN)[:4] in ("", "1969", "1970")


def hostile(folder: Path, marker: Path) -> None:
    """Everything known that makes git run a program from a repository's own files."""
    program = folder / "program"
    program.write_text(f"#!/bin/sh\ntouch {marker}\ncat\n", encoding="utf-8")
    program.chmod(0o755)
    for name, value in (
        ("core.fsmonitor", str(program)),
        ("core.pager", str(program)),
        ("core.sshCommand", str(program)),
        ("core.hooksPath", str(folder)),
        ("core.alternateRefsCommand", str(program)),
        ("diff.external", str(program)),
        ("diff.mine.command", str(program)),
        ("diff.mine.textconv", str(program)),
        ("filter.mine.clean", str(program)),
        ("filter.mine.smudge", str(program)),
        ("filter.mine.process", str(program)),
        ("gpg.program", str(program)),
        ("log.showSignature", "true"),
        ("pager.log", str(program)),
        ("alias.log", f"!{program}"),
        ("include.path", str(folder / "more")),
    ):
        git(folder, "config", name, value)
    (folder / ".gitattributes").write_text("* diff=mine filter=mine\n", encoding="utf-8")
    for hook in ("post-checkout", "reference-transaction", "pre-auto-gc", "post-index-change"):
        path = folder / ".git" / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\ntouch {marker}\n", encoding="utf-8")
        path.chmod(0o755)


def test_nothing_that_a_clone_configures_is_run(origin: Path, tmp_path: Path) -> None:
    marker = tmp_path / "breach"
    hostile(origin, marker)
    # It would work: git in the clone runs it.
    subprocess.run(["git", "status"], cwd=origin, capture_output=True, check=False)
    assert marker.exists()
    marker.unlink()
    assert seen(origin) == Commit(MOMENT, same=True)
    assert not marker.exists()


def test_a_benign_twin_says_the_same(origin: Path) -> None:
    git(origin, "config", "core.pager", "cat")
    assert seen(origin) == Commit(MOMENT, same=True)


def test_a_clone_is_left_as_it_was(origin: Path) -> None:
    def state() -> list[tuple[str, int]]:
        return sorted((str(path), path.lstat().st_mtime_ns) for path in origin.rglob("*"))

    before = state()
    assert seen(origin) is not None
    assert state() == before


def test_what_the_environment_says_about_git_does_not_matter(
    origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = start(tmp_path / "other")
    commit(other, EX1, "y = 1\n", FIRST)
    for name, value in (
        ("GIT_DIR", str(other / ".git")),
        ("GIT_WORK_TREE", str(other)),
        ("GIT_OBJECT_DIRECTORY", str(other / ".git" / "objects")),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", str(other / ".git" / "objects")),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "log.showSignature"),
        ("GIT_CONFIG_VALUE_0", "true"),
        ("GIT_EXTERNAL_DIFF", "false"),
        ("GIT_LITERAL_PATHSPECS", "1"),
    ):
        monkeypatch.setenv(name, value)
    assert seen(origin) == Commit(MOMENT, same=True)
