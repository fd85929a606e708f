"""The demo's fortnight."""

from datetime import timedelta

from calsync.cli.demo_items import add_items
from calsync.core.item import Kind
from calsync.services.calendar import list_entries
from calsync.services.tools import Tools
from tests.cast import Person
from tests.clocks import FakeClock


def test_dana_and_sam_have_a_believable_fortnight(
    tools: Tools, dana: Person, sam: Person, clock: FakeClock
):
    add_items(tools, dana.who, sam.who)
    start, end = clock.now() - timedelta(days=14), clock.now() + timedelta(days=21)

    def entries(person: Person):
        return list_entries(tools, person.who, person.who.user_id, start, end, zone="Europe/London")

    assert {entry.kind for entry in entries(dana)} == set(Kind)
    assert len(entries(dana)) > 25
    assert any(entry.is_repeating for entry in entries(dana))
    shared = {e.title for e in entries(dana)} & {e.title for e in entries(sam)}
    assert {"T-1001 Replace firewall (Northwind Dental)"} <= shared
