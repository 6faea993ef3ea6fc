"""The readers under test: how to make inputs for each, and what each promises about them.

A check returns whether the input was read (True) or refused as documented (False). Anything else,
an exception or a value that is not what the reader's types say, is a broken promise.
"""

import ast
import contextlib
import json
import math
import os
import tempfile
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from grading import hints, text
from grading.batch.people import merging, roster
from grading.batch.people.evidence import Author, Clue, Evidence, Kind
from grading.batch.people.matching import Roster
from grading.course import answer_sheet, misconceptions, questions, syllabus, thresholds
from grading.course.syllabus import Exercise
from grading.errors import GraderError, UsageError
from grading.sandbox import frames
from grading.submission import file as submissions
from grading.submission import ipython, notebook
from tests.fuzz.inputs import Chance, damaged
from tests.support import notebooks


@dataclass(frozen=True)
class Target:
    """A reader: `make` draws an input, `check` reads it and looks at the answer."""

    name: str
    make: Callable[[Chance], bytes]
    check: Callable[[bytes], bool]


def from_seeds(seeds: Sequence[bytes]) -> Callable[[Chance], bytes]:
    """Inputs made by damaging these."""
    return lambda chance: damaged(chance.one_of(seeds), chance, seeds)


# --- frames


def _valid_frames() -> list[tuple[bytes, bytes]]:
    chance = np.random.default_rng(0)
    metas: list[dict[str, Any]] = [
        {"id": "0" * 32, "ok": True, "others": {}},
        {"ready": True},
        {
            "id": "1" * 32,
            "ok": False,
            "error": {"type": "X", "message": "[{ \\ \u2028", "lines": []},
        },
        {"a": {"b": {"c": [1, 2.5, None, -7]}}},
    ]
    made = []
    for number, name in enumerate(frames.DTYPES):
        for shape in ((), (3,), (2, 3), (0,), (2, 0, 3), (1,) * 8):
            array = chance.integers(0, 2, shape).astype(name)
            arrays = {"a": array, "other": np.zeros((2, 2), np.int8)}
            whole = frames.encode(metas[number % len(metas)], arrays)
            length, _ = frames.lengths(whole[: frames.PREFIX.size])
            end = frames.PREFIX.size + length
            made.append((whole[frames.PREFIX.size : end], whole[end:]))
    return made


_FRAMES = _valid_frames()
_HEADERS = [header for header, _ in _FRAMES]
_BODIES = [body for _, body in _FRAMES]
_WHOLE = [
    frames.PREFIX.pack(frames.MAGIC, len(header), len(body)) + header + body
    for header, body in _FRAMES
]
_SIZES = (
    0,
    1,
    2,
    3,
    8,
    255,
    65536,
    2**26,
    2**26 + 1,
    2**31,
    2**63,
    10**30,
    -1,
    True,
    1.0,
    "1",
    None,
)
_ALLOWED_SIZES = (1, 3, 2**16, 2**26)
_DTYPES: tuple[object, ...] = (
    *frames.DTYPES,
    "object",
    "complex128",
    "<f4",
    "U8",
    "",
    5,
    None,
    ["int8"],
    {},
)
_NAMES: tuple[object, ...] = ("a", "b", "", "x" * 80, "x" * 81, "\0", "\ud800", 3, None, [])


def _make_frame(chance: Chance) -> bytes:
    header, body = chance.one_of(_FRAMES)
    match chance.below(8):
        case 0:
            return damaged(chance.one_of(_WHOLE), chance, _WHOLE)
        case 1:
            return _framed(damaged(header, chance, _HEADERS), body)
        case 2:
            return _framed(header, damaged(body, chance, _BODIES))
        case 3:
            return _framed(header, chance.one_of(_BODIES))
        case 4:
            return _framed(_drawn_header(chance), chance.some_bytes(32))
        case 5:
            return _framed(_header_of_one(chance), b"")
        case 6:
            whole = chance.one_of(_WHOLE)
            return whole[: chance.below(len(whole))]
        case _:
            sizes = [chance.below(2 ** (1 + chance.below(31))) for _ in range(2)]
            body_length = sizes[1] << chance.below(32)
            return frames.PREFIX.pack(frames.MAGIC, sizes[0], body_length) + header + body


