"""The system calls that a worker may not make, as a seccomp filter in classic BPF.

A worker computes: it needs memory, threads, its pipes and its scratch folder. The filter refuses,
with EPERM, every call that creates or touches another process, opens a socket, changes metadata
that Landlock does not cover, or reaches parts of the kernel with a record of security holes. It
allows the listed commands of fcntl only, and all commands of ioctl except those that feed a
terminal or that file systems understand. clone3 fails with ENOSYS, so that the C library falls back
to clone, whose flags a filter can read. Every call that is newer than this list also fails with
ENOSYS, because it has not been reviewed.

Where the scratch folder lies on a disk, nothing that was written may escape the grader's
measurement, and a file without a name lives on for as long as it is open or mapped. There, deleting
a file only claims to succeed, until the worker has ended, and renaming is refused.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Sequence

from grading.sandbox.worker import kernel

# name: (x86-64, arm64); None where the architecture has no such call. Numbers are the kernel's.
REFUSED: dict[str, tuple[int | None, int | None]] = {
    # other processes
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "setpgid": (109, 154),
    "setsid": (112, 157),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # other users
    "setuid": (105, 146),
    "setgid": (106, 144),
    "setreuid": (113, 145),
    "setregid": (114, 143),
    "setresuid": (117, 147),
    "setresgid": (119, 149),
    "setfsuid": (122, 151),
    "setfsgid": (123, 152),
    "setgroups": (116, 159),
    # communication
    "socket": (41, 198),
    # A datagram socket of a pair may still send to any address.
    "socketpair": (53, 199),
    # Watching files shows what others do with them.
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "semctl": (66, 191),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    # files that Landlock does not see, and metadata
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    # These act on everybody's files, not only on the worker's.
    "sync": (162, 81),
    "syncfs": (306, 267),
    "fanotify_init": (300, 262),
    # namespaces and mounts
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    # the machine, what all its users share, and parts of the kernel with a record of holes
    "io_setup": (206, 0),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "userfaultfd": (323, 282),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "syslog": (103, 116),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "personality": (135, 92),
}
# The first call number that this list does not cover: 451 is cachestat, of Linux 6.5.
_UNKNOWN = 452
# Where files are measured, deleting claims to succeed, and renaming is refused.
_DELETING = {"unlink": (87, None), "unlinkat": (263, 35), "rmdir": (84, None)}
_RENAMING = {"rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276)}
_OPEN, _OPENAT, _OPENAT2 = (2, None), (257, 56), (437, 437)
_CLONE, _CLONE3 = (56, 220), (435, 435)
_KILL, _TGKILL = (62, 129), (234, 131)
_FCNTL, _IOCTL, _PRCTL = (72, 25), (16, 29), (157, 167)
_PRLIMIT64 = (302, 261)

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_CLONE_THREAD = 0x00010000
# F_DUPFD to F_SETLKW, locks of open files, F_DUPFD_CLOEXEC, F_GETPIPE_SZ and F_GET_SEALS. These
# leave out: who gets signals, leases (which make everybody else wait), change notices, and larger
# pipes.
_ALLOWED_FCNTL = (*range(8), 36, 37, 38, 1030, 1032, 1034)
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
# The second byte of a command: ext4 and most others, XFS, btrfs, versions. These commands change
# even files that were opened for reading, and Landlock checks commands to devices only.
_FILE_SYSTEMS = (0x6600, 0x5800, 0x9400, 0x7600)
_O_TMPFILE = 0x400000
_X32_BIT = 0x40000000

_LOAD, _EQUAL, _AT_LEAST, _AND_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_MASK = 0x54
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_DONE = 0
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_SECCOMP_MODE_FILTER = 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def supported() -> bool:
    """Whether the filter is written for this machine's processor."""
    return kernel.MACHINE in _ARCHITECTURES


