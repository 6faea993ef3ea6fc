"""Workers that serve a function `answer`, and are asked for it."""

from textwrap import indent

import numpy as np

from grading.checking.respondents import compiled
from grading.sandbox.client import Sandbox, Worker
from grading.sandbox.frames import Frame
from grading.sandbox.limits import Limits
from grading.sandbox.rungs import Rung

PROBES = """
def call(module, **inputs):
    return {"answer": module.answer(**inputs)}
"""
STRONG = [Rung.NAMESPACES, Rung.LANDLOCK]


def text(value: str) -> np.ndarray:
    return np.frombuffer(value.encode(), np.uint8)


def load(worker: Worker, source: str) -> Frame:
    meta = {"do": "load", "name": "module", "filename": "module.py", "device": "cpu"}
    worker.send(meta, {"source": text(source), "probes": compiled(PROBES)}, 10)
    return worker.receive()


def ask(worker: Worker, cpu_limit: float = 10, **arrays: np.ndarray) -> Frame:
    meta = {"do": "run", "probe": "call", "values": {}, "seed": 1}
    worker.send(meta, arrays, cpu_limit)
    return worker.receive()


def started(sandbox: Sandbox, body: str, limits: Limits | None = None) -> Worker:
    """A worker whose function `answer` has this body."""
    worker = sandbox.start(limits or Limits())
    source = f"import os, torch\nheld = []\ndef answer():\n{indent(body.strip(), '    ')}\n"
    assert load(worker, source).meta["ok"]
    return worker


def number(sandbox: Sandbox, body: str, limits: Limits | None = None) -> int:
    """The number that `answer` returns."""
    worker = started(sandbox, body, limits)
    try:
        reply = ask(worker)
        assert reply.meta["ok"], reply.meta["error"]
        return int(reply.arrays["answer"])
    finally:
        worker.kill()


THREADS = """
import threading
end = threading.Event()
try:
    for _ in range(200):
        held.append(threading.Thread(target=end.wait))
        held[-1].start()
except RuntimeError:
    held.pop()
return torch.tensor(len(held))
"""
