"""Mutants: small automatic changes to a program, one at a time, that checks should notice.

A mutant swaps an operator, moves a constant, fixes or inverts a condition, or drops a statement, a
context or a keyword argument. Annotations, docstrings and raised exceptions stay as they are.
(DeMillo, Lipton and Sayward 1978; the mutation operators are the usual ones.)
"""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

_SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


@dataclass(frozen=True)
class Mutant:
    """A changed program. `name` says where and what: `Class.method: old -> new`."""

    name: str
    source: str


def mutants(source: str) -> list[Mutant]:
    """Every mutant of `source`, in the order of its lines, each once."""
    tree = ast.parse(source)
    by_name: dict[str, Mutant] = {}
    for path, node in _walk(tree, ()):
        for number, (old, new) in enumerate(_changes(node)):
            changed = deepcopy(tree)
            _replace(changed, path, list(_changes(_at(changed, path)))[number][1])
            text = ast.unparse(ast.fix_missing_locations(changed))
            what = f"{_scope(tree, path)}: {_shown(old)} -> {_shown(new)}"
            count = sum(1 for name in by_name if name.split(" #")[0] == what)
            name = f"{what} #{count + 1}" if count else what
            by_name[name] = Mutant(name, text)
    return list(by_name.values())


Path = tuple[tuple[str, int | None], ...]


def _walk(node: ast.AST, path: Path) -> Iterator[tuple[Path, ast.AST]]:
    """Every node that may change, with the path to it."""
    yield path, node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list") or isinstance(node, ast.Raise):
            continue
        if isinstance(value, ast.AST):
            yield from _walk(value, (*path, (field, None)))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.AST) and not _is_text(item):
                    yield from _walk(item, (*path, (field, index)))


def _is_text(node: ast.AST) -> bool:
    """A docstring, an import, or a string."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return True
    value = node.value if isinstance(node, ast.Expr) else node
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


Change = tuple[ast.AST, ast.AST]


def _changes(node: ast.AST) -> Iterator[Change]:
    """Pairs: the node to show as old, and what the node becomes."""
    match node:
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.AugAssign(op=op) if type(op) in _SWAPPED:
            yield node, _with(node, "op", _SWAPPED[type(op)]())
        case ast.Compare(ops=[op]) if type(op) in _SWAPPED:
            yield node, _with(node, "ops", [_SWAPPED[type(op)]()])
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node, node.operand
        case ast.Constant(value=bool(value)):
            yield node, ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield node, ast.Constant(value + 1)
            yield node, ast.Constant(value - 1)
        case ast.Constant(value=float(value)):
            yield node, ast.Constant(2 * value if value else 1.0)
            yield node, ast.Constant(-value if value else -1.0)
        case ast.If() | ast.IfExp():
            yield node.test, _with(node, "test", ast.Constant(True))
            yield node.test, _with(node, "test", ast.Constant(False))
        case ast.With():
            yield node.items[0].context_expr, ast.If(ast.Constant(True), node.body, [])
        case ast.Call(keywords=[_, *_]):
            for index in range(len(node.keywords)):
                yield node, _with(node, "keywords", _without(node.keywords, index))
        case ast.Assign() | ast.AugAssign() | ast.Expr() if not _is_text(node):
            yield node, ast.Pass()
    if isinstance(node, ast.AugAssign):
        yield node, ast.Pass()


def _with(node: ast.AST, field: str, value: object) -> ast.AST:
    changed = deepcopy(node)
    setattr(changed, field, value)
    return changed


def _without(items: list[ast.keyword], index: int) -> list[ast.keyword]:
    return [item for position, item in enumerate(items) if position != index]


def _at(tree: ast.AST, path: Path) -> ast.AST:
    node: ast.AST = tree
    for field, index in path:
        value = getattr(node, field)
        node = value if index is None else value[index]
    return node


def _replace(tree: ast.AST, path: Path, new: ast.AST) -> None:
    field, index = path[-1]
    parent = _at(tree, path[:-1])
    if index is None:
        setattr(parent, field, new)
    else:
        getattr(parent, field)[index] = new


def _scope(tree: ast.AST, path: Path) -> str:
    names = []
    for end in range(len(path) + 1):
        node = _at(tree, path[:end])
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.append(node.name)
    return ".".join(names) or "module"


def _shown(node: ast.AST) -> str:
    """One short line of source."""
    if isinstance(node, ast.If):
        return f"if {ast.unparse(node.test)}"
    if isinstance(node, ast.IfExp):
        return ast.unparse(node.test)
    return " ".join(ast.unparse(node).split())[:90]
