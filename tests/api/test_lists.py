"""Lists: filters, pages, and changes since."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.api.conftest import Program
from tests.cast import Person
from tests.clocks import FakeClock

MakeProgram = Callable[[Person], Program]


def subjects(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["subject"] for item in answer.json["items"]]


def read_all(program: Program, path: str, name: str) -> list[dict[str, Any]]:
    """Return every row of a list, page after page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(1000):
        page = program.get(path + cursor).json
        found += page[name]
        if page["next_cursor"] is None:
            return found
        assert page[name]
        cursor = ("&" if "?" in path else "?") + f"cursor={page['next_cursor']}"
    raise AssertionError("The pages do not end.")


def test_items_are_found_by_kind_person_and_time(
    program: MakeProgram, dana: Person, sam: Person, psa: Program
):
    psa.add(subject="mine")
    psa.add(subject="task", kind="task", start=None, end=None)
    psa.add(subject="later", start="2026-04-01T10:00:00Z", end="2026-04-01T11:00:00Z")
    psa.add(subject="weekly", rule="FREQ=WEEKLY")
    dispatcher = program(sam)
    dispatcher.add(subject="sams")
    assert set(subjects(dispatcher.get("/items"))) == {"mine", "task", "later", "weekly", "sams"}
    assert set(subjects(psa.get("/items"))) == {"mine", "task", "later", "weekly"}
    assert subjects(psa.get("/items?kind=task")) == ["task"]
    assert subjects(dispatcher.get(f"/items?assignee={sam.who.user_id}")) == ["sams"]
    april = "/items?from=2026-04-01T00:00:00Z&to=2026-05-01T00:00:00%2B02:00"
    assert set(subjects(psa.get(april))) == {"later", "weekly"}
    assert subjects(psa.get("/items?to=2026-03-03T10:00:00Z")) == []


def test_pages_hold_every_item_once(psa: Program, clock: FakeClock):
    made = []
    for number in range(7):
        made.append(psa.add(subject=str(number))["id"])
        if number % 3 == 0:
            clock.move(timedelta(seconds=1))
    found = read_all(psa, "/items?limit=2", "items")
    assert [item["id"] for item in found] == made


def test_what_changed_since_then_has_what_was_deleted_too(psa: Program, clock: FakeClock):
    kept, changed, deleted = (psa.add(subject=name) for name in ("kept", "changed", "deleted"))
    clock.move(timedelta(minutes=1))
    since = clock.now().isoformat().replace("+00:00", "Z")
    psa.patch(f"/items/{changed['id']}", {"location": "x"})
    psa.delete(f"/items/{deleted['id']}")
    found = {i["id"]: i["deleted"] for i in psa.get(f"/items?updated_since={since}").json["items"]}
    assert found == {changed["id"]: False, deleted["id"]: True}
    assert {i["id"] for i in psa.get("/items").json["items"]} == {kept["id"], changed["id"]}


def test_a_private_item_is_hidden_in_what_changed_too(
    psa: Program, program: MakeProgram, sam: Person
):
    made = psa.add(private=True, subject="Doctor", location="Ward 3")
    psa.delete(f"/items/{made['id']}")
    answer = program(sam).get("/items?updated_since=2026-01-01T00:00:00Z")
    assert subjects(answer) == ["Busy"]
    assert "Ward 3" not in answer.text


def test_everybodys_service_calls_are_listed_but_for_private_ones(
    psa: Program, program: MakeProgram, sam: Person
):
    ticket = psa.post("/tickets", {"title": "No mail"}).json["id"]
    dispatcher = program(sam)
    call = dispatcher.add(kind="service_call", ticket=ticket)
    dispatcher.add(kind="service_call", ticket=ticket, private=True)
    assert [i["id"] for i in psa.get(f"/items?ticket={ticket}").json["items"]] == [call["id"]]


def test_tickets_users_and_clients_are_listed(
    psa: Program, program: MakeProgram, sam: Person, clock: FakeClock
):
    for number in range(3):
        program(sam).post("/clients", {"name": f"Client {number}"})
        psa.post("/tickets", {"title": f"Ticket {number}", "status": "new"})
        clock.move(timedelta(seconds=1))
    tickets = read_all(psa, "/tickets?limit=1", "tickets")
    assert [ticket["title"] for ticket in tickets] == ["Ticket 0", "Ticket 1", "Ticket 2"]
    psa.patch(f"/tickets/{tickets[0]['id']}", {"status": "done"})
    assert [t["id"] for t in psa.get("/tickets?status=done").json["tickets"]] == [tickets[0]["id"]]
    clients = read_all(psa, "/clients?limit=2", "clients")
    assert sorted(each["name"] for each in clients) == ["Client 0", "Client 1", "Client 2"]
    users = read_all(psa, "/users?limit=1", "users")
    assert sorted(user["email"] for user in users) == ["dana@acme.example", "sam@acme.example"]


def test_a_ticket_is_changed_only_from_the_version_that_was_read(psa: Program):
    made = psa.post("/tickets", {"title": "No mail", "external_id": "t"}, Idempotency_Key="k")
    where = made.headers["Location"]
    assert psa.patch(where, {"priority": "high"}, If_Match='"1"').json["version"] == 2
    assert psa.patch(where, {"priority": "low"}, If_Match='"1"').status_code == 412
    assert psa.get(where, If_None_Match='"2"').status_code == 304
    read = psa.get(where).json
    assert (read["priority"], read["title"], read["external_id"]) == ("high", "No mail", "t")
    assert psa.patch(where, {"title": ""}).json["errors"][0]["field"] == "/title"
