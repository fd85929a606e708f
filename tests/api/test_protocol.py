"""What every request and answer of the API keeps to."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from limits import parse

from calsync.api.access import CallLimit, register_limit
from calsync.app import tools_of
from calsync.errors import StorageUnavailable
from calsync.services import api_tokens, people
from calsync.services.tools import Tools
from tests.api.conftest import Program, appointment
from tests.browsing import form_token
from tests.cast import Person
from tests.clocks import FakeClock
from tests.web.routes import list_routes

MakeProgram = Callable[[Person], Program]
LogIn = Callable[[Person], Any]
ID_NAMES = (
    "item_id",
    "key",
    "ticket_id",
    "client_id",
    "contact_id",
    "external_id",
    "integration_id",
    "run_id",
)
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def check_problem(answer: Any, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["title"]
    assert answer.json["type"] == "about:blank"
    assert answer.json["request_id"]
    assert answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


@ONE_DATABASE
def test_without_a_token_there_is_nothing(nobody: Program, psa: Program):
    for secret in (None, "", "cs_wrong", "x" * 1000, "é"):
        answer = Program(nobody.client, secret).get("/items")
        check_problem(answer, 401)
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="calsync"')
    assert (
        'error="invalid_token"'
        in Program(nobody.client, "wrong").get("/items").headers["WWW-Authenticate"]
    )
    basic = nobody.get("/items", Authorization=f"Basic {psa.secret}")
    check_problem(basic, 401)
    assert nobody.get("/items", Authorization=f"bearer  {psa.secret}").status_code == 200


@ONE_DATABASE
def test_every_address_of_the_api_asks_for_a_token(
    app: Flask, nobody: Program, logged_in: LogIn, dana: Person
):
    routes = list_routes(
        app,
        dict.fromkeys(ID_NAMES, "x"),
        of_programs=True,
    )
    assert len(routes) >= 20
    browser = logged_in(dana)
    for route in routes:
        for client in (nobody.client, browser):
            check_problem(client.open(route.url, method=route.method, json={}), 401)


@ONE_DATABASE
def test_the_cookie_of_a_login_opens_nothing(logged_in: LogIn, dana: Person):
    browser = logged_in(dana)
    check_problem(browser.get("/api/v1/items"), 401)
    answer = browser.post("/api/v1/items", json=appointment())
    check_problem(answer, 401)
    token = form_token(browser)
    answer = browser.post("/api/v1/items", json=appointment(), headers={"X-CSRFToken": token})
    check_problem(answer, 401)


@ONE_DATABASE
def test_a_token_ends_with_being_revoked_and_with_its_user(
    psa: Program, program: MakeProgram, dana: Person, tools: Tools
):
    other = program(dana)
    [newest, *_] = api_tokens.list_live_tokens(tools, dana.who)
    assert api_tokens.revoke(tools, dana.who, newest.id)
    answers = [each.get("/items").status_code for each in (psa, other)]
    assert sorted(answers) == [200, 401]
    people.set_disabled(tools, dana.tenant, dana.email, is_disabled=True)
    assert [each.get("/items").status_code for each in (psa, other)] == [401, 401]


@ONE_DATABASE
def test_a_token_shows_nothing_of_another_tenant(
    psa: Program, program: MakeProgram, sam: Person, mallory: Person
):
    made = psa.add(external_id="psa-1")
    ticket = psa.post("/tickets", {"title": "No mail"}).json
    program(sam).post("/clients", {"name": "Globex"})
    stranger = program(mallory)
    for path in ("/items", "/tickets", "/clients"):
        assert next(iter(stranger.get(path).json.values())) in ([], None), path
    assert "acme" not in stranger.get("/users").text
    for known, path in ((made["id"], "/items"), (ticket["id"], "/tickets")):
        for method in ("GET", "PATCH"):
            answers = [
                stranger.call(method, f"{path}/{each}", {} if method == "PATCH" else None)
                for each in (known, "0000000000000000")
            ]
            for answer in answers:
                check_problem(answer, 404)
            first, second = ({**each.json, "request_id": ""} for each in answers)
            assert first == second
    call = {"kind": "service_call", "ticket": ticket["id"]}
    assert stranger.post("/items", appointment(**call)).status_code == 422


@ONE_DATABASE
def test_a_colleagues_item_is_nothing_to_a_technician(
    psa: Program, program: MakeProgram, sam: Person
):
    theirs = program(sam).add()
    check_problem(psa.get(f"/items/{theirs['id']}"), 404)
    check_problem(psa.delete(f"/items/{theirs['id']}"), 404)
    assert psa.get("/items").json["items"] == []


@ONE_DATABASE
def test_addresses_and_methods_that_are_none_are_problems_too(psa: Program, nobody: Program):
    check_problem(psa.get("/nothing"), 404)
    check_problem(nobody.get("/api/nothing"), 404)
    answer = psa.put("/items", {})
    check_problem(answer, 405)
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
    check_problem(psa.post("/users", {}), 405)


@ONE_DATABASE
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"kind": NaN}', b"\xff\xfe", b"[" * 100_000, b'{"a": ' * 50_000, b"1" * 10_000],
)
def test_a_body_that_is_no_json_is_refused(psa: Program, body: bytes):
    answer = psa.client.post(
        "/api/v1/items",
        data=body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {psa.secret}"},
    )
    check_problem(answer, 400)


@ONE_DATABASE
@pytest.mark.parametrize("body", [[], "text", 7, None, True])
def test_a_body_that_is_no_object_is_refused(psa: Program, body: object):
    answer = psa.client.post(
        "/api/v1/items",
        data=json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {psa.secret}"},
    )
    check_problem(answer, 422)
    assert answer.json["errors"] == [
        {"field": "", "code": "wrong_type", "detail": "This is of the wrong type or form."}
    ]


@ONE_DATABASE
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
def test_only_json_is_read(psa: Program, kind: str):
    answer = psa.client.post(
        "/api/v1/items",
        data=json.dumps(appointment()),
        content_type=kind,
        headers={"Authorization": f"Bearer {psa.secret}"},
    )
    check_problem(answer, 415)


@ONE_DATABASE
def test_a_body_that_is_too_large_is_refused(psa: Program):
    check_problem(psa.post("/items", appointment(description="x" * 1_100_000)), 413)


@ONE_DATABASE
@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("limit=0", {"?limit": "out_of_range"}),
        ("limit=101", {"?limit": "out_of_range"}),
        ("limit=x", {"?limit": "wrong_type"}),
        ("kind=party", {"?kind": "unknown_choice"}),
        ("from=2026-03-02", {"?from": "wrong_type"}),
        ("to=2026-03-02T00:00:00", {"?to": "no_offset"}),
        ("updated_since=yesterday", {"?updated_since": "wrong_type"}),
        ("cursor=x", {"?cursor": "invalid"}),
        ("cursor=WzEsMl0", {"?cursor": "invalid"}),
        ("colour=red", {"?colour": "unknown_field"}),
    ],
)
def test_a_wrong_query_is_refused(psa: Program, query: str, errors: dict[str, str]):
    answer = psa.get(f"/items?{query}")
    check_problem(answer, 422)
    assert {each["field"]: each["code"] for each in answer.json["errors"]} == errors


@ONE_DATABASE
def test_another_site_cannot_even_ask_with_a_token(psa: Program):
    check_problem(psa.post("/items", appointment(), Sec_Fetch_Site="cross-site"), 403)


@ONE_DATABASE
def test_a_program_that_runs_wild_is_told_to_wait(
    app: Flask, psa: Program, program: MakeProgram, sam: Person
):
    register_limit(app, CallLimit(parse("3 per 1 minute")))
    assert [psa.get("/items").status_code for _ in range(3)] == [200, 200, 200]
    answer = psa.get("/items")
    check_problem(answer, 429)
    assert answer.headers["Retry-After"] == "60"
    assert program(sam).get("/items").status_code == 200


@ONE_DATABASE
def test_a_database_that_is_away_is_a_problem_with_a_time_to_wait(
    psa: Program, tools: Tools, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object, **__: object) -> None:
        raise StorageUnavailable("planted")

    monkeypatch.setattr("calsync.api.items.page_items", fail)
    answer = psa.get("/items")
    check_problem(answer, 503)
    assert answer.headers["Retry-After"] == "60"


@ONE_DATABASE
def test_a_mistake_of_ours_shows_none_of_its_words(psa: Program, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("the secret words of a title")

    monkeypatch.setattr("calsync.api.items.page_items", fail)
    answer = psa.get("/items")
    check_problem(answer, 500)
    assert "secret" not in answer.text


@ONE_DATABASE
def test_pages_keep_their_own_errors(nobody: Program):
    answer = nobody.client.get("/nothing")
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"


def test_a_request_that_comes_twice_is_done_once(psa: Program, clock: FakeClock):
    first = psa.post("/items", appointment(), Idempotency_Key="k1")
    clock.move(timedelta(hours=23))
    again = psa.post("/items", appointment(), Idempotency_Key="k1")
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Location"] == first.headers["Location"]
    other = psa.post("/items", appointment(subject="Other"), Idempotency_Key="k1")
    check_problem(other, 422)
    assert psa.post("/tickets", {"title": "x"}, Idempotency_Key="k1").status_code == 422
    assert len(psa.get("/items").json["items"]) == 1
    clock.move(timedelta(hours=2))
    assert psa.post("/items", appointment(), Idempotency_Key="k1").json["id"] != first.json["id"]


def test_a_key_is_its_users_own(psa: Program, program: MakeProgram, sam: Person):
    mine = psa.post("/tickets", {"title": "A"}, Idempotency_Key="k1")
    theirs = program(sam).post("/tickets", {"title": "B"}, Idempotency_Key="k1")
    assert (mine.json["title"], theirs.json["title"]) == ("A", "B")


def test_a_request_that_failed_may_come_again_with_its_key(program: MakeProgram, sam: Person):
    psa = program(sam)
    assert psa.post("/clients", {"name": "A"}).status_code == 201
    assert psa.post("/clients", {"name": "A"}, Idempotency_Key="k1").status_code == 409
    assert psa.post("/items", appointment(subject=""), Idempotency_Key="k1").status_code == 422
    assert psa.post("/clients", {"name": "B"}, Idempotency_Key="k1").status_code == 201
    ticket = {"title": "x", "external_id": "t"}
    assert psa.post("/tickets", ticket, Idempotency_Key="k2").status_code == 201
    assert psa.post("/tickets", ticket, Idempotency_Key="k3").status_code == 409


@ONE_DATABASE
@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_a_key_that_is_none_is_refused(psa: Program, key: str):
    check_problem(psa.post("/items", appointment(), Idempotency_Key=key), 400)


def test_the_same_request_twice_at_once_is_done_once(app: Flask, psa: Program):
    barrier = threading.Barrier(6)
    answers: list[Any] = []

    def send() -> None:
        mine = Program(app.test_client(), psa.secret)
        barrier.wait()
        answers.append(mine.post("/items", appointment(), Idempotency_Key="k1"))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 6
    assert len({answer.json["id"] for answer in answers}) == 1
    assert len(psa.get("/items").json["items"]) == 1


@ONE_DATABASE
def test_a_reader_sends_no_cookie_and_is_cached_by_nobody(psa: Program):
    answer = psa.get("/items")
    assert "Set-Cookie" not in answer.headers
    assert "Authorization" in ",".join(answer.headers.getlist("Vary"))
    assert tools_of(psa.client.application)
