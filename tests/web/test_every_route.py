"""What holds for every route, whichever are added later."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from calsync.app import tools_of
from calsync.core.event import Timed
from calsync.core.item import ItemFields, Kind
from calsync.db.base import Base
from calsync.services.api_tokens import create_token, list_live_tokens
from calsync.services.calendar_files import create_feed, list_feeds_of
from calsync.services.clients import create_client
from calsync.services.contacts import create_contact
from calsync.services.drafts import begin_setup
from calsync.services.items import create_item
from calsync.services.login import list_live_logins
from calsync.services.tickets import TicketFields, create_ticket
from calsync.services.tools import Tools
from calsync.services.webhook_endpoints import add_endpoint
from tests.browsing import HTMX, LogIn, form_token
from tests.cast import Person
from tests.services.hearing import add_channel, add_integration
from tests.services.integrating import add_entry, add_run
from tests.services.planning import add_plan
from tests.web.routes import PUBLIC, SAFE, SIGNED, Route, list_routes

UNKNOWN = "0000000000000000"
#: Parts of addresses that are nobody's id.
PLAIN = {"version": "0", "name": "calsync.css", "view": "week", "day": "2026-03-02",
         "tab": "linked-calendar"}  # fmt: skip
#: What everybody of a tenant works with.
OF_THE_TENANT = {"tickets.show", "tickets.edit", "tickets.save"}
#: What everybody of a tenant reads, and only its dispatchers change.
OF_CLIENTS = "clients"
#: What a dispatcher may look at too, and be told that they may not change it.
OF_DISPATCHERS = "items"
#: What administrators of the tenant do; Sam is one.
OF_ADMINS = "webhooks"
#: GET routes of hers that lead to another one.
LEADING_ON = {"wizard.settings"}
#: GET routes that change something, as the design names them.
CHANGING_GETS = {"calendar_sync.connect", "calendar_sync.callback"}


@pytest.fixture
def danas_ids(
    tools: Tools, dana: Person, sam: Person, link: Callable[..., str], logged_in: LogIn
) -> dict[str, str]:
    """Return the ids of things that are Dana's."""
    account_id = link()
    logged_in(dana)
    ticket_id = create_ticket(tools, dana.who, TicketFields("Visit"))
    integration = add_integration(tools, dana, account_id)
    run_id = add_run(tools, dana, integration.id)
    create_token(tools, dana.who, "PSA")
    client_id = create_client(tools, sam.who, "Northwind")
    draft_id = begin_setup(tools, dana.who, account_id)
    add_plan(tools, dana.who, draft_id=draft_id)
    add_plan(tools, dana.who, integration_id=integration.id)
    return {
        **PLAIN,
        "account_id": account_id,
        "ticket_id": ticket_id,
        "client_id": client_id,
        "contact_id": create_contact(tools, sam.who, client_id, "Kim"),
        "secret": create_feed(tools, dana.who, "Phone"),
        "integration_id": integration.id,
        "run_id": run_id,
        "entry_id": add_entry(tools, dana, run_id),
        "token": add_channel(tools, integration),
        "feed_id": list_feeds_of(tools, dana.who)[0].id,
        "item_id": create_item(tools, dana.who, private_call(ticket_id)),
        "endpoint_id": add_endpoint(tools, dana.who.tenant_id, "https://psa.example/")[0],
        "token_id": list_live_tokens(tools, dana.who)[0].id,
        "draft_id": draft_id,
        "session_id": list_live_logins(tools, dana.who)[0].id,
    }


def private_call(ticket_id: str) -> ItemFields:
    nine = datetime(2026, 3, 3, 9, tzinfo=UTC)
    times = Timed(nine, nine + timedelta(hours=1), "Europe/London")
    return ItemFields(Kind.SERVICE_CALL, times=times, ticket_id=ticket_id, is_private=True)


def call(client: FlaskClient, route: Route, **headers: str) -> TestResponse:
    form = {"csrf_token": form_token(client)} if route.method not in SAFE else None
    return client.open(route.url, method=route.method, data=form, headers=headers)


def test_every_public_route_exists_and_says_why_it_is_public(app: Flask) -> None:
    assert set(PUBLIC) <= set(app.view_functions)
    assert all(PUBLIC.values())


def test_nothing_private_answers_without_a_login(
    app: Flask, client: FlaskClient, danas_ids: dict[str, str]
) -> None:
    private = [r for r in list_routes(app, danas_ids) if r.endpoint not in PUBLIC]
    assert private
    for route in private:
        answer = call(client, route)
        assert answer.status_code == 302, route
        assert answer.location.startswith("/login"), route
        partial = call(client, route, **HTMX)
        assert partial.status_code == 401, route
        assert partial.headers["HX-Redirect"].startswith("/login"), route
        assert partial.data == b"", route


@pytest.mark.parametrize("first_name", ["sam", "mallory"])
def test_what_is_danas_is_nothing_to_others(
    app: Flask,
    cast: dict[str, Person],
    logged_in: LogIn,
    danas_ids: dict[str, str],
    first_name: str,
) -> None:
    stranger = logged_in(cast[first_name])
    before = dump(app)
    checked = 0
    unknown = {name: PLAIN.get(name, UNKNOWN) for name in danas_ids}
    pairs = zip(list_routes(app, danas_ids), list_routes(app, unknown), strict=True)
    for route, same_for_unknown in pairs:
        if route.endpoint in PUBLIC or route == same_for_unknown:
            continue
        if first_name == "sam" and route.endpoint in OF_THE_TENANT:
            continue
        of_sams = (OF_DISPATCHERS, OF_ADMINS, OF_CLIENTS)
        if first_name == "sam" and route.endpoint.partition(".")[0] in of_sams:
            continue
        answer, nothing = call(stranger, route), call(stranger, same_for_unknown)
        assert answer.status_code == nothing.status_code == 404, route
        assert without_reference(answer) == without_reference(nothing), route
        checked += 1
    assert checked >= 5
    assert dump(app) == before


