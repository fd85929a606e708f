"""The pages of clients and contacts."""

import pytest
from flask.testing import FlaskClient

from calsync.core.item import ItemFields, Kind
from calsync.services.clients import create_client, get_client_view
from calsync.services.contacts import create_contact, get_contact
from calsync.services.items import create_item
from calsync.services.tickets import TicketFields, create_ticket, list_clients_of
from calsync.services.tools import Tools
from tests.browsing import LogIn, post
from tests.cast import Person
from tests.services.makings import hour

HOSTILE = "<script>alert(1)</script>{{ 7 * 7 }}"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def browser(logged_in: LogIn, sam: Person) -> FlaskClient:
    """Return a dispatcher's browser."""
    return logged_in(sam)


@pytest.fixture
def client_id(tools: Tools, sam: Person) -> str:
    return create_client(tools, sam.who, "Northwind", "n-1")


@pytest.fixture
def contact_id(tools: Tools, sam: Person, client_id: str) -> str:
    return create_contact(tools, sam.who, client_id, "Kim", "k-1")


def test_a_dispatcher_adds_a_client_and_a_contact(browser: FlaskClient):
    assert "No clients yet" in browser.get("/clients").text
    answer = post(browser, "/clients/new", {"name": " Northwind "})
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert "Client added." in page
    assert "No contacts yet." in page
    added = post(browser, f"{answer.location}/contacts/new", {"name": "Kim"})
    assert added.location == answer.location
    assert "Kim" in browser.get(answer.location).text
    assert "Northwind" in browser.get("/clients").text
    assert 'href="/clients"' in browser.get("/tickets").text


def test_what_they_are_called_is_changed_and_their_ids_stay(
    browser: FlaskClient, tools: Tools, sam: Person, client_id: str, contact_id: str
):
    for path, name in (
        (f"/clients/{client_id}/edit", "Southwind"),
        (f"/clients/{client_id}/contacts/{contact_id}/edit", "Kim Li"),
    ):
        assert post(browser, path, {"name": name, "version": "1"}).status_code == 303
        assert name in browser.get(path).text
        stale = post(browser, path, {"name": "Stale", "version": "1"})
        assert stale.status_code == 422
        assert "Somebody changed this meanwhile" in stale.text
        assert 'value="2"' in stale.text
    client = get_client_view(tools, sam.who, client_id).client
    contact = get_contact(tools, sam.who, contact_id)
    assert (client.name, client.external_id) == ("Southwind", "n-1")
    assert (contact.name, contact.external_id) == ("Kim Li", "k-1")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("  ", "Enter a name"),
        ("x" * 201, "Use at most 200 characters"),
        ("Northwind", "there is a client of this one"),
    ],
)
def test_what_cannot_be_a_name_is_said_at_its_field(
    browser: FlaskClient, client_id: str, name: str, words: str
):
    answer = post(browser, "/clients/new", {"name": name})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'href="#name"' in answer.text


def test_they_are_deleted_where_nothing_needs_them(
    browser: FlaskClient, tools: Tools, sam: Person, client_id: str, contact_id: str
):
    where = f"/clients/{client_id}"
    fields = ItemFields(
        Kind.CRM_ACTIVITY, "Call", times=hour(), client_id=client_id, contact_id=contact_id
    )
    create_item(tools, sam.who, fields)
    for path in (f"{where}/delete", f"{where}/contacts/{contact_id}/delete"):
        assert "This cannot be undone." in browser.get(path).text
        refused = post(browser, path)
        assert refused.status_code == 422
        assert "first." in refused.text
    other = create_client(tools, sam.who, "Contoso")
    guest = create_contact(tools, sam.who, other, "Pat")
    assert post(browser, f"/clients/{other}/contacts/{guest}/delete").status_code == 303
    assert post(browser, f"/clients/{other}/delete").location == "/clients"
    assert [client.name for client in list_clients_of(tools, sam.who)] == ["Northwind"]


def test_a_technician_reads_and_is_offered_no_change(
    logged_in: LogIn, tools: Tools, dana: Person, sam: Person, client_id: str, contact_id: str
):
    browser, where = logged_in(dana), f"/clients/{client_id}"
    page = browser.get(where).text
    assert "Kim" in page
    assert "Edit" not in page
    assert "New client" not in browser.get("/clients").text
    paths = ["/clients/new", f"{where}/edit", f"{where}/delete", f"{where}/contacts/new"]
    paths += [f"{where}/contacts/{contact_id}/{deed}" for deed in ("edit", "delete")]
    for path in paths:
        assert browser.get(path).status_code == 403, path
        assert post(browser, path, {"name": "Mine"}).status_code == 403, path
    assert "new_client" not in browser.get("/tickets/new").text
    form = {"title": "x", "status": "new", "priority": "normal", "new_client": "Mine"}
    assert post(browser, "/tickets/new", form).status_code == 303
    assert [client.name for client in list_clients_of(tools, sam.who)] == ["Northwind"]


def test_a_contact_is_looked_for_at_its_own_client(
    browser: FlaskClient, tools: Tools, sam: Person, contact_id: str
):
    other = create_client(tools, sam.who, "Contoso")
    assert browser.get(f"/clients/{other}/contacts/{contact_id}/edit").status_code == 404


def test_hostile_names_are_only_texts(browser: FlaskClient, tools: Tools, sam: Person):
    client_id = create_client(tools, sam.who, HOSTILE)
    contact_id = create_contact(tools, sam.who, client_id, HOSTILE)
    create_ticket(tools, sam.who, TicketFields("x", client_id))
    where = f"/clients/{client_id}"
    paths = ["/clients", where, f"{where}/edit", f"{where}/delete", "/tickets"]
    for path in [*paths, f"{where}/contacts/{contact_id}/delete"]:
        page = browser.get(path).text
        assert "<script>alert" not in page, path
        assert "&lt;script&gt;" in page, path
        assert "{{ 7 * 7 }}" in page, path