def _framed(header: bytes, body: bytes) -> bytes:
    return frames.PREFIX.pack(frames.MAGIC, len(header), len(body)) + header + body


def _drawn_header(chance: Chance) -> bytes:
    listing: list[Any] = []
    for _ in range(chance.below(4)):
        shape = [_drawn_size(chance) for _ in range(chance.below(10))]
        listing.append([chance.one_of(_NAMES), chance.one_of(_DTYPES), shape])
    return json.dumps({"meta": {}, "arrays": listing}).encode()


def _header_of_one(chance: Chance) -> bytes:
    """One array without elements, whose sizes are each allowed."""
    shape = [0, *(chance.one_of(_ALLOWED_SIZES) for _ in range(chance.below(8)))]
    return json.dumps({"meta": {}, "arrays": [["a", chance.one_of(frames.DTYPES), shape]]}).encode()


def _drawn_size(chance: Chance) -> Any:
    return chance.below(4) if chance.below(3) else chance.one_of(_SIZES)


def _check_frame(data: bytes) -> bool:
    position = 0

    def read_exactly(count: int) -> bytes:
        nonlocal position
        assert 0 <= count <= max(frames.MAX_HEADER, frames.MAX_BODY), f"asked for {count} bytes"
        if position + count > len(data):
            raise EOFError
        position += count
        return data[position - count : position]

    try:
        frame = frames.read_frame(read_exactly)
    except (frames.FrameError, EOFError):
        return False
    assert type(frame.meta) is dict
    assert len(frame.arrays) <= frames.MAX_ARRAYS
    assert sum(array.nbytes for array in frame.arrays.values()) <= len(data)
    for name, array in frame.arrays.items():
        assert 0 < len(name) <= frames.MAX_NAME
        assert array.dtype.name in frames.DTYPES
        assert array.flags.writeable
    # What was read can be sent, and arrives the same.
    again = frames.encode(frame.meta, frame.arrays)
    length, _ = frames.lengths(again[: frames.PREFIX.size])
    end = frames.PREFIX.size + length
    twice = frames.decode(again[frames.PREFIX.size : end], again[end:])
    assert repr(twice.meta) == repr(frame.meta)
    assert all(
        twice.arrays[name].tobytes() == frame.arrays[name].tobytes() for name in frame.arrays
    )
    return True


# --- readers of files

_FOLDER = tempfile.TemporaryDirectory(prefix="fuzz-")
_ROOT = Path(_FOLDER.name)
_NAME = "module.py"


def _file(name: str, data: bytes) -> Path:
    path = _ROOT / name
    path.write_bytes(data)
    return path


def _one_clear_line(error: Exception) -> None:
    said = str(error)
    assert said.strip(), "it does not say why"
    assert "\n" not in said, f"more than one line: {said!r}"
    assert all(not unicodedata.category(one).startswith("C") for one in said), repr(said)


def _check_bytes(data: bytes) -> bool:
    try:
        found = submissions.from_bytes(data, _NAME)
    except UsageError as error:
        _one_clear_line(error)
        return False
    _check_submission(found, data)
    return True


def _check_submission(found: submissions.Submission, data: bytes) -> None:
    assert len(data) <= submissions.MAX_BYTES
    assert "\r" not in found.source
    assert "\0" not in found.source
    assert found.source.encode() in (
        data.replace(b"\r\n", b"\n").replace(b"\r", b"\n"),
        data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n"),
    )
    assert len(found.sha256) == 64


def _make_file(chance: Chance) -> bytes:
    """How the file lies there (one byte), its name, a line end, and what is in it."""
    name = damaged(b"module.py", chance, [b"a b.py", b"\xc3\xa9.py"]).replace(b"\n", b"")
    return bytes([chance.below(6)]) + name[:300] + b"\n" + from_seeds(_SOURCES)(chance)


