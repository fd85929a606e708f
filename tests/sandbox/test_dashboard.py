"""The dashboard shows what happened, and its switches do what the control endpoints do."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calsync.sandbox.faults import DEEDS, KINDS
from calsync.sandbox.quantities import SETTINGS
from tests.sandbox.callers import Caller, Hook
from tests.sandbox.forms import read_fields
from tests.sandbox_server import RunningSandbox

FORM = {quantity.name: "1" for quantity in SETTINGS}


@pytest.fixture
def visitor(sandbox: RunningSandbox) -> Iterator[FlaskClient]:
    with sandbox.app.test_client() as client:
        yield client


def follow(visitor: FlaskClient, response: TestResponse) -> str:
    """Return the page that a change leads to."""
    assert response.status_code == 303, response.text
    return visitor.get(response.headers["Location"]).text


def test_a_fresh_sandbox_says_that_nothing_happened(visitor: FlaskClient) -> None:
    page = visitor.get("/dashboard").text

    assert "Nothing was called since the last reset." in page
    assert "No notification was sent." in page
    assert "would have sent 0 mails" in page


def test_calls_are_counted_by_method_and_path(visitor: FlaskClient, dana: Caller) -> None:
    for _ in range(3):
        dana.call("GET", "/account")

    page = visitor.get("/dashboard").text

    assert '<td>GET</td><td><code>/v1/account</code></td><td class="number">3</td>' in page


def test_mails_to_guests_are_counted(visitor: FlaskClient, dana: Caller) -> None:
    dana.upsert(attendees={"invite": [{"email": "kim@firm.example"}]})

    assert "would have sent 1 mail to guests" in visitor.get("/dashboard").text


def test_notifications_are_listed_with_what_became_of_them(
    visitor: FlaskClient, dana: Caller, hook: Hook, sandbox: RunningSandbox
) -> None:
    dana.call("POST", "/channels", json={"callback_url": hook.url})
    hook.wait_for("verification")

    page = visitor.get("/dashboard").text

    assert hook.url in page
    assert "verification" in page


def test_every_fault_has_a_switch(visitor: FlaskClient) -> None:
    page = visitor.get("/dashboard").text

    for kind in set(KINDS) - DEEDS:
        assert f'action="/dashboard/faults/{kind}"' in page


def test_a_fault_strikes_as_often_as_was_typed(visitor: FlaskClient, dana: Caller) -> None:
    response = visitor.post(
        "/dashboard/faults/server_error",
        data={"switch": "on", "times": "2", "option": "503", "path": "/v1/account"},
    )
    assert "On: 2 more at /v1/account" in follow(visitor, response)

    statuses = [dana.call("GET", "/account").status_code for _ in range(3)]

    assert statuses == [503, 503, 200]
    assert "On: " not in visitor.get("/dashboard").text


def test_a_fault_without_a_number_lasts_until_it_is_turned_off(
    visitor: FlaskClient, dana: Caller
) -> None:
    for kind in ("unauthorised", "slow"):
        visitor.post(f"/dashboard/faults/{kind}", data={"times": "", "option": ""})
    assert dana.call("GET", "/account").status_code == 401

    page = follow(visitor, visitor.post("/dashboard/faults/unauthorised", data={"switch": "off"}))

    assert page.count("On: without end") == 1
    follow(visitor, visitor.post("/dashboard/faults"))
    assert dana.call("GET", "/account").status_code == 200
    assert "On: " not in visitor.get("/dashboard").text


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"times": "often"}, "Times: enter a whole number from 1 to 1000"),
        ({"times": "0"}, "Times: enter a whole number"),
        ({"option": "200"}, "Status: enter a whole number from 500 to 599"),
        ({"option": "nan"}, "Status: enter a whole number"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(
    visitor: FlaskClient, fields: dict[str, str], complaint: str
) -> None:
    response = visitor.post("/dashboard/faults/server_error", data=fields)

    assert response.status_code == 422
    assert complaint in response.text
    assert "On: " not in response.text


@pytest.mark.parametrize("kind", ["unheard_of", "calendar_deleted"])
def test_only_switches_can_be_switched(visitor: FlaskClient, kind: str) -> None:
    assert visitor.post(f"/dashboard/faults/{kind}").status_code == 404


def test_withdrawn_consents_end_every_token(visitor: FlaskClient, dana: Caller) -> None:
    assert "1 is in force" in visitor.get("/dashboard").text

    page = follow(visitor, visitor.post("/dashboard/consents"))

    assert "0 are in force" in page
    assert dana.call("GET", "/account").status_code == 401


def test_wrong_addresses_and_methods_have_the_sandboxs_look(visitor: FlaskClient) -> None:
    for response, status in (
        (visitor.get("/nowhere"), 404),
        (visitor.put("/dashboard"), 405),
        (visitor.post("/dashboard/settings", data={"lag": "1" * 2_000_000}), 413),
    ):
        assert response.status_code == status
        assert "<strong>Sandbox</strong>" in response.text
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]


def test_settings_are_saved_and_shown(visitor: FlaskClient, sandbox: RunningSandbox) -> None:
    form = {
        "lag": "0.5",
        "page_size": "7",
        "token_lifetime": "60",
        "retry_scale": "0.01",
        "clock_shift": "-86400",
        "rate_limit": "1",
    }

    page = follow(visitor, visitor.post("/dashboard/settings", data=form))

    shown = read_fields(page)
    assert {name: shown[name] for name in form} == form
    settings = sandbox.control("GET", "/state")["settings"]
    assert settings["rate_limit"] is True
    assert settings["page_size"] == 7
    assert settings["clock_shift"] == -86400.0
    # Without its tick, the limit is off.
    follow(visitor, visitor.post("/dashboard/settings", data=FORM))
    assert sandbox.control("GET", "/state")["settings"]["rate_limit"] is False


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("lag", "-1"),
        ("lag", "nan"),
        ("lag", "inf"),
        ("page_size", "2.5"),
        ("page_size", ""),
        ("token_lifetime", "9" * 5000),
        ("clock_shift", "<b>"),
    ],
)
def test_settings_that_make_no_sense_are_refused_together(
    visitor: FlaskClient, sandbox: RunningSandbox, name: str, typed: str
) -> None:
    before = sandbox.control("GET", "/state")["settings"]

    response = visitor.post("/dashboard/settings", data={**FORM, name: typed})

    assert response.status_code == 422
    assert f'href="#{name}"' in response.text
    assert sandbox.control("GET", "/state")["settings"] == before


def test_a_reset_puts_everything_back(
    visitor: FlaskClient, sandbox: RunningSandbox, dana: Caller
) -> None:
    uid = dana.owner_makes(summary="Rare bird")
    visitor.post("/dashboard/faults/slow", data={"times": ""})
    visitor.post("/dashboard/settings", data=FORM)

    page = follow(visitor, visitor.post("/dashboard/reset"))

    assert "Nothing was called since the last reset." in page
    assert "On: " not in page
    settings = sandbox.control("GET", "/state")["settings"]
    assert (settings["clock_shift"], settings["page_size"]) == (0.0, 100)
    assert visitor.get(f"/mailboxes/dana@google.example/events/{uid}").status_code == 404
