"""Landlock: the kernel's rule that a process may open only what lies under listed paths."""

import ctypes
import os
import struct
from collections.abc import Iterable

from grading.sandbox.worker import kernel

# The three calls have the same numbers on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_FIRST_ABI_RIGHTS = (1 << 13) - 1  # everything of ABI 1: execute ... make symlink
_REFER, _TRUNCATE, _IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
_TCP_BIND_AND_CONNECT = 0b11
_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11

READ = READ_FILE | READ_DIR
DEVICE = READ_FILE | WRITE_FILE


# The kernel's two structures; neither has gaps.
_RULESET = struct.Struct("=QQQ")  # rights over files, over the network, what is scoped
_PATH_BENEATH = struct.Struct("=Qi")  # rights that are allowed, descriptor of the path


def abi() -> int:
    """The version of Landlock that this kernel supports; 0 if it supports none."""
    try:
        return kernel.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(1))
    except OSError:
        return 0


def file_rights(version: int) -> int:
    """Every right over files that this version can take away."""
    rights = _FIRST_ABI_RIGHTS
    rights |= _REFER if version >= 2 else 0
    rights |= _TRUNCATE if version >= 3 else 0
    rights |= _IOCTL_DEVICE if version >= 5 else 0
    return rights


def restrict(readable: Iterable[str], devices: Iterable[str], writable: Iterable[str]) -> None:
    """Restrict this process to reading `readable`, using `devices`, and changing `writable`.

    The kernel refuses everything else in the file system and, if it is new enough, TCP and signals
    to outside processes. Needs no_new_privs. Raises OSError; then nothing is restricted.
    """
    version = abi()
    everything = file_rights(version)
    attributes = _RULESET.pack(
        everything,
        _TCP_BIND_AND_CONNECT if version >= 4 else 0,
        _SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0,
    )
    # Older kernels refuse a structure that is longer than the one they know.
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = kernel.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), ctypes.c_uint(0))
    try:
        for path in readable:
            _allow(ruleset, path, READ)
        for path in devices:
            _allow(ruleset, path, DEVICE)
        for path in writable:
            _allow(ruleset, path, everything & ~EXECUTE)
        kernel.syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint(0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    if not os.path.isdir(path):
        rights &= READ_FILE | WRITE_FILE
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        kernel.syscall(
            _ADD_RULE,
            ctypes.c_int(ruleset),
            ctypes.c_int(_RULE_PATH_BENEATH),
            _PATH_BENEATH.pack(rights, parent),
            ctypes.c_uint(0),
        )
    finally:
        os.close(parent)
