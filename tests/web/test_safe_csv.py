"""A spreadsheet shows what strangers wrote, and never works it out."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.web.safe_csv import csv_response, safe_cell, write_csv


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "\0"])
def test_what_would_begin_a_formula_gets_an_apostrophe(first: str):
    assert safe_cell(f"{first}1+1") == f"'{first}1+1"


def test_what_would_not_stays_as_it_is():
    for text in ("Lunch", "a=b", "'quoted", " =1", "42", ""):
        assert safe_cell(text) == text
    assert safe_cell(None) == ""
    assert safe_cell(42) == "42"


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=2)))
def test_every_cell_is_read_back_as_it_was_written_and_begins_no_formula(rows: list[list[str]]):
    text = write_csv(["One", "Two"], rows).decode("utf-8-sig")
    header, *read = csv.reader(io.StringIO(text, newline=""))
    assert header == ["One", "Two"]
    assert read == [[safe_cell(cell) for cell in row] for row in rows]
    assert not [cell for row in read for cell in row if cell[:1] in set("=+-@\t\r\n\0")]


def test_it_is_a_file_to_be_kept():
    response = csv_response("changes.csv", ["Subject"], [["Lunch"]])
    assert response.headers["Content-Disposition"] == 'attachment; filename="changes.csv"'
    assert response.content_type == "text/csv; charset=utf-8"
    assert response.data == b"\xef\xbb\xbfSubject\r\nLunch\r\n"
