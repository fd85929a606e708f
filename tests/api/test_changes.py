"""What a program that keeps a copy learns from lists of changes: everything, in order, once."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from calsync.core.item import ItemFields
from calsync.db.models import Item
from calsync.services import items
from calsync.services.tools import Tools
from tests.api.conftest import Program, appointment
from tests.api.test_lists import read_all
from tests.cast import Person
from tests.clocks import FakeClock
from tests.services.makings import add_colleague
from tests.services.makings import appointment as fields_of_one

MakeProgram = Callable[[Person], Program]
ALWAYS = "/items?updated_since=1970-01-01T00:00:00Z"
ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


class Mirror:
    """A copy of what a program may see, kept up to date by lists of changes."""

    def __init__(self, program: Program, query: str = "") -> None:
        self.program = program
        self.query = query
        self.cursor = ""
        self.items: dict[str, dict[str, Any]] = {}

    def follow(self, limit: int = 2) -> list[str]:
        """Read what is new, a small page at a time, and return its ids."""
        read = []
        while True:
            page = self.program.get(f"{ALWAYS}&limit={limit}{self.query}{self.cursor}").json
            for item in page["items"]:
                read.append(item["id"])
                self.items.pop(item["id"], None)
                if not item["deleted"]:
                    self.items[item["id"]] = item
            if page["resume_cursor"]:
                self.cursor = f"&cursor={page['resume_cursor']}"
            if page["next_cursor"] is None:
                return read


def test_changes_of_one_instant_are_neither_skipped_nor_repeated(
    psa: Program, tools: Tools, clock: FakeClock
):
    made = [psa.add(subject=str(number))["id"] for number in range(5)]
    with tools.db.begin() as session:  # as one transaction that changes several leaves them
        session.execute(update(Item).values(updated_at=clock.now() + timedelta(hours=1)))
    assert sorted(item["id"] for item in read_all(psa, f"{ALWAYS}&limit=2", "items")) == sorted(
        made
    )
    mirror = Mirror(psa)
    assert sorted(mirror.follow()) == sorted(made)
    assert mirror.follow() == []


def test_a_copy_goes_on_where_it_ended(psa: Program):
    mirror = Mirror(psa)
    assert mirror.follow() == []
    first, second = psa.add(), psa.add()
    assert mirror.follow() == [first["id"], second["id"]]
    psa.patch(f"/items/{first['id']}", {"location": "x"})
    psa.delete(f"/items/{second['id']}")
    assert mirror.follow() == [first["id"], second["id"]]
    assert set(mirror.items) == {first["id"]}


def test_of_two_changes_the_one_seen_later_has_the_later_time(psa: Program, clock: FakeClock):
    first = psa.add()
    clock.move(timedelta(hours=-1))  # as a clock that is put right
    second = psa.add()
    assert datetime.fromisoformat(second["updated_at"]) > datetime.fromisoformat(
        first["updated_at"]
    )
    later = psa.get(f"/items?updated_since={second['updated_at']}").json["items"]
    assert [item["id"] for item in later] == [second["id"]]


@ON_POSTGRESQL
def test_a_change_that_is_saved_late_is_not_missed(
    psa: Program, tools: Tools, dana: Person, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    mirror = Mirror(psa)
    has_written, may_commit = threading.Event(), threading.Event()
    made: list[str] = []
    add = items.Edit.add

    def dawdle(edit: Any, fields: ItemFields, *about: Any) -> str:
        item_id = add(edit, fields, *about)
        if fields.subject == "Slow":
            has_written.set()
            assert may_commit.wait(10)
        return item_id

    monkeypatch.setattr(items.Edit, "add", dawdle)
    thread = threading.Thread(
        target=lambda: made.append(items.create_item(tools, dana.who, fields_of_one("Slow")))
    )
    thread.start()
    assert has_written.wait(10)
    clock.move(timedelta(minutes=1))
    quick = psa.add()["id"]
    assert mirror.follow() == [quick]
    may_commit.set()
    thread.join()
    assert mirror.follow() == made


def test_a_program_learns_that_an_item_was_taken_from_its_user(
    psa: Program, program: MakeProgram, dana: Person, sam: Person
):
    both = [dana.who.user_id, sam.who.user_id]
    dispatcher, mirror = program(sam), Mirror(psa)
    made = dispatcher.add(assignees=both, subject="Secret plan", location="Vault")
    where = f"/items/{made['id']}"
    mirror.follow()
    assert set(mirror.items) == {made["id"]}
    dispatcher.patch(where, {"assignees": [sam.who.user_id], "subject": "Another"})
    dispatcher.patch(where, {"location": "Cellar"})
    answer = psa.get(f"{ALWAYS}{mirror.cursor}")
    [gone] = answer.json["items"]
    assert (gone["id"], gone["deleted"], gone["kind"]) == (made["id"], True, "appointment")
    assert (gone["subject"], gone["start"], gone["assignees"]) == ("", None, [])
    assert "Another" not in answer.text
    assert psa.get(where).status_code == 404
    mirror.follow()
    assert mirror.items == {}
    assert psa.get("/items").json["items"] == []
    dispatcher.patch(where, {"assignees": both})
    assert mirror.follow() == [made["id"]]
    assert mirror.items[made["id"]]["location"] == "Cellar"


def test_a_call_that_became_private_leaves_everybody_elses_copy(
    psa: Program, program: MakeProgram, tools: Tools, sam: Person
):
    tom = program(add_colleague(tools, "Tom"))
    ticket = psa.post("/tickets", {"title": "No mail"}).json["id"]
    call = program(sam).add(kind="service_call", ticket=ticket)
    mirrors = [Mirror(psa), Mirror(tom)]
    for mirror in mirrors:
        assert mirror.follow() == [call["id"]]
    program(sam).patch(f"/items/{call['id']}", {"private": True})
    for mirror in mirrors:
        mirror.follow()
        assert mirror.items == {}
    program(sam).patch(f"/items/{call['id']}", {"private": False})
    for mirror in mirrors:
        assert mirror.follow() == [call["id"]]
        assert set(mirror.items) == {call["id"]}


def test_a_copy_of_one_persons_items_learns_that_one_was_given_to_another(
    program: MakeProgram, dana: Person, sam: Person
):
    dispatcher = program(sam)
    mirror = Mirror(dispatcher, f"&assignee={dana.who.user_id}")
    made = dispatcher.add(assignees=[dana.who.user_id])
    dispatcher.add()
    assert mirror.follow() == [made["id"]]
    dispatcher.patch(f"/items/{made['id']}", {"assignees": [sam.who.user_id]})
    assert mirror.follow() == [made["id"]]
    assert mirror.items[made["id"]]["assignees"] == [sam.who.user_id]
    assert mirror.follow() == []


def test_who_never_had_an_item_learns_nothing_of_it(
    psa: Program, program: MakeProgram, sam: Person, mallory: Person
):
    made = program(sam).add()
    program(sam).patch(f"/items/{made['id']}", {"location": "x"})
    program(sam).delete(f"/items/{made['id']}")
    for other in (psa, program(mallory)):
        assert Mirror(other).follow() == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_lists_of_changes_can_be_gone_on_with(psa: Program):
    psa.post("/items", appointment())
    assert psa.get("/items").json["resume_cursor"] is None
    assert psa.get(ALWAYS).json["resume_cursor"]
