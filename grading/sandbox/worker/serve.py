"""Runs inside a worker: reads a source, and answers probes about it until the pipe closes.

Everything below shares a process with the code it serves, so the grader cannot rely on any of it.
It only has to be convenient for honest code.
"""

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import linecache
import marshal
import os
import random
import sys
import tempfile
from collections.abc import Callable
from types import CodeType, ModuleType
from typing import Any, NoReturn

import numpy as np
import torch

from grading.sandbox import frames
from grading.sandbox.shortage import is_shortage

MAX_LINES = 12
MAX_TEXT = 2000


def serve(requests: int, replies: int) -> NoReturn:
    """Answer the frames on descriptor `requests` until it closes, then exit."""
    tempfile.tempdir = os.getcwd()  # the scratch folder
    service = _Service()
    _write(replies, frames.encode({"ready": True}, {}))
    with open(requests, "rb") as asked:
        while asked.peek(1):  # waits; empty once the pipe has closed
            _write(replies, _answer(service, frames.read_frame(asked.read)))
    os._exit(0)


class _Service:
    """The loaded modules, and the requests that a grader can make."""

    def __init__(self) -> None:
        self.probes: ModuleType | None = None
        self.module: ModuleType | None = None
        self.filename = ""
        self.device = torch.device("cpu")

    def load(self, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> dict[str, Any]:
        self.device = torch.device(meta["device"])
        if self.device.type == "cuda":
            # Before anything is seeded: the generators of a GPU exist only from here on.
            torch.cuda.init()  # type: ignore[no-untyped-call]
        self.filename = meta["filename"]
        if "library" in arrays:  # first, under the name by which probes import it
            _load_compiled("checks.probes.library", arrays["library"].tobytes())
        self.probes = _load_compiled("probes", arrays["probes"].tobytes())
        source = arrays["source"].tobytes().decode()
        self.module = load_source(meta["name"], self.filename, source)
        return {}

    def try_cuda(self, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> dict[str, Any]:
        """Differentiate something on the GPU; raises an exception where that does not work."""
        number = torch.ones(1, device="cuda", requires_grad=True)
        return {"slope": torch.autograd.grad(number * number, number)[0]}

    def run(self, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> dict[str, Any]:
        seed_everything(meta["seed"])
        inputs = {name: torch.from_numpy(array).to(self.device) for name, array in arrays.items()}
        probe = getattr(self.probes, meta["probe"])
        answer: dict[str, Any] = probe(self.module, **inputs, **meta["values"])
        return answer


def load_source(name: str, filename: str, source: str) -> ModuleType:
    """Execute `source` as module `name`, which tracebacks, `inspect` and pickle can find."""
    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = (len(source), None, lines, filename)
    spec = importlib.machinery.ModuleSpec(name, _TextLoader(source, filename), origin=filename)
    module = importlib.util.module_from_spec(spec)
    module.__file__ = filename
    sys.modules[name] = module
    assert spec.loader is not None
    spec.loader.exec_module(module)
    return module


def _load_compiled(name: str, code: bytes) -> ModuleType:
    """Execute a module that the grader has compiled."""
    module = sys.modules[name] = ModuleType(name)
    exec(marshal.loads(code), vars(module))
    return module


class _TextLoader(importlib.abc.InspectLoader):
    """Loads a module from text, so that no folder is ever put on the import path."""

    def __init__(self, source: str, filename: str) -> None:
        self.source, self.filename = source, filename

    def get_source(self, fullname: str) -> str:
        return self.source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.source, self.filename, "exec", dont_inherit=True)


def seed_everything(seed: int) -> None:
    """Seed every random number generator."""
    random.seed(seed)
    np.random.seed(seed)
    # torch.manual_seed would also format a stack trace for each missing device.
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed_all(seed)


def _answer(service: _Service, request: frames.Frame) -> bytes:
    identity = request.meta.get("id")
    action: Callable[..., dict[str, Any]] = getattr(service, request.meta["do"])
    try:
        values = action(request.meta, request.arrays)
        arrays, others = _split(values)
        reply = frames.encode({"id": identity, "ok": True, "others": others}, arrays)
    except BaseException as error:
        reply = frames.encode(
            {"id": identity, "ok": False, "error": _describe(error, service.filename)}, {}
        )
    _flush()
    return reply


def _split(values: dict[str, Any]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors and numbers as arrays; for everything else, only the name of its type."""
    arrays, others = {}, {}
    for name, value in values.items():
        if isinstance(value, torch.Tensor) and value.dtype in _NUMPY_DTYPES:
            arrays[name] = value.detach().to("cpu").numpy()
        elif isinstance(value, bool | int | float):
            arrays[name] = np.asarray(value)
        elif isinstance(value, torch.Tensor):
            others[name] = f"tensor of {value.dtype}"[:MAX_TEXT]
        else:
            others[name] = type(value).__name__[:MAX_TEXT]
    return arrays, others


_NUMPY_DTYPES = {getattr(torch, name) for name in frames.DTYPES}


def _describe(error: BaseException, filename: str) -> dict[str, Any]:
    """An exception as plain data: its type, message, and the module's lines it passed through."""
    lines = []
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename == filename:
            lines.append([traceback.tb_lineno, code.co_name[:MAX_TEXT]])
        traceback = traceback.tb_next
    if isinstance(error, SyntaxError) and error.filename == filename and error.lineno:
        lines.append([error.lineno, ""])
    return {
        "type": type(error).__name__[:MAX_TEXT],
        "message": _message(error),
        "lines": lines[-MAX_LINES:],
        "not_implemented": isinstance(error, NotImplementedError),
        "memory": is_shortage(error),
        "ordinary": isinstance(error, Exception),
    }


def _message(error: BaseException) -> str:
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
        return str(text)[:MAX_TEXT].encode("utf-8", "replace").decode()
    except Exception as second:
        return f"(its message could not be read: {type(second).__name__})"[:MAX_TEXT]


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # the code may have replaced them with anything
            stream.flush()


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
