"""How much of the machine one worker may use."""

from typing import Any, NamedTuple


class Limits(NamedTuple):
    """Hard bounds on a worker, enforced by the kernel.

    `memory` is what a worker may map beyond all that it has mapped when it is ready, in bytes; 0 is
    no bound. So the room for tensors is the same with every build of PyTorch: importing the CPU
    build maps 0.6 GB, the CUDA build 3.1 GB (measured). It is 0 on CUDA, which reserves far more
    address space than it uses.

    The default, 2.5 GiB, is 14 times what the most demanding of 57 right programs mapped while it
    was graded (181 MB), and has room for 64 threads, whose stacks and heaps map 1 GB. Four workers
    that fill it still fit a machine of 16 GB.

    `threads` are beyond what the worker's user runs already, where the kernel counts that as well.
    `cpu_seconds` is a net below the grader's own limit per request. `scratch` is the size of the
    private folder for temporary files.
    """

    memory: int = 5 * 2**29
    cpu_seconds: int = 300
    file_size: int = 32 * 1024**2
    scratch: int = 64 * 1024**2
    threads: int = 64
    open_files: int = 128

    def to_json(self) -> dict[str, Any]:
        return self._asdict()
