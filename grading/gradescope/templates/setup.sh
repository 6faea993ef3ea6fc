#!/usr/bin/env bash
# Gradescope runs this once, when it builds the image: it installs Python, the grader, and the
# strongest isolation that the container allows.
set -euo pipefail

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y python3 python3-venv bubblewrap util-linux

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/course"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: choose Ubuntu 24.04 as the base image")'
python3 -m venv .venv
.venv/bin/pip install -q -c constraints.txt -e .
.venv/bin/python grader.py doctor --plain