def _check_file(data: bytes) -> bool:
    layout, (name, _, content) = data[0] if data else 0, data[1:].partition(b"\n")
    with tempfile.TemporaryDirectory(dir=_ROOT) as folder, contextlib.suppress(_NotThere):
        path, expected = _laid_out(Path(folder), layout, name, content)
        try:
            found = submissions.read(path, _NAME)
        except UsageError as error:
            _one_clear_line(error)
            return False
        assert expected is not None, f"{path} should have been refused"
        _check_submission(found, expected)
        assert text.one_line(found.name) == found.name
        return True
    return False


class _NotThere(Exception):
    """The file system does not take this name."""


def _laid_out(folder: Path, layout: int, name: bytes, content: bytes) -> tuple[Path, bytes | None]:
    """The path to hand in, and what should be read from it (None: nothing)."""
    path = folder / os.fsdecode(name.replace(b"/", b"_"))
    if layout == 0:  # as a user may type it, NUL and all
        return folder / "no" / os.fsdecode(name), None
    try:
        if layout == 1:
            path.mkdir()
            (path / _NAME).write_bytes(content)
            return path, content
        if layout == 2:
            (folder / "real").write_bytes(content)
            path.symlink_to(folder / "real")
            return path, None
        if layout == 3:
            os.mkfifo(path)
            return path, None
        if layout == 4:
            (path / _NAME).mkdir(parents=True)
            return path, None
        path.write_bytes(content)
    except (OSError, ValueError) as error:
        raise _NotThere from error
    return path, content


def _make_notebook(chance: Chance) -> bytes:
    """A damaged notebook, or a valid one around damaged text or with a strange value."""
    match chance.below(3):
        case 0:
            return damaged(chance.one_of(_NOTEBOOKS), chance, _NOTEBOOKS)
        case 1:
            cells = [_drawn_cell(chance) for _ in range(1 + chance.below(3))]
            return notebooks.notebook(*cells)
        case _:
            document = json.loads(chance.one_of(_NOTEBOOKS))
            _make_strange(document, chance)
            return json.dumps(document).encode()


def _drawn_cell(chance: Chance) -> dict[str, Any]:
    data = damaged(chance.one_of(_CELLS), chance, _CELLS)
    # One in eight keeps what is no text: half characters.
    errors = "replace" if chance.below(8) else "surrogateescape"
    return notebooks.code(data.decode("utf-8", errors))


def _make_strange(value: Any, chance: Chance) -> None:
    """Put something else into one place of a document."""
    while True:
        keys = list(value) if isinstance(value, dict) else range(len(value))
        if not keys:
            return
        key = chance.one_of(keys)
        if not chance.below(4) or not isinstance(value[key], dict | list):
            value[key] = chance.one_of(_STRANGE)
            return
        value = value[key]


def _check_notebook(data: bytes) -> bool:
    try:
        source, line_map, _ = notebook.module_of(data, "work.ipynb")
    except UsageError as error:
        _one_clear_line(error)
        return False
    source.encode("utf-8")
    assert "\r" not in source
    assert "\0" not in source
    lines = source.split("\n")
    document = json.loads(data.decode("utf-8-sig"), parse_int=float)
    sheets = [document] if document["nbformat"] == 4 else document["worksheets"]
    cells = [cell for sheet in sheets for cell in sheet["cells"]]
    if not line_map.cells:
        assert source == ""
        return True
    ends = [*(above - 1 for above, _ in line_map.cells[1:]), len(lines) - 1]
    for (above, number), end in zip(line_map.cells, ends, strict=True):
        assert lines[above - 1] == f"# %% cell {number}"
        assert line_map.place(end) == f"cell {number}, line {end - above}"
        own = cells[number - 1].get("source" if document["nbformat"] == 4 else "input")
        own = "".join(own).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        assert len(own) == end - above, "a line was added or lost"
        _python_stays_python(own)
    return True


