"""constraints.txt resolves on every Python and system that docs/platforms.md names.

uv resolves for a Python and a system other than its own, which pip cannot: pip reads markers as its
own Python does. Built packages only: nobody has to compile anything.
"""

import functools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grading.course.syllabus import ROOT
from tests.matrix.cells import PYTHONS

CONSTRAINTS = ROOT / "constraints.txt"
# The first release of each: a package may refuse the first and take a later one.
FIRST = [f"{python}.0" for python in PYTHONS]
# Older than what soupsieve needs: Debian 12's own.
VERSIONS = [*FIRST, "3.11.2"]
# glibc 2.28, and macOS 14 on Apple silicon: what PyTorch's wheels ask for.
PLATFORMS = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "aarch64-apple-darwin")
MACOS = "14.0"
# How uv says that the index did not answer.
UNREACHABLE = "error sending request"

pytestmark = [pytest.mark.network, pytest.mark.thorough]


@functools.cache
def compiled(
    constraints: Path, python: str, platform: str, macos: str = MACOS
) -> "subprocess.CompletedProcess[str]":
    """The packages of the README's second command; skips where the index cannot be reached."""
    options = ["--quiet", "--no-header", "--no-annotate", "--only-binary", ":all:"]
    where = ["--python-version", python, "--python-platform", platform]
    what = ["--extra", "dev", "-c", str(constraints), "pyproject.toml"]
    result = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "compile", *options, *where, *what],
        cwd=ROOT,
        env={**os.environ, "MACOSX_DEPLOYMENT_TARGET": macos},
        capture_output=True,
        text=True,
    )
    if UNREACHABLE in result.stderr:
        pytest.skip(result.stderr.strip())
    return result


def packages(text: str) -> set[str]:
    """The lines `name==version`, without markers, remarks, and the ways to write a name."""
    pins = re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE)
    return {f"{re.sub(r'[-_.]+', '-', name.lower())}=={version}" for name, version in pins}


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("python", VERSIONS)
def test_every_package_is_pinned_and_there(python: str, platform: str) -> None:
    result = compiled(CONSTRAINTS, python, platform)
    assert result.returncode == 0, result.stderr
    found = packages(result.stdout)
    assert f"torch=={version_of('torch')}" in found
    assert found <= packages(CONSTRAINTS.read_text(encoding="utf-8"))


def test_every_pin_is_used_somewhere() -> None:
    used: set[str] = set()
    for python in VERSIONS:
        for platform in PLATFORMS:
            used |= packages(compiled(CONSTRAINTS, python, platform).stdout)
    assert packages(CONSTRAINTS.read_text(encoding="utf-8")) == used


@pytest.mark.parametrize("name", ["torch", "soupsieve"])
def test_a_pin_that_cannot_be_had_is_noticed(name: str, tmp_path: Path) -> None:
    broken = tmp_path / "constraints.txt"
    text = CONSTRAINTS.read_text(encoding="utf-8")
    broken.write_text(re.sub(rf"^{name}==\S+", f"{name}==999", text, flags=re.MULTILINE))
    result = compiled(broken, FIRST[-1], PLATFORMS[0])
    assert result.returncode != 0
    assert f"{name}==999" in result.stderr


@pytest.mark.parametrize(
    ("platform", "macos"), [("x86_64-manylinux_2_17", MACOS), (PLATFORMS[-1], "13.0")]
)
def test_older_systems_have_no_wheel_of_torch(platform: str, macos: str) -> None:
    result = compiled(CONSTRAINTS, FIRST[0], platform, macos)
    assert result.returncode != 0
    assert re.search(r"torch==\S+ has no wheels with a matching platform tag", result.stderr)


def version_of(name: str) -> str:
    match = re.search(rf"^{name}==(\S+)", CONSTRAINTS.read_text(encoding="utf-8"), re.MULTILINE)
    assert match is not None
    return match[1]
