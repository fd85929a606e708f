"""Tickets, clients and contacts over the API, as a PSA keeps them."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Program, appointment
from tests.api.test_items import errors_of
from tests.api.test_lists import read_all
from tests.cast import Person

MakeProgram = Callable[[Person], Program]
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOBODY = "0000000000000000"


@pytest.fixture
def office(program: MakeProgram, sam: Person) -> Program:
    """Return a program that may do what a dispatcher may do."""
    return program(sam)


def make(program: Program, path: str, **values: Any) -> dict[str, Any]:
    answer = program.post(path, values)
    assert answer.status_code == 201, answer.text
    assert answer.headers["ETag"] == '"1"'
    made: dict[str, Any] = answer.json
    assert program.get(answer.headers["Location"]).json == made
    return made


def test_clients_and_contacts_are_made_changed_and_removed(office: Program):
    client = make(office, "/clients", name=" Northwind ", external_id="n")
    contact = make(office, "/contacts", name="Kim", client=client["id"])
    assert (client["name"], contact["client"]) == ("Northwind", client["id"])
    for path, row in (("/clients", client), ("/contacts", contact)):
        where = f"{path}/{row['id']}"
        assert office.patch(where, {"name": "New"}, If_Match='"1"').json["version"] == 2
        assert office.patch(where, {"name": "Stale"}, If_Match='"1"').status_code == 412
        assert office.get(where, If_None_Match='"2"').status_code == 304
        assert office.get(where).json == {**row, "name": "New", "version": 2}
    whole = {"name": "Newer", "client": client["id"]}
    put = office.put(f"/contacts/{contact['id']}", whole, If_Match='"2"')
    assert (put.json["name"], put.json["version"]) == ("Newer", 3)
    assert office.put(f"/clients/{client['id']}", {"name": "N"}).json["external_id"] is None
    assert office.delete(f"/contacts/{contact['id']}", If_Match='"1"').status_code == 412
    assert office.delete(f"/contacts/{contact['id']}").status_code == 204
    assert office.delete(f"/clients/{client['id']}").status_code == 204
    assert office.get(f"/clients/{client['id']}").status_code == 404


def test_rows_are_kept_by_the_psas_own_ids(office: Program):
    client = office.put("/clients/by-external-id/a%2Fb", {"name": "Northwind"})
    assert (client.status_code, client.json["external_id"]) == (201, "a/b")
    body = {"name": "Kim", "client": client.json["id"]}
    contact = office.put("/contacts/by-external-id//x//%3Fy%20", body)
    assert (contact.status_code, contact.json["external_id"]) == (201, "/x//?y ")
    ticket = office.put("/tickets/by-external-id/t", {"title": "No mail"})
    assert ticket.status_code == 201
    again = office.put("/clients/by-external-id/a/b", {"name": "Contoso"}, If_Match='"1"')
    assert (again.status_code, again.json["id"]) == (200, client.json["id"])
    assert again.json["name"] == "Contoso"
    title = {"title": "No mail at all"}
    for path, wanted in (("/clients", {"name": "x"}), ("/contacts", body), ("/tickets", title)):
        for place in ("a/b", "/x//%3Fy%20", "t", "new"):
            stale = office.put(f"{path}/by-external-id/{place}", wanted, If_Match='"7"')
            assert stale.status_code == 412, (path, place)
    changed = office.put("/tickets/by-external-id/t", title)
    assert (changed.status_code, changed.json["version"]) == (200, 2)


@pytest.mark.parametrize("path", ["/items", "/tickets", "/clients", "/contacts"])
@pytest.mark.parametrize(
    ("external_id", "code"),
    [("x" * 10_000, "too_long"), ("a", "mismatch")],
)
@ONE_DATABASE
def test_an_id_that_is_none_is_refused(office: Program, path: str, external_id: str, code: str):
    body = {
        "/items": appointment(),
        "/tickets": {"title": "x"},
        "/clients": {"name": "x"},
        "/contacts": {"name": "x", "client": NOBODY},
    }[path]
    body = {**body, "external_id": "b"} if code == "mismatch" else body
    answer = office.put(f"{path}/by-external-id/{external_id}", body)
    assert answer.status_code == 422
    assert errors_of(answer) == {"/external_id": code}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_no_database_takes_is_asked_of_none(psa: Program):
    for path in ("/items/a%00", "/tickets/%00", "/clients/%00", "/items/%00/occurrences/x"):
        assert psa.get(path).status_code == 400
    for path in ("/items?assignee=%00", "/contacts?client=a%00b", "/items?ticket=%00"):
        assert psa.get(path).status_code == 400, path


def test_what_is_used_is_not_removed(office: Program):
    client = make(office, "/clients", name="Northwind")["id"]
    other = make(office, "/clients", name="Contoso")["id"]
    contact = make(office, "/contacts", name="Kim", client=client)["id"]
    activity = office.add(kind="crm_activity", contact=contact)
    assert activity["client"] == client
    for path in (f"/clients/{client}", f"/contacts/{contact}"):
        answer = office.delete(path)
        assert answer.status_code == 409
        assert "needs it" in answer.json["detail"]
    assert office.patch(f"/contacts/{contact}", {"client": other}).status_code == 409
    ticket = make(office, "/tickets", title="No mail", client=other)["id"]
    assert office.delete(f"/clients/{other}").status_code == 409
    office.patch(f"/tickets/{ticket}", {"client": None})
    assert office.delete(f"/clients/{other}").status_code == 204


def test_names_and_ids_that_are_taken_are_said_at_the_field(office: Program):
    make(office, "/clients", name="Northwind", external_id="n")
    other = make(office, "/clients", name="Contoso")
    for values, errors in (
        ({"name": "Northwind"}, {"/name": "taken"}),
        ({"name": "x", "external_id": "n"}, {"/external_id": "taken"}),
    ):
        for answer in (
            office.post("/clients", values),
            office.put(f"/clients/{other['id']}", values),
        ):
            assert answer.status_code == 409
            assert errors_of(answer) == errors


def test_a_contact_is_at_the_client_that_is_chosen(
    office: Program, program: MakeProgram, mallory: Person
):
    client = make(office, "/clients", name="Northwind")["id"]
    other = make(office, "/clients", name="Contoso")["id"]
    contact = make(office, "/contacts", name="Kim", client=client)["id"]
    theirs = make(program(mallory), "/clients", name="Theirs")["id"]
    activity = appointment(kind="crm_activity", client=other, contact=contact)
    answer = office.post("/items", activity)
    assert answer.status_code == 422
    assert errors_of(answer) == {"/contact": "other_client"}
    made = office.add(kind="crm_activity", client=client, contact=contact)
    assert errors_of(office.patch(f"/items/{made['id']}", {"client": other})) == {
        "/contact": "other_client"
    }
    refused = [
        office.post("/items", appointment(kind="crm_activity", client=each)).json["errors"]
        for each in (theirs, NOBODY)
    ]
    assert refused[0] == refused[1]
    for path, values in (
        ("/contacts", {"name": "x", "client": theirs}),
        ("/tickets", {"title": "x", "client": theirs}),
    ):
        assert errors_of(office.post(path, values)) == {"/client": "unknown"}


@ONE_DATABASE
def test_a_technician_reads_clients_and_changes_none(
    psa: Program, office: Program, program: MakeProgram, mallory: Person
):
    client = make(office, "/clients", name="Northwind")
    contact = make(office, "/contacts", name="Kim", client=client["id"])
    ticket = make(office, "/tickets", title="No mail")
    assert psa.get(f"/clients/{client['id']}").json == client
    assert psa.get(f"/contacts?client={client['id']}").json["contacts"] == [contact]
    assert psa.get(f"/contacts?client={NOBODY}").json["contacts"] == []
    stranger = program(mallory)
    bodies = {
        "/clients": {"name": "x"},
        "/contacts": {"name": "x", "client": client["id"]},
        "/tickets": {"title": "x"},
    }
    for path, row in (("/clients", client), ("/contacts", contact), ("/tickets", ticket)):
        where, body = f"{path}/{row['id']}", bodies[path]
        calls = [("DELETE", where)]
        if path != "/tickets":  # which everybody of the tenant works with
            calls += [("POST", path), ("PUT", where), ("PATCH", where)]
            calls += [("PUT", f"{path}/by-external-id/x")]
        for method, place in calls:
            assert psa.call(method, place, body).status_code == 403, (method, place)
        assert stranger.get(where).status_code == 404
        for method in ("PUT", "PATCH", "DELETE"):
            assert stranger.call(method, where, body).status_code == 404, (method, where)
    assert office.get(f"/clients/{client['id']}").json == client


def test_a_client_of_another_name_renames_its_calls(psa: Program, office: Program):
    client = make(office, "/clients", name="Northwind")["id"]
    ticket = make(office, "/tickets", title="No mail", client=client)["id"]
    call = psa.add(kind="service_call", ticket=ticket)
    office.patch(f"/clients/{client}", {"name": "Southwind"})
    renamed = psa.get(f"/items/{call['id']}").json
    assert (renamed["version"], renamed["subject"]) == (2, "T-1001 No mail (Southwind)")


def test_a_ticket_goes_when_its_calls_are_over_and_comes_back(psa: Program, office: Program):
    ticket = make(office, "/tickets", title="No mail", external_id="t")
    where = f"/tickets/{ticket['id']}"
    call = psa.add(kind="service_call", ticket=ticket["id"])
    assert office.delete(where).status_code == 409
    psa.patch(f"/items/{call['id']}", {"status": "done"})
    assert office.delete(where, If_Match='"7"').status_code == 412
    assert office.delete(where, If_Match='"1"').status_code == 204
    for method, body in (("GET", None), ("PUT", {"title": "x"}), ("PATCH", {}), ("DELETE", None)):
        assert office.call(method, where, body).status_code == 404, method
    assert office.get("/tickets").json["tickets"] == []
    always = "/tickets?updated_since=1970-01-01T00:00:00Z&limit=1"
    [gone] = read_all(psa, always, "tickets")
    assert (gone["id"], gone["deleted"], gone["version"]) == (ticket["id"], True, 2)
    assert psa.patch(f"/items/{call['id']}", {"location": "x"}).status_code == 200
    opened = psa.patch(f"/items/{call['id']}", {"status": "open"})
    assert errors_of(opened) == {"/ticket": "unknown"}
    refused = psa.post("/items", appointment(kind="service_call", ticket=ticket["id"]))
    assert errors_of(refused) == {"/ticket": "unknown"}
    assert psa.call("POST", f"{where}/restore").status_code == 403
    back = office.call("POST", f"{where}/restore", If_Match='"2"')
    assert (back.status_code, back.json["deleted"], back.json["version"]) == (200, False, 3)
    office.delete(where)
    upserted = office.put("/tickets/by-external-id/t", {"title": "Mail again"}).json
    assert (upserted["id"], upserted["title"]) == (ticket["id"], "Mail again")
    assert make(office, "/tickets", title="Next")["number"] == ticket["number"] + 1


def test_a_call_from_the_bin_brings_its_ticket_along(psa: Program, office: Program):
    ticket = make(office, "/tickets", title="No mail")["id"]
    call = psa.add(kind="service_call", ticket=ticket)["id"]
    psa.delete(f"/items/{call}")
    assert office.delete(f"/tickets/{ticket}").status_code == 204
    assert psa.call("POST", f"/items/{call}/restore").status_code == 200
    assert psa.get(f"/tickets/{ticket}").json["deleted"] is False
