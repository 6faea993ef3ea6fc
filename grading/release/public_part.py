"""The part of the checks that public checks use; everything that only hidden ones use is left out.

Students get every public suite whole. From the modules beside it (probes, inputs, oracles) they
get only the definitions that the suite reaches by name: imported names, and probes as attributes
of `both` and `student`. Statements that define nothing (such as one that sets a library's option)
are kept. A comment goes with the definition below it.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grading.course.syllabus import Exercise
from grading.errors import GraderError
from grading.files import read_text
from grading.release.syntax import parsed

PACKAGE = "checks"
LINE_LENGTH = 100
_ASKERS = ("both", "student")


@dataclass(frozen=True)
class Piece:
    """A top-level statement, its text with the comments above it, and the names it defines."""

    text: str
    node: ast.stmt
    defines: frozenset[str]


@dataclass
class Module:
    """A module of the checks, in pieces; `kept` holds the names that are needed."""

    path: Path
    pieces: list[Piece]
    kept: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class PublicPart:
    """The files to hand out, by path, and the source of every definition left out of them."""

    files: Mapping[Path, str]
    left_behind: Sequence[str]


def public_part(exercises: Sequence[Exercise]) -> PublicPart:
    """The parts of these exercises' checks that public checks need. Raises GraderError."""
    root = exercises[0].root
    modules: dict[str, Module] = {}
    suites: list[Path] = []
    for exercise in exercises:
        suite = root / PACKAGE / "public" / f"{exercise.id}.py"
        suites.append(suite)
        _reach(root, exercise, suite, modules)
    files = {suite: read_text(suite) for suite in suites}
    files |= {module.path: _handed_out(module) for module in modules.values()}
    for path in list(files):
        for package in (path.parent, path.parent.parent):
            files[package / "__init__.py"] = read_text(package / "__init__.py")
    behind = [source for module in modules.values() for source in _left_behind(module)]
    behind += [read_text(path) for path in _untouched(root, files)]
    return PublicPart(dict(sorted(files.items())), behind)


def _reach(root: Path, exercise: Exercise, suite: Path, modules: dict[str, Module]) -> None:
    """Mark everything that an exercise's suite needs, in every module."""
    probes = f"{PACKAGE}.probes.{exercise.id}"
    tree = parsed(read_text(suite), suite.name)
    waiting = [*_imports(tree), *((probes, name) for name in _asked(tree))]
    while waiting:
        place, name = waiting.pop()
        if place not in modules:
            modules[place] = _module(root, place)
        module = modules[place]
        if name in module.kept:
            continue
        pieces = [piece for piece in module.pieces if name in piece.defines]
        if not pieces and place == probes:
            continue  # this attribute is not a probe; if it should be one, the suite fails
        if not pieces:
            raise GraderError(
                f"{module.path.name} does not define {name}, which {suite.name} needs"
            )
        module.kept.add(name)
        pieces += [piece for piece in module.pieces if not piece.defines]
        for piece in pieces:
            if isinstance(piece.node, ast.ImportFrom):
                waiting += [needed for needed in _imports(piece.node) if needed[1] == name]
                continue
            used = {node.id for node in ast.walk(piece.node) if isinstance(node, ast.Name)}
            known = {other for piece in module.pieces for other in piece.defines}
            waiting += [(place, other) for other in used & known]
            waiting += [(probes, other) for other in _asked(piece.node)]


def _handed_out(module: Module) -> str:
    """The text of a module with only the definitions that are needed."""
    text = ""
    for piece in module.pieces:
        if isinstance(piece.node, ast.Import | ast.ImportFrom):
            if line := _import(piece.node, module.kept):
                blank_lines = piece.text[: -len(piece.text.lstrip())]
                text += blank_lines + line
        elif not piece.defines or piece.defines & module.kept:
            text += piece.text
    return text.lstrip("\n")


def _left_behind(module: Module) -> Iterator[str]:
    for piece in module.pieces:
        if isinstance(piece.node, ast.Import | ast.ImportFrom) or not piece.defines:
            continue
        if not piece.defines & module.kept:
            yield piece.text


def _untouched(root: Path, files: Mapping[Path, str]) -> Iterator[Path]:
    """Modules from which nothing is handed out."""
    for folder in ("probes", "inputs", "oracles"):
        for path in sorted((root / PACKAGE / folder).glob("*.py")):
            if path not in files and path.name != "__init__.py":
                yield path


def _module(root: Path, place: str) -> Module:
    path = root.joinpath(*place.split(".")).with_suffix(".py")
    return Module(path, list(_pieces(read_text(path), path.name)))


def _pieces(text: str, name: str) -> Iterator[Piece]:
    lines = text.splitlines(keepends=True)
    last = 0
    for node in parsed(text, name).body:
        decorators = getattr(node, "decorator_list", [])
        start = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
        while start > last and lines[start - 1].startswith("#"):
            start -= 1
        while start > last and not lines[start - 1].strip():
            start -= 1
        last = node.end_lineno or node.lineno
        yield Piece("".join(lines[start:last]), node, frozenset(_defined(node)))


def _defined(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from (alias.asname or alias.name for alias in names)
        case ast.Assign(targets=targets):
            yield from _targets(targets)
        case ast.AnnAssign(target=target):
            yield from _targets([target])


def _targets(targets: Iterable[ast.expr]) -> Iterator[str]:
    for target in targets:
        if isinstance(target, ast.Name):
            yield target.id
        elif isinstance(target, ast.Tuple | ast.List):
            yield from _targets(target.elts)


def _imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """(module, name) of everything imported from the checks. Raises GraderError."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            yield from ((node.module or "", alias.name) for alias in node.names)
        if isinstance(node, ast.Import) and any(
            alias.name.split(".")[0] == PACKAGE for alias in node.names
        ):
            raise GraderError(f"`{ast.unparse(node)}`: write `from {PACKAGE}... import NAME`")


def _asked(tree: ast.AST) -> Iterator[str]:
    """The probes that are asked for, as both.NAME or student.NAME."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=asker), attr=probe) if asker in _ASKERS:
                yield probe


def _import(node: ast.Import | ast.ImportFrom, kept: set[str]) -> str:
    """The import statement with the needed names only; empty if there are none."""
    wanted = [alias for alias in node.names if (alias.asname or alias.name) in kept]
    if not wanted:
        return ""
    names = [ast.unparse(alias) for alias in wanted]
    if isinstance(node, ast.Import):
        return f"import {', '.join(names)}\n"
    start = f"from {'.' * node.level}{node.module or ''} import"
    line = f"{start} {', '.join(names)}\n"
    if len(line) <= LINE_LENGTH:
        return line
    return f"{start} (\n" + "".join(f"    {name},\n" for name in names) + ")\n"
