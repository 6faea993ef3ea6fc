"""Syntax trees without names, which stay the same when code is renamed and reformatted.

The shape of a tree is the kinds of its nodes, its operators and constants, and the attributes and
keywords that belong to libraries. Names of variables, arguments and functions, and attributes of
`self`, count only by their first appearance; annotations and docstrings do not count.
"""

import ast
from collections.abc import Iterator, Sequence
from itertools import pairwise

from grading.errors import GraderError

# Nobody writes a tree twice by chance if it has at least this many nodes, and among them this many
# names, attributes, keywords and constants except None. The recurrence of an RNN has 10 and 6.
TELLING_NODES, TELLING_LEAVES = 10, 6

Tree = str

# Fields that say nothing about what code computes.
_SILENT = {"annotation", "returns", "type_comment", "ctx", "kind", "type_params", "type_ignores"}


def parsed(code: str, name: str) -> ast.Module:
    """The tree of a module's code. Raises GraderError, with the `name` of where it stands."""
    try:
        return ast.parse(code)
    except SyntaxError as error:
        raise GraderError(f"{name} does not parse: {error}") from error


def telling_trees(tree: ast.AST, lines: frozenset[int] | None = None) -> Iterator[Tree]:
    """Every telling tree within `tree`, as text; with `lines`, only those that begin on one."""
    for group in _groups(tree):
        inside = lines is None or all(node.lineno in lines for node in group)
        if inside and _is_telling(group):
            yield shape(group)


def _groups(tree: ast.AST) -> Iterator[list[ast.stmt] | list[ast.expr]]:
    """Every expression, every statement, and any two statements in a row."""
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            yield [node]
        for _, block in ast.iter_fields(node):
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                statements = [statement for statement in block if not _is_docstring(statement)]
                yield from ([statement] for statement in statements)
                yield from ([*pair] for pair in pairwise(statements))


def shape(nodes: Sequence[ast.AST]) -> Tree:
    """These trees as text, without names."""
    names: dict[str, int] = {}

    def number(name: str) -> str:
        return f"n{names.setdefault(name, len(names))}"

    def text(value: object) -> str:
        match value:
            case ast.Name(id=name) | ast.arg(arg=name):
                return number(name)
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                return f"self.{number(name)}"
            case ast.AnnAssign(target=target, value=ast.expr() as given):
                return f"Assign([{text(target)}],{text(given)})"
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                parts = [text(part) for part in _fields(value) if part is not name]
                return f"{type(value).__name__}({number(name)},{','.join(parts)})"
            case ast.AST():
                parts = [text(part) for part in _fields(value)]
                return f"{type(value).__name__}({','.join(parts)})"
            case list():
                return f"[{','.join(text(part) for part in value)}]"
            case _:
                return repr(value)

    return text(list(nodes))


def _fields(node: ast.AST) -> Iterator[object]:
    for name, value in ast.iter_fields(node):
        if name == "body" and isinstance(value, list):
            yield [part for part in value if not _is_docstring(part)]
        elif name not in _SILENT:
            yield value


def _is_docstring(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_telling(group: Sequence[ast.AST]) -> bool:
    nodes = [inner for node in group for inner in _nodes(node)]
    leaves = [inner for inner in nodes if _is_leaf(inner)]
    return len(nodes) >= TELLING_NODES and len(leaves) >= TELLING_LEAVES


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree that its shape shows."""
    yield node
    for value in _fields(node):
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                yield from _nodes(part)


def _is_leaf(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is not None
    return isinstance(node, ast.Name | ast.Attribute | ast.arg | ast.keyword)
