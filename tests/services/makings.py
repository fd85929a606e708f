"""Items, tickets and colleagues that tests make, with what matters to them."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from calsync.core.event import AllDay, Timed
from calsync.core.grid import GridEntry
from calsync.core.item import ItemFields, Kind
from calsync.db.models import Role
from calsync.services import people
from calsync.services.calendar import list_entries
from calsync.services.items import create_item
from calsync.services.tools import Tools, Who
from tests.cast import PASSWORD, Person

LONDON = "Europe/London"
#: The first Monday of the tests' month; the clocks go forward on the 29th.
MONDAY = date(2026, 3, 2)


def hour(day: date = MONDAY, clock: str = "09:00", zone: str = LONDON, minutes: int = 60) -> Timed:
    """Return the hour that begins at a time on the wall of a zone."""
    start = datetime.combine(day, time.fromisoformat(clock), ZoneInfo(zone)).astimezone(UTC)
    return Timed(start, start + timedelta(minutes=minutes), zone)


def appointment(subject: str = "Standup", **fields: Any) -> ItemFields:
    """Return an appointment on the Monday at nine, if nothing else is said."""
    return ItemFields(Kind.APPOINTMENT, subject, **{"times": hour(), "time_zone": LONDON, **fields})


def task(subject: str = "Write report", **fields: Any) -> ItemFields:
    return ItemFields(Kind.TASK, subject, **{"time_zone": LONDON, **fields})


def todo(subject: str = "Buy cable", **fields: Any) -> ItemFields:
    return ItemFields(Kind.TODO, subject, **{"time_zone": LONDON, **fields})


def call(ticket_id: str | None, **fields: Any) -> ItemFields:
    defaults = {"times": hour(), "time_zone": LONDON, "ticket_id": ticket_id}
    return ItemFields(Kind.SERVICE_CALL, **{**defaults, **fields})


def all_day(first: date, days: int = 1) -> AllDay:
    return AllDay(first, first + timedelta(days=days))


def add_colleague(tools: Tools, first: str, role: Role = Role.MEMBER) -> Person:
    """Make one more user of acme."""
    email = f"{first.lower()}@acme.example"
    user = people.create_user(
        tools,
        "acme",
        email=email,
        name=first,
        role=role,
        password=PASSWORD,
        time_zone=LONDON,
    )
    return Person("acme", email, first, Who(user.tenant_id, user.id))


def add_weekly(tools: Tools, who: Who, count: int = 5, **fields: Any) -> str:
    """Make an appointment on so many Mondays at nine in London."""
    return create_item(tools, who, appointment(rule=f"FREQ=WEEKLY;COUNT={count}", **fields))


def look(
    tools: Tools,
    who: Who,
    of: Who | None = None,
    *,
    start: datetime = datetime(2026, 3, 1, tzinfo=UTC),
    end: datetime = datetime(2026, 5, 1, tzinfo=UTC),
    zone: str = LONDON,
    **query: Any,
) -> list[GridEntry]:
    """Return what somebody sees of a calendar, else of their own, in March and April."""
    return list_entries(tools, who, (of or who).user_id, start, end, zone=zone, **query)


def on_wall(entries: list[GridEntry], zone: str = LONDON) -> list[str]:
    """Return when entries begin, as a clock in a zone shows it."""
    return [
        f"{entry.times.start.astimezone(ZoneInfo(zone)):%d %b %H:%M}"
        for entry in entries
        if isinstance(entry.times, Timed)
    ]


def at_once(*actions: Callable[[], Any]) -> list[Any]:
    """Do all of it at one moment; return the results and errors, in the order of the actions."""
    barrier = threading.Barrier(len(actions))
    results: list[Any] = [None] * len(actions)

    def act(at: int) -> None:
        barrier.wait()
        try:
            results[at] = actions[at]()
        except Exception as error:
            results[at] = error

    threads = [threading.Thread(target=act, args=[at]) for at in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
