"""The entry point: says in one line what this machine lacks, or runs grading/cli/main.py.

Every Python since 2.7 can read this file, so that an old one can say that it is too old.
"""

import os
import sys

# Every grading imports these. A command that needs more fails at its import, caught below.
PACKAGES = ("click", "numpy", "pytest", "pytest_timeout", "rich", "torch")
INSTALL = ".venv/bin/pip install -q -c constraints.txt -e ."


def main():
    if os.name == "nt":
        stop("Windows alone is not supported", "install WSL2 (wsl --install), and work inside it")
    if sys.version_info < (3, 11):
        version = sys.version.split()[0]
        newer = "install one, and run python3.11 -m venv --clear .venv && " + INSTALL
        stop("Python 3.11 or newer is needed, and this is %s" % version, in_venv() or newer)
    open_streams()
    from importlib.util import find_spec  # Python 2 has none

    missing = [name for name in PACKAGES if find_spec(name) is None]
    reason = "not installed: " + ", ".join(missing)
    try:
        if not missing:
            from grading.cli.main import program

            program()
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
    """Open the null device for each closed standard stream, so that no file gets its number."""
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
