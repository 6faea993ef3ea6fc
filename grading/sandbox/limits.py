"""How much of the machine one worker may use."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Limits:
    """Hard bounds on a worker, enforced by the kernel.

    `memory` bounds the address space. Importing torch takes 0.6 GB of it (measured, CPU build), so
    the default leaves 2.4 GB of tensors. It is 0 (no bound) on CUDA, which reserves far more
    address space than it uses. `cpu_seconds` is a net below the grader's own limit per request.
    `scratch` is the size of the private folder for temporary files.
    """

    memory: int = 3 * 1024**3
    cpu_seconds: int = 300
    file_size: int = 32 * 1024**2
    scratch: int = 64 * 1024**2
    threads: int = 64
    open_files: int = 128

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
