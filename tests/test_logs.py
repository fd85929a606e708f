"""Log lines."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from calsync.errors import UserError
from calsync.logs import JsonLines, Log, current_request


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Give what is logged under ``test``, as the product formats it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("test")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield stream
    logger.removeHandler(handler)


def read(lines: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_a_line_has_time_level_event_request_and_fields(lines: io.StringIO):
    token = current_request.set("request-1")
    Log("test").info("account checked", account_id="a1", count=3)
    current_request.reset(token)
    [line] = read(lines)
    assert line.pop("ts", "").endswith("Z")  # type: ignore[union-attr]
    assert line == {
        "level": "info",
        "event": "account checked",
        "logger": "test",
        "request_id": "request-1",
        "account_id": "a1",
        "count": 3,
    }


@pytest.mark.parametrize("text", ["a\r\nb", "\x1b[31mred", "\x00", '"}', "\u2028"])
def test_whatever_a_field_holds_the_line_stays_one_valid_line(lines: io.StringIO, text: str):
    Log("test").info(f"event {text}", field=text)
    [line] = read(lines)
    assert line["field"] == text
    assert lines.getvalue().count("\n") == 1
    assert lines.getvalue().isascii()


def test_half_a_character_is_no_reason_to_lose_a_line():
    record = logging.LogRecord("test", logging.INFO, "", 0, chr(0xD800), (), None)
    assert json.loads(JsonLines().format(record))["event"] == chr(0xD800)


def test_a_foreign_exception_is_logged_without_its_words(lines: io.StringIO):
    try:
        raise ValueError("the token is hunter2")
    except ValueError:
        Log("test").failure("it failed")
    [line] = read(lines)
    assert "ValueError at test_logs.py:" in str(line["error"])
    assert "hunter2" not in lines.getvalue()


def test_an_error_of_our_own_keeps_its_words(lines: io.StringIO):
    try:
        raise UserError("There is no such tenant.")
    except UserError:
        Log("test").failure("it failed")
    [line] = read(lines)
    assert "UserError: There is no such tenant. at" in str(line["error"])
