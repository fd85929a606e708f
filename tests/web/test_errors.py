"""Errors: in plain words, in the product's look, and never a stack trace."""

import json

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient

from calsync.errors import StorageUnavailable
from calsync.logs import JsonLines
from tests.browsing import LogIn, form_token, post
from tests.cast import Person


@pytest.fixture
def breaking(app: Flask) -> FlaskClient:
    """Return a browser at a product with an address for every error."""

    @app.get("/break/<int:status>")
    def break_with(status: int) -> str:
        if status == 500:
            raise ZeroDivisionError("the secret words of a title")
        if status == 503:
            raise StorageUnavailable("planted")
        abort(status)

    return app.test_client()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "We did not understand that"),
        (403, "You may not do that"),
        (404, "There is nothing here"),
        (405, "That does not work here"),
        (413, "That is too large"),
        (418, "We did not understand that"),
        (422, "There is a problem"),
        (429, "Too many attempts"),
        (500, "Something went wrong on our side"),
        (503, "The database is busy"),
    ],
)
def test_each_error_has_a_page_that_says_what_to_do(breaking: FlaskClient, status: int, words: str):
    answer = breaking.get(f"/break/{status}")
    assert answer.status_code == status
    assert f"<h1>{words}</h1>" in answer.text
    assert "calsync.css" in answer.text
    assert "Go to My Calendar" in answer.text
    for leak in ("Traceback", "ZeroDivisionError", "secret words", "werkzeug"):
        assert leak not in answer.text


def test_the_reference_on_the_page_leads_to_the_line_in_the_log(
    breaking: FlaskClient, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO")
    caplog.handler.setFormatter(JsonLines())
    answer = breaking.get("/break/500", headers={"X-Request-Id": "abcdef-123456"})
    assert "reference abcdef-123456" in answer.text
    lines = [json.loads(line) for line in caplog.text.splitlines()]
    mine = [line for line in lines if line.get("request_id") == "abcdef-123456"]
    assert any("ZeroDivisionError at" in line.get("error", "") for line in mine)
    [served] = [line for line in mine if line["event"] == "request served"]
    assert (served["route"], served["status"]) == ("/break/<int:status>", 500)
    assert "secret words" not in caplog.text


@pytest.mark.parametrize("given", ["short", "x" * 65, "a b c d e f", "<script>alert"])
def test_a_reference_that_is_no_reference_is_not_repeated(breaking: FlaskClient, given: str):
    answer = breaking.get("/break/500", headers={"X-Request-Id": given})
    assert given not in answer.text


def test_a_wrong_method_names_the_right_ones(client: FlaskClient):
    answer = client.get("/logout")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_a_body_that_is_too_large_is_refused(client: FlaskClient):
    form = {"csrf_token": form_token(client), "password": "x" * 1_100_000}
    answer = client.post("/login", data=form)
    assert answer.status_code == 413
    assert "That is too large" in answer.text


def test_a_form_with_hundreds_of_parts_is_refused(client: FlaskClient):
    token = form_token(client)

    def send(count: int) -> int:
        parts = {"csrf_token": token, **{f"field{n}": "x" for n in range(count)}}
        return client.post("/login", data=parts, content_type="multipart/form-data").status_code

    assert send(100) == 422
    assert send(300) == 413


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "a b", "", "[::1"])
def test_a_forged_host_is_turned_away_without_an_address_of_its_own(
    client: FlaskClient, dana: Person, host: str
):
    answer = client.get("/calendar-sync", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text
    assert "Location" not in answer.headers


def test_a_forwarded_host_changes_no_address(dana: Person, logged_in: LogIn):
    answer = logged_in(dana).get(
        "/calendar-sync/connect",
        headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    )
    assert answer.status_code == 302
    assert "evil" not in answer.location
    assert "redirect_uri=http%3A%2F%2F127.0.0.1%3A5000%2F" in answer.location


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b'{"broken": ', "application/json"),
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"--x\r\nno", "multipart/form-data; boundary=x"),
        (b"tenant=%FF%FE&email=%F0%9F", "application/x-www-form-urlencoded"),
    ],
)
def test_a_body_of_any_bytes_is_a_clear_refusal(client: FlaskClient, data: bytes, kind: str):
    headers = {"X-CSRFToken": form_token(client)}
    answer = client.post("/login", data=data, content_type=kind, headers=headers)
    assert answer.status_code in (400, 422)
    assert "out of date" not in answer.text, "It is the body that is refused, not the token."


@pytest.mark.parametrize(
    "value", ["<script>alert(1)</script>", "\u202ertl", "😀" * 100, "x" * 5000, "{{1001*7}}"]
)
def test_hostile_words_come_back_as_words(client: FlaskClient, value: str):
    answer = post(client, "/login", {"tenant": value, "email": value, "password": value})
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert "7007" not in answer.text.partition("<main")[2].partition("csrf_token")[0]


@pytest.mark.parametrize(
    "path", ["/calendar-sync/../etc/passwd", "/%00", "/static/x/../../y", "/é"]
)
def test_odd_addresses_are_nothing(client: FlaskClient, path: str):
    assert client.get(path).status_code == 404
