"""Files of an entry: bounded in number and size, never unpacked, read whatever their dates are."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from grading.batch.intake.files import files_in
from grading.batch.paths import is_junk
from grading.errors import UsageError
from tests.support.classes import EX1, WORK, pack, put


def places(path: Path) -> list[str]:
    return sorted(file.place for file in files_in(path, path.name))


def test_a_folder_a_file_and_an_archive(tmp_path: Path) -> None:
    put(tmp_path / "ada" / "a" / EX1)
    put(tmp_path / "ada" / "__MACOSX" / EX1)
    put(tmp_path / "ada" / ".DS_Store")
    put(tmp_path / "ada" / "a" / ".ipynb_checkpoints" / EX1)
    put(tmp_path / "ada" / "notes.txt")
    pack(tmp_path / "ada" / "more.ZIP", {f"b/{EX1}": WORK, f"__MACOSX/._{EX1}": "no"})
    assert places(tmp_path / "ada") == [f"a/{EX1}", f"b/{EX1}", "notes.txt"]
    assert places(put(tmp_path / EX1)) == [EX1]
    assert places(pack(tmp_path / "c.zip", {f"x/{EX1}": WORK, ".git/config": ""})) == [f"x/{EX1}"]


@pytest.mark.parametrize("name", ["__MACOSX", ".DS_Store", "._ex1.py", "__pycache__", "Thumbs.db"])
def test_what_programs_leave_is_nothing(name: str) -> None:
    assert is_junk(name)


def test_an_archive_without_dates_is_read(tmp_path: Path) -> None:
    """Zips that are streamed or reproducible have a month 0, which is no month."""
    path = tmp_path / "work.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in ((EX1, WORK), ("README.md", "hello")):
            info = zipfile.ZipInfo(name)
            info.date_time = (1980, 0, 0, 0, 0, 0)
            archive.writestr(info, text)
    assert zipfile.ZipFile(path).infolist()[0].date_time == (1980, 0, 0, 0, 0, 0)
    [work, _] = files_in(path, path.name)
    assert work.content(100) == WORK.encode()
    put(tmp_path / "folder" / EX1)
    path.rename(tmp_path / "folder" / "old.zip")
    assert places(tmp_path / "folder") == ["README.md", EX1, EX1]


def test_an_entry_without_a_name_is_nothing(tmp_path: Path) -> None:
    path = pack(tmp_path / "ada.zip", {"n": "x", EX1: WORK})
    data = path.read_bytes()
    # The length of the name, in the entry's own header and in the list of entries.
    entry, listed = data.index(b"PK\3\4"), data.index(b"PK\1\2")
    whole = bytearray(data)
    whole[listed + 28 : listed + 30] = b"\0\0"
    whole[entry + 26 : entry + 28] = b"\0\0"
    path.write_bytes(whole[: listed + 46] + whole[listed + 47 :])
    with pytest.raises(UsageError, match="cannot be read as an archive") as error:
        files_in(path, path.name)
    assert "\n" not in str(error.value)


def damaged(path: Path, change: Callable[[bytearray], None], **options: int) -> Path:
    """An archive of one member, with some of its bytes changed."""
    with zipfile.ZipFile(path, "w", **options) as archive:  # type: ignore[call-overload]
        archive.writestr(EX1, WORK * 50)
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)
    return path


def spoil(data: bytearray) -> None:
    start = 30 + len(EX1)
    data[start : start + 8] = b"\xff" * 8


def far_away(data: bytearray) -> None:
    at = data.index(b"PK\x01\x02")
    data[at + 42 : at + 46] = b"\xf0\xff\xff\x7f"


def unknown_method(data: bytearray) -> None:
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        data[data.index(mark) + offset] = 97


def encrypted(data: bytearray) -> None:
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1


DAMAGE = {
    "deflate": (spoil, zipfile.ZIP_DEFLATED),
    "bzip2": (spoil, zipfile.ZIP_BZIP2),
    "lzma": (spoil, zipfile.ZIP_LZMA),
    "a member beyond the end": (far_away, zipfile.ZIP_DEFLATED),
    "an unknown method": (unknown_method, zipfile.ZIP_DEFLATED),
    "encryption": (encrypted, zipfile.ZIP_DEFLATED),
    "nothing but zeros": (lambda data: data.__init__(len(data)), zipfile.ZIP_DEFLATED),  # type: ignore[misc]
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_archive_is_said_in_one_line(tmp_path: Path, what: str) -> None:
    """The library for archives raises seven kinds of exception for them."""
    change, method = DAMAGE[what]
    path = damaged(tmp_path / "mallory.zip", change, compression=method)
    with pytest.raises(UsageError, match=r"mallory\.zip cannot be read as an archive: .") as caught:
        files_in(path, path.name)
    assert len(str(caught.value).splitlines()) == 1
    # Beside other files it spoils nothing.
    put(tmp_path / "bob" / EX1)
    path.rename(tmp_path / "bob" / "old.zip")
    assert places(tmp_path / "bob") == [EX1, "old.zip"]


def test_a_truncated_archive_is_said(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {EX1: WORK * 50})
    data = path.read_bytes()
    for size in (0, 10, len(data) - 1):
        path.write_bytes(data[:size])
        with pytest.raises(UsageError, match="cannot be read as an archive"):
            files_in(path, path.name)


def test_limits(tmp_path: Path) -> None:
    many = pack(tmp_path / "many.zip", {f"{number}.py": "" for number in range(5001)})
    with pytest.raises(UsageError, match="more than 5000 files"):
        files_in(many, many.name)
    large = pack(tmp_path / "large.zip", {f"{n}.ipynb": " " * 2**24 for n in range(6)})
    with pytest.raises(UsageError, match="more than 64 MB"):
        files_in(large, large.name)


def test_a_file_in_an_archive_in_a_folder_has_the_archive_s_name_in_front(tmp_path: Path) -> None:
    pack(tmp_path / "ada" / "w" / "all.zip", {"a/x.py": "", "y.py": ""})
    (tmp_path / "ada" / "w" / "no.zip").write_bytes(b"PK no")
    files = {file.whole_place: file.folder.as_posix() for file in files_in(tmp_path / "ada", "ada")}
    assert files == {
        "w/all.zip/a/x.py": "w/all.zip/a",
        "w/all.zip/y.py": "w/all.zip",
        "w/no.zip": "w",
    }
