"""Intake: plain UTF-8 text files of at most 1 MB, and one clear line for everything else."""

import hashlib
import os
import socket
from pathlib import Path

import pytest

from grading.errors import UsageError
from grading.submission.file import MAX_BYTES, from_bytes, read

NAME = "ex.py"


def test_a_file_and_the_folder_that_holds_it_are_the_same(tmp_path: Path) -> None:
    file = tmp_path / NAME
    file.write_bytes(b"x = 1\n")
    assert read(file, NAME) == read(tmp_path, NAME)
    assert read(file, NAME).sha256 == hashlib.sha256(b"x = 1\n").hexdigest()


@pytest.mark.parametrize("data", [b"\xef\xbb\xbfx = 'gr\xc3\xbcn'\n", b"x = 'gr\xc3\xbcn'\r\n"])
def test_byte_order_mark_and_line_ends_do_not_matter(data: bytes) -> None:
    assert from_bytes(data, NAME).source == "x = 'grün'\n"


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"x = 'gr\xfcn'\n", "line 1"),
        (b"x = 1\ny = '\xff'\n", "line 2"),
        (b"x\0 = 1\n", "NUL"),
        ("x = 1\n".encode("utf-16"), "UTF-8|NUL"),
        (b"#" * (MAX_BYTES + 1), "1 MB"),
    ],
)
def test_what_is_not_text_is_refused_with_a_reason(data: bytes, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        from_bytes(data, NAME)


def test_exactly_a_megabyte_is_fine() -> None:
    assert len(from_bytes(b"#" * MAX_BYTES, NAME).source) == MAX_BYTES


def refused(path: Path, word: str) -> None:
    with pytest.raises(UsageError, match=word) as caught:
        read(path, NAME)
    assert "\n" not in str(caught.value)


def test_links_are_refused_wherever_they_stand(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (real / NAME).write_text("x = 1\n")
    (tmp_path / "link.py").symlink_to(real / NAME)
    (tmp_path / "folder").symlink_to(real)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / NAME).symlink_to("/etc/passwd")
    assert read(real, NAME).source == "x = 1\n"
    for path in (tmp_path / "link.py", tmp_path / "folder", inside):
        refused(path, "symbolic link")


def test_pipes_devices_sockets_and_folders_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "nested" / NAME).mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        refused(tmp_path / "pipe", "neither a file nor a folder")
        refused(tmp_path / "socket", "neither a file nor a folder")
        refused(Path("/dev/zero"), "neither a file nor a folder")
        refused(tmp_path / "nested", "folder")


def test_what_is_not_there_is_said_so(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere.py", "does not exist")
    refused(tmp_path, "does not exist")
    refused(Path("a\0b"), "cannot be read")


def test_a_hostile_file_name_is_shown_harmless(tmp_path: Path) -> None:
    path = tmp_path / "\x1b[2J\nevil.py"
    path.write_text("x = 1\n")
    assert read(path, NAME).name == "�[2J evil.py"
