"""Rows as CSV: what people open is guarded, what an importer reads is left alone."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.batch.gradebooks.csv_writer import as_written, encoded, table

cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("-x", "'-x"),
        ("\tx", "'\tx"),
        (-1.5, "-1.5"),
        (3, "3"),
        (None, ""),
        ("a=b", "a=b"),
    ],
)
def test_a_table_for_people_holds_no_formula(value: object, cell: str) -> None:
    assert next(csv.reader(io.StringIO(table([[value, "x"]]))))[0] == cell


@given(st.lists(st.lists(cells, min_size=1, max_size=3), max_size=4), st.sampled_from(",;\t"))
def test_an_importer_reads_what_was_written(rows: list[list[str]], mark: str) -> None:
    for quote_all in (False, True):
        text = as_written(rows, mark, quote_all)
        read = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
        assert list(read) == rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_is_encoded_as_it_was(encoding: str) -> None:
    content = encoded("Zoë,1\r\n", encoding)
    assert content.decode(encoding) == "Zoë,1\r\n"
    if encoding == "utf-16":
        assert content.startswith(b"\xff\xfeZ\0")
    if encoding == "cp1252":
        assert encoded("→", encoding) == b"&#8594;"
