"""What a file is that is not what its name says: one line that says it, and what to do."""

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from pathlib import Path

import pytest

from grading.errors import UsageError
from grading.submission.file import from_bytes
from tests.support.command import run

SOURCE = "import torch\n\nclass VanillaRNNCell(torch.nn.Module):\n    pass\n"


def notebook(*cells: str) -> bytes:
    written = [{"cell_type": "code", "metadata": {}, "source": text} for text in cells]
    return json.dumps({"cells": written, "metadata": {}, "nbformat": 4}).encode()


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, SOURCE)
    return buffer.getvalue()


def tarred() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("ex1.py")
        entry.size = len(SOURCE)
        archive.addfile(entry, io.BytesIO(SOURCE.encode()))
    return buffer.getvalue()


MISTAKEN = {
    "a zip": (zipped("ex1.py"), "is a zip archive: unpack it"),
    "an empty zip": (zipped(), "is an empty zip archive: pack it again"),
    "a document": (
        zipped("[Content_Types].xml", "word/document.xml"),
        "is an office document: save it as plain text",
    ),
    "a gzip": (gzip.compress(SOURCE.encode()), "is a gzip archive: unpack it"),
    "a bzip2": (bz2.compress(SOURCE.encode()), "is a bzip2 archive: unpack it"),
    "an xz": (lzma.compress(SOURCE.encode()), "is an xz archive: unpack it"),
    "a tar": (tarred(), "is a tar archive: unpack it"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "is a PDF: save the code itself"),
    "RTF": (b"{\\rtf1\\ansi import torch}", "is a text with formatting (RTF)"),
    "an old document": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "is an office document"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0", "is a picture: save the code itself"),
    "a page": (b"\n<!DOCTYPE html>\n<title>Sign in</title>\n", "is a web page: download the file"),
    "another page": (b"<HTML><body>x = 1</body>", "is a web page: download the file"),
    "UTF-16": (SOURCE.encode("utf-16"), "is text in UTF-16: save it as UTF-8"),
    "an LFS pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n",
        "is a pointer of Git LFS: check the file itself out",
    ),
    "a Mac's note": (b"\x00\x05\x16\x07\x00\x02", "is a Mac's note about another file"),
    "bytecode": (b"\xa7\r\r\n\0\0\0\0\x12", "is compiled Python: hand in its source"),
}


@pytest.mark.parametrize("name", ["work.py", "work.ipynb"])
@pytest.mark.parametrize("kind", MISTAKEN)
def test_another_kind_of_file_is_named(kind: str, name: str) -> None:
    data, said = MISTAKEN[kind]
    with pytest.raises(UsageError) as error:
        from_bytes(data, name)
    assert str(error.value).startswith(f"work{Path(name).suffix} {said}")


def test_python_and_notebooks_under_each_other_s_names() -> None:
    with pytest.raises(UsageError, match=r"^a.ipynb is Python text: call it a.py$"):
        from_bytes(SOURCE.encode(), "a.ipynb")
    for data in (notebook(SOURCE), b"\xef\xbb\xbf" + notebook(SOURCE)):
        with pytest.raises(UsageError, match=r"^a.py is a notebook: call it a.ipynb$"):
            from_bytes(data, "a.py")


@pytest.mark.parametrize(
    "text",
    [
        SOURCE,
        '"""<html> is what this docstring is about."""\n' + SOURCE,
        "PK = 3\nBZh = GIF8 = 1\n" + SOURCE,
        '{"nbformat", 4}\n' + SOURCE,
        "# <!DOCTYPE html>\n" + SOURCE,
        "version = 1\n",
        "",
    ],
)
def test_python_is_python(text: str) -> None:
    assert from_bytes(text.encode(), "work.py").source == text


@pytest.mark.parametrize("magic", ["%%writefile ex1.py", "%%file x.py", "%%python", "%%timeit"])
def test_a_cell_that_is_left_out_with_its_definitions_is_named(magic: str) -> None:
    work = from_bytes(notebook("x = 1", f"{magic}\n{SOURCE}"), "work.ipynb")
    assert work.note == f"cell 2 was left out because of {magic.split()[0]}"
    assert "VanillaRNNCell" in work.source


@pytest.mark.parametrize(
    "cell", ["%%bash\nls", "%%html\n<b>", "%%time\ndef f():\n    pass", SOURCE]
)
def test_other_cells_are_not_worth_a_note(cell: str) -> None:
    assert from_bytes(notebook(cell), "work.ipynb").note == ""


def test_the_command_says_it_in_one_line(tmp_path: Path) -> None:
    for name, data, said in (
        ("work.zip", zipped("ex1.py"), "is a zip archive: unpack it"),
        ("page.ipynb", b"<!DOCTYPE html>\n", "is a web page: download the file itself"),
        ("module.ipynb", SOURCE.encode(), "is Python text: call it module.py"),
    ):
        (tmp_path / name).write_bytes(data)
        end = run("ex1", "--submission", tmp_path / name)
        assert end.returncode == 2
        assert end.stderr.strip().endswith(f"{name} {said}")
        assert len(end.stderr.splitlines()) == 1