def _python_stays_python(lines: list[str]) -> None:
    """What Python can read means the same after magics were taken out of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse("\n".join(lines))
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return
        assert ast.dump(ast.parse("\n".join(ipython.without_magics(lines)))) == ast.dump(tree)


def _check_roster(data: bytes) -> bool:
    try:
        known = merging.merged(roster.read(_file("roster.csv", data), {}))
    except UsageError as error:
        _one_clear_line(error)
        return False
    everybody = Roster(known)
    for person in known:
        assert person.name, repr(person)
        assert person.namesake >= 0, repr(person)
        for column, value in asdict(person).items():
            if column == "namesake":
                continue
            words = value if isinstance(value, tuple) else (value,)
            assert all(type(word) is str for word in words), f"{column}: {person!r}"
            assert all(text.one_line(word) == word for word in words), f"{column}: {person!r}"
        clues = (
            Clue(Kind.ID, person.id),
            Clue(Kind.LOGIN, person.login),
            Clue(Kind.EMAIL, person.email),
            Clue(Kind.NAME, person.name),
        )
        match = everybody.match([Author("a", clues)], {})["a"]
        if match.evidence is not Evidence.TEAM:
            assert set(match.people) <= {person}, repr(match)
        assert not (match.people and match.candidates), repr(match)
    return True


def _check_questions(data: bytes) -> bool:
    try:
        found = questions.read(_file("ex1.md", data))
    except UsageError as error:
        _one_clear_line(error)
        return False
    for question in found:
        assert question.name.isidentifier()
        assert question.name == question.name.lower()
        _no_control(question.answer)
    asked = [replace(question, answer="") for question in found[:3]]
    filled = answer_sheet.from_bytes(data, "ex1.md", answer_sheet.Form(asked))
    assert [one.name for one in filled] == list(dict.fromkeys(one.name for one in asked))
    for answer in filled.given.values():
        _no_control(answer)
    empty = questions.without_answers(data.decode("utf-8-sig").replace("\r\n", "\n"))
    assert [one.name for one in questions.parse(empty)] == [one.name for one in found]
    return True


def _check_rubric(data: bytes) -> bool:
    path = _file("rubric.csv", data)
    try:
        marks = questions.read_rubric(path)
    except UsageError as error:
        _one_clear_line(error)
        return False
    for name, mark in (one for mine in marks.values() for one in mine.items()):
        assert type(name) is str
        assert math.isfinite(mark.points)
        assert math.isfinite(mark.max_points)
        assert 0 <= mark.points <= mark.max_points
        _no_control(mark.comment)
    return True


def _check_hints(data: bytes) -> bool:
    folder = _ROOT / hints.FOLDER
    folder.mkdir(exist_ok=True)
    (folder / "ex1.json").write_bytes(data)
    record = hints.read(Exercise("ex1", "Title", _NAME, _ROOT))
    if record is None:
        return False
    for failure in record.failures:
        for one in fields(failure):
            value = getattr(failure, one.name)
            optional = one.name == "misconception" and value is None
            assert optional or type(value) is str, f"{one.name} is {value!r}"
    for shown in record.shown:
        assert type(shown.check) is str, repr(shown)
        assert shown.misconception is None or type(shown.misconception) is str, repr(shown)
        assert type(shown.tier) is int, repr(shown)
        assert shown.tier >= 1, repr(shown)
        assert type(shown.price) in (int, float), repr(shown)
        assert math.isfinite(shown.price), repr(shown)
        assert shown.price >= 0, repr(shown)
    return True


def _check_course(data: bytes) -> bool:
    _file("course.toml", data)
    try:
        found = syllabus.load(_ROOT)
    except GraderError:
        return False
    assert type(found.title) is str, repr(found.title)
    assert type(found.show_answers) is bool
    assert math.isfinite(found.hint_price), repr(found)
    assert found.hint_price >= 0, repr(found)
    for exercise in found.exercises.values():
        assert type(exercise.title) is str, repr(exercise)
        assert type(exercise.file) is str, repr(exercise)
    return True


def _check_misconceptions(data: bytes) -> bool:
    try:
        found = misconceptions.load(_file("known.toml", data))
    except GraderError:
        return False
    for known in found:
        assert len(known.hints) == misconceptions.TIERS
        for name, value in asdict(known).items():
            words = value if isinstance(value, tuple) else (value,)
            flat = [one for word in words for one in (word if name == "edits" else [word])]
            assert all(type(one) is str for one in flat), f"{name}: {value!r}"
        with contextlib.suppress(GraderError):
            known.made_in("def f(a):\n    return a + 1\n")
    return True


def _check_thresholds(data: bytes) -> bool:
    try:
        found = thresholds.load(_file("thresholds.json", data))
    except GraderError:
        return False
    for devices in found.values():
        for calibration in devices.values():
            bounds = calibration.bounds
            assert not math.isnan(bounds.above), repr(bounds)
            assert not math.isnan(bounds.below), repr(bounds)
            assert bounds.tries >= 1, repr(bounds)
            assert type(bounds.admit(1.0)) is bool
        thresholds.bounds_on(devices, "cpu")
    return True


def _make_text(chance: Chance) -> bytes:
    if chance.below(2):
        points = [_code_point(chance) for _ in range(chance.below(60))]
        return "".join(map(chr, points)).encode("utf-8", "surrogatepass")
    return damaged(chance.one_of(_TEXTS), chance, _TEXTS)


def _code_point(chance: Chance) -> int:
    return chance.below((128, 0x300, 0x3000, 0x10000, 0x110000)[chance.below(5)])


def _check_text(data: bytes) -> bool:
    try:
        said = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        said = data.decode("utf-8", "surrogateescape")
    for limit in (0, 7, 2000):
        shown = text.clean(said, limit)
        _no_control(shown)
        assert len(shown) <= limit + len(" […]")
        assert text.clean(shown, len(shown)) == shown
        line = text.one_line(said, limit)
        _no_control(line)
        assert "\n" not in line
        assert "\t" not in line
    return True


def _no_control(shown: str) -> None:
    shown.encode("utf-8")
    for one in shown:
        assert one in "\n\t" or unicodedata.category(one)[0] != "C", f"U+{ord(one):04X} is left"


# --- seeds

_SOURCES = (
    b"import torch\n\n\ndef f(x):\n    return x + 1\n",
    "x = 'gr\u00fcn \u65e5\u672c'\r\ny = 2\r".encode(),
    b"\xef\xbb\xbfclass A:\n    pass\n",
    b"",
)
_CELLS = (
    b"%matplotlib inline\n!pip install x \\\n  y\nx = (1\n% 2)\nnn.LSTM?\nfiles = !ls -l\n",
    b"%%time\nfor x in y:\n    %time z = f(x)\n    print('a\\'b', \"%\", x != 1)\n",
    b'%%bash\nls "$x"\n',
    b"from __future__ import annotations\nfrom IPython.display import display\ndisplay(f'{1}')\n",
    'def f(x):\n    """A.\n\n    %cd, why?\n    """\n    return x \\\n% 2  # \u00fc'.encode(),
    b"class A:\n    def f(self):\n        return [\n            {1: ')'},\n        ]\n",
    b"x = (7  # (\n% f(')')\n% 3)\ny = {\n    1: x\n% 2}\n",
)
_NOTEBOOKS = (
    notebooks.notebook(
        notebooks.markdown("# Title"), *(notebooks.code(cell.decode()) for cell in _CELLS)
    ),
    notebooks.notebook(notebooks.code("x = 1", tags=["skip"]), notebooks.code("y = 2", "", "z")),
    b'{"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": "x\\ny"}, '
    b'{"cell_type": "heading", "level": 1, "source": "T"}]}]}',
)
_STRANGE: tuple[Any, ...] = (
    None, True, 0, 3, 4, -1.5, 10**400, float("nan"), "", "code", "x\0", "\ud800", [], [[]], {},
    ["x", 1], {"a": {}}, {"tags": ["skip"]}, {"tags": "skip"}, {"cell_type": "code", "source": "x"},
)  # fmt: skip
_ROSTERS = (
    b"name,id,email,login,section\nAda Lovelace,1,ada@example.org,al,A\nBob,2,,,\n",
    '\ufeffName,Email\n"Doe, Jane",jane@example.org\n'.encode(),
    b'Student,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n"Doe, J",7,1,jd,A\n',
    "First name;Surname;ID number;Groups\nJos\u00e9;M\u00fcller;007;Red\n".encode("cp1252"),
    b"#OrgDefinedId,Username,Last Name,First Name,Email\n#01,#ann,Smith,Ann,a@x.edu\n#01,,A,,\n",
    "Last Name\tFirst Name\tUsername\tStudent ID\nDoe\tJane\tjd\t12\n".encode("utf-16"),
    'section,NAME,,other\nA,"Zo\u00eb\nM\u00fcller",x,y\n\nB,"a ""b"" c"\n'.encode(),
)
_QUESTIONS = (
    b"# Title\n\nHello.\n\n## first: Why?\n\nBecause.\n\n## second_2: And?\n\n<!-- Here. -->\n",
    b"## a: b\n<!-- x\n## c: d\n-->\n## e: f <!-- g -->\n\nh\r\n",
)
_RUBRICS = (
    b"submission,exercise,question,points,max_points,comment\nann,ex1,first,2,3,fine\n",
    b'submission,exercise,question,points,max_points\nann,ex1,b,0,1\nbob,ex1,b,1,1\nann,ex1,c,"1",2\n',
    b'max_points,points,question,exercise,submission,comment\n3,2.5,a,ex1,ann,"x\n""y"""\n',
)
_FAILURE = {
    "check": "a", "title": "b", "status": "failed", "message": "c", "hint": "d",
    "misconception": None,
}  # fmt: skip
_SHOWN = {"check": "a", "misconception": "m", "tier": 1, "price": 0.5}
_HINTS = tuple(
    json.dumps(content).encode()
    for content in (
        {"failures": [_FAILURE], "shown": [_SHOWN]},
        {"failures": [], "shown": []},
        {"failures": [_FAILURE, {**_FAILURE, "misconception": "m"}], "shown": [_SHOWN, _SHOWN]},
    )
)
_COURSES = (
    b'title = "T"\nshow_answers = false\nhints = true\nhint_price = 0.5\n'
    b'[exercises.ex1]\ntitle = "A"\nfile = "a.py"\n[exercises.ex2]\ntitle = "B"\nfile = "b.py"\n',
    b'title = "T"\n[exercises.a]\ntitle = "A"\nfile = "a.py"\n',
)
_MISTAKES = (
    b'[[misconception]]\nname = "a"\nwhy = "b"\nstudent = "c"\nhints = ["x", "y", "z"]\n'
    b'fails = ["f"]\nedits = [["a + 1", "a"]]\nalso = []\nsame_as = ""\n',
    b"[[misconception]]\nname = 'a'\nwhy = 'b'\nstudent = 'c'\nhints = ['x', 'y', 'z']\n"
    b"fails = []\nedits = [['''\na''', ''], ['b', 'c']]\nunnamed = 'u'\n",
)
_THRESHOLDS = (
    b'{"a": {"quantity": "loss", "devices": {"cpu": {"above": 0.0, "below": 1.5, "tries": 2, '
    b'"right": [0.5, 0.6], "wrong": {"m": [2.0]}}}}}',
    b'{"a": {"quantity": "loss", "devices": {}}, "b": {"quantity": "x", "devices": {"cuda": '
    b'{"above": -1, "below": 3, "tries": 1, "right": [], "wrong": {}}}}}',
)
_TEXTS = (
    b"plain text\n\tand a tab",
    "\x1b[31mred\x1b[0m \u202egnp.exe \u200b\u00ad\ufeff".encode(),
    "gr\u00f6\u00dfer \u65e5\u672c\u8a9e \U0001f468\u200d\U0001f469".encode(),
    b"::error file=a::b\r##vso[task]\r\n=1+1",
    b"x" * 2100,
)

TARGETS = {
    target.name: target
    for target in (
        Target("frames", _make_frame, _check_frame),
        Target("submission_bytes", from_seeds(_SOURCES), _check_bytes),
        Target("submission_file", _make_file, _check_file),
        Target("notebook", _make_notebook, _check_notebook),
        Target("roster", from_seeds(_ROSTERS), _check_roster),
        Target("questions", from_seeds(_QUESTIONS), _check_questions),
        Target("rubric", from_seeds(_RUBRICS), _check_rubric),
        Target("hints", from_seeds(_HINTS), _check_hints),
        Target("course", from_seeds(_COURSES), _check_course),
        Target("misconceptions", from_seeds(_MISTAKES), _check_misconceptions),
        Target("thresholds", from_seeds(_THRESHOLDS), _check_thresholds),
        Target("text", _make_text, _check_text),
    )
}
