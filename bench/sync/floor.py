"""The least that any engine has to do: the calls, and the rows, and its echoes read.

It keeps a table and its cursor by SQLAlchemy's Core, sends what is marked 50 at a time, and
reads what changed as the product does: from five seconds before the last read on, every page,
echoes too. It decides nothing: there is no mapping, no conflict, no log, and nobody else.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
import sqlalchemy as sa

from bench.sync.many import HALF_AN_HOUR, start_of
from bench.sync.provider import CALENDAR, Provider

_METADATA = sa.MetaData()
_EVENTS = sa.Table(
    "events",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("calendar_id", sa.String(64), nullable=False),
    sa.Column("uid", sa.String(64), nullable=False),
    sa.Column("summary", sa.String(200), nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("location", sa.String(200), nullable=False),
    sa.Column("start", sa.String(32), nullable=False),
    sa.Column("end", sa.String(32), nullable=False),
    sa.Column("updated", sa.String(32), nullable=False),
    sa.Column("is_dirty", sa.Boolean, nullable=False),
    sa.UniqueConstraint("calendar_id", "uid"),
    # No plain index on the calendar: SQLite would take that one and walk all rows.
    sa.Index("ix_dirty", "calendar_id", sqlite_where=sa.text("is_dirty = 1")),
)
_CURSORS = sa.Table(
    "cursors",
    _METADATA,
    sa.Column("calendar_id", sa.String(64), primary_key=True),
    sa.Column("read_at", sa.DateTime(timezone=True)),
)
_CURSOR = sa.select(_CURSORS.c.read_at).where(_CURSORS.c.calendar_id == CALENDAR)
_MOVE = _CURSORS.update().where(_CURSORS.c.calendar_id == CALENDAR)
_DIRTY = (
    sa.select(_EVENTS)
    .where(_EVENTS.c.calendar_id == CALENDAR, _EVENTS.c.is_dirty == sa.true())
    .limit(50)
)
_KNOWN = sa.select(_EVENTS.c.uid).where(
    _EVENTS.c.calendar_id == CALENDAR, _EVENTS.c.uid.in_(sa.bindparam("names", expanding=True))
)
_CLEAN = _EVENTS.update().where(_EVENTS.c.id == sa.bindparam("of_id")).values(is_dirty=False)
_SHOWN = (
    _EVENTS.update()
    .where(_EVENTS.c.calendar_id == CALENDAR, _EVENTS.c.uid == sa.bindparam("of_uid"))
    .values({name: sa.bindparam(f"new_{name}") for name in ("summary", "start", "end", "updated")})
)


@dataclass
class Floor:
    """One calendar, kept in step by nothing but calls and rows."""

    engine: sa.Engine
    provider: Provider
    now: datetime
    http: requests.Session = field(default_factory=requests.Session)

    def move(self, seconds: float) -> None:
        """Let time pass, here as there."""
        self.now += timedelta(seconds=seconds)
        self.provider.set(now=self.now)

    def add(self, amount: int) -> None:
        """Put so many events here, to be sent."""
        rows = [_row(number, self.now) for number in range(amount)]
        with self.engine.begin() as connection:
            connection.execute(_EVENTS.insert(), rows)

    def edit(self, first: int, amount: int, summary: str) -> None:
        """Give events another title, to be sent."""
        names = [_name(number) for number in range(first, first + amount)]
        changed = _EVENTS.update().where(_EVENTS.c.uid.in_(names))
        with self.engine.begin() as connection:
            connection.execute(changed.values(summary=summary, is_dirty=True))

    def sync(self) -> None:
        """Read what changed and send what is marked."""
        begun = None
        with self.engine.connect() as connection:
            since = connection.scalar(_CURSOR)
        url: str | None = f"{self.provider.url}/v1/events"
        query = {"calendar_ids[]": CALENDAR, "include_managed": "true", "localized_times": "true"}
        if since is not None:
            query["last_modified"] = f"{since - timedelta(seconds=5):%Y-%m-%dT%H:%M:%SZ}"
        while url:
            answer = self.http.get(url, params=query)
            begun = begun or parsedate_to_datetime(answer.headers["Date"])
            page = json.loads(answer.content)
            self._take(page["events"])
            url, query = page["pages"].get("next_page"), {}
        self._push()
        with self.engine.begin() as connection:
            connection.execute(_MOVE, {"read_at": begun})

    def titles(self) -> list[str]:
        """Return what stands here."""
        with self.engine.connect() as connection:
            return list(connection.scalars(sa.select(_EVENTS.c.summary)))

    def _take(self, events: list[dict[str, Any]]) -> None:
        if not events:
            return
        names = [event.get("event_id") or event["event_uid"] for event in events]
        with self.engine.begin() as connection:
            known = set(connection.scalars(_KNOWN, {"names": names}))
            shown = list(zip(names, events, strict=True))
            seen = [_as_shown(name, event) for name, event in shown if name in known]
            new = [_as_row(name, event) for name, event in shown if name not in known]
            if seen:
                connection.execute(_SHOWN, seen)
            if new:
                connection.execute(_EVENTS.insert(), new)

    def _push(self) -> None:
        while True:
            with self.engine.connect() as connection:
                rows = connection.execute(_DIRTY).all()
            if not rows:
                return
            body = json.dumps({"batch": [_entry(row) for row in rows]})
            self.http.post(f"{self.provider.url}/v1/batch", data=body).content  # noqa: B018
            with self.engine.begin() as connection:
                connection.execute(_CLEAN, [{"of_id": row.id} for row in rows])


@contextmanager
def open_floor(provider: Provider, now: datetime, *, is_read: bool = True) -> Iterator[Floor]:
    """Give the floor with an empty table, and the provider emptied for it."""
    with TemporaryDirectory() as folder:
        engine = sa.create_engine(f"sqlite:///{Path(folder) / 'floor.sqlite3'}")

        @sa.event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: object) -> None:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")

        _METADATA.create_all(engine)
        known = {
            "calendar_id": CALENDAR,
            "read_at": now - timedelta(minutes=1) if is_read else None,
        }
        with engine.begin() as connection:
            connection.execute(_CURSORS.insert(), known)
        provider.reset(now)
        yield Floor(engine, provider, now)
        engine.dispose()


def _name(number: int) -> str:
    return f"bench-{number:07}"


def _row(number: int, now: datetime) -> dict[str, Any]:
    start = start_of(number, now)
    return {
        "calendar_id": CALENDAR,
        "uid": _name(number),
        "summary": f"Event {number}",
        "description": f"Agenda item {number} and a short line of text",
        "location": f"Room {number % 40}",
        "start": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "end": f"{start + HALF_AN_HOUR:%Y-%m-%dT%H:%M:%SZ}",
        "updated": "",
        "is_dirty": True,
    }


def _entry(row: sa.Row[Any]) -> dict[str, Any]:
    event = {
        "event_id": row.uid,
        "summary": row.summary,
        "description": row.description,
        "start": row.start,
        "end": row.end,
        "tzid": "Europe/London",
        "location": {"description": row.location},
    }
    path = f"/v1/calendars/{CALENDAR}/events"
    return {"method": "POST", "relative_url": path, "data": event}


def _as_shown(name: str, event: dict[str, Any]) -> dict[str, Any]:
    return {
        "of_uid": name,
        "new_summary": event["summary"],
        "new_start": event["start"]["time"],
        "new_end": event["end"]["time"],
        "new_updated": event["updated"],
    }


def _as_row(name: str, event: dict[str, Any]) -> dict[str, Any]:
    return {
        "calendar_id": CALENDAR,
        "uid": name,
        "summary": event["summary"],
        "description": event["description"],
        "location": event["location"]["description"],
        "start": event["start"]["time"],
        "end": event["end"]["time"],
        "updated": event["updated"],
        "is_dirty": False,
    }
