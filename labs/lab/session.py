"""A running lab: how it starts, and what its code may call.

`start` is called in three places. In the script, it parses the command line, has the lab executed,
and ends the process with the lab's exit code. In the kernel (or, if Jupyter's packages are missing,
in the script executed again under another name), it finds the arguments in the environment and
returns. In an editor there are none, and it uses the defaults.
"""

import json
import os
import runpy
import secrets
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from html import escape
from importlib.util import find_spec
from types import FrameType
from typing import Any, Generic, TypeVar

from matplotlib.figure import Figure

from grading.course import questions
from grading.course.syllabus import ROOT
from grading.course.syllabus import load as load_course
from grading.errors import UsageError
from grading.report import MAX_SEED
from lab.kernel import DONE, ENDING, INTERRUPTED, LABS, STOP, Ending
from lab.settings import Settings, command, parse
from lab.student import explain, load

S = TypeVar("S", bound=Settings)
# The variable that gives the process that executes the lab its arguments, as JSON.
ARGUMENTS = "UNROLLED_LAB"
PACKAGES = ("jupytext", "nbclient", "nbconvert", "ipykernel")
ADVICE = "pip install -c constraints.txt -e '.[labs]' adds it, and a notebook"


class Lab(Generic[S]):
    """The tools that a lab's code uses.

    `settings` are the lab's own; `seed` is drawn if none was given; the folder `out` takes the
    results.
    """

    def __init__(self, name: str, settings: S) -> None:
        self.name = name
        self.settings = settings
        self.seed = secrets.randbelow(MAX_SEED) if settings.seed is None else settings.seed
        self.out = settings.out or LABS / "results" / name
        self._interrupted = False
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"--out {self.out} cannot be used: {error.strerror}") from error
        if not os.access(self.out, os.W_OK):
            raise UsageError(f"--out {self.out} cannot be used: it is not writable")

    @property
    def interrupted(self) -> bool:
        """Whether there was a Ctrl-C, in this process or in the one that started it."""
        stop = os.environ.get(STOP)
        return self._interrupted or (stop is not None and os.path.exists(stop))

    def load(self, exercise: str, *names: str) -> Any:
        """The student's module for this exercise (or the reference); it must have these names."""
        loaded = load(exercise, names, self.settings.submission, self.settings.reference)
        print(f"Code: {loaded.path}")
        return loaded.module

    def steps(self, count: int, start: int = 0) -> Iterator[int]:
        """Count from `start` to `count` - 1, or until Ctrl-C, which lets the current step finish.

        After that every later `steps` ends before its first step, so that the lab goes on to show
        what it has. A second Ctrl-C ends the lab at once.
        """
        with self._ctrl_c_noted():
            for step in range(start, count):
                if self.interrupted:
                    print("Interrupted: the rest shows the results so far.")
                    return
                yield step

    def show(self, figure: Figure, name: str, alt: str) -> None:
        """Save a figure as `out`/name.png, and show it if there is a page or an editor.

        `alt` describes it in words.
        """
        path = self.out / f"{name}.png"
        figure.savefig(path)
        if show := display():
            from IPython.display import Image

            show(Image(path.read_bytes(), format="png", alt=alt))

    def table(self, caption: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table, or show it as one on the page."""
        widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (header, *rows)
        ]
        text = "\n".join([caption, *lines])
        if show := display():
            show({"text/plain": text, "text/html": _html(caption, header, rows)}, raw=True)
        else:
            print(text)

    def questions(self, exercise: str) -> None:
        """Show the questions of an exercise on the page, and where to answer them."""
        show = display()
        if show is None:
            return
        path = load_course(ROOT).exercise(exercise).questions
        asked = [f"- **{one.name}**: {one.text}" for one in questions.read(path)]
        where = f"Answer them in `{path.relative_to(ROOT)}`."
        show({"text/markdown": "\n".join([*asked, "", where])}, raw=True)

    @contextmanager
    def _ctrl_c_noted(self) -> Iterator[None]:
        def note(number: int, frame: FrameType | None) -> None:
            self._interrupted = True
            signal.signal(signal.SIGINT, signal.default_int_handler)

        before = signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


def start(name: str, kind: type[S]) -> Lab[S]:
    """Start the lab `labs/NAME.py`, whose settings are of this kind.

    When the script itself calls it, it never returns.
    """
    given = os.environ.get(ARGUMENTS)
    if given is None and display() is None:
        sys.exit(run_script(name, kind, sys.argv[1:]))
    settings = parse(kind, name, json.loads(given) if given is not None else [])
    lab = Lab(name, settings)
    if given is not None and display() is not None:
        _tell_how_it_ends()
    print(f"Again: {command(replace(settings, seed=lab.seed, out=None), name)}")
    return lab


def run_script(name: str, kind: type[S], arguments: Sequence[str]) -> int:
    """Have the lab executed with these arguments; return the exit code."""
    try:
        out = Lab(name, parse(kind, name, arguments)).out.resolve()
        missing = [package for package in PACKAGES if find_spec(package) is None]
        # The last --out counts. Torch's threads sleep while they wait for each other: by default
        # they spin, which makes a training ten times slower if others use the machine too.
        environment = {
            ARGUMENTS: json.dumps([*arguments, "--out", str(out)]),
            "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "passive"),
        }
        if missing:
            print(f"{name}: plots, but no page: {ADVICE}", file=sys.stderr)
            ending = _execute(name, environment)
        else:
            from lab import page

            ending = page.make(name, out, environment)
    except (Exception, KeyboardInterrupt) as error:
        ending = explain(error)
    if ending.line:
        print(f"{name}: {ending.line}", file=sys.stderr)
    return ending.code


def display() -> Any:
    """IPython's display if there is a page or an editor to show things on, or else None."""
    if "IPython" not in sys.modules:
        return None
    from IPython import display as ipython
    from IPython.core.getipython import get_ipython

    return ipython.display if get_ipython() is not None else None


def _execute(name: str, environment: Mapping[str, str]) -> Ending:
    """Execute the script here, without a kernel."""
    os.environ |= environment
    try:
        variables = runpy.run_path(str(LABS / f"{name}.py"))
    except BaseException as error:
        return explain(error)
    finally:
        # Otherwise the next lab in this process would take them for its own.
        for variable in environment:
            del os.environ[variable]
    if any(isinstance(one, Lab) and one.interrupted for one in variables.values()):
        return Ending("interrupted: the plots show the results so far", INTERRUPTED)
    return Ending("", DONE)


def _tell_how_it_ends() -> None:
    """Have every exception in a cell reported to page.py as an `Ending`."""
    from IPython.core.getipython import get_ipython

    def tell(shell: Any, kind: Any, error: Any, trace: Any, tb_offset: Any = None) -> None:
        ending = explain(error)
        display()({"text/plain": ending.line}, raw=True, metadata={ENDING: ending.code})

    shell = get_ipython()
    assert shell is not None
    shell.set_custom_exc((BaseException,), tell)


def _html(caption: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    body = "".join(line(row, "td") for row in rows)
    return (
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead>{line(header, 'th')}</thead><tbody>{body}</tbody></table>"
    )
