"""The cells: which Python, which versions of the packages, which build of PyTorch, and where."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

PYTHONS = ("3.11", "3.12", "3.13", "3.14")


class Versions(StrEnum):
    """Which versions of the packages a cell installs."""

    PINNED = "pinned"
    LOWEST = "lowest"
    NEWEST = "newest"


class Build(StrEnum):
    """Which of PyTorch's builds a cell is about."""

    CPU = "CPU"
    CUDA = "CUDA"


@dataclass(frozen=True)
class Cell:
    """One combination. `runner` is GitHub's name of the machine; without one a person runs it."""

    name: str
    python: str
    versions: Versions
    build: Build
    runner: str = ""


def by_hand() -> Iterator[Cell]:
    """The cells that a person runs, with every step."""
    yield Cell("3.11", "3.11", Versions.PINNED, Build.CPU)
    # Debian 12's own Python: older than the versions that most packages are tried with.
    yield Cell("3.11.2", "3.11.2", Versions.PINNED, Build.CPU)
    yield Cell("3.11-lowest", "3.11", Versions.LOWEST, Build.CUDA)
    yield Cell("3.11-newest", "3.11", Versions.NEWEST, Build.CUDA)
    for python in PYTHONS[1:]:
        yield Cell(python, python, Versions.PINNED, Build.CUDA)


# GitHub's machines, and the builds of PyTorch that exist for each.
RUNNERS = {
    "ubuntu-22.04": (Build.CPU, Build.CUDA),
    "ubuntu-24.04": (Build.CPU, Build.CUDA),
    "ubuntu-24.04-arm": (Build.CPU, Build.CUDA),
    "macos-14": (Build.CPU,),
}


def by_runners() -> Iterator[Cell]:
    """The cells that the workflow runs, with references and stubs."""
    for runner, builds in RUNNERS.items():
        for build in builds:
            for python in PYTHONS:
                name = f"{runner}-{python}-{build}"
                yield Cell(name, python, Versions.PINNED, build, runner)


CELLS = {cell.name: cell for cell in (*by_hand(), *by_runners())}
