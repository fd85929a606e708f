"""What administrators see and do on the page of the webhooks."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calsync.config import Settings
from calsync.services.items import create_item
from calsync.services.tools import Tools
from calsync.services.webhook_endpoints import MOST_ENDPOINTS, add_endpoint, list_endpoints_of
from tests.browsing import LogIn, post
from tests.cast import Person
from tests.clocks import FakeClock
from tests.delivery.receiver import Receiver
from tests.delivery.receiver import receiver as open_receiver
from tests.services.makings import appointment
from tests.services.test_webhooks import deliver_all, hook

PAGE = "/admin/webhooks"
PUBLIC = "https://psa.example/hooks"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, webhooks_allow_private=True)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with open_receiver() as running:
        yield running


@pytest.fixture
def browser(logged_in: LogIn, sam: Person) -> FlaskClient:
    return logged_in(sam)


def add(browser: FlaskClient, url: str) -> TestResponse:
    return post(browser, PAGE, {"url": url})


def act(browser: FlaskClient, name: str) -> str:
    """Press a button of the only address, and return the page that follows."""
    found = re.search(rf'action="({PAGE}/\w+/{name})"', browser.get(PAGE).text)
    assert found, f"There is no such button: {name}."
    assert post(browser, found.group(1)).status_code == 303
    return browser.get(PAGE).text


def test_only_administrators_see_the_page_and_the_way_to_it(
    browser: FlaskClient, logged_in: LogIn, dana: Person, sam: Person, tools: Tools
):
    endpoint_id, _ = add_endpoint(tools, sam.who.tenant_id, PUBLIC)
    member = logged_in(dana)
    assert PAGE in browser.get("/account").text
    assert PAGE not in member.get("/account").text
    assert member.get(PAGE).status_code == 403
    assert add(member, "https://dana.example/").status_code == 403
    for name in ("test", "switch-off", "switch-on", "remove"):
        assert post(member, f"{PAGE}/{endpoint_id}/{name}").status_code == 403
    [view] = list_endpoints_of(tools, sam.who.tenant_id)
    assert view.endpoint.is_live
    assert view.deliveries == ()


def test_the_secret_of_a_new_address_is_shown_once(browser: FlaskClient, tools: Tools, sam: Person):
    page = add(browser, f" {PUBLIC} ").text
    secret = re.search(r"whsec_[\w+/=]+", page)
    assert secret
    assert PUBLIC in browser.get(PAGE).text
    assert "whsec_" not in browser.get(PAGE).text
    [view] = list_endpoints_of(tools, sam.who.tenant_id)
    assert secret.group() not in view.endpoint.secret


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("", "Enter an address such as https://psa.example/hooks"),
        ("psa.example", "Enter an address that begins with https://"),
        ("https://kim:pw@psa.example/", "Leave out the user name and the password"),
        ("https://psa.example/#x", "Leave out the part from # on"),
        ("https://psa.example:25/", "Use the port of a web server: 80, 443 or one from 1024 on"),
        ("https://psa.example/" + "x" * 3_000, "Use at most 2048 characters"),
        ("https://169.254.169.254/", "That address is inside a private network."),
    ],
)
def test_an_address_that_cannot_be_is_said_at_the_field(
    browser: FlaskClient, tools: Tools, sam: Person, url: str, text: str
):
    answer = add(browser, url)
    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    assert re.search(rf'<p class="field-error" id="url-error">{re.escape(text)}', answer.text)
    assert list_endpoints_of(tools, sam.who.tenant_id) == []


class TestWherePrivateAddressesAreClosed:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, webhooks_allow_private=False)

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    @pytest.mark.parametrize(
        "url", ["https://127.0.0.1/", "https://10.1.2.3/", "https://[::1]/", "https://intranet/"]
    )
    def test_they_are_refused_with_what_to_do(self, browser: FlaskClient, url: str):
        answer = add(browser, url)
        assert answer.status_code == 422
        assert "Use a public one, or have the operator allow private ones" in answer.text


def test_an_address_is_there_once_and_there_are_not_too_many(
    browser: FlaskClient, tools: Tools, sam: Person
):
    add(browser, PUBLIC)
    assert "That address is told of changes already" in add(browser, PUBLIC).text
    for number in range(1, MOST_ENDPOINTS):
        add_endpoint(tools, sam.who.tenant_id, f"{PUBLIC}/{number}")
    answer = add(browser, f"{PUBLIC}/more")
    assert answer.status_code == 422
    assert "There are 20 addresses. Remove one first" in answer.text


def test_a_test_says_at_once_whether_it_arrived(browser: FlaskClient, receiver: Receiver):
    add(browser, hook(receiver))
    assert "Delivered. The answer was 204." in act(browser, "test")
    receiver.status = 500
    assert "Failed. The answer was 500." in act(browser, "test")
    receiver.status = 410
    page = act(browser, "test")
    assert "Switched off. The address wants no more messages (410)." in page
    assert "Gone since" in page
    assert [b'"type":"test"' in each.body for each in receiver.received] == [True] * 3
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 3


def test_the_last_deliveries_are_listed_with_what_became_of_them(
    browser: FlaskClient, tools: Tools, dana: Person, receiver: Receiver, clock: FakeClock
):
    add(browser, hook(receiver))
    assert "Nothing was sent yet." in browser.get(PAGE).text
    create_item(tools, dana.who, appointment())
    deliver_all(tools)
    page = browser.get(PAGE).text
    assert "Delivered. The answer was 204." in page
    assert "item.created" in page
    clock.move(timedelta(minutes=1))
    for _ in range(10):
        act(browser, "test")
    assert "item.created" not in browser.get(PAGE).text, "Only the last ten are kept."


def test_what_is_switched_off_is_told_nothing_until_it_is_on_again(
    browser: FlaskClient, tools: Tools, dana: Person, receiver: Receiver
):
    add(browser, hook(receiver))
    create_item(tools, dana.who, appointment("Waiting"))
    assert "Off since" in act(browser, "switch-off")
    create_item(tools, dana.who, appointment("Meanwhile"))
    deliver_all(tools)
    assert "Switched on." in act(browser, "switch-on")
    create_item(tools, dana.who, appointment("Afterwards"))
    deliver_all(tools)
    assert [b"Afterwards" in each.body for each in receiver.received] == [True]


def test_what_is_removed_is_gone(browser: FlaskClient, receiver: Receiver):
    add(browser, hook(receiver))
    act(browser, "test")
    page = act(browser, "remove")
    assert "Removed. It is told nothing more." in page
    assert hook(receiver) not in page


def test_a_hostile_address_is_shown_as_text(browser: FlaskClient):
    page = add(browser, "https://psa.example/?<script>alert(1)</script>").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