def install(own_pid: int, measured: bool) -> None:
    """Deny the calls above to this process, for good. Needs no_new_privs. Raises OSError."""
    program = build(kernel.MACHINE, own_pid, measured)
    buffer = ctypes.create_string_buffer(program, len(program))
    description = _Program(len(program) // 8, ctypes.addressof(buffer))
    kernel.prctl(kernel.PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(description))


def build(machine: str, own_pid: int, measured: bool) -> bytes:
    """The filter for `machine`; it allows signals to `own_pid` only.

    `measured` says that the scratch folder is on a disk, where no file may escape measurement.
    """
    column, architecture = _ARCHITECTURES[machine]
    program = [
        _op(_LOAD, _ARCHITECTURE),
        _op(_EQUAL, architecture, 1, 0),
        _op(_RETURN, _KILL_PROCESS),
        _op(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        program += [_op(_AT_LEAST, _X32_BIT, 0, 1), _op(_RETURN, _KILL_PROCESS)]
    for numbers in REFUSED.values():
        number = numbers[column]
        if number is not None:
            program += [_op(_EQUAL, number, 0, 1), _refuse(errno.EPERM)]
    program += [_op(_AT_LEAST, _UNKNOWN, 0, 1), _refuse(errno.ENOSYS)]
    program += [_op(_EQUAL, _CLONE3[column], 0, 1), _refuse(errno.ENOSYS)]
    program += _when(_CLONE[column], 0, [_op(_AND_BITS, _CLONE_THREAD, 1, 0)])
    for call in (_KILL, _TGKILL):
        program += _when(call[column], 0, [_op(_EQUAL, own_pid, 1, 0)])
    # Pid 0 is the caller; prlimit on any other process could starve the grader of CPU time.
    program += _when(_PRLIMIT64[column], 0, [_op(_EQUAL, 0, 1, 0)])
    # A worker could outlive a killed grader, or leave its memory to root's crash handler.
    for option in (kernel.PR_SET_PDEATHSIG, kernel.PR_SET_DUMPABLE):
        program += _when(_PRCTL[column], 0, [_op(_EQUAL, option, 0, 1)])
    program += _when(_FCNTL[column], 1, _one_of(_ALLOWED_FCNTL))
    for command in (_TIOCSTI, _TIOCLINUX):
        program += _when(_IOCTL[column], 1, [_op(_EQUAL, command, 0, 1)])
    for kind in _FILE_SYSTEMS:
        program += _when(_IOCTL[column], 1, [_op(_MASK, 0xFF00), _op(_EQUAL, kind, 0, 1)])
    if measured:
        program += _in_sight(column)
    program.append(_op(_RETURN, _ALLOW))
    return b"".join(program)


def _in_sight(column: int) -> list[bytes]:
    """Instructions that keep files from disappearing, and from being made without a name."""
    program = []
    for calls, answer in ((_DELETING, _DONE), (_RENAMING, errno.EPERM)):
        for numbers in calls.values():
            if (number := numbers[column]) is not None:
                program += [_op(_EQUAL, number, 0, 1), _refuse(answer)]
    for call, flags in ((_OPEN, 1), (_OPENAT, 2)):
        if (number := call[column]) is not None:
            program += _when(number, flags, [_op(_AND_BITS, _O_TMPFILE, 0, 1)])
    # The flags of openat2 lie in memory, which no filter can read.
    return [*program, _op(_EQUAL, _OPENAT2[column], 0, 1), _refuse(errno.ENOSYS)]


def _one_of(allowed: Sequence[int]) -> list[bytes]:
    """A test for `_when` that jumps over the refusal for every number in `allowed`."""
    return [
        _op(_EQUAL, number, len(allowed) - position, 0) for position, number in enumerate(allowed)
    ]


def _when(number: int, argument: int, test: list[bytes]) -> list[bytes]:
    """For call `number`: load an argument, and refuse unless `test` jumps over the refusal."""
    body = [_op(_LOAD, _FIRST_ARGUMENT + 8 * argument), *test, _refuse(errno.EPERM)]
    restore = _op(_LOAD, _NUMBER)
    return [_op(_EQUAL, number, 0, len(body) + 1), *body, restore]


def _refuse(code: int) -> bytes:
    return _op(_RETURN, _ERRNO | code)


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def probe() -> bool:
    """Whether the kernel has seccomp filters: setting none is EFAULT there, else EINVAL."""
    try:
        kernel.prctl(kernel.PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, None)
    except OSError as error:
        return error.errno == errno.EFAULT
    return os.name == "posix"
