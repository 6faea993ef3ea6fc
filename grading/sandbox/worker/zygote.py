"""The fork server: imports torch once, then forks workers in milliseconds.

The grader starts it as `python -I -S`, with its configuration as one JSON argument. It holds no
secret and runs no submission: a fork confines itself first (`confine.py`).

It is single-threaded on purpose: a fork of a process that has used an OpenMP pool of two threads
hangs at its first large matmul (measured; libgomp's threads do not survive the fork).
"""

import contextlib
import fcntl
import gc
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
import torch

from grading.sandbox.limits import Limits
from grading.sandbox.shortage import is_shortage
from grading.sandbox.worker import kernel, serve, warm_up
from grading.sandbox.worker.confine import Walls, confine, fork, new_session

UNCONFINED = 99
MAX_MESSAGE = 65536
# The same number on every architecture.
_CLOSE_RANGE = 436
_ANY_DESCRIPTOR = 2**31 - 1


def main(configuration: dict[str, Any]) -> NoReturn:
    """Let graders in at the door, and serve each on a line of its own, until the door closes."""
    torch.set_num_threads(1)
    # A second thread in a worker would only compete with the workers beside it.
    torch.set_num_threads = lambda nthreads: None
    walls = Walls(**configuration["walls"])
    _prepare(configuration)
    door = socket.socket(fileno=configuration["door"])
    lines: dict[socket.socket, set[int]] = {}
    while True:
        for ready in select.select([door, *lines], [], [])[0]:
            if ready is door:
                lines[_let_in(door)] = set()
            elif not _served(ready, lines[ready], walls):
                _hang_up(ready, lines.pop(ready))


def _let_in(door: socket.socket) -> socket.socket:
    """Accept a new line. If the door has been closed, end this process."""
    message, descriptors, _, _ = socket.recv_fds(door, MAX_MESSAGE, 1)
    if not message:
        # The system frees everything; doing so object by object costs 0.5 s of CPU (measured).
        os._exit(0)
    line = socket.socket(fileno=descriptors[0])
    with contextlib.suppress(OSError):  # the grader is gone already: the next read will say so
        _reply(line, {"ready": True, "torch": torch.__version__, "numpy": np.__version__})
    return line


def _served(line: socket.socket, workers: set[int], walls: Walls) -> bool:
    """Do what the next message on a line asks for; False if the line has ended.

    A failure ends this line only: other graders may be using theirs.
    """
    try:
        message, descriptors, _, _ = socket.recv_fds(line, MAX_MESSAGE, 3)
        if not message:
            return False
        request = json.loads(message)
        if request["do"] == "start":
            own_walls = walls._replace(scratch=request["scratch"])
            pid, handle = _start(own_walls, Limits(**request["limits"]), descriptors)
            workers.add(pid)
            with open(handle, "rb", buffering=0):
                _reply(line, {"pid": pid}, [handle])
        else:
            _reply(line, _collect(request["pid"]))
            workers.discard(request["pid"])
    except OSError:
        traceback.print_exc()
        return False
    return True


def _hang_up(line: socket.socket, workers: set[int]) -> None:
    """Close a line, and end every worker that was made over it."""
    line.close()
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _prepare(configuration: dict[str, Any]) -> None:
    """Do once what every worker would otherwise do for itself."""
    warm_up.run()
    if configuration["warm"]:
        # An optimizer's first step imports a thousand modules: 1.0 to 1.7 s of CPU (measured).
        torch.optim.Adam(torch.nn.Linear(2, 2).parameters()).step()
    # A worker's garbage collections never visit frozen objects, so their pages stay shared. There
    # is hardly any garbage among them: looking for it would cost 0.07 s of CPU (measured).
    gc.freeze()
    gc.enable()  # disabled when this process began


def _start(walls: Walls, limits: Limits, descriptors: list[int]) -> tuple[int, int]:
    """Fork a worker; return its process number and its process descriptor."""
    pid = fork(walls)
    if pid == 0:
        _become_worker(walls, limits, descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    return pid, os.pidfd_open(pid)


def _become_worker(walls: Walls, limits: Limits, descriptors: list[int]) -> NoReturn:
    try:
        # This also closes the door and every line.
        requests, replies = place_descriptors(*descriptors)
        new_session()
        confine(walls, limits)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(UNCONFINED)
    try:
        serve.serve(requests, replies)
    except BaseException as error:
        _say_if_memory_lacked(error)
    finally:
        os._exit(1)  # never return into the fork server's loop


def _say_if_memory_lacked(error: BaseException) -> None:
    """Print the word by which the grader recognizes a lack of memory.

    The worker may have too little left to describe the exception in an answer.
    """
    try:
        lacked = is_shortage(error)
    except MemoryError:
        lacked = True
    if lacked:
        os.write(2, b"MemoryError\n")


def place_descriptors(requests: int, replies: int, output: int) -> tuple[int, int]:
    """Empty standard input, send both outputs to their pipe, close all but the three pipes."""
    # First move them away, so that no dup2 below overwrites one that is still needed.
    requests, replies, output = (
        fcntl.fcntl(descriptor, fcntl.F_DUPFD, 5) for descriptor in (requests, replies, output)
    )
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(requests, 3)
    os.dup2(replies, 4)
    # Not os.closerange: a Python built for an older C library would close all possible descriptors
    # one by one, which can be a million.
    kernel.syscall(_CLOSE_RANGE, 5, _ANY_DESCRIPTOR, 0)
    return 3, 4


def _collect(pid: int) -> dict[str, Any]:
    """Wait for a worker to end, and say how it ended."""
    _, status, usage = os.wait4(pid, 0)
    return {
        "exit": os.waitstatus_to_exitcode(status),
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_memory": usage.ru_maxrss * 1024,
    }


def _reply(line: socket.socket, content: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    socket.send_fds(line, [json.dumps(content).encode()], descriptors)


def serve_alone(configuration: dict[str, Any]) -> NoReturn:
    """On the lowest rung, turn this process into the worker, with resource limits only."""
    torch.set_num_threads(1)
    gc.enable()
    # The first backward pass counts the GPUs. With memory limited, PyTorch would print a warning
    # there, among what the submission prints (seen on an H200).
    torch.ones(1, requires_grad=True).backward()  # type: ignore[no-untyped-call]
    confine(Walls(**configuration["walls"]), Limits(**configuration["limits"]))
    serve.serve(*configuration["pipes"])
