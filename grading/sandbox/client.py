"""The grader's side: starts workers, asks them, and ends them no matter what they do."""

import contextlib
import errno
import os
import secrets
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from grading.closing import Closing
from grading.sandbox import frames
from grading.sandbox.limits import Limits
from grading.sandbox.processes import (
    START_SECONDS,
    Exit,
    Line,
    Process,
    SandboxError,
    Spawned,
)
from grading.sandbox.shortage import ended_by_shortage

KEPT_OUTPUT = 64 * 1024
MAX_OUTPUT = 64 * 1024 * 1024
# A worker that waits or sleeps uses no CPU time, so the wall clock is the safety net. It is wide
# enough that honest work on a machine shared by four others still reaches the CPU limit first.
WALL_PER_CPU_SECOND = 4.0
TICK_SECONDS = 0.05
_UNCONFINED = 99
_BLOCK = 4096


class Fault(StrEnum):
    """The ways in which a worker fails to answer."""

    TIMED_OUT = "timed_out"
    CRASHED = "crashed"
    OUT_OF_MEMORY = "out_of_memory"
    FLOODED = "flooded"
    PROTOCOL = "protocol"


class WorkerFault(Exception):
    """A worker did not answer, and has been ended."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault, self.detail = fault, detail


@dataclass
class Usage:
    """What the workers of a sandbox have used up."""

    workers: int = 0
    cpu_seconds: float = 0.0
    peak_memory: int = 0


class Sandbox(Closing):
    """Starts workers: forks from the fork server behind `line`, or fresh interpreters without one.

    While a worker keeps the grader waiting, `on_wait` is called every 50 ms. If it raises
    KeyboardInterrupt, the wait ends, and the caller ends the worker. Use a sandbox as a context
    manager, which also closes the line; it is not thread-safe.
    """

    def __init__(self, line: Line | None) -> None:
        self.usage = Usage()
        self.on_wait: Callable[[], None] = lambda: None
        self._line = line
        self.scratch = tempfile.TemporaryDirectory(prefix="unrolled-")

    def close(self) -> None:
        """Close the line, which ends every worker made over it, and delete the scratch folders."""
        if self._line is not None:
            self._line.close()
        self.scratch.cleanup()

    @contextlib.contextmanager
    def waiting(self, on_wait: Callable[[], None]) -> Iterator[None]:
        """In this block, call `on_wait` while a worker keeps the grader waiting."""
        before, self.on_wait = self.on_wait, on_wait
        try:
            yield
        finally:
            self.on_wait = before

    def start(self, limits: Limits) -> "Worker":
        """Start a worker, which is then confined and ready. Raises SandboxError."""
        self.usage.workers += 1
        # No folder where each worker mounts its own, limited in size.
        mounts = self._line is not None and self._line.scratch_root
        scratch = "" if mounts else tempfile.mkdtemp(dir=self.scratch.name)
        request_read, request_write, reply_read, reply_write, output_read, output_write = _pipes()
        theirs = (request_read, reply_write, output_write)
        ours = (request_write, reply_read, output_read)
        try:
            if self._line is None:
                process: Process = Spawned(limits, scratch, theirs)
            else:
                process = self._line.start(limits, scratch, theirs)
        except BaseException:
            _close_all(ours)
            raise
        finally:
            _close_all(theirs)
        worker = Worker(process, ours, scratch, limits, self.usage, lambda: self.on_wait())
        try:
            worker.greet()
        except BaseException:
            worker.kill()
            raise
        return worker


@dataclass
class _Pending:
    """A request that was sent but not yet answered."""

    identity: str
    unsent: memoryview
    cpu_limit: float
    wall_limit: float
    sent: float = field(default_factory=time.monotonic)
    # CPU time used when the limits were first checked, a tick after the request was sent; the
    # request is not charged for it. Checking when it is sent would make asking a tenth dearer.
    cpu_at_first: float | None = None


@dataclass
class Worker:
    """One confined process with one source. Ended by `kill`, or by its own misbehavior."""

    process: Process
    pipes: tuple[int, int, int]
    scratch: str
    limits: Limits
    usage: Usage
    on_wait: Callable[[], None]
    output: bytes = b""
    exit: Exit | None = None
    _received: bytearray = field(default_factory=bytearray)
    _printed: int = 0
    _pending: _Pending | None = None
    _looked: float = 0.0

    def greet(self) -> None:
        """Wait until the worker reports that all its walls stand. Raises SandboxError."""
        os.set_blocking(self.pipes[0], False)
        self._pending = _Pending("", memoryview(b""), START_SECONDS, START_SECONDS)
        try:
            frame = self._next_frame(self._pending)
        except WorkerFault as fault:
            said = self.output.decode("utf-8", "replace").strip()
            raise SandboxError(f"a worker could not be confined: {fault.detail}. {said}") from fault
        if frame.meta != {"ready": True}:
            raise SandboxError("a worker did not report ready")

    def send(
        self,
        meta: Mapping[str, Any],
        arrays: Mapping[str, np.ndarray],
        cpu_limit: float,
    ) -> None:
        """Send a request; `receive` waits for the answer. `cpu_limit` is in CPU seconds."""
        identity = secrets.token_hex(16)
        data = frames.encode({**meta, "id": identity}, arrays)
        self._drain_output()
        if _has_input(self.pipes[1]):
            self._receive_some()
        if self._received:
            self._fail(Fault.PROTOCOL, "it answered before it was asked")
        wall_limit = cpu_limit * WALL_PER_CPU_SECOND
        self._pending = _Pending(identity, memoryview(data), cpu_limit, wall_limit)
        self._write_some(self._pending)

    def receive(self) -> frames.Frame:
        """The answer to the last `send`. Raises WorkerFault, after it has ended the worker."""
        assert self._pending is not None, "receive follows send"
        frame = self._next_frame(self._pending)
        if frame.meta.get("id") != self._pending.identity:
            self._fail(Fault.PROTOCOL, "its answer does not match the request")
        # A worker that writes fast may answer before the first tick has measured its files.
        self._measure_scratch()
        self._pending = None
        return frame

    def kill(self) -> Exit:
        """End the process now, and wait until it is gone. Safe to call twice.

        Raises SandboxError if the fork server is gone, which alone knows how the process ended.
        """
        if self.exit is None:
            self.process.kill()
            self._drain_output()
            _close_all(self.pipes)
            # In case `collect` fails: the descriptors are closed and must not be used again.
            self.exit = Exit(-signal.SIGKILL, 0.0, 0)
            try:
                self.exit = self.process.collect()
            finally:
                if self.scratch:
                    _remove(self.scratch)
            self.usage.cpu_seconds += self.exit.cpu_seconds
            self.usage.peak_memory = max(self.usage.peak_memory, self.exit.peak_memory)
        return self.exit

    def _next_frame(self, pending: _Pending) -> frames.Frame:
        def read_exactly(count: int) -> bytes:
            while len(self._received) < count:
                self._wait(pending)
            data = bytes(self._received[:count])
            del self._received[:count]
            return data

        self._looked = time.monotonic()
        try:
            frame = frames.read_frame(read_exactly)
        except frames.FrameError as error:
            self._fail(Fault.PROTOCOL, f"its answer is malformed: {error}")
        if self._received:
            self._fail(Fault.PROTOCOL, "it sent more bytes after its answer")
        return frame

    def _wait(self, pending: _Pending) -> None:
        """Wait until something arrives or a tick has passed; check every limit once a tick."""
        request_pipe, reply_pipe, output_pipe = self.pipes
        writable = [request_pipe] if pending.unsent else []
        ready, sendable, _ = select.select([reply_pipe, output_pipe], writable, [], TICK_SECONDS)
        if output_pipe in ready:
            self._drain_output()
        if sendable:
            self._write_some(pending)
        if reply_pipe in ready:
            self._receive_some()
        # Limits are also checked between the bytes of an answer, which might trickle in forever.
        # But an answer that has already arrived, however late, is read before the limits count.
        if time.monotonic() - self._looked >= TICK_SECONDS:
            self._check_limits(pending)
            self._looked = time.monotonic()
            self.on_wait()

    def _receive_some(self) -> None:
        """Read the part of an answer that has arrived. Raises WorkerFault if the pipe is closed."""
        chunk = os.read(self.pipes[1], 1 << 20)
        if not chunk:
            self._ended()
        self._received += chunk

    def _check_limits(self, pending: _Pending) -> None:
        used = self.process.cpu_seconds()
        if used is not None:
            if pending.cpu_at_first is None:
                pending.cpu_at_first = used
            if used - pending.cpu_at_first > pending.cpu_limit:
                took = f"it took more than {pending.cpu_limit:g} s of CPU time"
                self._fail(Fault.TIMED_OUT, took)
        if time.monotonic() > pending.sent + pending.wall_limit:
            self._fail(Fault.TIMED_OUT, f"it gave no answer within {pending.wall_limit:g} s")
        self._measure_scratch()

    def _measure_scratch(self) -> None:
        if self.scratch and _is_larger(self.scratch, self.limits.scratch):
            self._fail(Fault.FLOODED, "its temporary files are too large, or too many")

    def _write_some(self, pending: _Pending) -> None:
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            pending.unsent = pending.unsent[os.write(self.pipes[0], pending.unsent) :]

    def _drain_output(self) -> None:
        """Read what the worker printed: keep the first 64 KB, and end a worker that floods."""
        while _has_input(self.pipes[2]):
            chunk = os.read(self.pipes[2], 1 << 16)
            if not chunk:
                return
            self._printed += len(chunk)
            self.output += chunk[: KEPT_OUTPUT - len(self.output)]
            if self._printed > MAX_OUTPUT and self.exit is None:
                self.process.kill()

    def _ended(self) -> None:
        """Explain why the reply pipe was closed. Always raises WorkerFault."""
        ended = self.kill()
        if self._printed > MAX_OUTPUT:
            self._fail(Fault.FLOODED, "it printed more than 64 MB")
        if ended.code == _UNCONFINED:
            self._fail(Fault.CRASHED, "its confinement failed")
        if ended_by_shortage(self.output):
            self._fail(Fault.OUT_OF_MEMORY, "it ran out of memory")
        if ended.code == -signal.SIGXCPU or ended.cpu_seconds > self.limits.cpu_seconds:
            self._fail(
                Fault.TIMED_OUT, f"it took over {self.limits.cpu_seconds} s of CPU time in all"
            )
        self._fail(Fault.CRASHED, _how_it_ended(ended.code))

    def _fail(self, fault: Fault, detail: str) -> None:
        self.kill()
        raise WorkerFault(fault, detail)


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"it ended its process with exit code {code}"
    try:
        return f"its process was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"its process was ended by signal {-code}"


def _pipes() -> list[int]:
    """Make three pipes, or none; return both ends of each. Raises OSError."""
    ends: list[int] = []
    try:
        for _ in range(3):
            ends += os.pipe()
    except OSError:
        _close_all(ends)
        raise
    return ends


def _close_all(descriptors: Iterable[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _has_input(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], 0)[0])


def _remove(folder: str) -> None:
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:  # nested on purpose, deeper than Python may recurse
        subprocess.run(["rm", "-rf", "--", folder], capture_output=True)


def _is_larger(folder: str, size: int) -> bool:
    """Whether `folder` takes more than `size` bytes; each entry counts as at least one block.

    The size that a file reports counts too, because some file systems allocate its blocks only
    later. A folder that hides its contents counts as too large.
    """
    total = 0
    pending = [folder]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    status = entry.stat(follow_symlinks=False)
                    total += max(_BLOCK, status.st_size, 512 * status.st_blocks)
                    if total > size:
                        return True
        except OSError as error:  # usually, the folder changed during the scan
            if error.errno in (errno.ENAMETOOLONG, errno.EACCES):
                return True
    return False
