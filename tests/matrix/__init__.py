"""The matrix: does the course give the right marks on a Python, its packages and its system?

    python -m tests.matrix 3.12 --python python3.12
    python -m tests.matrix --table

A cell is a Python, the versions of the packages, and PyTorch's build (`cells.py`). A step installs
the course there or grades with it (`install.py`, `steps.py`); what it saw is judged by
`verdicts.py` and kept as one JSON file (`records.py`), so that a run that was stopped goes on where
it was. `table.py` shows what was kept, for docs/platforms.md.

All of this needs the standard library alone: it runs before anything is installed.
"""
