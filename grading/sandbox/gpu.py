"""Which workers see the GPUs of this machine: only those that are to compute on one.

No worker behind walls sees one: CUDA would need a socket, files below /proc that it can write, and
every command to the driver (measured on an H200 with PyTorch 2.11+cu130 and driver 580).

So a submission that takes a GPU wherever PyTorch finds one computes where its inputs are, and the
fork server never makes CUDA ready. Otherwise its forks could not train, not even on the CPU
("Unable to handle autograd's threading in combination with fork-based multiprocessing").
"""

import os
from pathlib import Path

_NODES = ("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-modeset")
_CHOICE = "CUDA_VISIBLE_DEVICES"
_HIDDEN = {_CHOICE: "", "HIP_VISIBLE_DEVICES": ""}


def nodes() -> list[str]:
    """The device files of the NVIDIA GPUs that this machine has."""
    cards = sorted(str(path) for path in Path("/dev").glob("nvidia[0-9]*"))
    return [path for path in (*_NODES, *cards) if os.path.exists(path)]


def environment(visible: bool) -> dict[str, str]:
    """The variables that show a process the GPUs its user may take, or hide them all."""
    if not visible:
        return _HIDDEN
    return {_CHOICE: os.environ[_CHOICE]} if _CHOICE in os.environ else {}
