"""The house: every room is on the map, and imports only from rooms that stand above it there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import grading
from grading.course.syllabus import ROOT

ENGINE = ROOT / "grading"
FAR_SIDE = "grading.sandbox.worker"
# Of the files directly in grading/: one more room would do better than one more file.
MOST_FILES = 12


def rooms() -> list[str]:
    """The rooms of the map, in its order."""
    assert grading.__doc__ is not None
    return re.findall(r"^([a-z_]+) {2,}\S", grading.__doc__, re.MULTILINE)


def modules() -> dict[str, Path]:
    files = (path for path in ENGINE.rglob("*.py"))
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in files
    }


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules of the engine that a file imports, also where only types need them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                yield inner if inner in known else node.module


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else "grading"


def test_every_room_is_on_the_map_and_every_line_of_it_is_a_room() -> None:
    listed = rooms()
    assert len(set(listed)) == len(listed)
    there = {room_of(module) for module in modules()} - {"grading"}
    assert set(listed) == there


def test_few_files_stand_outside_a_room() -> None:
    assert len(list(ENGINE.glob("*.py"))) <= MOST_FILES


def test_a_room_imports_only_from_rooms_above_it() -> None:
    known, order = modules(), ["grading", *rooms()]
    upward = [
        f"{module} imports {other}"
        for module, path in known.items()
        for other in imports(path, known)
        if room_of(other) != room_of(module)
        and order.index(room_of(other)) > order.index(room_of(module))
    ]
    assert not upward


# Each shows another way to what it may show or give points by.
APART = ("watch", "pull_request", "audit", "batch", "release")


@pytest.mark.parametrize("room", APART)
def test_rooms_for_different_people_do_not_know_each_other(room: str) -> None:
    known = modules()
    found = {
        room_of(other)
        for module, path in known.items()
        if room_of(module) == room
        for other in imports(path, known)
    }
    assert not found & (set(APART) - {room})


def test_no_module_imports_itself_by_a_detour() -> None:
    known = modules()
    left = {module: set(imports(path, known)) - {module} for module, path in known.items()}
    while free := [module for module, needed in left.items() if not needed & left.keys()]:
        for module in free:
            del left[module]
    assert not left


def test_torch_is_imported_on_the_far_side_alone() -> None:
    guilty = [
        module
        for module, path in modules().items()
        if not module.startswith(FAR_SIDE)
        and re.search(r"^\s*(?:import|from) torch\b", path.read_text(encoding="utf-8"), re.M)
    ]
    assert not guilty


def files_of_tests() -> list[Path]:
    """The files of the engine's own tests, without the programs that they grade."""
    folder = ROOT / "tests"
    return [path for path in folder.rglob("*.py") if "bank" not in path.relative_to(folder).parts]


def test_no_test_imports_from_a_test() -> None:
    for path in files_of_tests():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.ImportFrom(module=str(module), names=names):
                    imported = [f"{module}.{alias.name}" for alias in names]
                case ast.Import(names=names):
                    imported = [alias.name for alias in names]
                case _:
                    continue
            assert not [name for name in imported if ".test_" in f".{name}"], f"{path}: {imported}"


def test_no_test_touches_a_private_name() -> None:
    for path in files_of_tests():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Attribute(value=ast.Name(id="self" | "cls")):
                    continue
                case ast.Attribute(attr=name):
                    names = [name]
                case ast.ImportFrom(names=imported):
                    names = [alias.name for alias in imported]
                case ast.Constant(value=str(text)):  # a name to be patched, say
                    names = re.findall(r"grading(?:\.\w+)*\.(_\w+)", text)
                case _:
                    continue
            assert not [name for name in names if re.match("_[a-z]", name)], f"{path}: {names}"
