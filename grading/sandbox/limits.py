"""How much of the machine one worker may use."""

from typing import NamedTuple


class Limits(NamedTuple):
    """Hard bounds on a worker, enforced by the kernel.

    `memory` is how many bytes a worker may map on top of what it has mapped when it is ready; 0
    means no bound. Counting from there leaves the same room for tensors with every build of
    PyTorch: importing the CPU build maps 0.6 GB, the CUDA build 3.1 GB (measured). On CUDA it is 0,
    because CUDA reserves far more address space than it uses.

    The default, 2.5 GiB, is 14 times what the most demanding of 57 right programs mapped while it
    was graded (181 MB), and leaves room for 64 threads, whose stacks and heaps map 1 GB. Four
    workers that fill it still fit on a machine with 16 GB.

    `threads` come on top of those that the worker's user already runs, where the kernel counts
    these as well. `cpu_seconds` is a safety net behind the grader's own limit per request.
    `scratch` is the size of the private folder for temporary files. `gpu` shows the worker the GPUs
    of the machine, on the lowest rung of isolation only.
    """

    memory: int = 5 * 2**29
    cpu_seconds: int = 300
    file_size: int = 32 * 1024**2
    scratch: int = 64 * 1024**2
    threads: int = 64
    open_files: int = 128
    gpu: bool = False
