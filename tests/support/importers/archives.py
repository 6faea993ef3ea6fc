"""Feedback in archives, as Canvas and Moodle take it back.

Written after instructure/canvas-lms, app/models/abstract_assignment.rb @ 028f76bb2b8c
(infer_comment_context_from_filename), and moodle/moodle,
mod/assign/feedback/file/importziplib.php @ 0203d8f26027 (is_valid_filename_for_import).
"""

import re
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath


def canvas(path: str, groups: Collection[str] = ()) -> tuple[str, str] | None:
    """The user's number, or the code of an anonymous one, and that of the attachment."""
    name = PurePosixPath(path).name
    if name.startswith("._"):
        return None
    for group in groups:
        name = name.removeprefix(f"{group}_")
    pieces = [piece for piece in name.split("_") if piece != "LATE"]
    if not pieces or pieces[-1].startswith("link"):
        return None
    if pieces[0] == "anon":
        return (pieces[1], pieces[2]) if len(pieces) > 2 else None
    numbers = [piece for piece in pieces if re.fullmatch("[0-9]+", piece)]
    return (numbers[0], numbers[1]) if len(numbers) > 1 else None


def moodle(path: str, participants: Mapping[int, str]) -> tuple[str, str] | None:
    """Whose feedback an entry is, and the file's name there; None if Moodle ignores it."""
    if PurePosixPath(path).name.startswith((".", "~")):
        return None
    parts = path.split("/")
    while parts:
        pieces = parts.pop(0).split("_", 4)
        if len(pieces) < 4 or not pieces[1].isdecimal() or int(pieces[1]) not in participants:
            continue
        if pieces[2] not in ("assignsubmission", "assignfeedback"):
            continue
        rest = [*pieces[4:], *parts]
        return participants[int(pieces[1])], "/".join(part for part in rest if part)
    return None
