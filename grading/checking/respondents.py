"""The respondents of a check: the student's module and others, each in its own worker."""

import hashlib
import marshal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, cached_property
from time import monotonic
from typing import Any, NamedTuple, Protocol

import numpy as np

from grading.checking.compare import Answer
from grading.course.syllabus import Exercise
from grading.errors import GraderError
from grading.files import read_text
from grading.report import Status
from grading.sandbox.client import Fault, Sandbox, Worker, WorkerFault
from grading.sandbox.frames import Frame
from grading.sandbox.limits import Limits
from grading.sandbox.processes import SandboxError
from grading.submission.line_map import PLAIN_FILE, LineMap
from grading.text import clean, one_line

LOAD_CPU_SECONDS = 10.0
MAX_WORKERS = 4
# The grader keeps all answers of a submission until it is graded: 8.5 MB for exercise 3, 0.02 MB
# for the others.
MAX_ANSWERS = 64 * 2**20
# Wall-clock time in all: one exercise asks 270 questions, and each has its own limit. An honest
# submission needs 20 s, or 300 s if it trains twice and is barely fast enough.
MAX_SECONDS = 1200.0
_SHOWN_LINES = 6
# The messages of these name lines.
_SYNTAX_ERRORS = ("SyntaxError", "IndentationError", "TabError")
_TOO_MUCH = "Your code was stopped during this check: its answers are larger than 64 MB in all."
_TOO_LATE = "Not tried: your code had already taken more than 20 minutes."
_NOTEBOOK_ADVICE = (
    "A notebook is run from top to bottom. To leave a cell out, tag it `skip`, or indent its code"
    ' below `if __name__ == "__main__":`.'
)


@dataclass(frozen=True)
class Probes:
    """The code that drives a module, as text: probes, and the library that they import from."""

    text: str
    library: str = ""


def read_probes(exercise: Exercise) -> Probes:
    """The probes of an exercise, and their library. Raises GraderError."""
    library = exercise.probe_library
    return Probes(read_text(exercise.probes), read_text(library) if library.exists() else "")


@dataclass(frozen=True)
class Source:
    """One module as text, with the probes that drive it."""

    name: str
    filename: str
    text: str
    probes: Probes
    line_map: LineMap = PLAIN_FILE


