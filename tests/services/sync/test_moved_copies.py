"""Which entries' copies were moved here, by the events that name them."""

from collections.abc import Iterator
from datetime import UTC, datetime

from calsync.core.footer import ItemLink
from calsync.cronofy.client import Page
from calsync.cronofy.queries import EventQuery
from calsync.db.copies import Copy
from calsync.services.sync.moving import find_moved_here

LUNCH, TEA = ItemLink("lunch"), ItemLink("tea")


class Nothing:
    """A calendar in which nothing has changed."""

    def read_events(self, _query: EventQuery) -> Iterator[Page]:
        return iter(())


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 9, tzinfo=UTC)


def test_an_older_event_beside_it_makes_no_pasted_event_a_moved_one():
    sent_anew = [
        Copy(LUNCH, "lunch-1", "work", is_gone=True, gone_at=day(5)),
        Copy(LUNCH, "lunch-2", "work", is_gone=False),
    ]
    alone = find_moved_here(Nothing(), {LUNCH: day(15)}, sent_anew)
    beside = find_moved_here(Nothing(), {LUNCH: day(15), TEA: day(1)}, sent_anew)
    assert alone == beside == frozenset()


def test_a_copy_that_went_when_the_event_came_was_moved():
    gone = [Copy(LUNCH, "lunch-1", "work", is_gone=True, gone_at=day(15))]
    assert find_moved_here(Nothing(), {LUNCH: day(15)}, gone) == {LUNCH}
