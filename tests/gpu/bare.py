"""`python -m tests.gpu.bare DEVICE`: what torch says of itself and does outside a worker, as JSON.

Which limits a training step on DEVICE survives is tried in forks of this process, so that torch is
imported once. They come first: a process that has asked CUDA anything can no longer be forked.
"""

import json
import multiprocessing
import resource
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch

from tests.gpu import memory, probes

GIB = 1024**3
TRY_SECONDS = 15.0
LIMITS = {"RLIMIT_AS": (3, 64), "RLIMIT_DATA": (3, 8)}


def main(device: str) -> dict[str, Any]:
    torch.set_num_threads(1)
    imported = memory.of()
    return {
        "limits": {
            f"{name} of {gib} GiB": _under(name, gib, device)
            for name, sizes in LIMITS.items()
            for gib in sizes
        },
        "memory": {"torch_imported": imported, **_steps(device)},
        "torch": _torch(),
        "cuda": _cuda() if torch.cuda.is_available() else None,
    }


def _under(limit: str, gib: int, device: str) -> str:
    """How a training step under this limit ends: `works`, or what went wrong."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_try, args=(theirs, limit, gib, device))
    process.start()
    theirs.close()
    said = ""
    # At the end of the process there is something to be read, too: that it ended.
    if ours.poll(TRY_SECONDS):
        with suppress(EOFError):
            said = ours.recv()
    else:
        said = f"nothing within {TRY_SECONDS:g} s"
        process.kill()
    process.join(TRY_SECONDS)
    return said or f"the process ended with exit code {process.exitcode}"


def _try(answer: Connection, limit: str, gib: int, device: str) -> None:
    resource.setrlimit(getattr(resource, limit), (gib * GIB, gib * GIB))
    try:
        numbers = torch.ones(3, device=device)
        probes.training_step(None, probes.first_tensor(None, numbers)["doubled"])
        answer.send("works")
    except Exception as error:
        answer.send(f"{type(error).__name__}: {error}"[:500])


def _steps(device: str) -> dict[str, Any]:
    """The memory of this process after each of the probes."""
    try:
        numbers = torch.ones(3, device=device)
        probes.first_tensor(None, numbers)
        first = memory.of()
        probes.training_step(None, numbers)
        return {"first_tensor": first, "training_step": memory.of()}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:500]}


def _torch() -> dict[str, Any]:
    return {
        "version": torch.__version__,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),  # type: ignore[no-untyped-call]
        "cuda_is_available": torch.cuda.is_available(),
        "matmul_allow_tf32": torch.backends.cuda.matmul.allow_tf32,
        "cudnn_allow_tf32": torch.backends.cudnn.allow_tf32,
    }


def _cuda() -> dict[str, Any]:
    """The GPU as torch sees it, and where its driver was found: a worker must find it too."""
    properties = torch.cuda.get_device_properties(0)
    mapped = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines()}
    return {
        "devices": torch.cuda.device_count(),
        "name": properties.name,
        "capability": f"{properties.major}.{properties.minor}",
        "memory_mib": properties.total_memory // 2**20,
        "driver_libraries": sorted(path for path in mapped if "libcuda.so" in path),
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
