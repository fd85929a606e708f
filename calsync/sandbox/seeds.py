"""What a fresh sandbox holds: ten mailboxes with calendars and a few believable events."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from calsync.sandbox import calendars, ids, owner, times
from calsync.sandbox.mailboxes import SERVICES
from calsync.sandbox.store import Store, Transaction

PASSWORD = "sandbox"  # noqa: S105 - it is printed on the sign-in page
ZONE = "Europe/London"
PEOPLE = {"dana": "Dana Reyes", "sam": "Sam Okafor"}
DOMAINS = {
    "google": "google.example",
    "office365": "office365.example",
    "exchange": "exchange.example",
    "outlook_com": "outlook.example",
    "icloud": "icloud.example",
}


def reset(store: Store) -> None:
    """Forget everything but the settings, and plant the seeds."""
    store.empty()
    plant(store)


def plant(store: Store) -> None:
    """Put the seeds into an empty store."""
    with store.begin() as tx:
        for service, domain in DOMAINS.items():
            for person, name in PEOPLE.items():
                add_mailbox(tx, f"{person}@{domain}", name, service)


def add_mailbox(
    tx: Transaction, address: str, name: str, service: str, password: str = PASSWORD
) -> str:
    """Add a mailbox with its calendars and events, and return its profile's id."""
    profile_id = f"pro_{ids.derive_hex('profile', address, length=16)}"
    tx.execute(
        "INSERT INTO mailboxes VALUES (?, ?, ?, ?, ?)",
        [address, name, SERVICES[service].key, password, ZONE],
    )
    tx.execute("INSERT INTO profiles (profile_id, mailbox) VALUES (?, ?)", [profile_id, address])
    primary = calendars.add_calendar(tx, profile_id, "Calendar", is_primary=1, color="#3366CC")
    calendars.add_calendar(tx, profile_id, "Work", color="#2E8B57")
    personal = calendars.add_calendar(tx, profile_id, "Personal", color="#B8860B")
    holidays = calendars.add_calendar(tx, profile_id, "Holidays", is_readonly=1)
    calendars.add_calendar(tx, profile_id, "Old projects", is_deleted=1)
    today = times.second_to_date(tx.second)
    for calendar_id, body in _events(today, primary, personal, holidays, address, name):
        owner.create_event(tx, calendar_id, body)
    return profile_id


def _events(
    today: date, primary: str, personal: str, holidays: str, address: str, name: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    me = {"email": address, "display_name": name}
    guest = {"email": "kim@firm.example", "display_name": "Kim"}
    yield primary, {"summary": "Quarterly review", **_timed(today, 1, "14:00", "15:00")}
    yield (
        primary,
        {
            "summary": "Call with Kim",
            "description": "Renewal of the support contract.",
            **_timed(today, 2, "10:30", "11:00"),
            "organizer": guest,
            "attendees": [{**me, "status": "needs_action"}, {**guest, "status": "accepted"}],
            "participation_status": "needs_action",
        },
    )
    yield primary, {"summary": "Site visit", **_timed(today, -3, "09:00", "12:00")}
    yield primary, {"summary": "Team training", **_all_day(today, 9, 2)}
    yield (
        primary,
        {
            "summary": "Weekly stand-up",
            **_timed(today, -14, "09:30", "09:45"),
            "repeats": "FREQ=WEEKLY",
        },
    )
    yield (
        personal,
        {
            "summary": "Dentist",
            "location": {"description": "High St 3"},
            "event_private": True,
            **_timed(today, 4, "08:00", "08:30"),
        },
    )
    yield holidays, {"summary": "Public holiday", **_all_day(today, 20, 1)}


def _timed(today: date, days: int, start: str, end: str) -> dict[str, str]:
    day = times.days_from(today, days).isoformat()
    return {"start": f"{day}T{start}:00Z", "end": f"{day}T{end}:00Z", "tzid": ZONE}


def _all_day(today: date, days: int, length: int) -> dict[str, str]:
    start = times.days_from(today, days)
    return {
        "start": start.isoformat(),
        "end": times.days_from(start, length).isoformat(),
        "tzid": ZONE,
    }
