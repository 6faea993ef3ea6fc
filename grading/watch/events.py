"""The events that a watch waits for: a save of the file, or a key."""

import os
import re
import select
import signal
import sys
import termios
import threading
import tty
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Self

from watchfiles import watch  # not in the thread: an interrupted import would keep its locks

from grading.errors import UsageError

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
Handler = Callable[[int, FrameType | None], None]
SAVED = "saved"
HANG_UP = "hang up"
# A save is often several changes (empty, write, rename); it ends after this long without one.
SETTLE_MILLISECONDS = 25
LONGEST_SAVE_MILLISECONDS = 200
_FIRST_LOOK_MILLISECONDS = 500
# An arrow key, for example, sends several characters, none of which was pressed.
_SEQUENCE = re.compile(r"\x1b(\[[0-9;]*[A-Za-z~]|O.)?")


class Events:
    """Reports saves of the files `names` in `folder`, and keys if standard input is a terminal.

    It watches the folder, not the files: many editors save by renaming a new file over the old
    one. Use as a context manager: signals that end a process become KeyboardInterrupt, so that the
    terminal is restored in any case.
    """

    def __init__(self, folder: Path, names: Collection[str]) -> None:
        self._folder, self._names = folder, names
        self._read, self._write = os.pipe()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._keyboard: int | None = None
        self._pressed = ""
        self._ended = False
        self._failure: Exception | None = None
        self._stack = ExitStack()

    @property
    def has_keys(self) -> bool:
        return self._keyboard is not None

    def __enter__(self) -> Self:
        for number in ENDING:
            self._stack.enter_context(handled(number, self._end))
        self._keyboard = self._stack.enter_context(single_keys())
        self._thread.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._stack.close()
        self._stop.set()
        self._thread.join()
        os.close(self._read)
        os.close(self._write)
        if self._ended and not isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt

    def _end(self, number: int, frame: FrameType | None) -> None:
        os.write(self._write, b"!")
        if not self._ended:
            # Noted as well: a module that is being imported may swallow the exception.
            self._ended = True
            raise KeyboardInterrupt

    def next(self, timeout: float | None = None) -> str | None:
        """`SAVED`, a key, or `HANG_UP` if the terminal has gone; None after `timeout` seconds.

        Saves in quick succession count as one, and some are false alarms: compare the content.
        Raises KeyboardInterrupt if the process was told to end, and, without a `timeout`,
        UsageError if the folder cannot be watched.
        """
        if self._pressed:
            return self._first_pressed()
        if timeout is None and self._failure is not None:
            why = f"{self._folder} cannot be watched: {self._failure}"
            raise UsageError(f"{why}. Try with WATCHFILES_FORCE_POLLING=1 in the environment")
        sources = [self._read] if self._keyboard is None else [self._read, self._keyboard]
        ready, _, _ = select.select(sources, [], [], timeout)
        if self._ended:
            raise KeyboardInterrupt
        if self._read in ready:
            os.read(self._read, 4096)
            return SAVED
        return self._key() if ready else None

    def _key(self) -> str | None:
        assert self._keyboard is not None, "its descriptor was ready"
        try:
            pressed = os.read(self._keyboard, 64)
        except OSError:
            return HANG_UP
        if not pressed:
            return HANG_UP
        self._pressed = _SEQUENCE.sub("", pressed.decode("utf-8", "ignore")).lower()
        return self._first_pressed()

    def _first_pressed(self) -> str | None:
        key, self._pressed = self._pressed[:1], self._pressed[1:]
        return key or None

    def _watch(self) -> None:
        try:
            changes = watch(
                self._folder,
                watch_filter=lambda _, path: os.path.basename(path) in self._names,
                debounce=LONGEST_SAVE_MILLISECONDS,
                step=SETTLE_MILLISECONDS,
                stop_event=self._stop,
                rust_timeout=_FIRST_LOOK_MILLISECONDS,
                yield_on_timeout=True,
                recursive=False,
            )
            # The first round always counts: the file may have been saved before the watch began.
            for number, changed in enumerate(changes):
                if changed or number == 0:
                    os.write(self._write, b"!")
        except Exception as error:  # of any kind: the main thread reports it
            self._failure = error
            os.write(self._write, b"!")


@contextmanager
def handled(number: signal.Signals, handler: Handler) -> Iterator[None]:
    """Within the block, `handler` handles the signal, unless the process ignores it."""
    before = signal.getsignal(number)
    if before is not signal.SIG_IGN:
        signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


@contextmanager
def single_keys() -> Iterator[int | None]:
    """The terminal's descriptor, or None. Within the block, keys arrive one by one, without echo.

    Afterwards the terminal is as it was before.
    """
    keyboard = sys.stdin.fileno() if sys.stdin is not None and sys.stdin.isatty() else None
    if keyboard is None or os.tcgetpgrp(keyboard) != os.getpgrp():  # in the background: not ours
        yield None
        return
    before = termios.tcgetattr(keyboard)

    def take_over(number: int = 0, frame: FrameType | None = None) -> None:
        tty.setcbreak(keyboard, termios.TCSADRAIN)

    try:
        # After Ctrl-Z, the shell has reset the terminal.
        with handled(signal.SIGCONT, take_over):
            take_over()
            yield keyboard
    finally:
        with suppress(termios.error):  # the terminal has gone
            termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
