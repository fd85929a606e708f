"""What the tests of the contract have in common.

The contract is what both Cronofys of the tests have to do, each rule with its section of
docs/cronofy-api.md. All of it goes through the product's own client: what holds there is what
the engine meets, in the simulator as over HTTP.
"""

from datetime import datetime, timedelta
from typing import Any

from calsync.core.event import Event, EventDraft, Timed
from calsync.cronofy.queries import EventQuery
from tests.simulation.stages import Stage, read

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def at(stage: Stage, days: int = 1, hour: int = 9) -> datetime:
    """Return an hour in UTC, so many days from the one on which the test began."""
    today = stage.began.replace(hour=0, minute=0, second=0, microsecond=0)
    return today + days * DAY + hour * HOUR


def timed(stage: Stage, days: int = 1, hour: int = 9) -> Timed:
    return Timed(at(stage, days, hour), at(stage, days, hour) + HOUR, "Europe/London")


def draft(
    stage: Stage, title: str = "Visit", event_id: str = "item-1", **fields: Any
) -> EventDraft:
    return EventDraft(event_id, title, fields.pop("times", timed(stage)), **fields)


def owner_makes(stage: Stage, title: str = "Check-up", days: int = 1, hour: int = 9, **fields):
    start = at(stage, days, hour)
    return stage.create(title, start, start + HOUR, **fields)


def find(events: list[Event], **wanted: object) -> Event:
    """Return the one event with these values."""
    (found,) = [e for e in events if all(getattr(e, k) == v for k, v in wanted.items())]
    return found


def here(stage: Stage, **options) -> EventQuery:
    """Return a query for the calendar that is empty at first, unless others are named."""
    return EventQuery(**{"calendar_ids": (stage.work,), **options})


def titles(stage: Stage, client, **options) -> set[str]:
    return {event.title for event in read(client, here(stage, **options))}
