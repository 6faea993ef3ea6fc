"""Repositories as students make them, and their clones."""

import os
import subprocess
from pathlib import Path

SOMEBODY = ("-c", "user.name=Ann", "-c", "user.email=ann@x.edu", "-c", "commit.gpgsign=false")
ALONE = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def git(folder: Path, *arguments: str, **environment: str) -> str:
    """Run git as a student does, in a folder; what it printed."""
    done = subprocess.run(
        ["git", *SOMEBODY, *arguments],
        cwd=folder,
        env={**os.environ, **ALONE, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def start(folder: Path) -> Path:
    """An empty repository whose branch is main."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main", ".")
    return folder


def commit(folder: Path, name: str, text: str, authored: str, committed: str = "") -> str:
    """Commit a file with these dates; the hash of the commit."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    git(folder, "add", name, GIT_LITERAL_PATHSPECS="1")
    dates = {"GIT_AUTHOR_DATE": authored, "GIT_COMMITTER_DATE": committed or authored}
    git(folder, "commit", "--quiet", "-m", "work", **dates)
    return git(folder, "rev-parse", "HEAD")


def clone(origin: Path, place: Path, *options: str) -> Path:
    """A clone with objects of its own."""
    place.parent.mkdir(parents=True, exist_ok=True)
    git(origin, "clone", "--quiet", *options, origin.as_uri(), str(place))
    return place
