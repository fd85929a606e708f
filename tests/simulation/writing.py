"""Writes of the application: accepted with 202, applied when their time comes, or never.

A failure after the 202 is silent, as at Cronofy (docs/cronofy-api.md 6.1, 9).
"""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulation import fields
from tests.simulation.accounts import Accounts
from tests.simulation.events import Kept, Shelf, Span
from tests.simulation.fortune import Fortune
from tests.simulation.mailboxes import Account
from tests.simulation.refusals import Refusal, forbidden, unknown, wrong
from tests.simulation.temper import Temper

SCOPES = {"POST": "create_event", "DELETE": "delete_event"}


@dataclass(slots=True)
class Waiting:
    """A write that was accepted; ``due`` is None for one that will never be applied."""

    number: int
    sub: str
    method: str
    shelf: Shelf
    #: Of one of these two: ours, or the user's own.
    event_id: str | None
    uid: str | None
    accepted_at: float
    due: float | None
    span: Span | None = None
    content: Mapping[str, Any] | None = None
    guests: tuple[list[dict[str, Any]], set[str]] = ((), set())  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Landed:
    """What became of an accepted write, for an oracle.

    ``outcome`` is applied, failed (it had become impossible), or nothing (a deletion of
    what was not there). ``before`` and ``after`` are the contents, None where there was none.
    """

    at: float
    write: Waiting
    outcome: str
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


