"""feedback-PLATFORM.zip: pages of feedback under the names by which a platform takes them back.

- Canvas (instructure/canvas-lms, app/models/abstract_assignment.rb @ 028f76bb2b8c,
  infer_comment_context_from_filename): a flat file whose name has the numbers of the user and of an
  attachment, as the download has; the rest of the name is free.
- Moodle (moodle/moodle, mod/assign/feedback/file/importziplib.php @ 3769c65a9703): a folder called
  as in the download; what lies in it goes to the participant whose number stands in its name.
- Brightspace, whose source is not public: the folders of the download, with their names untouched.
"""

import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from grading.batch.intake.collected import Collected
from grading.batch.paths import is_folder
from grading.batch.people.evidence import Evidence, Match

PAGE = "feedback.html"
# Every entry has this time, so that equal pages make equal archives.
_TIME = (1980, 1, 1, 0, 0, 0)
FEW = 3
PLATFORMS = ("canvas", "moodle", "brightspace")
_OF_GROUPS = (Evidence.TEAM, Evidence.TEAM_AND_NAME)
# importziplib.php: a part of the path is split at underscores, and the second piece is the number.
_MOODLE = re.compile(r"(?P<prefix>[^_]*_\d+_assignsubmission_[a-z0-9]+)(?:_.*)?", re.DOTALL)
_LATE = "LATE"
_ANONYMOUS = "anon"


@dataclass
class Feedback:
    """The pages to hand back, by platform: (name in the archive, label of the submission).

    `notes` say which submissions have no place in an archive, and why.
    """

    entries: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def planned(collected: Iterable[Collected], matches: Mapping[str, Match]) -> Feedback:
    """Where the page of each submission goes, by its newest hand-in."""
    feedback = Feedback()
    lost: dict[tuple[str, str], list[str]] = {}
    for label, found in _newest(collected).items():
        platform = found.author.account.partition(" ")[0]
        if platform not in PLATFORMS:
            continue
        name, why = _place(platform, found, matches.get(label))
        if why:
            lost.setdefault((platform, why), []).append(label)
        else:
            feedback.entries.setdefault(platform, []).append((name, label))
    for (platform, why), labels in lost.items():
        more = f" and {len(labels) - FEW} more" if len(labels) > FEW else ""
        named = ", ".join(labels[:FEW]) + more
        feedback.notes.append(f"feedback-{platform}.zip lacks {named}: {why}")
    return feedback


def _newest(collected: Iterable[Collected]) -> dict[str, Collected]:
    """The newest attempt of each submission, whatever counts: platforms know no older one."""
    newest: dict[str, Collected] = {}
    for found in collected:
        label = found.author.label
        if label not in newest or _rank(found) > _rank(newest[label]):
            newest[label] = found
    return newest


def _rank(found: Collected) -> tuple[tuple[float, ...], int]:
    return found.order or (), found.attempt


def _place(platform: str, found: Collected, match: Match | None) -> tuple[str, str]:
    """The name in the archive, or why there is none."""
    if not found.entries:
        return "", "no file was handed in whose name the platform would know"
    first = found.entries[0]
    try:
        first.name.encode("utf-8")
    except UnicodeEncodeError:
        return "", "the name of the download is no text"
    if platform == "canvas":
        return f"{canvas_prefix(first.name)}_{PAGE}", ""
    if platform == "brightspace":
        is_flat = not is_folder(first)
        why = "nothing tells whether Brightspace takes back a download without folders"
        return f"{first.name}/{PAGE}", why if is_flat else ""
    if match is not None and (match.evidence in _OF_GROUPS or len(match.people) > 1):
        # An older importziplib.php (@ 0203d8f26027) looks the number up among participants.
        return "", "in older versions Moodle may give a group's file to one student"
    named = _MOODLE.fullmatch(first.name)
    if named is None:
        return "", "its name holds no number of a participant"
    return f"{named['prefix'] if not is_folder(first) else first.name}/{PAGE}", ""


def canvas_prefix(name: str) -> str:
    """A downloaded file's name up to the number of the attachment.

    Canvas takes the first two numbers between underscores, or the code after `anon` and what
    follows it, without LATE and without the name of a group, which may hold numbers. So every
    number is kept that follows these at once: Canvas reads the same as in the download.
    """
    pieces = name.split("_")
    counted = [at for at, piece in enumerate(pieces) if piece != _LATE]
    numbers = [at for at in counted if _is_number(pieces[at])]
    is_anonymous = bool(counted) and pieces[counted[0]] == _ANONYMOUS
    ends = counted[2:3] if is_anonymous else numbers[1:2]
    end = ends[0] + 1 if ends else len(pieces)
    while end < len(pieces) and (_is_number(pieces[end]) or pieces[end] == _LATE):
        end += 1
    return "_".join(pieces[:end])


def _is_number(piece: str) -> bool:
    return piece.isascii() and piece.isdigit()


def write(file: IO[bytes], pages: Iterable[tuple[str, Path]]) -> None:
    """Write an archive of these files into `file`, one at a time. Raises OSError."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, page in pages:
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, page.read_bytes())


def of_pages(
    feedback: Feedback, platform: str, pages: Mapping[str, Path]
) -> list[tuple[str, Path]]:
    """The entries of an archive and the files that they hold, in the order of their names."""
    found: dict[str, Path] = {}
    for name, label in sorted(feedback.entries.get(platform, ())):
        if label in pages:
            found.setdefault(name, pages[label])
    return list(found.items())
