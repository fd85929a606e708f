"""What the owner of a mailbox does in their own calendar; open channels hear of it."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from tests.simulation.events import Kept, Shelf, Span
from tests.simulation.moments import count, wall
from tests.simulation.world import World

ZONE = "Europe/London"
_DAY = 24 * 3600
#: How an owner names what the API calls otherwise.
_NAMES = {"title": "summary", "text": "description", "private": "event_private"}


class Owner:
    """The hands of all owners. Times are aware or, for all-day, dates with exclusive end.

    A change names what is to be different: title, text, place, start, end, zone, private,
    free, status, participation_status, organizer (an address).
    """

    def __init__(self, world: World, now: Callable[[], float]) -> None:
        self._world = world
        self._now = now

    def create_event(
        self,
        calendar_id: str,
        title: str,
        start: datetime | date,
        end: datetime | date,
        *,
        guests: Iterable[str] = (),
        **fields: Any,
    ) -> str:
        """Make an event and return its uid."""
        self._catch_up()
        shelf = self._world.accounts.shelves[calendar_id]
        zone = fields.pop("zone", ZONE)
        content = self._content({}, {"title": title, **fields})
        content = _with_guests(content, guests)
        kept = self._add(shelf, self._span(None, start, end, zone), content)
        self._announce(shelf, managed=False)
        return kept.uid

    def edit_event(self, uid: str, **changes: Any) -> None:
        """Change what is named of a living event and keep the rest; ours stays ours."""
        kept = self._living(uid)
        self._edit(kept, changes)
        self._announce(kept.shelf, managed=kept.event_id is not None)

    def delete_event(self, uid: str) -> None:
        """Delete an event; of a series, this one instance."""
        kept = self._living(uid)
        kept.change(int(self._now()), deleted=True)
        self._announce(kept.shelf, managed=kept.event_id is not None)

    def delete_everything(self, calendar_id: str) -> None:
        """Delete every event of a calendar."""
        self._catch_up()
        shelf = self._world.accounts.shelves[calendar_id]
        for kept in list(shelf.events.values()):
            if not kept.deleted:
                kept.change(int(self._now()), deleted=True)
                self._announce(shelf, managed=kept.event_id is not None)

    def restore_event(self, uid: str) -> None:
        """Take an event out of the bin, as it was."""
        self._catch_up()
        kept = self._get(uid)
        kept.change(int(self._now()), deleted=False)
        self._announce(kept.shelf, managed=kept.event_id is not None)

    def move_event(self, uid: str, calendar_id: str) -> str:
        """Move an event to another calendar and return its new uid.

        For Cronofy that is a deletion here and a new external event there, even if the
        application had made it (docs/cronofy-api.md 8.3).
        """
        kept = self._living(uid)
        target = self._world.accounts.shelves[calendar_id]
        kept.change(int(self._now()), deleted=True)
        self._announce(kept.shelf, managed=kept.event_id is not None)
        moved = self._add(target, kept.span, kept.content)
        self._announce(target, managed=False)
        return moved.uid

    def add_guests(self, uid: str, *guests: str) -> None:
        """Invite people to an event, one of ours too."""
        kept = self._living(uid)
        kept.change(int(self._now()), content=_with_guests(kept.content, guests))
        self._announce(kept.shelf, managed=kept.event_id is not None)

    def remove_guests(self, uid: str) -> None:
        """Invite nobody any more."""
        kept = self._living(uid)
        content = {name: value for name, value in kept.content.items() if name != "attendees"}
        kept.change(int(self._now()), content=content)
        self._announce(kept.shelf, managed=kept.event_id is not None)

    def set_options(self, uid: str, **options: bool) -> None:
        """Let the application ``update`` or ``delete`` an event or not, whatever else holds."""
        kept = self._living(uid)
        kept.change(int(self._now()), options=kept.options | options)

    def distort(self, uid: str, **oddities: Any) -> None:
        """Let an event show fields (by the API's names) that no read can make sense of.

        ``...`` leaves a field out; without any, it shows what it should again.
        """
        kept = self._living(uid)
        kept.change(int(self._now()), oddities=oddities)
        self._announce(kept.shelf, managed=kept.event_id is not None)

    def create_series(
        self,
        calendar_id: str,
        title: str,
        start: datetime | date,
        end: datetime | date,
        *,
        times: int = 5,
        every: int = 7,
        **fields: Any,
    ) -> str:
        """Make a series of so many instances, so many days apart, and return its identifier."""
        self._catch_up()
        shelf = self._world.accounts.shelves[calendar_id]
        span = self._span(None, start, end, fields.pop("zone", ZONE))
        content = self._content({}, {"title": title, **fields})
        series = self._world.accounts.new_hex()
        for number in range(times):
            self._add(shelf, _later(span, number * every), content, series)
        self._announce(shelf, managed=False)
        return series

    def instances(self, series: str) -> list[str]:
        """Return the uids of a series' living instances, by their start."""
        return [kept.uid for kept in self._instances(series)]

    def edit_series(
        self, series: str, *, shift: int = 0, keeps_uids: bool = True, **changes: Any
    ) -> None:
        """Change all living instances: fields, and times by ``shift`` seconds, days by whole days.

        Without ``keeps_uids`` the instances are deleted and made anew, as some services do.
        """
        self._catch_up()
        for kept in self._instances(series):
            span = kept.span
            by = shift // _DAY * _DAY if span.all_day else shift
            moved = Span(
                span.all_day,
                span.starts_at + by,
                span.ends_at + by,
                span.zone,
                span.end_zone,
            )
            content = self._content(kept.content, changes)
            if keeps_uids:
                kept.change(int(self._now()), span=moved, content=content)
            else:
                kept.change(int(self._now()), deleted=True)
                self._add(kept.shelf, moved, content, series)
            self._announce(kept.shelf, managed=False)

    def delete_series(self, series: str) -> None:
        """Delete all living instances."""
        self._catch_up()
        for kept in self._instances(series):
            kept.change(int(self._now()), deleted=True)
            self._announce(kept.shelf, managed=False)

    def _edit(self, kept: Kept, changes: dict[str, Any]) -> None:
        times = {name: changes.pop(name, None) for name in ("start", "end", "zone")}
        span = self._span(kept.span, **times)
        content = self._content(kept.content, changes)
        kept.change(int(self._now()), span=span, content=content)

    def _add(
        self, shelf: Shelf, span: Span, content: dict[str, Any], series: str | None = None
    ) -> Kept:
        now, accounts = int(self._now()), self._world.accounts
        uid = f"evt_external_{accounts.new_hex()}"
        kept = Kept(uid, None, shelf, accounts.new_number(), span, content, now, now, now)
        kept.series = series
        shelf.add(kept)
        return kept

    def _content(self, before: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
        named: dict[str, Any] = {}
        for name, value in changes.items():
            if name == "place":
                named["location"] = {"description": value} if value else None
            elif name == "free":
                named["transparency"] = "transparent" if value else "opaque"
            elif name == "organizer":
                named[name] = {"email": value, "display_name": value}
            else:
                named[_NAMES.get(name, name)] = value
        return before | self._world.temper.losses.lose(named, cuts=False)

    def _span(
        self,
        old: Span | None,
        start: datetime | date | None,
        end: datetime | date | None,
        zone: str | None,
    ) -> Span:
        lose = self._world.temper.losses.lose_of_second
        starts_at, all_day = count(start) if start is not None else _kept_end(old, first=True)
        ends_at, _ = count(end) if end is not None else _kept_end(old, first=False)
        zone = zone or (old.zone if old else ZONE)
        return Span(all_day, lose(starts_at), lose(ends_at), zone, zone)

    def _instances(self, series: str) -> list[Kept]:
        shelves = self._world.accounts.shelves.values()
        found = [k for shelf in shelves for k in shelf.events.values() if k.series == series]
        living = [kept for kept in found if not kept.deleted]
        return sorted(living, key=lambda kept: kept.span.starts_at)

    def _living(self, uid: str) -> Kept:
        self._catch_up()
        kept = self._get(uid)
        if kept.deleted:
            raise LookupError(f"{uid} is deleted")
        return kept

    def _get(self, uid: str) -> Kept:
        for shelf in self._world.accounts.shelves.values():
            if uid in shelf.events:
                return shelf.events[uid]
        raise LookupError(uid)

    def _catch_up(self) -> None:
        """Apply first what is due: the owner acts on what is there by now."""
        self._world.writing.settle(self._now())

    def _announce(self, shelf: Shelf, *, managed: bool) -> None:
        self._world.channels.announce_change(shelf, self._now(), managed=managed)


def _kept_end(old: Span | None, *, first: bool) -> tuple[int, bool]:
    if old is None:
        raise ValueError("an event has a start and an end")
    return (old.starts_at if first else old.ends_at), old.all_day


def _later(span: Span, days: int) -> Span:
    """Return the same hours on a later day, by the clock on the wall."""
    zone = "Etc/UTC" if span.all_day else span.zone
    starts_at, ends_at = wall(span.starts_at, zone, days), wall(span.ends_at, zone, days)
    return Span(span.all_day, starts_at, ends_at, span.zone, span.end_zone)


def _with_guests(content: dict[str, Any], guests: Iterable[str]) -> dict[str, Any]:
    added = [{"email": each, "display_name": "", "status": "needs_action"} for each in guests]
    if not added:
        return content
    return content | {"attendees": [*content.get("attendees", ()), *added]}