@dataclass(frozen=True)
class Question:
    """One call of a probe. `inputs` are arrays and plain values, by argument name."""

    probe: str
    inputs: Mapping[str, Any]
    seed: int
    cpu_seconds: float

    @cached_property
    def message(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """The question as it is sent to a worker."""
        arrays = {
            name: value for name, value in self.inputs.items() if isinstance(value, np.ndarray)
        }
        values = {name: value for name, value in self.inputs.items() if name not in arrays}
        return {"do": "run", "probe": self.probe, "seed": self.seed, "values": values}, arrays

    @cached_property
    def key(self) -> str:
        """Equal for the same probe, inputs and seed, and different for any others."""
        meta, arrays = self.message
        digest = hashlib.sha256(repr(sorted(meta.items())).encode())
        for name, array in sorted(arrays.items()):
            digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


class StudentFault(Exception):
    """The student's code gave no answer. The message says why, in words for the student.

    `essence` identifies a fault: the type of an exception that the submission raised; otherwise
    type and message.
    """

    def __init__(
        self,
        status: Status,
        said: str,
        error_type: str = "",
        own_lines: str = "",
        line: int | None = None,
        raised: bool = False,
    ) -> None:
        super().__init__(said)
        self.status, self.error_type = status, error_type
        self.message = said + own_lines
        self.line = line
        self.essence = (status, error_type if raised else said)


Outcome = Answer | StudentFault


@dataclass(frozen=True)
class Asked:
    """A question that a check put to the student, and its outcome."""

    question: Question
    outcome: Outcome


class Respondent(Protocol):
    """Answers questions, one at a time."""

    def ask(self, question: Question) -> None: ...
    def answer(self) -> Answer: ...
    def close(self) -> None: ...


class LiveRespondent:
    """Answers questions about one source, with one worker at a time."""

    def __init__(self, sandbox: Sandbox, source: Source, device: str, limits: Limits) -> None:
        self.sandbox, self.source, self.device, self.limits = sandbox, source, device, limits
        self.output = b""
        self._worker: Worker | None = None

    @property
    def is_running(self) -> bool:
        """Whether it has a worker."""
        return self._worker is not None

    def close(self) -> None:
        """End the worker, keeping what it printed."""
        if self._worker is not None:
            # If the fork server is gone, another request reports it.
            with suppress(SandboxError):
                self._worker.kill()
            self.output += self._worker.output
            self._worker = None

    def _send(self, question: Question) -> None:
        worker = self._worker or self._start()
        worker.send(*question.message, question.cpu_seconds)

    def _receive(self) -> Frame:
        assert self._worker is not None, "an answer follows a question"
        try:
            return self._worker.receive()
        except KeyboardInterrupt:
            # If the answer still came, it would be taken for the answer to the next question.
            self.close()
            raise

    def _start(self) -> Worker:
        worker = self.sandbox.start(self.limits)
        self._worker = worker  # so that `close` ends it if it fails to load
        source = self.source
        meta = {
            "do": "load",
            "name": source.name,
            "filename": source.filename,
            "device": self.device,
        }
        arrays = {
            "source": _bytes(source.text.encode()),
            "probes": compiled(source.probes.text),
        }
        if source.probes.library:
            arrays["library"] = compiled(source.probes.library)
        worker.send(meta, arrays, LOAD_CPU_SECONDS)
        self._loaded(self._receive())
        return worker

    def _loaded(self, reply: Frame) -> None:
        raise NotImplementedError

    def _answer(self, reply: Frame) -> Answer:
        others = reply.meta.get("others")
        if not isinstance(others, dict):
            others = {}
        named = {str(name): one_line(str(kind), 80) for name, kind in others.items()}
        return Answer(reply.arrays, named, self.device)


class _OwnLine(NamedTuple):
    """A line of a submission: its number, its place in words, and its text."""

    number: int
    place: str
    text: str


class Student(LiveRespondent):
    """The submission. Everything it does becomes an Answer or a StudentFault."""

    def __init__(self, sandbox: Sandbox, source: Source, device: str, limits: Limits) -> None:
        super().__init__(sandbox, source, device, limits)
        self._unusable: StudentFault | None = None
        self._started = 0
        self._answered = 0
        self._seconds = 0.0

    @property
    def advice(self) -> str:
        """Advice if a notebook cannot be imported; empty for everything else."""
        imported = self._unusable is None
        return "" if imported or not self.source.line_map.cells else _NOTEBOOK_ADVICE

    def ask(self, question: Question) -> None:
        """Send a question. Raises StudentFault if the submission can no longer be asked."""
        if self._seconds > MAX_SECONDS:
            raise StudentFault(Status.TIMED_OUT, _TOO_LATE)
        with self._faults():
            self._send(question)

    def answer(self) -> Answer:
        """The answer to the last question. Raises StudentFault."""
        with self._faults():
            began = monotonic()
            try:
                reply = self._receive()
            finally:
                self._seconds += monotonic() - began
            self._answered += sum(array.nbytes for array in reply.arrays.values())
            if self._answered > MAX_ANSWERS:
                self.close()
                raise StudentFault(Status.CRASHED, _TOO_MUCH)
            if reply.meta.get("ok") is not True:
                raise self._described(reply, Status.FAILED)
            return self._answer(reply)

    def _start(self) -> Worker:
        if self._unusable is not None:
            raise self._unusable
        if self._started == MAX_WORKERS:
            raise StudentFault(
                Status.CRASHED,
                f"Not tried: your code had already ended its process {MAX_WORKERS} times.",
            )
        self._started += 1
        try:
            return super()._start()
        except WorkerFault as fault:
            self._unusable = _ended(fault, "while it was being imported")
            self.close()
            raise self._unusable from fault
        except StudentFault as fault:
            # What happened at import would happen again at every check.
            self._unusable = fault
            self.close()
            raise

    def _loaded(self, reply: Frame) -> None:
        if reply.meta.get("ok") is not True:
            raise self._described(reply, Status.UNREADABLE)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Turn a worker's end into a StudentFault; the next question starts a fresh worker."""
        try:
            yield
        except SandboxError as error:
            self.close()
            raise GraderError(str(error)) from error
        except WorkerFault as fault:
            self.close()
            raise _ended(fault, "during this check") from fault

    def _described(self, reply: Frame, ordinary: Status) -> StudentFault:
        """The exception a worker reported. All of it may be forged, and none of it earns points."""
        error = reply.meta.get("error")
        if not isinstance(error, dict):
            return StudentFault(Status.CRASHED, "Your code answered with something unreadable.")
        kind = one_line(str(error.get("type", "")), 80)
        text = clean(str(error.get("message", "")), 600).strip()
        if kind in _SYNTAX_ERRORS:
            text = self.source.line_map.in_words(text)
        # A notebook cell that tries out a gap hides all the written code, so its error is shown.
        tried_out = ordinary is Status.UNREADABLE and self.source.line_map.cells
        if error.get("not_implemented") is True and not tried_out:
            status, message = Status.NOT_ATTEMPTED, "Still to be written."
        else:
            message = f"{kind}: {text}" if text else kind
            status = ordinary
            if error.get("memory") is True:
                status = Status.OUT_OF_MEMORY
            elif error.get("ordinary") is not True and ordinary is not Status.UNREADABLE:
                status = Status.CRASHED
        lines = self._own_lines(error.get("lines"))
        raised = bool(lines) and lines[-1].text.lstrip().startswith("raise ")
        shown = "".join(
            f"\n  {line.place}:  {one_line(line.text, 100)}" for line in lines[-_SHOWN_LINES:]
        )
        # Code in a notebook has no line number in a file.
        last = lines[-1].number if lines and not self.source.line_map.cells else None
        return StudentFault(status, message, kind, shown, last, raised)

    def _own_lines(self, lines: object) -> list[_OwnLine]:
        """The submission's own lines of a traceback, from the grader's copy of the file."""
        source = self.source.text.split("\n")
        own = []
        for entry in lines if isinstance(lines, list) else []:
            if not isinstance(entry, list) or len(entry) != 2 or type(entry[0]) is not int:
                continue
            number, function = entry
            if 1 <= number <= len(source):
                place = self.source.line_map.place(number)
                if isinstance(function, str) and function.isidentifier():
                    place += f", in {one_line(function, 60)}"
                own.append(_OwnLine(number, place, source[number - 1]))
        return own


def outcome_of(student: Student, question: Question) -> Outcome:
    """The answer to a question, or the fault that came instead."""
    try:
        student.ask(question)
        return student.answer()
    except StudentFault as fault:
        return fault


def _ended(fault: WorkerFault, when: str) -> StudentFault:
    status = {
        Fault.TIMED_OUT: Status.TIMED_OUT,
        Fault.OUT_OF_MEMORY: Status.OUT_OF_MEMORY,
    }.get(fault.fault, Status.CRASHED)
    return StudentFault(status, f"Your code was stopped {when}: {fault.detail}.")


@cache
def compiled(probes: str) -> np.ndarray:
    """The compiled code of probes; the worker runs the same interpreter.

    Compiled once for all workers: the probes of exercise 1 take 5.5 ms (measured).
    """
    return _bytes(marshal.dumps(compile(probes, "probes.py", "exec", dont_inherit=True)))


def _bytes(data: bytes) -> np.ndarray:
    return np.frombuffer(data, np.uint8)
