"""Writes that go out: their intents are stored first, then they are sent 50 at a time.

Cronofy's answer says only that a write was accepted; that it was done is known by the read
that shows it. A write of which nobody knows whether it arrived stays in flight.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from calsync.core.actions import Action, DeleteThere, SendAgain, Write
from calsync.core.content import Content, Part
from calsync.core.event import ExternalEdit
from calsync.core.link import Flight, Link, LinkState, Side, Wish
from calsync.core.mapping import draft_of
from calsync.core.recognition import MOST_TRIES
from calsync.core.run import Result
from calsync.core.settle import note_accepted, note_refused
from calsync.cronofy import batch
from calsync.cronofy.batch import Written
from calsync.db.database import Session
from calsync.db.links import link_of, list_links, put_link
from calsync.errors import (
    CronofyError,
    NotFound,
    PermissionMissing,
    ProfileLocked,
    RateLimited,
    Refused,
    TemporaryError,
    Unreachable,
)
from calsync.services.sync.fence import Door
from calsync.services.sync.journal import Journal
from calsync.services.sync.pairs import Matter
from calsync.services.sync.provider import LinkedCalendars
from calsync.services.sync.scope import Subject

Outgoing = Write | DeleteThere | SendAgain


@dataclass(frozen=True)
class Order:
    """One write whose intent is stored, ready to be sent."""

    row_id: str
    write: batch.Write
    matter: Matter
    action: Outgoing
    #: The same was sent before, and nobody knows whether it arrived.
    is_repeated: bool = False
    #: It was taken off the deletions that the user has confirmed.
    is_counted: bool = False


def is_outgoing(action: Action) -> bool:
    """Tell whether an action is sent, and not done here."""
    return isinstance(action, Outgoing)


def order_of(
    matter: Matter, action: Outgoing, flight: Flight, subject: Subject, base_url: str, now: datetime
) -> Order:
    """Return what is to be sent for a flight."""
    calendar_id, row = subject.integration.calendar_id, matter.row
    if flight.sent is None:
        deletion = (
            batch.Delete(calendar_id, event_id=row.event_id)
            if row.event_id
            else batch.Delete(calendar_id, event_uid=row.event_uid)
        )
        return Order(row.id, deletion, matter, action)
    if row.event_id is None:
        edit = _edit_of(row.event_uid or "", flight.sent, flight)
        return Order(row.id, batch.Upsert(calendar_id, edit), matter, action)
    if matter.entry is None:
        raise ValueError("a copy is of an entry")
    is_new = flight.before is None
    draft = draft_of(matter.entry, row.event_id, base_url, flight.sent, creating=is_new, now=now)
    return Order(row.id, batch.Upsert(calendar_id, draft), matter, action)


def _edit_of(uid: str, content: Content, flight: Flight) -> ExternalEdit:
    """Return a change of the user's own event: only what is meant to change (docs/sync.md 7)."""
    return ExternalEdit(
        event_uid=uid,
        title=content.title,
        times=content.times,
        text=content.text if Part.TEXT in flight.parts else None,
        place=content.place if Part.PLACE in flight.parts else None,
        # Where nobody says, all-day is free: what becomes all-day has to say that it is not.
        free=content.free if flight.parts & {Part.FREE, Part.TIMES} else None,
    )


@dataclass(frozen=True)
class Dispatcher:
    """Sends orders for one run and settles what is known of them."""

    fence: Door
    client: LinkedCalendars
    journal: Journal

    def send(self, orders: Sequence[Order]) -> None:
        """Send up to 50 writes in one call.

        Raises the error of the whole call after what is known was settled.
        """
        if not orders:
            return
        failure: CronofyError | None = None
        try:
            answers: Sequence[Written] = self.client.batch([order.write for order in orders])
        except CronofyError as error:
            failure = error
            answers = [Written(error)] * len(orders)
        now = self.fence.tools.clock.now()
        with self.fence.begin() as session:
            self._settle(session, orders, answers, now)
            self.journal.done += sum(not isinstance(a.error, TemporaryError) for a in answers)
            self.journal.note_progress(session)
        if failure is not None:
            raise failure
        of_all = NotFound if any(a.is_accepted for a in answers) else NotFound | PermissionMissing
        for answer in answers:
            if isinstance(answer.error, of_all):
                raise answer.error

    def _settle(
        self, session: Session, orders: Sequence[Order], answers: Sequence[Written], now: datetime
    ) -> None:
        subject = self.journal.subject
        ids = [order.row_id for order in orders]
        rows = {row.id: row for row in list_links(session, subject.tenant_id, ids)}
        for order, answer in zip(orders, answers, strict=True):
            row = rows[order.row_id]
            link = link_of(row)
            flight = link.flight
            is_new = flight is not None and flight.before is None and not flight.is_deletion
            if answer.error is None:
                put_link(row, note_accepted(link, now))
                self.journal.note_action(session, order.matter, order.action, now, is_new=is_new)
                continue
            if not is_surely_refused(answer.error):
                continue
            if order.is_repeated and isinstance(answer.error, TemporaryError):
                # This call did nothing; the one before may have, and stays in flight.
                continue
            link = note_refused(link, is_repeated=order.is_repeated)
            if order.is_counted:
                self.journal.spend_confirmed(session, {Side.OUT: -1})
            if link.state is LinkState.PARKED:
                # The user asked for the deletion when it was parked, and still wants it.
                row.wish = Wish.DELETE_COPY
            if isinstance(answer.error, Refused) or (
                # Of one event alone: the calendar took what was sent beside it.
                isinstance(answer.error, PermissionMissing)
                and any(each.is_accepted for each in answers)
            ):
                link = _count_refusal(link)
                self.journal.note_action(
                    session,
                    order.matter,
                    order.action,
                    now,
                    result=Result.FAILED,
                    reason="refused",
                    is_new=is_new,
                )
            put_link(row, link)
            if link.state is LinkState.SET_ASIDE:
                # Nobody waits any more for a deletion that is tried no more.
                row.wish = None
            else:
                row.looks += 1


def is_surely_refused(error: CronofyError) -> bool:
    """Tell whether a write surely did not happen and will not."""
    if isinstance(error, Unreachable):
        return not error.maybe_sent
    if isinstance(error, TemporaryError):
        return isinstance(error, RateLimited | ProfileLocked)
    return isinstance(error, Refused | NotFound | PermissionMissing)


def _count_refusal(link: Link) -> Link:
    tries = link.tries + 1
    state = LinkState.SET_ASIDE if tries >= MOST_TRIES else link.state
    return replace(link, tries=tries, state=state)
