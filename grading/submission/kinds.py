"""Recognizes a file that is not what its name says, and tells its author what to do.

It looks at the first bytes, and at the words with which lines begin; nothing is parsed.
"""

import re
from pathlib import PurePosixPath

# The first bytes of a file, what it is, and what its author can do.
_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive", "unpack it"),
    (b"PK\x05\x06", "an empty zip archive", "pack it again"),
    (b"\x1f\x8b", "a gzip archive", "unpack it"),
    (b"BZh91AY&SY", "a bzip2 archive", "unpack it"),
    (b"\xfd7zXZ\0", "an xz archive", "unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it"),
    (b"Rar!\x1a\x07", "a rar archive", "unpack it"),
    (b"%PDF-", "a PDF", "save the code itself"),
    (b"{\\rtf", "a text with formatting (RTF)", "save it as plain text"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an office document", "save it as plain text"),
    (b"\x89PNG\r\n", "a picture", "save the code itself"),
    (b"\xff\xd8\xff", "a picture", "save the code itself"),
    (b"GIF89a", "a picture", "save the code itself"),
    (b"\x00\x05\x16\x07", "a Mac's note about another file", "save that file"),
    (b"\xff\xfe", "text in UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16", "save it as UTF-8"),
    (b"version https://git-lfs.", "a pointer of Git LFS", "check the file itself out"),
)
_TAR = (257, b"ustar")
_OFFICE = (b"[Content_Types].xml", b"mimetypeapplication/vnd.oasis")
_COMPILED = (2, b"\r\n")
_PAGE = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_PYTHON = re.compile(rb"^(?:import|from|def|class|async def|@\w|if __name__)\b", re.MULTILINE)
_NOTEBOOK = re.compile(rb'\s*\{.*"nbformat"\s*:', re.DOTALL)
_BEGINNING = 4096


def mistaken(data: bytes, name: str, wants_notebook: bool) -> str:
    """What the file is and what to do, if it is not the module or notebook that its name says.

    Empty if its kind is right, or unknown.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    if kind := _binary(data):
        return kind
    if _PAGE.match(data):
        return "is a web page: download the file itself"
    stem = PurePosixPath(name).stem
    if wants_notebook and not data.lstrip().startswith(b"{") and _PYTHON.search(data):
        return f"is Python text: call it {stem}.py"
    if not wants_notebook and _NOTEBOOK.match(data):
        return f"is a notebook: call it {stem}.ipynb"
    return ""


def _binary(data: bytes) -> str:
    beginning = data[:_BEGINNING]
    if beginning.startswith(b"PK") and any(sign in beginning for sign in _OFFICE):
        return "is an office document: save it as plain text"
    for signature, kind, advice in _SIGNATURES:
        if beginning.startswith(signature):
            return f"is {kind}: {advice}"
    at, signature = _TAR
    if beginning[at:].startswith(signature):
        return "is a tar archive: unpack it"
    at, signature = _COMPILED
    if beginning[at:].startswith(signature) and b"\0" in beginning:
        return "is compiled Python: hand in its source"
    return ""
