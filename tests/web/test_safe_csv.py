"""A spreadsheet shows what strangers wrote, and never works it out."""

import csv
import io
from collections.abc import Iterator
from itertools import islice

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from calsync.web.safe_csv import csv_response, safe_cell, write_lines


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
    text = b"".join(write_lines(["One", "Two"], rows, "Broken")).decode("utf-8-sig")
    header, *read = csv.reader(io.StringIO(text, newline=""))
    assert header == ["One", "Two"]
    assert read == [[safe_cell(cell) for cell in row] for row in rows]
    assert not [cell for row in read for cell in row if cell[:1] in set("=+-@\t\r\n\0")]


def test_it_is_a_file_to_be_kept(app: Flask):
    with app.test_request_context():
        response = csv_response("changes.csv", ["Subject"], [["Lunch"]])
    assert response.headers["Content-Disposition"] == 'attachment; filename="changes.csv"'
    assert response.content_type == "text/csv; charset=utf-8"
    assert response.data == b"\xef\xbb\xbfSubject\r\nLunch\r\n"


def test_a_file_that_an_error_cuts_short_says_so_and_is_not_ended_as_if_it_were_whole(app: Flask):
    def break_off() -> Iterator[list[str]]:
        yield ["Lunch"]
        raise RuntimeError

    with app.test_request_context():
        sent = csv_response("changes.csv", ["Subject"], break_off()).iter_encoded()
    assert list(islice(sent, 3))[2:] == [b"Lunch\r\n"]
    said = b"This file is not whole: an error ended it here. Download it again.\r\n"
    assert next(sent) == said
    with pytest.raises(RuntimeError):
        next(sent)
