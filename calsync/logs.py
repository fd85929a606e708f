"""Log lines: one JSON object each, in UTC, with ids and counts and never with contents."""

import json
import logging
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from typing import TextIO

from calsync.errors import CalsyncError

Write = Callable[[], None]

#: The id of the request or job that is being served, if any.
current_request: ContextVar[str] = ContextVar("current_request", default="")
_held: ContextVar[list[Write] | None] = ContextVar("held", default=None)


@contextmanager
def logged_if_kept() -> Iterator[None]:
    """Hold back what is said to have been done until it is kept.

    Where this ends with an exception nothing was done, and nothing is said of it.
    """
    lines: list[Write] = []
    token = _held.set(lines)
    try:
        yield
    finally:
        _held.reset(token)
    for write in lines:
        write()


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON, whatever control characters it holds."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        line = {
            "ts": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        if request_id := current_request.get():
            line["request_id"] = request_id
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1]:
            line["error"] = _describe(record.exc_info[1])
        return json.dumps(line, default=str)


class Log:
    """A logger whose extra arguments become fields of the line."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def info(self, event: str, **fields: object) -> None:
        write = partial(self._logger.info, event, extra={"fields": fields})
        held = _held.get()
        if held is None:
            write()
        else:
            held.append(write)

    def warning(self, event: str, **fields: object) -> None:
        self._logger.warning(event, extra={"fields": fields})

    def failure(self, event: str, **fields: object) -> None:
        """Log the exception in hand: its type and where it came from, not its words.

        The words of a foreign exception may hold what a log must not: SQL
        parameters, a URL, a title. Those of our own errors are safe to keep.
        """
        self._logger.error(event, exc_info=True, extra={"fields": fields})


def configure_logging(stream: TextIO = sys.stderr) -> None:
    """Send every log line of the process to ``stream`` as JSON."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # Their lines say when jobs ran; the loop's own lines say it better.
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _describe(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    trail = " < ".join(f"{f.filename.rpartition('/')[2]}:{f.lineno}" for f in reversed(frames))

    words = f": {error}" if isinstance(error, CalsyncError) else ""
    return f"{type(error).__name__}{words} at {trail}"
