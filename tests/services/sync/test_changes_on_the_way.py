"""What is changed while a sync is under way, between what it reads and what it writes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from calsync.core.integration import Stop
from calsync.core.item import Kind
from calsync.cronofy.batch import Write, Written
from calsync.cronofy.client import CronofyClient, Page
from calsync.cronofy.queries import EventQuery
from calsync.services.accounts import disconnect
from calsync.services.integrations import deactivate
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import ON_SQLITE, Office

pytestmark = ON_SQLITE
Deed = Callable[[], object]


@dataclass
class Interrupted:
    """A client of which somebody makes use the moment before, or after, it reads or writes."""

    client: CronofyClient
    deeds: dict[str, Deed]

    def read_events(self, query: EventQuery) -> Iterator[Page]:
        for page in self.client.read_events(query):
            yield page
            self._do("after a page")
        self._do("after the read")

    def batch(self, writes: Sequence[Write]) -> tuple[Written, ...]:
        self._do("before the write")
        answers = self.client.batch(writes)
        self._do("after the write")
        return answers

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def _do(self, moment: str) -> None:
        deed = self.deeds.pop(moment, None)
        if deed is not None:
            deed()


def interrupt(office: Office, moment: str, deed: Deed) -> None:
    """Let something be done at a moment of the next sync, once."""
    plain, deeds = office.tools, {moment: deed}

    def client(*args: Any) -> Any:
        return Interrupted(plain.cronofy(*args), deeds)

    office.tools = replace(plain, cronofy=client)
    try:
        office.run_once()
    finally:
        office.tools = plain
    assert not deeds


def test_a_kind_unticked_after_the_read_is_not_sent_any_more(office: Office):
    office.add("Lunch")
    office.put("Dentist")
    kinds = frozenset(Kind) - {Kind.APPOINTMENT}
    interrupt(office, "after the read", lambda: office.options(kinds=kinds))
    office.sync()
    assert office.summaries() == ["Dentist"]
    assert office.subjects() == ["Dentist", "Lunch"]


def test_update_turned_off_after_the_read_keeps_the_change_out(office: Office):
    item = office.add("Lunch")
    office.sync()
    office.edit(office.uid("Lunch"), summary="Dinner")
    interrupt(office, "after the read", lambda: office.options(takes_update=False))
    office.sync()
    assert office.item(item).subject == "Lunch"
    assert "update_off" in office.why(item)


def test_delete_turned_off_after_the_read_keeps_the_items(office: Office):
    item = office.add("Lunch")
    office.add("Tea")
    office.sync()
    office.remove(office.uid("Lunch"))
    interrupt(office, "after the read", lambda: office.options(takes_delete=False))
    office.sync()
    assert office.subjects() == ["Lunch", "Tea"]
    assert "delete_off" in office.why(item)


def test_a_sync_that_is_switched_off_on_the_way_writes_nothing_more(office: Office):
    office.add("Lunch")
    office.sync()
    office.add("Tea")
    who, integration_id = office.person.who, office.integration_id
    interrupt(office, "after the read", lambda: deactivate(office.tools, who, integration_id))
    assert office.summaries() == ["Lunch"]
    assert office.subjects() == ["Lunch", "Tea"]


def test_a_mailbox_that_is_disconnected_on_the_way_ends_the_sync_and_loses_nothing(
    office: Office,
):
    office.add("Lunch")
    office.put("Dentist")
    interrupt(
        office,
        "after the read",
        lambda: disconnect(office.tools, office.person.who, office.account_id),
    )
    assert office.integration.stop is Stop.NOT_CONNECTED
    assert office.summaries() == ["Dentist"]
    assert "Lunch" in office.subjects()


def test_a_calendar_that_vanishes_between_the_read_and_the_write_takes_nothing_along(
    office: Office, sandbox: RunningSandbox
):
    office.add("Lunch")
    office.sync()
    office.add("Tea")
    office.edit(office.uid("Lunch"), summary="Dinner")
    interrupt(
        office,
        "before the write",
        lambda: sandbox.fault("calendar_deleted", calendar_id=office.calendar_id),
    )
    assert office.integration.stop is Stop.CALENDAR_GONE
    assert office.subjects() == ["Dinner", "Tea"]


def test_a_token_that_expires_between_two_pages_and_before_the_write_is_renewed(
    office: Office, sandbox: RunningSandbox
):
    sandbox.control("PATCH", "/settings", {"page_size": 1})
    for name in ("One", "Two", "Three"):
        office.put(name)
    office.add("Lunch")
    interrupt(office, "after a page", lambda: sandbox.control("POST", "/tokens/expire"))
    assert len(office.summaries()) == 4
    office.add("Tea")
    interrupt(office, "before the write", lambda: sandbox.control("POST", "/tokens/expire"))
    office.sync()
    assert office.summaries() == office.subjects() == ["Lunch", "One", "Tea", "Three", "Two"]


def test_an_item_edited_between_the_decision_and_the_write_ends_as_edited_last(office: Office):
    item = office.add("Lunch")
    office.sync()
    office.change(item, subject="Dinner")
    interrupt(office, "before the write", lambda: office.change(item, subject="Supper"))
    office.sync()
    assert office.summaries() == office.subjects() == ["Supper"]


def test_an_item_deleted_between_the_decision_and_the_write_ends_as_deleted(office: Office):
    item = office.add("Lunch")
    interrupt(office, "before the write", lambda: office.delete(item))
    office.sync()
    assert (office.summaries(), office.subjects()) == ([], [])


def test_an_event_made_after_the_read_is_found_by_the_next(office: Office):
    office.put("Dentist")
    interrupt(office, "after the read", lambda: office.put("Barber"))
    office.sync()
    assert office.subjects() == ["Barber", "Dentist"]


def test_an_event_edited_after_the_read_is_not_lost_to_our_write(office: Office):
    item = office.add("Lunch")
    office.sync()
    office.change(item, subject="Dinner")
    uid = office.uid("Lunch")
    interrupt(office, "after the write", lambda: office.edit(uid, location={"description": "Pub"}))
    office.sync()
    assert office.item(item).location == "Pub"
    assert office.event("Dinner")["location"]["description"] == "Pub"