class Writing:
    """Accepts writes and applies them."""

    def __init__(self, accounts: Accounts, temper: Temper, fortune: Fortune) -> None:
        self.accounts = accounts
        self.temper = temper
        self.fortune = fortune
        #: Every write that was accepted, and what became of those whose time has come.
        self.accepted: list[Waiting] = []
        self.landed: list[Landed] = []
        #: Ids of events that are never taken, whatever is written of them.
        self.refused: set[str] = set()
        self._queue: list[tuple[float, int, Waiting]] = []
        self._latest: dict[tuple[str, str | None, str | None], float] = {}

    def accept(
        self, account: Account, method: str, calendar_id: str, body: Mapping[str, Any], now: float
    ) -> None:
        """Take a write, or raise the refusal; what is due at once is applied at once."""
        shelf = self.accounts.writable(account, calendar_id)
        event_id = fields.read_id(body)
        write = Waiting(
            len(self.accepted) + 1, account.sub, method, shelf, event_id, None, now, None
        )
        if method == "POST":
            write.span = fields.read_span(body)
            write.content = fields.read_content(body)
            write.guests = fields.read_guests(body)
            if {event_id, body.get("event_uid")} & self.refused:
                raise wrong(start="out_of_bounds")
        if event_id is None:
            write.uid = fields.read_uid(body)
            if self._find_external(write) is None and method == "POST":
                raise unknown()
        write.due = self._draw_due(write, now)
        self.accepted.append(write)
        if write.due is not None:
            heapq.heappush(self._queue, (write.due, write.number, write))
            self.settle(now)

    def settle(self, now: float) -> None:
        """Apply what is due, in the order of its time."""
        while self._queue and self._queue[0][0] <= now:
            due, _, write = heapq.heappop(self._queue)
            self._apply(write, due)

    def next_due(self) -> float | None:
        """Return when the next write will be applied."""
        return self._queue[0][0] if self._queue else None

    def waiting(self) -> list[Waiting]:
        """Return what was accepted and is still to be applied."""
        return [write for _, _, write in sorted(self._queue)]

    def flush(self, now: float) -> None:
        """Apply all that is waiting, now, as if Cronofy had caught up."""
        queue, self._queue = sorted(self._queue), []
        for _, _, write in queue:
            self._apply(write, now)

    def _draw_due(self, write: Waiting, now: float) -> float | None:
        temper = self.temper
        if temper.lagging == temper.late == temper.never == 0:
            return now
        chance = self.fortune.draw("write")
        never_from = 1.0 - temper.never
        late_from = never_from - temper.late
        lagging_from = late_from - temper.lagging
        if chance <= lagging_from or chance == 0:
            due = now
        elif chance < late_from:
            due = now + (chance - lagging_from) / temper.lagging * temper.longest_lag
        elif chance < never_from:
            longest = temper.latest - temper.longest_lag
            due = now + temper.longest_lag + (chance - late_from) / temper.late * longest
        else:
            return None
        key = (write.shelf.calendar_id, write.event_id, write.uid)
        if temper.keeps_order:
            due = max(due, self._latest.get(key, 0.0))
        self._latest[key] = due
        return due

    def _apply(self, write: Waiting, at: float) -> None:
        shelf = write.shelf
        profile = self.accounts.profile_of(shelf)
        failed = shelf.deleted or shelf.readonly or profile.failing
        try:
            kept = (
                shelf.managed.get(write.event_id)
                if write.event_id is not None
                else self._find_external(write)
            )
        except Refusal:
            failed, kept = True, None
        if failed or (kept is None and write.uid is not None and write.method == "POST"):
            self.landed.append(Landed(at, write, "failed"))
            return
        before = None if kept is None or kept.deleted else kept.content
        if write.method == "DELETE":
            if kept is not None and before is not None:
                self._change(kept, int(at), deleted=True)
            outcome = "nothing" if before is None else "applied"
            self.landed.append(Landed(at, write, outcome, before))
            return
        after = self._upsert(write, kept, before, int(at))
        self.landed.append(Landed(at, write, "applied", before, after))

    def _upsert(
        self, write: Waiting, kept: Kept | None, before: dict[str, Any] | None, at: int
    ) -> dict[str, Any]:
        losses = self.temper.losses
        span, content = write.span, losses.lose(dict(write.content or {}))
        assert span is not None
        if not span.all_day:
            starts_at, ends_at = map(losses.lose_of_second, (span.starts_at, span.ends_at))
            span = Span(False, starts_at, ends_at, span.zone, span.end_zone)
        content = self._merge(before, content, write)
        if kept is None:
            kept = Kept(
                f"evt_{self.accounts.new_hex()}",
                write.event_id,
                write.shelf,
                self.accounts.new_number(),
                span,
                content,
                at,
                at,
                at,
            )
            write.shelf.add(kept)
        elif before is None:
            kept.change(at, deleted=False, span=span, content=content, created=at)
        else:
            self._change(kept, at, span=span, content=content)
        return content

    def _merge(
        self, before: dict[str, Any] | None, content: dict[str, Any], write: Waiting
    ) -> dict[str, Any]:
        """Return what the event says after the write, guests and what was left out included."""
        invited, gone = write.guests
        old = before or {}
        if before is not None:
            # Private is honoured at creation (6.1); what cannot be left out stays anyway.
            content["event_private"] = old.get("event_private", False)
        kept = old if self.temper.keeps_omitted else _only_theirs(old)
        merged = {**kept, **content}
        new = {each["email"] for each in invited}
        guests = [each for each in old.get("attendees", ()) if each["email"] not in gone | new]
        if guests or invited or old.get("attendees"):
            merged["attendees"] = [*guests, *invited]
        return merged

    def _change(self, kept: Kept, at: int, **values: Any) -> None:
        kept.change(at, moves_updated=self.temper.own_writes_move_updated, **values)

    def _find_external(self, write: Waiting) -> Kept | None:
        """Return the user's own event if the application may write to it (6.2, 6.4)."""
        if write.shelf.permission != "unrestricted":
            raise forbidden()
        kept = write.shelf.events.get(write.uid or "")
        if kept is None or kept.deleted:
            return None
        if not kept.show_options()["update" if write.method == "POST" else "delete"]:
            raise forbidden()
        return kept


def _only_theirs(content: Mapping[str, Any]) -> dict[str, Any]:
    names = ("attendees", "organizer", "participation_status", "status", "categories")
    return {name: content[name] for name in names if name in content}
