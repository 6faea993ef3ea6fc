"""The fork server: imports torch once, then forks workers in milliseconds.

Started by the grader as `python -I -S`, with its configuration as one JSON argument. It holds no
secret and runs no submission: a fork confines itself first (`confine.py`).

Single-threaded, on purpose and by measurement: a fork of a process that has used an OpenMP pool
of two threads hangs at its first large matmul (libgomp's threads do not survive the fork).
"""

import fcntl
import gc
import json
import os
import socket
import sys
import traceback
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np
import torch

from grading.sandbox import kernel, worker
from grading.sandbox.confine import Walls, confine, new_session
from grading.sandbox.limits import Limits

UNCONFINED = 99
MAX_MESSAGE = 65536
_SAFE_DESCRIPTORS = 100


def main(configuration: dict[str, Any]) -> None:
    """Serve the control socket until the grader closes it."""
    torch.set_num_threads(1)
    # In a worker a second thread would only compete with the neighbor's.
    torch.set_num_threads = lambda nthreads: None
    walls = Walls(**configuration["walls"])
    _prepare(configuration)
    control = socket.socket(fileno=configuration["control"])
    _reply(control, {"ready": True, "torch": torch.__version__, "numpy": np.__version__})
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, MAX_MESSAGE, 3)
        if not message:
            return
        request = json.loads(message)
        if request["do"] == "start":
            own_walls = replace(walls, scratch=request["scratch"])
            _start(control, own_walls, Limits(**request["limits"]), descriptors)
        else:
            _collect(control, request["pid"])


def _prepare(configuration: dict[str, Any]) -> None:
    """Do once what every worker would otherwise do for itself."""
    layer = torch.nn.Linear(2, 2)
    loss = torch.nn.functional.mse_loss(torch.tanh(layer(torch.ones(1, 2))), torch.zeros(1, 2))
    torch.autograd.grad(loss, list(layer.parameters()))
    worker.seed_everything(0)
    worker.load_source("warm", "warm.py", "ready = True")
    torch.from_numpy(np.zeros((2, 2), np.float32)).to("cpu").detach().numpy()
    if configuration["warm"]:
        # An optimizer's first step imports a thousand modules: 1.0 to 1.7 s of CPU (measured).
        torch.optim.Adam(layer.parameters()).step()
    gc.collect()
    # Frozen objects are never visited by a worker's collections, so their pages stay shared.
    gc.freeze()


def _start(control: socket.socket, walls: Walls, limits: Limits, descriptors: list[int]) -> None:
    if walls.namespaces:
        own = os.pidfd_open(os.getpid())
        # Back to the zygote's own namespace first: one cannot leave a namespace one is not in.
        kernel.setns(own, kernel.CLONE_NEWPID)
        os.close(own)
        kernel.unshare(kernel.CLONE_NEWPID)
    pid = os.fork()
    if pid == 0:
        _become_worker(control, walls, limits, descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    handle = os.pidfd_open(pid)
    _reply(control, {"pid": pid}, [handle])
    os.close(handle)


def _become_worker(
    control: socket.socket, walls: Walls, limits: Limits, descriptors: list[int]
) -> NoReturn:
    try:
        control.close()
        requests, replies = place_descriptors(*descriptors)
        new_session()
        confine(walls, limits)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(UNCONFINED)
    worker.serve(requests, replies)


def place_descriptors(requests: int, replies: int, output: int) -> tuple[int, int]:
    """Standard streams: nothing in, both outputs to the pipe. Close all but the three pipes."""
    # Far away first, so that no dup2 below overwrites one that is still needed.
    requests, replies, output = (
        _duplicate_above(descriptor) for descriptor in (requests, replies, output)
    )
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(requests, 3)
    os.dup2(replies, 4)
    os.closerange(5, max(_SAFE_DESCRIPTORS + 16, output + 1))
    return 3, 4


def _duplicate_above(descriptor: int) -> int:
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD, _SAFE_DESCRIPTORS)


def _collect(control: socket.socket, pid: int) -> None:
    _, status, usage = os.wait4(pid, 0)
    _reply(
        control,
        {
            "exit": os.waitstatus_to_exitcode(status),
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "peak_memory": usage.ru_maxrss * 1024,
        },
    )


def _reply(
    control: socket.socket, content: dict[str, Any], descriptors: list[int] | None = None
) -> None:
    socket.send_fds(control, [json.dumps(content).encode()], descriptors or [])


def serve_alone(configuration: dict[str, Any]) -> NoReturn:
    """The lowest rung: this very process becomes the worker, behind resource limits alone."""
    torch.set_num_threads(1)
    confine(Walls(**configuration["walls"]), Limits(**configuration["limits"]))
    worker.serve(*configuration["pipes"])
