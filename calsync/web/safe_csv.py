"""Tables as files for spreadsheets, in which no cell is taken for a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from flask import Response

#: What a spreadsheet takes for the beginning of a formula, or drops and looks behind.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return a table as a file of that name, to be kept and not shown."""
    response = Response(write_csv(header, rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def stream_csv(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return a table as a file of that name that is sent while it is written.

    However long it is, no more of it is in memory than a line. The request is over by then:
    the rows are made without it.
    """
    response = Response(_write_lines(header, rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _write_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    yield "\ufeff".encode()
    for row in chain([header], rows):
        line = io.StringIO(newline="")
        csv.writer(line).writerow([safe_cell(cell) for cell in row])
        yield line.getvalue().encode()


def write_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a table whose cells a spreadsheet shows and never works out.

    A cell that would begin a formula gets an apostrophe in front, which is how a person
    types such a text.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    # With its mark at the front, or Excel takes it for the alphabet of its own machine.
    return text.getvalue().encode("utf-8-sig")


def safe_cell(value: object) -> str:
    """Return a value as the text of a cell; nothing where there is none."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_DANGEROUS) else text
