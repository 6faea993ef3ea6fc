"""The memory of workers at each step of their lives."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from grading.checking.respondents import compiled
from grading.sandbox.client import Sandbox, Worker, WorkerFault
from grading.sandbox.limits import Limits
from grading.sandbox.processes import Forked, SandboxError, Spawned, Zygote
from grading.sandbox.rungs import Rung
from tests.gpu import memory

PROBES = Path(__file__).with_name("probes.py")
STEP_CPU_SECONDS = 20.0

Steps = dict[str, Any]


def on(rung: Rung, lives: Mapping[str, Limits]) -> Steps:
    """For each life, which has limits of its own, the memory of a worker, by step.

    It is read from outside: on the strongest rung a worker cannot read it itself. `torch_imported`
    is the zygote's, from which they are forked; the lowest rung has none. Raises SandboxError.
    """
    found: Steps = {}
    zygote = None if rung is Rung.PROCESS else Zygote(rung)
    with Sandbox(zygote) as sandbox:
        if zygote is not None:
            zygote.wait_until_ready()
            found["torch_imported"] = memory.of(_last_child(zygote.process.pid))
        for name, limits in lives.items():
            found[name] = _life(sandbox, "cuda" if limits.gpu else "cpu", limits)
    return found


def _life(sandbox: Sandbox, device: str, limits: Limits) -> Steps:
    """The memory of one worker; `error` is what it could not do, `printed` what it said."""
    found: Steps = {}
    try:
        worker = sandbox.start(limits)
        try:
            _steps(worker, device, found)
        finally:
            worker.kill()
            found["printed"] = worker.output.decode("utf-8", "replace")
    except (SandboxError, WorkerFault, _Refused) as error:
        found["error"] = str(error)
    return found


def _steps(worker: Worker, device: str, found: Steps) -> None:
    """Have the worker do one thing after the other, and note its memory after each."""
    process = worker.process
    assert isinstance(process, Forked | Spawned)
    pid = int(Path(process.stat).parent.name)
    found["worker_ready"] = memory.of(pid)
    _ask(worker, *_load(device))
    for step in ("first_tensor", "training_step"):
        meta: dict[str, Any] = {"do": "run", "probe": step, "seed": 0, "values": {}}
        _ask(worker, meta, {"numbers": np.ones(3, np.float32)})
        found[step] = memory.of(pid)


class _Refused(Exception):
    """A worker answered with an exception."""


def _ask(worker: Worker, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    worker.send(meta, arrays, STEP_CPU_SECONDS)
    reply = worker.receive()
    if reply.meta.get("ok") is not True:
        error = reply.meta["error"]
        what = meta.get("probe", meta["do"])
        raise _Refused(f"{what}: {error['type']}: {error['message']}")


def _load(device: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    meta = {"do": "load", "name": "nothing", "filename": "nothing.py", "device": device}
    probes = compiled(PROBES.read_text(encoding="utf-8"))
    return meta, {"source": np.frombuffer(b"ready = True", np.uint8), "probes": probes}


def _last_child(pid: int) -> int:
    """The zygote behind the processes that bubblewrap puts in front of it."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    found = children.read_text().split() if children.exists() else []
    return _last_child(int(found[0])) if found else pid
