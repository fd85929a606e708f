"""Entries and events that Hypothesis makes up, and what a provider does to a copy."""

import html
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from calsync.core.entry import Entry
from calsync.core.event import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    NO_ZONE,
    AllDay,
    Event,
    EventDraft,
    EventStatus,
    Participation,
    Timed,
    Times,
)
from calsync.core.item import OWN_FIELDS, ItemFields, ItemStatus, Kind
from tests.core.rules import ZONES
from tests.core.texts import long_texts, texts

BASE = "https://calsync.example"
ITEM = "k7m2p9q4r6s8t0v1"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
NINE = Timed(NOW, NOW + timedelta(hours=1), "Europe/London")
MONDAY = AllDay(date(2026, 3, 2), date(2026, 3, 3))

#: Nights in which the clocks of these zones change, and the first and last years of items.
NIGHTS = [
    "2026-03-29T01:00", "2026-10-25T01:00", "2026-03-08T02:00", "2026-04-05T01:45",
    "1970-01-02T00:00", "2199-12-30T23:59:59",
]  # fmt: skip
moments = st.datetimes(datetime.fromisoformat(NIGHTS[-2]), datetime.fromisoformat(NIGHTS[-1]))
walls = st.one_of(moments, st.sampled_from(NIGHTS).map(datetime.fromisoformat))


@st.composite
def timed(draw: st.DrawFn) -> Timed:
    zone = draw(st.sampled_from([*ZONES, NO_ZONE]))
    wall = draw(walls) + draw(st.timedeltas(timedelta(), timedelta(hours=2)))
    start = wall.replace(tzinfo=ZoneInfo(zone), fold=draw(st.integers(0, 1))).astimezone(UTC)
    length = draw(st.sampled_from([timedelta(), timedelta(microseconds=5), timedelta(hours=30)]))
    return Timed(start, start + length, zone)


@st.composite
def all_day(draw: st.DrawFn) -> AllDay:
    start = draw(st.dates(date(1970, 1, 1), date(2199, 12, 1)))
    return AllDay(start, start + timedelta(days=draw(st.integers(1, 4))))


times = st.one_of(timed(), all_day())


@st.composite
def fields(draw: st.DrawFn) -> ItemFields:
    kind = draw(st.sampled_from(Kind))
    optional = kind in {Kind.TASK, Kind.TODO}
    when: Times | None = draw(st.one_of(times, st.none()) if optional else times)
    own = OWN_FIELDS[kind]
    return ItemFields(
        kind,
        subject=draw(st.one_of(texts, long_texts(LONGEST_TITLE))),
        times=when,
        time_zone=when.zone if isinstance(when, Timed) else draw(st.sampled_from(ZONES)),
        description=draw(st.one_of(texts, texts, long_texts(LONGEST_TEXT))),
        location=draw(texts),
        site=draw(texts) if "site" in own else "",
        is_private=draw(st.booleans()),
        is_busy=draw(st.booleans()) if "is_busy" in own else True,
        reminder_minutes=draw(st.one_of(st.none(), st.integers(0, 999)))
        if "reminder_minutes" in own
        else None,
        status=draw(st.sampled_from(ItemStatus)),
        due_on=draw(st.one_of(st.none(), st.dates(date(1971, 1, 1), date(2199, 1, 1))))
        if "due_on" in own
        else None,
    )


entries = st.builds(
    Entry,
    st.just(ITEM),
    fields(),
    key=st.sampled_from([None, "2026-03-02T09:00"]),
    assignee_count=st.integers(1, 3),
)


def an_entry(kind: Kind = Kind.APPOINTMENT, *, people: int = 1, **changes: object) -> Entry:
    """Make an entry of the kind, on Monday at nine unless the changes say otherwise."""
    plain = ItemFields(kind, subject="Visit", times=NINE, time_zone="Europe/London")
    ticket = "ticket" if kind is Kind.SERVICE_CALL else None
    return Entry(ITEM, replace(plain, ticket_id=ticket, **changes), assignee_count=people)  # type: ignore[arg-type]


def an_event(**changes: object) -> Event:
    """Make one of the user's own events, on Monday at nine unless the changes say otherwise."""
    event = Event("evt_1", None, "cal_1", "Dentist", "", "", NINE, free=False)
    return replace(event, **changes)  # type: ignore[arg-type]


def as_read(draft: EventDraft) -> Event:
    """Return the event that a provider makes of a draft that loses nothing."""
    return an_event(
        event_id=draft.event_id,
        title=draft.title,
        text=draft.text,
        place=draft.place,
        times=draft.times,
        private=draft.private,
        free=draft.free,
    )


def _lose_seconds(event: Event) -> Event:
    match event.times:
        case Timed(start, end, zone):
            start, end = (each.replace(second=0, microsecond=0) for each in (start, end))
            return replace(event, times=Timed(start, end, zone))
        case _:
            return event


def _lose_zone(event: Event) -> Event:
    match event.times:
        case Timed(start, end, _):
            return replace(event, times=Timed(start, end))
        case _:
            return event


def _write_as_html(event: Event) -> Event:
    lines = html.escape(event.text, quote=False).split("\n")
    return replace(event, text="".join(f"<p>{line}</p>" for line in lines))


def _write_as_windows(event: Event) -> Event:
    return replace(event, text=event.text.replace("\n", "\r\n") + "\r\n")


def _lose_blank_runs(event: Event) -> Event:
    lines = (" ".join(line.split()) for line in event.text.split("\n"))
    text = "\n".join(filter(None, lines))
    title, place = (" ".join(each.split()) for each in (event.title, event.place))
    return replace(event, text=text, title=title, place=place)


Loss = Callable[[Event], Event]
#: What providers are known to lose (docs/sync.md 10), in any combination.
LOSSES: list[Loss] = [
    _lose_seconds,
    _lose_zone,
    _lose_blank_runs,
    _write_as_html,
    _write_as_windows,
]
losses = st.lists(st.sampled_from(LOSSES), unique=True, max_size=len(LOSSES))

short_events = st.builds(
    an_event,
    title=texts,
    text=texts,
    place=texts,
    times=times,
    private=st.booleans(),
    free=st.sampled_from([True, False, None]),
    status=st.sampled_from(EventStatus),
    participation_status=st.sampled_from(Participation),
)
events = st.builds(
    replace,
    short_events,
    title=st.one_of(texts, long_texts(LONGEST_TITLE)),
    text=st.one_of(texts, long_texts(30_000)),
    place=st.one_of(texts, long_texts(LONGEST_TITLE)),
)