def test_an_id_of_somebody_elses_in_a_parameter_is_nothing_either(
    app: Flask, mallory: Person, logged_in: LogIn, danas_ids: dict[str, str]
) -> None:
    stranger = logged_in(mallory)
    theirs = stranger.get("/calendar-sync/connect", query_string={"account": UNKNOWN})
    danas = stranger.get(
        "/calendar-sync/connect", query_string={"account": danas_ids["account_id"]}
    )
    assert theirs.status_code == danas.status_code == 404
    assert without_reference(theirs) == without_reference(danas)


def test_dana_reaches_what_is_hers(
    app: Flask, dana: Person, logged_in: LogIn, danas_ids: dict[str, str]
) -> None:
    browser = logged_in(dana)
    for route in list_routes(app, danas_ids):
        if route.method == "GET" and route.has_id and route.endpoint not in PUBLIC:
            is_for_dispatchers = route.endpoint.partition(".")[0] == OF_CLIENTS
            is_for_dispatchers &= route.endpoint != "clients.show"
            expected = 403 if is_for_dispatchers else 302 if route.endpoint in LEADING_ON else 200
            assert browser.get(route.url).status_code == expected, route


def test_no_change_is_made_without_the_forms_token(
    app: Flask, dana: Person, logged_in: LogIn, danas_ids: dict[str, str]
) -> None:
    browser = logged_in(dana)
    unsafe = [
        r for r in list_routes(app, danas_ids) if r.method not in SAFE and r.endpoint not in SIGNED
    ]
    assert len(unsafe) >= 6
    before = dump(app)
    for route in unsafe:
        for form in ({}, {"csrf_token": "forged"}):
            answer = browser.open(route.url, method=route.method, data=form)
            assert answer.status_code == 400, route
            assert "out of date" in answer.text, route
    assert dump(app) == before


def test_what_a_signature_guards_takes_nothing_without_one(
    app: Flask, dana: Person, logged_in: LogIn, danas_ids: dict[str, str]
) -> None:
    browser = logged_in(dana)
    signed = [r for r in list_routes(app, danas_ids) if r.endpoint in SIGNED]
    assert {r.endpoint for r in signed} == SIGNED
    before = dump(app)
    for route in signed:
        for client in (browser, app.test_client()):
            answer = client.open(route.url, method=route.method, json={})
            assert answer.status_code == 401, route
            assert "Set-Cookie" not in answer.headers, route
    assert dump(app) == before


def test_no_other_site_makes_a_change_even_with_a_token(
    app: Flask, dana: Person, logged_in: LogIn, danas_ids: dict[str, str]
) -> None:
    browser = logged_in(dana)
    before = dump(app)
    for route in list_routes(app, danas_ids):
        if route.method in SAFE and route.endpoint != "calendar_sync.connect":
            continue
        for site in ("cross-site", "same-site"):
            answer = call(browser, route, **{"Sec-Fetch-Site": site})
            assert answer.status_code == 403, (route, site)
    assert dump(app) == before


def test_reading_changes_nothing(
    app: Flask, dana: Person, logged_in: LogIn, danas_ids: dict[str, str]
) -> None:
    browser = logged_in(dana)
    before = dump(app)
    for route in list_routes(app, danas_ids):
        if route.method == "GET" and route.endpoint not in CHANGING_GETS:
            browser.get(route.url)
            assert dump(app) == before, route
    # The dump does notice what changes something.
    browser.get("/calendar-sync/connect")
    assert dump(app) != before


def test_every_answer_has_the_headers_of_safety(
    app: Flask, dana: Person, logged_in: LogIn, danas_ids: dict[str, str]
) -> None:
    browser = logged_in(dana)
    for route in list_routes(app, danas_ids):
        for who, client in (("dana", browser), ("nobody", app.test_client())):
            answer = client.open(route.url, method=route.method)
            check_headers(answer, (who, route))
    check_headers(browser.get("/nothing/here"), "404")
    check_headers(browser.get("/login", headers={"Host": "evil.example"}), "wrong host")


def check_headers(answer: TestResponse, place: object) -> None:
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in answer.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'self'", place
    assert policy["form-action"] == "'self'", place
    for none in ("object-src", "base-uri", "frame-ancestors"):
        assert policy[none] == "'none'", place
    assert "unsafe" not in answer.headers["Content-Security-Policy"], place
    assert answer.headers["X-Content-Type-Options"] == "nosniff", place
    assert answer.headers["Referrer-Policy"] == "same-origin", place
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin", place
    if "max-age" not in answer.headers["Cache-Control"]:
        assert answer.headers["Cache-Control"] == "no-store", place
        assert "HX-Request" in ",".join(answer.headers.getlist("Vary")), place
    if answer.mimetype == "text/html":
        assert answer.headers["Content-Type"].endswith("charset=utf-8"), place
    for cookie in answer.headers.getlist("Set-Cookie"):
        assert "HttpOnly" in cookie, place
        assert "SameSite=Lax" in cookie, place
        assert "Domain" not in cookie, place


def without_reference(answer: TestResponse) -> bytes:
    """Return a page without the parts that differ between any two requests."""
    return re.sub(rb'(reference |csrf_token" value=")[\w.-]+', rb"\1", answer.data)


def dump(app: Flask) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    with tools_of(app).db.read() as session:
        return {
            table.name: sorted(tuple(map(repr, row)) for row in session.execute(select(table)))
            for table in Base.metadata.sorted_tables
        }
