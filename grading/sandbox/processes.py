"""The processes of the sandbox as the grader sees them: the zygote, and a handle to each worker.

This module needs only the standard library, so that the grader can start the zygote before it loads
anything else: the zygote's import of torch is the longest wait of all.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from grading.sandbox import gpu, view
from grading.sandbox.limits import Limits
from grading.sandbox.rungs import Rung, walls

START_SECONDS = 120.0
_MAX_MESSAGE = 65536

BOOT = (
    # Importing torch makes hundreds of thousands of objects and hardly any garbage: looking for
    # garbage during the import costs a tenth of the time.
    "import gc; gc.disable(); "
    "import sys, json; c = json.loads(sys.argv[1]); sys.path[:] = c['path']; "
    "from grading.sandbox.worker import zygote; getattr(zygote, c['serve'])(c)"
)
_ENVIRONMENT = {
    # Set before the interpreter starts, so that no library makes threads: a fork would lose them.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    # Huge pages for the heap, where glibc and the kernel have them: forking and ending a worker
    # then costs 4 ms of CPU time instead of 9 (measured). And at most 8 heaps for all threads
    # together: each maps 64 MB, and glibc would otherwise make up to eight for each core.
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.arena_max=8",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "HOME": "/",
}


class SandboxError(RuntimeError):
    """The sandbox itself failed: never the fault of the code inside."""


class Exit(NamedTuple):
    """How a worker ended, as the kernel reports it; a negative code is a signal."""

    code: int
    cpu_seconds: float
    peak_memory: int


class Process(Protocol):
    """The grader's handle to a worker's process."""

    stat: str  # its file in /proc

    def kill(self) -> None: ...
    def collect(self) -> Exit: ...

    def cpu_seconds(self) -> float | None:
        """The user and system seconds so far; None where the system does not say."""
        try:
            with open(self.stat, "rb", buffering=0) as file:
                # The second field is a name in parentheses, which may hold anything.
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Line:
    """A grader's line to a fork server, to which other graders may have lines as well.

    Workers made over a line end with it. `gone` says that the fork server no longer answers.
    """

    def __init__(self, rung: Rung, door: socket.socket) -> None:
        self.rung = rung
        self.scratch_root = view.SCRATCH if rung is Rung.NAMESPACES else ""
        self.gone = False
        self._versions: dict[str, str] = {}
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, contextlib.suppress(OSError):  # the first request will notice that it is gone
            socket.send_fds(door, [b"line"], [theirs.fileno()])

    def wait_until_ready(self) -> dict[str, str]:
        """Wait for torch to be imported; return the versions of torch and numpy.

        Raises SandboxError.
        """
        if not self._versions:
            reply, _ = self._receive()
            self._versions = {name: reply[name] for name in ("torch", "numpy")}
        return self._versions

    def start(self, limits: Limits, scratch: str, pipes: tuple[int, int, int]) -> "Forked":
        """Fork a worker that holds these pipe ends. Raises SandboxError."""
        self.wait_until_ready()
        request = {
            "do": "start",
            "limits": limits._asdict(),
            "scratch": self.scratch_root or scratch,
        }
        self._send(request, pipes)
        reply, descriptors = self._receive()
        if len(descriptors) != 1:
            raise self._lost("the fork server sent no process descriptor")
        return Forked(self, reply["pid"], descriptors[0])

    def collect(self, pid: int) -> Exit:
        self._send({"do": "collect", "pid": pid})
        reply, _ = self._receive()
        return Exit(reply["exit"], reply["cpu_seconds"], reply["peak_memory"])

    def close(self) -> None:
        self._control.close()

    def _send(self, request: dict[str, Any], pipes: Sequence[int] = ()) -> None:
        try:
            socket.send_fds(self._control, [json.dumps(request).encode()], pipes)
        except OSError as error:
            raise self._lost("the fork server is gone") from error

    def _receive(self) -> tuple[dict[str, Any], list[int]]:
        self._control.settimeout(START_SECONDS)
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, _MAX_MESSAGE, 1)
        except OSError as error:
            raise self._lost(f"no answer from the fork server: {error}") from error
        if not message:
            raise self._lost("the fork server ended")
        return json.loads(message), descriptors

    def _lost(self, what: str) -> SandboxError:
        self.gone = True
        return SandboxError(f"{what} (isolation: {self.rung}). {self._said()}")

    def _said(self) -> str:
        """The last words of the fork server; only the process that started it has them."""
        return ""


class Zygote(Line):
    """The fork server, and a line to it. It starts and imports torch in the background.

    Other processes get lines of their own through its `door`. With `warm`, it also loads what an
    optimizer's first step loads (1.0 to 1.7 s of CPU time), for submissions that will need it.
    """

    def __init__(self, rung: Rung, warm: bool = False) -> None:
        self._log = tempfile.TemporaryFile()
        self.door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        super().__init__(rung, self.door)
        configuration = {
            "serve": "main",
            "path": view.import_path(),
            "door": theirs.fileno(),
            "warm": warm,
            "walls": walls(rung, self.scratch_root),
        }
        command = [view.interpreter(), "-I", "-S", "-c", BOOT, json.dumps(configuration)]
        environment = {**_ENVIRONMENT, **gpu.environment(visible=False)}
        if rung is Rung.NAMESPACES:
            command = view.wrapped(command, environment)
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                env=environment,
                pass_fds=[theirs.fileno()],
                cwd="/",
            )
        finally:
            theirs.close()

    def close(self) -> None:
        super().close()
        self.door.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()

    def _said(self) -> str:
        self._log.seek(0)
        return self._log.read()[-2000:].decode("utf-8", "replace").strip()


def zygote_on(rung: Rung, warm: bool = False) -> Zygote | None:
    """Start a zygote, which begins to import torch at once. The lowest rung has none."""
    return None if rung is Rung.PROCESS else Zygote(rung, warm)


class Forked(Process):
    """A worker forked from the zygote. Its process descriptor never names another process."""

    def __init__(self, line: Line, pid: int, descriptor: int) -> None:
        self._line, self._pid, self._descriptor = line, pid, descriptor
        self.stat = f"/proc/{_pid_here(descriptor)}/stat"

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)

    def collect(self) -> Exit:
        os.close(self._descriptor)
        return self._line.collect(self._pid)


class Spawned(Process):
    """A worker in a fresh interpreter, for the lowest rung: the only one that does not fork."""

    def __init__(self, limits: Limits, scratch: str, pipes: tuple[int, int, int]) -> None:
        requests, replies, output = pipes
        configuration = {
            "serve": "serve_alone",
            "path": view.import_path(),
            "walls": walls(Rung.PROCESS, scratch),
            "limits": limits._asdict(),
            "pipes": [requests, replies],
        }
        self._process = subprocess.Popen(
            [view.interpreter(), "-I", "-S", "-c", BOOT, json.dumps(configuration)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**_ENVIRONMENT, **gpu.environment(limits.gpu)},
            pass_fds=[requests, replies],
            cwd=scratch,
            start_new_session=True,
        )
        self.stat = f"/proc/{self._process.pid}/stat"

    def kill(self) -> None:
        # The whole session, because the code may have made processes on this rung.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def collect(self) -> Exit:
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        unit = 1 if sys.platform == "darwin" else 1024
        cpu_seconds = usage.ru_utime + usage.ru_stime
        return Exit(self._process.returncode, cpu_seconds, usage.ru_maxrss * unit)


def _pid_here(descriptor: int) -> int:
    """The number that the process behind a descriptor has in the grader's own namespace."""
    text = Path(f"/proc/self/fdinfo/{descriptor}").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pid:"))
