"""The page of a lab: its script, executed as a notebook in a kernel, and exported as HTML.

Output of the kernel is shown as it arrives. On Ctrl-C, a file tells the lab to end its current loop
of steps and to show what it has; a second Ctrl-C ends the kernel. (A signal would stop the lab
anywhere, and a kernel that gets one between two cells loses it, or dies.) The page of an
interrupted lab holds what it had by then. A lab that failed, or that was interrupted before its
first figure, does not replace the page of an earlier run.
"""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jupytext
import nbformat
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

from grading.files import write_text
from lab.kernel import DONE, ENDING, FAILED, INTERRUPTED, LABS, STOP, USAGE, Ending

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)
# Without cell numbers; the code of a cell tagged "fold" (mostly drawing) is folded away.
_CELLS = """
{%- extends 'basic/index.html.j2' -%}
{% block in_prompt %}{% endblock %}
{% block input_group %}
{%- if 'fold' in cell.metadata.get('tags', []) -%}
<details><summary>Code</summary>{{ super() }}</details>
{%- else -%}
{{ super() }}
{%- endif -%}
{% endblock %}
"""
_HEADING = re.compile(r"^# (.+)$", re.MULTILINE)


def make(name: str, out: Path, environment: Mapping[str, str]) -> Ending:
    """Execute `labs/NAME.py` in this environment; leave NAME.ipynb and NAME.html in `out`."""
    notebook = jupytext.read(LABS / f"{name}.py")
    # A socket's path may have a hundred characters: too few for the temporary folders of macOS.
    with TemporaryDirectory(dir="/tmp") as scratch:
        ending = _execute(notebook, environment, Path(scratch))
    if ending.code == INTERRUPTED and _has_figures(notebook):
        ending = Ending("interrupted: the page shows the results so far", INTERRUPTED)
    elif ending.code != DONE:
        return ending
    # There is nothing left to interrupt: this takes a second.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        write_text(out / f"{name}.ipynb", nbformat.writes(notebook))
        write_text(out / f"{name}.html", html(notebook))
    finally:
        signal.signal(signal.SIGINT, before)
    print(f"Page: {out / name}.html")
    return ending


def html(notebook: NotebookNode) -> str:
    """The notebook as one HTML file that needs nothing else, not even a network."""
    exporter = HTMLExporter(raw_template=_CELLS)
    body, _ = exporter.from_notebook_node(notebook)
    heading = _HEADING.search(notebook.cells[0].source)
    return _TEMPLATES.get_template("page.html").render(
        title=heading[1] if heading else "Lab",
        body=body,
        highlighting=HtmlFormatter(style="bw").get_style_defs(".highlight"),
    )


def _execute(notebook: NotebookNode, environment: Mapping[str, str], scratch: Path) -> Ending:
    """Execute the cells in place, as far as possible."""
    path = [str(LABS), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        **os.environ,
        **environment,
        "PYTHONPATH": os.pathsep.join(path),
        STOP: str(scratch / "stop"),
        "IPYTHONDIR": str(scratch),
        # Silences a warning of the debugger, which nobody uses here.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    # Not a kernel that the user has installed for another Python; and with files as sockets.
    kernel = AsyncKernelManager(
        kernel_name="python3",
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
        transport="ipc",
        connection_file=str(scratch / "kernel.json"),
    )
    client = _Client(notebook, km=kernel, timeout=None, coalesce_streams=True, record_timing=False)
    client.stop = scratch / "stop"
    try:
        client.execute(env=environment, cleanup_kc=True)
    except _Interrupted:
        pass
    except (CellExecutionError, DeadKernelError) as error:
        if not client.interrupts:
            return client.ending or _untold(error)
    return Ending("interrupted", INTERRUPTED) if client.interrupts else Ending("", DONE)


def _untold(error: CellExecutionError | DeadKernelError) -> Ending:
    """The ending of a lab that could not report it."""
    if isinstance(error, CellExecutionError):
        # IPython does not pass SystemExit to the handler for exceptions.
        return Ending(f"{error.ename} {error.evalue}: the lab cannot continue", USAGE)
    return Ending("the process that ran the lab is gone: was there enough memory?", FAILED)


class _Interrupted(Exception):
    """A second Ctrl-C, between two cells."""


class _Client(NotebookClient):
    """Shows what the kernel prints, passes Ctrl-C on to the lab, and hears how the lab ended."""

    stop: Path
    ending: Ending | None = None
    interrupts = 0

    async def async_start_new_kernel(self, **options: Any) -> None:
        # In place of nbclient's own handlers, which end the kernel at once.
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._interrupt)
        await super().async_start_new_kernel(**options)

    async def async_execute_cell(self, *arguments: Any, **options: Any) -> NotebookNode:
        if self.interrupts > 1:
            raise _Interrupted
        return await super().async_execute_cell(*arguments, **options)

    def output(self, outs: Any, msg: Any, display_id: Any, cell_index: Any) -> Any:
        content = msg["content"]
        if msg["msg_type"] == "stream":
            stream = sys.stderr if content["name"] == "stderr" else sys.stdout
            print(content["text"], end="", file=stream, flush=True)
        elif ENDING in content.get("metadata", {}):
            self.ending = Ending(content["data"]["text/plain"], content["metadata"][ENDING])
        elif "text/html" in content.get("data", {}):
            print(content["data"]["text/plain"], flush=True)
        return super().output(outs, msg, display_id, cell_index)

    def _interrupt(self) -> None:
        self.interrupts += 1
        self.stop.touch()
        if self.interrupts > 1 and self.km is not None:
            kernel = self.km.provisioner
            if isinstance(kernel, LocalProvisioner) and kernel.process is not None:
                # nbclient notices, and cleans up.
                kernel.process.kill()


def _has_figures(notebook: NotebookNode) -> bool:
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", ()))
    return any("image/png" in output.get("data", {}) for output in outputs)
