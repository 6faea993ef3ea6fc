"""The few Linux calls that Python does not offer, made through the C library."""

import ctypes
import os

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
CLONE_NEWPID = 0x20000000

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8

MACHINE = os.uname().machine
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3 = 0x20080522
_LAST_CAPABILITY = 63

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def _checked(result: int, call: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{call}: {os.strerror(code)}")
    return result


def syscall(number: int, *arguments: object) -> int:
    """The raw system call. Raises OSError."""
    return _checked(_libc.syscall(ctypes.c_long(number), *arguments), f"syscall {number}")


def prctl(option: int, *arguments: object) -> int:
    """prctl(2), with 0 for missing arguments. Raises OSError."""
    padded = [
        ctypes.c_ulong(argument) if isinstance(argument, int) else argument
        for argument in (*arguments, 0, 0, 0, 0)[:4]
    ]
    return _checked(_libc.prctl(option, *padded), f"prctl {option}")


def unshare(flags: int) -> None:
    """unshare(2). Raises OSError."""
    _checked(_libc.unshare(flags), "unshare")


def setns(descriptor: int, flags: int) -> None:
    """setns(2). Raises OSError."""
    _checked(_libc.setns(descriptor, flags), "setns")


def mount_tmpfs(target: str, size: int) -> None:
    """A private memory file system of at most `size` bytes and 4096 files at `target`."""
    options = f"size={size},nr_inodes=4096,mode=700".encode()
    flags = ctypes.c_ulong(MS_NOSUID | MS_NODEV | MS_NOEXEC)
    result = _libc.mount(b"tmpfs", target.encode(), b"tmpfs", flags, options)
    _checked(result, f"mount {target}")


def drop_capabilities() -> None:
    """Give up every capability, for this process and for any program that it might execute."""
    for capability in range(_LAST_CAPABILITY + 1):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:  # past this kernel's last one, or not allowed to drop any
            break
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    empty = (ctypes.c_uint32 * 6)()
    syscall(_CAPSET[MACHINE], ctypes.byref(header), ctypes.byref(empty))
