"""Recognizes a lack of memory by the words in which libraries and programs report it.

The phrases were provoked in a worker that had 0 to 400 MB left, by 46 operations of PyTorch, NumPy,
SciPy and Python itself (docs/platforms.md says how). Both sides import this module, so it needs the
standard library only.
"""

import errno

# In the text of exceptions other than MemoryError.
_WORDS = (
    "can't allocate memory",  # PyTorch's allocator
    "not enough memory",  # the same on Windows
    "Cannot allocate memory",  # the C library
    "std::bad_alloc",  # C++, handed on by PyTorch
    "failed to map segment from shared object",  # the loader
    "cannot map zero-fill pages",
    "cannot allocate memory in static TLS block",
    "cannot create shared object descriptor",
    "could not create a primitive",  # oneDNN
    "could not create a memory",
    "could not create an engine",
    "could not execute a primitive",
    "error return without exception set",  # Python, with no room even for the exception
    "returned NULL without setting an exception",  # the same, noticed by its caller
    "CUDA out of memory",
    "CUDA error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
)
# What a process prints before it ends for lack of memory.
_LAST_WORDS = (
    b"MemoryError",
    b"bad_alloc",
    b"Cannot allocate memory",
    b"libgomp: Out of memory",
    b"Memory allocation still failed",  # OpenBLAS
    b"failed to map segment from shared object",
)
_TAIL = 2000


def is_shortage(error: BaseException) -> bool:
    """Whether `error`, or an exception that led to it, reports a lack of memory."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        if _says_so(current):
            return True
        current = current.__cause__ or current.__context__
    return False


def _says_so(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    if not isinstance(error, OSError | ImportError | RuntimeError | SystemError):
        return False
    try:
        text = str(error)
    except Exception:  # the submission's own class, whose __str__ may raise
        return False
    return any(words in text for words in _WORDS)


def ended_by_shortage(output: bytes) -> bool:
    """Whether the end of a process's output reports a lack of memory."""
    tail = output[-_TAIL:]
    return any(words in tail for words in _LAST_WORDS)
