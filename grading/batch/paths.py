"""What lies at a path, without following links; platforms and intake both ask for it."""

import os
from pathlib import Path

# What operating systems and programs leave in folders, and nobody hands in.
JUNK = ("__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini")


def is_folder(path: Path) -> bool:
    """Whether this is a folder, and no link to one; False where nobody may look."""
    return os.path.isdir(path) and not os.path.islink(path)


def is_file(path: Path) -> bool:
    """Whether this is a plain file, and no link to one; False where nobody may look."""
    return os.path.isfile(path) and not os.path.islink(path)


def is_junk(name: str) -> bool:
    """Whether a system or a program left a file or folder of this name, which nobody hands in."""
    return name.startswith(".") or name in JUNK
