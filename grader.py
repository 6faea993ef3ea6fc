"""The door: says in one line what this machine lacks, or hands over to grading/cli.py.

Every Python since 2.7 can read this file, so that one that is too old says so too.
"""

import os
import sys

# What every grading imports. A command that needs more fails at that import, caught below.
PACKAGES = ("click", "numpy", "pytest", "pytest_timeout", "rich", "torch")
INSTALL = ".venv/bin/pip install -q -c constraints.txt -e ."


def main():
    if os.name == "nt":
        stop("Windows itself will not do", "install WSL2 (wsl --install), and work inside it")
    if sys.version_info < (3, 11):
        version = sys.version.split()[0]
        newer = "install one, and run python3.11 -m venv --clear .venv && " + INSTALL
        stop("Python 3.11 or newer is needed, and this is %s" % version, in_venv() or newer)
    open_streams()
    from importlib.util import find_spec  # there is none in Python 2

    missing = [name for name in PACKAGES if find_spec(name) is None]
    reason = "not installed: " + ", ".join(missing)
    try:
        if not missing:
            from grading.cli import run_and_leave

            run_and_leave()
    except ImportError as error:
        reason = str(error)
    stop(reason, in_venv() or "run python3 -m venv .venv && " + INSTALL)


def in_venv():
    """The command that uses the course's own environment; empty if that is missing or in use."""
    venv = os.path.join(os.path.dirname(sys.argv[0]), ".venv")
    python = os.path.join(venv, "bin", "python")
    is_other = os.path.exists(python) and os.path.realpath(sys.prefix) != os.path.realpath(venv)
    return "run %s %s" % (python, sys.argv[0]) if is_other else ""


def open_streams():
    """Put the null device where a standard stream is closed: no file may get its number."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one
            os.set_inheritable(number, True)
            setattr(sys, name, open(number, mode, closefd=False))


def stop(reason, remedy):
    if sys.stderr:
        sys.stderr.write("grader: %s: %s\n" % (reason, remedy))
    sys.exit(2)


if __name__ == "__main__":
    main()
