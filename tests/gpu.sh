#!/usr/bin/env bash
# Gather figures from a GPU: docs/gpu.md says which, and what for. It stops itself after six minutes.
#
#     tests/gpu.sh [OUT [PART...]]
#
# OUT is a folder for the results (default: gpu-results). PART is one of environment, marks, right,
# calibrate, mistakes, labs, rest; by default all run, in this order. Variables:
#
#     DEVICE=cpu      compute on the CPU, to try this script where there is no GPU (default: cuda)
#     LIMIT=90        the seconds after which it stops itself (default: 360)
#     PYTHON=python   the interpreter (default: .venv/bin/python if it is there, else python3)
#     WHEELS=folder   packages for an interpreter that lacks some, for this run alone
#
# The interpreter needs Python 3.11 or newer and what NEEDED names below; the labs need matplotlib,
# and the tests for CUDA also hypothesis. Where there is no network, fill a folder with wheels on
# another machine, for the Python and the system of the one with the GPU, and name it in WHEELS:
#
#     pip download -d wheels --only-binary :all: --python-version 3.12 --no-deps \
#         click pytest pytest-timeout iniconfig packaging pluggy pygments rich markdown-it-py mdurl
#
# The wheels are installed into a temporary folder, which PYTHONPATH names, and which is removed.
set -u

NEEDED="torch numpy click pytest pytest_timeout rich"
MISSING='import sys; from importlib.util import find_spec
print(*["Python 3.11"] * (sys.version_info < (3, 11)), *(n for n in sys.argv[1:] if not find_spec(n)))'

refuse() {
    echo "tests/gpu.sh: $1" >&2
    exit 2
}

absolute() {
    case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac
}

course=$(cd "$(dirname "$0")/.." && pwd) || exit 2
out=$(absolute "${1:-$course/gpu-results}")
shift $(($# > 0))
wheels=${WHEELS:+$(absolute "$WHEELS")}
cd "$course" || exit 2
own=.venv/bin/python
[ -x "$own" ] || own=python3
python=${PYTHON:-$own}

# NEEDED is several words on purpose.
lacking=$("$python" -c "$MISSING" $NEEDED 2>/dev/null) ||
    refuse "$python does not run: name an interpreter in PYTHON"
if [ -n "$lacking" ] && [ -n "$wheels" ]; then
    packages=$(mktemp -d) || exit 2
    trap 'rm -rf "$packages"' EXIT
    "$python" -m pip install -q --no-index --no-deps --target "$packages" "$wheels"/*.whl ||
        refuse "the wheels in $wheels cannot be installed"
    export PYTHONPATH=$packages${PYTHONPATH:+:$PYTHONPATH}
    lacking=$("$python" -c "$MISSING" $NEEDED)
fi
[ -z "$lacking" ] ||
    refuse "$python lacks $lacking: pip install -c constraints.txt -e ., or WHEELS (see its first lines)"

"$python" -m tests.gpu "$out" "$@" \
    --device "${DEVICE:-cuda}" --limit "${LIMIT:-360}" --gone "$SECONDS"
