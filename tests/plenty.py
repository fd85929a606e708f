"""So many rows of everything at once, for tests of what many rows cost and for the bench."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert

from calsync.core.answers import Answers, DraftKind, Step, dump_answers
from calsync.core.holds import Held
from calsync.core.item import ActivityType, ItemStatus, Kind, Priority
from calsync.core.link import LinkState, Origin, Side
from calsync.core.plan import Direction, Head
from calsync.core.run import Result, RunState, Trigger
from calsync.core.ticket import TicketStatus
from calsync.db.base import Base
from calsync.db.database import Session
from calsync.db.models import (
    ApiToken,
    Assignment,
    Client,
    Contact,
    Draft,
    Feed,
    Integration,
    Item,
    ItemChange,
    ItemException,
    LinkedAccount,
    LinkedCalendar,
    LinkRow,
    LogEntry,
    LoginSession,
    PlannedAction,
    Role,
    Run,
    StoredPlan,
    Ticket,
    User,
    WebhookDelivery,
    WebhookEndpoint,
)
from calsync.db.models.webhooks import DeliveryResult
from calsync.services.tools import Tools, Who

DAY = timedelta(days=1)
#: Where the items are, from the first of the tests' month on.
MONTH = date(2026, 3, 1)
_KINDS = tuple(Kind)

Row = dict[str, Any]


def fill_tenant(tools: Tools, who: Who, amount: int) -> None:
    """Give somebody so many of everything that a page or a list shows.

    One in ten items is in the bin, one has no date, and one is a series with a
    removed occurrence. Each item has the id ``number("item", ...)``, and so on.
    """
    now = tools.clock.now()
    with tools.db.begin() as session:
        fill_around(session, who, amount, now)
        fill_items(session, who, amount, now)
        session.execute(insert(ItemChange), [_change(who, at, now) for at in range(amount)])
        session.execute(insert(ItemException), [_exception(who, at) for at in range(1, amount)])


def fill_around(session: Session, who: Who, amount: int, now: datetime) -> None:
    """Add so much of everything but items."""
    # Every call of a ticket offers each colleague: there are not as many of them.
    amounts = {User: amount // 100}
    for table, make in _TABLES.items():
        rows = [make(who, at, now) for at in range(amounts.get(table, amount))]
        if rows:
            session.execute(insert(table), rows)


def fill_items(session: Session, who: Who, amount: int, now: datetime) -> None:
    """Put so many items on somebody's calendar, of every kind and all over March 2026."""
    rows = [{**item, "id": number("item", at)} for at, item in enumerate(_items(who, amount, now))]
    session.execute(insert(Item), rows)
    owned = {"tenant_id": who.tenant_id, "user_id": who.user_id, "assigned_at": now}
    session.execute(insert(Assignment), [{**owned, "item_id": row["id"]} for row in rows])
    removed = {"tenant_id": who.tenant_id, "key": "2026-03-09T09:00", "is_removed": True}
    series = [row["id"] for row in rows if row["rule"]]
    session.execute(
        insert(ItemException), [{**removed, "item_id": each, "changes": {}} for each in series]
    )


def number(what: str, at: int = 0) -> str:
    """Return the id of the row of a kind with that number."""
    return f"{what:0<10}{at:06}"


def _items(who: Who, amount: int, now: datetime) -> Iterator[Row]:
    plain = {
        "tenant_id": who.tenant_id, "description": "Bring the long ladder.",
        "location": "Main Street 1", "time_zone": "Europe/London", "is_private": False,
        "is_busy": True, "status": ItemStatus.OPEN, "priority": Priority.NORMAL,
        "percent_done": 0, "project": "", "activity_type": ActivityType.CALL, "outcome": "",
        "site": "", "version": 1, "created_at": now, "updated_at": now, "rule": None,
        "ticket_id": None, "client_id": None, "deleted_at": None, "starts_at": None,
        "ends_at": None, "starts_on": None, "ends_on": None, "due_on": None, "reach_from": None,
        "reach_until": None,
    }  # fmt: skip
    for at in range(amount):
        yield {**plain, "subject": f"Work number {at}", **_item(at, now)}


