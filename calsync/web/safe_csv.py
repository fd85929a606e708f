"""Tables as files for spreadsheets, in which no cell is taken for a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from flask import Response

from calsync.web.i18n import _

#: What a spreadsheet takes for the beginning of a formula, or drops and looks behind.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return a table as a file of that name, to be kept and not shown.

    It is sent while it is written: however long it is, no more of it is in memory than a
    line. The request is over by then, so rows that need it are made before.
    """
    broken = _("This file is not whole: an error ended it here. Download it again.")
    lines = write_lines(header, rows, broken)
    response = Response(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def write_lines(
    header: Sequence[str], rows: Iterable[Sequence[object]], broken: str
) -> Iterator[bytes]:
    """Yield the lines of a table whose cells a spreadsheet shows and never works out.

    A cell that would begin a formula gets an apostrophe in front, which is how a person
    types such a text. What is ``broken`` is said in a last line where no more rows come.
    """
    # The mark at the front, or Excel takes it for the alphabet of its own machine.
    yield "\ufeff".encode()
    try:
        for row in chain([header], rows):
            yield _write_line(row)
    except Exception:
        # Whatever it was goes on and breaks the connection; but a proxy that asks in HTTP/1.0
        # cannot tell that from the end.
        yield _write_line([broken])
        raise


def _write_line(cells: Sequence[object]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line).writerow([safe_cell(cell) for cell in cells])
    return line.getvalue().encode()


def safe_cell(value: object) -> str:
    """Return a value as the text of a cell; nothing where there is none."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_DANGEROUS) else text
