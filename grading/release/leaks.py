"""Look for secrets in the files of a student edition, in every place and form.

Texts may hide in any file, in the strings of JSON and notebooks, and in what the bytes of recorded
arrays spell; syntax trees in modules, in the code of notebooks and Markdown, and in every string
that is itself Python.
"""

import ast
import io
import json
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grading.errors import GraderError
from grading.release.secrets import Secrets, squeezed
from grading.release.syntax import telling_trees

_FENCED = re.compile(r"^```[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Leak:
    """A secret found in a file."""

    path: str
    source: str
    found: str

    @property
    def words(self) -> str:
        return f"{self.path}: {self.source}: {self.found}"


def leaks(files: Mapping[str, bytes], secrets: Secrets) -> list[Leak]:
    """Every place in these files that gives a secret away."""
    return [leak for path, data in files.items() for leak in _in_file(path, data, secrets)]


def _in_file(path: str, data: bytes, secrets: Secrets) -> Iterator[Leak]:
    texts = list(texts_of(path, data))
    whole = squeezed("\n".join(texts))
    for secret, source in secrets.texts.items():
        if secret in whole:
            yield Leak(path, source, secret)
    words = set(re.findall(r"\w+", whole))
    for name in secrets.names.keys() & words:
        yield Leak(path, secrets.names[name], name)
    for tree in (tree for text in texts for tree in _trees(path, text)):
        for shape in set(telling_trees(tree)) & secrets.trees.keys():
            yield Leak(path, secrets.trees[shape], shape)


def texts_of(path: str, data: bytes) -> Iterator[str]:
    """All the text in a file. Raises GraderError for arrays that do not hold numbers."""
    if path.endswith(".npz"):
        yield from _spelled(path, data)
        return
    text = data.decode("utf-8", "replace")
    yield text
    if path.endswith((".json", ".ipynb")):
        yield from _strings(json.loads(text))


def _strings(value: Any) -> Iterator[str]:
    """Every string in a JSON document, and the lines of each notebook cell joined."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
    elif isinstance(value, list):
        if value and all(isinstance(item, str) for item in value):
            yield "".join(value)
        for item in value:
            yield from _strings(item)


def _spelled(path: str, data: bytes) -> Iterator[str]:
    """The text that arrays spell, byte by byte and number by number."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            array = np.load(io.BytesIO(archive.read(name)), allow_pickle=False)
            if array.dtype.kind not in "biuf":
                raise GraderError(f"{path}: {name} holds {array.dtype} values, not numbers")
            yield array.tobytes().decode("latin-1")
            numbers = array.reshape(-1)
            if array.itemsize > 1 and np.isfinite(numbers).all():
                printable = (numbers >= 9) & (numbers < 0x3000)
                yield "".join(map(chr, numbers[printable].astype(np.int64).tolist()))


def _trees(path: str, text: str) -> Iterator[ast.AST]:
    """The syntax trees of a text (in Markdown, of its fenced code) and of the strings in it."""
    pieces: Sequence[str] = _FENCED.findall(text) if path.endswith(".md") else [text]
    for piece in pieces:
        for tree in _as_python(piece):
            yield tree
            for node in ast.walk(tree):
                match node:
                    case ast.Constant(value=str(inner)):
                        yield from _as_python(inner)


def _as_python(text: str) -> Iterator[ast.Module]:
    """`text` parsed as Python; nothing if it is not Python."""
    lines = text.splitlines()
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse("\n".join(line[indent:] for line in lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    yield tree