def _item(at: int, now: datetime) -> Row:
    """Return what is special about one of ten items."""
    day = MONTH + DAY * (at // 10 % 28)
    start = datetime.combine(day, time(9 + at % 8), UTC)
    end = start + timedelta(hours=1)
    timed = {"starts_at": start, "ends_at": end, "reach_from": start, "reach_until": end}
    match at % 10:
        case 0:
            return {"kind": Kind.TODO}
        case 1:
            return {"kind": Kind.APPOINTMENT, **timed, "deleted_at": now}
        case 2:
            series = {"rule": "FREQ=WEEKLY", "reach_until": None}
            monday = datetime(2026, 3, 2, 9, tzinfo=UTC)
            begun = {"starts_at": monday, "ends_at": monday + timedelta(hours=1)}
            return {"kind": Kind.APPOINTMENT, **timed, **series, **begun, "reach_from": monday}
        case 3 | 4:
            return {"kind": Kind.SERVICE_CALL, **timed, "ticket_id": number("ticket")}
        case 5:
            reach = {"reach_from": start - DAY, "reach_until": end + DAY}
            whole = {"starts_on": day, "ends_on": day + DAY * 3}
            return {"kind": Kind.APPOINTMENT, **reach, **whole}
        case 6:
            reach = {"reach_from": start - DAY, "reach_until": end + DAY}
            return {"kind": Kind.TASK, **reach, "due_on": day}
        case _:
            return {"kind": _KINDS[at % 2], **timed}


def _client(who: Who, at: int, _now: datetime) -> Row:
    return {"id": number("client", at), "tenant_id": who.tenant_id, "name": f"Client {at}"}


def _contact(who: Who, at: int, _now: datetime) -> Row:
    named = {"id": number("contact", at), "name": f"Contact {at}"}
    return {**named, "tenant_id": who.tenant_id, "client_id": number("client")}


def _ticket(who: Who, at: int, now: datetime) -> Row:
    # The first is the newest: it is among those that a list of choices has by itself.
    named = {"id": number("ticket", at), "number": 9_000 - at, "title": f"No mail {at}"}
    owned = {"tenant_id": who.tenant_id, "client_id": number("client", at)}
    work = {"status": TicketStatus.NEW, "priority": Priority.NORMAL, "version": 1}
    return {**named, **owned, **work, "created_at": now, "updated_at": now}


def _secret(who: Who, at: int, now: datetime) -> Row:
    """Return a token of a program, or a feed."""
    named = {"id": number("secret", at), "name": f"PSA {at}", "fingerprint": f"{at}"}
    return {**named, "tenant_id": who.tenant_id, "user_id": who.user_id, "created_at": now}


def _login(who: Who, at: int, now: datetime) -> Row:
    named = {"id": number("login", at), "browser": "Firefox", "fingerprint": f"{at}"}
    owned = {"tenant_id": who.tenant_id, "user_id": who.user_id}
    return {**named, **owned, "created_at": now, "last_seen_at": now}


def _account(who: Who, at: int, now: datetime) -> Row:
    return {
        "id": number("account", at), "tenant_id": who.tenant_id, "user_id": who.user_id,
        "sub": f"sub{at}", "profile_id": f"pro{at}", "profile_name": f"dana{at}@google.example",
        "provider_name": "google", "provider_service": "gmail", "scope": "read_write",
        "is_being_read": False, "access_token": "-", "refresh_token": "-",
        "access_expires_at": now, "connected_at": now,
    }  # fmt: skip


def _calendar(who: Who, at: int, _now: datetime) -> Row:
    return {
        "id": number("calendar", at), "tenant_id": who.tenant_id,
        "account_id": number("account"), "calendar_id": f"cal{at}", "name": f"Work {at}",
        "is_read_only": False, "is_deleted": False, "is_primary": False,
        "permission_level": "sandbox",
    }  # fmt: skip


def _integration(who: Who, at: int, now: datetime) -> Row:
    return {
        "id": number("integr", at), "tenant_id": who.tenant_id, "user_id": who.user_id,
        # The first calendar is left to be chosen.
        "account_id": number("account"), "calendar_id": f"cal{at + 1}",
        "calendar_name": f"Work {at + 1}", "service": "gmail",
        "profile_name": "dana@google.example", "is_active": True, "options": {},
        "kinds_since": {}, "created_at": now,
    }  # fmt: skip


def _draft(who: Who, at: int, now: datetime) -> Row:
    return {
        "id": number("draft", at), "tenant_id": who.tenant_id, "user_id": who.user_id,
        "kind": DraftKind.SETUP, "account_id": number("account", at), "service": "gmail",
        "profile_name": f"dana{at}@google.example", "answers": dump_answers(Answers()),
        "step": Step.LINKED_CALENDAR, "furthest": Step.CONFIRMATION, "made_upon": "",
        "created_at": now, "changed_at": now, "expires_at": now + 30 * DAY,
    }  # fmt: skip


def _run(who: Who, at: int, now: datetime) -> Row:
    owned = {"id": number("run", at), "tenant_id": who.tenant_id, "began_at": now, "ended_at": now}
    about = {"integration_id": number("integr"), "trigger": Trigger.MANUAL, "bulk": {}}
    return {**owned, **about, "state": RunState.FINISHED, "counts": {}}


def _entry(who: Who, at: int, now: datetime) -> Row:
    return {
        "id": number("entry", at), "tenant_id": who.tenant_id, "run_id": number("run"),
        "integration_id": number("integr"), "at": now, "trigger": Trigger.MANUAL,
        "side": Side.OUT, "action": "create", "result": Result.DONE, "title": f"Visit {at}",
        "before": {}, "after": {},
    }  # fmt: skip


def _link(who: Who, at: int, _now: datetime) -> Row:
    """Return a link whose copy was not deleted, for there are more than usual."""
    # Every other item is one that came from there.
    named = {"id": number("link", at), "integration_id": number("integr"), "is_source": at % 2 == 1}
    about = {"item_id": number("item", at), "key": "", "event_uid": f"evt{at}"}
    held = {"state": LinkState.HELD, "held_as": Held.COPY_DELETION, "held_for": "brake"}
    record = {"held": ["delete_there"], "held_for": "brake"}
    owned = {"tenant_id": who.tenant_id, "origin": Origin.SENT, "record": record}
    return {**named, **about, **held, **owned}


def _plan(who: Who, at: int, now: datetime) -> Row:
    return {
        "id": number("plan", at), "tenant_id": who.tenant_id, "user_id": who.user_id,
        "draft_id": number("draft", at), "mark": "-", "made_at": now, "expires_at": now + DAY,
        "counts": {"out_create": 1_000},
    }  # fmt: skip


def _action(who: Who, at: int, now: datetime) -> Row:
    """Return a line of the first plan."""
    times = {"start": now.isoformat(), "end": now.isoformat(), "zone": "Europe/London"}
    return {
        "tenant_id": who.tenant_id, "plan_id": number("plan"), "ordinal": at,
        "direction": Direction.OUT, "head": Head.CREATE, "result": Result.DONE,
        "kind": Kind.APPOINTMENT, "item_id": number("item", at), "title": f"Visit {at}",
        "times": times, "before": {}, "after": {},
    }  # fmt: skip


def _user(who: Who, at: int, now: datetime) -> Row:
    named = {"id": number("user", at), "name": f"User {at}", "email": f"user{at}@acme.example"}
    rest = {"role": Role.MEMBER, "password_hash": "-", "created_at": now}
    return {**named, **rest, "tenant_id": who.tenant_id}


def _endpoint(who: Who, at: int, now: datetime) -> Row:
    named = {"id": number("endpoint", at), "url": f"https://psa.example/{at}"}
    return {**named, "tenant_id": who.tenant_id, "secret": "-", "created_at": now}


def _delivery(who: Who, at: int, now: datetime) -> Row:
    named = {"id": number("delivery", at), "message_id": number("message", at)}
    deed = {"type": "item.created", "attempt": 1, "result": DeliveryResult.DELIVERED}
    owned = {"tenant_id": who.tenant_id, "endpoint_id": number("endpoint", at)}
    return {**named, **deed, **owned, "at": now}


def _change(who: Who, at: int, now: datetime) -> Row:
    """Return a line in the history of the first item that has times."""
    what = {"id": number("change", at), "item_id": number("item", 3), "version": at + 1}
    by = {"tenant_id": who.tenant_id, "user_id": who.user_id, "user_name": "Dana Reyes"}
    deed = {"action": "changed", "before": {"subject": "x"}, "after": {"subject": "y"}}
    return {**what, **by, **deed, "at": now}


def _exception(who: Who, at: int) -> Row:
    """Return what was done to one occurrence of the first series, a week after the other."""
    key = f"{date(2026, 3, 9) + 7 * DAY * at}T09:00"
    changes = {"subject": "Work that has another name in this one week " * 8}
    owned = {"tenant_id": who.tenant_id, "item_id": number("item", 2)}
    return {**owned, "key": key, "is_removed": False, "changes": changes}


#: What there is besides items, those first that others belong to.
_TABLES: dict[type[Base], Callable[[Who, int, datetime], Row]] = {
    Client: _client,
    Contact: _contact,
    Ticket: _ticket,
    ApiToken: _secret,
    Feed: _secret,
    LoginSession: _login,
    LinkedAccount: _account,
    LinkedCalendar: _calendar,
    Integration: _integration,
    Draft: _draft,
    StoredPlan: _plan,
    PlannedAction: _action,
    Run: _run,
    LogEntry: _entry,
    LinkRow: _link,
    User: _user,
    WebhookEndpoint: _endpoint,
    WebhookDelivery: _delivery,
}
