"""Mutants: small automatic changes to a program, one at a time, that checks should notice.

A mutant swaps an operator, moves a constant, fixes or inverts a condition, or drops a statement, a
context or a keyword argument. Annotations, docstrings and raised exceptions stay as they are.
(DeMillo, Lipton and Sayward 1978; the mutation operators are the usual ones.)
"""

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial

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
    found: list[Mutant] = []
    count: Counter[str] = Counter()
    for scope, node, put in _places(tree):
        for old, new in _changes(node):
            put(new)
            text = ast.unparse(ast.fix_missing_locations(tree))
            put(node)
            what = f"{'.'.join(scope) or 'module'}: {_shown(old)} -> {_shown(new)}"
            count[what] += 1
            name = f"{what} #{count[what]}" if count[what] > 1 else what
            found.append(Mutant(name, text))
    return found


Place = tuple[Sequence[str], ast.AST, Callable[[ast.AST], None]]


def _places(parent: ast.AST, scope: Sequence[str] = ()) -> Iterator[Place]:
    """The nodes below `parent` that may change: where, which, and what puts another in its place.

    Put the node back before you ask for the next place.
    """
    if isinstance(parent, (ast.FunctionDef, ast.ClassDef)):
        scope = (*scope, parent.name)
    for field, value in ast.iter_fields(parent):
        if field in ("annotation", "returns", "decorator_list") or isinstance(parent, ast.Raise):
            continue
        if isinstance(value, ast.AST):
            yield scope, value, partial(setattr, parent, field)
            yield from _places(value, scope)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.AST) and not _is_text(item):
                    yield scope, item, partial(value.__setitem__, index)
                    yield from _places(item, scope)


def _is_text(node: ast.AST) -> bool:
    """A docstring, an import, or a string."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return True
    value = node.value if isinstance(node, ast.Expr) else node
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _changes(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
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
            for left_out in node.keywords:
                others = [keyword for keyword in node.keywords if keyword is not left_out]
                yield node, _with(node, "keywords", others)
        case ast.Assign() | ast.AugAssign() | ast.Expr() if not _is_text(node):
            yield node, ast.Pass()
    if isinstance(node, ast.AugAssign):
        yield node, ast.Pass()


def _with(node: ast.AST, field: str, value: object) -> ast.AST:
    changed = copy(node)
    setattr(changed, field, value)
    return changed


def _shown(node: ast.AST) -> str:
    """One short line of source."""
    if isinstance(node, ast.If):
        return f"if {ast.unparse(node.test)}"
    if isinstance(node, ast.IfExp):
        return ast.unparse(node.test)
    return " ".join(ast.unparse(node).split())[:90]
