"""What a run did and declined: its row, its counts, and an entry for each thing."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from calsync.core.actions import (
    Action,
    Hold,
    Note,
)
from calsync.core.content import Content, dump_content
from calsync.core.link import Link, Side
from calsync.core.link_record import dump_part
from calsync.core.run import Result, RunState, Trigger, count_name
from calsync.db.database import Session
from calsync.db.models import LinkRow, LogEntry, Run
from calsync.db.sync_runs import count_entries, note_progress
from calsync.errors import CalsyncError
from calsync.ids import new_id
from calsync.services.log_purge import plan_purge
from calsync.services.sync.entries import (
    NAMES,
    edited_at,
    entry_of_flight,
    sides_of,
    title_of,
)
from calsync.services.sync.figures import note_lag
from calsync.services.sync.pairs import Matter
from calsync.services.sync.scope import Subject


class Cancelled(CalsyncError):
    """The user asked for the end of this sync: what is in hand was finished, no more is begun."""


@dataclass
class Journal:
    """Notes what one run does; the row of a run that has nothing to say is never made."""

    subject: Subject
    trigger: Trigger
    began_at: datetime
    run: Run | None = None
    counts: Counter[str] = field(default_factory=Counter)
    #: How often each reason was written down.
    reasons: Counter[str] = field(default_factory=Counter)
    #: The links whose entries are sent although something alike stands there.
    alike: frozenset[str] = frozenset()
    #: How far the run is, in things done, of how many; None until all was read and planned.
    done: int = 0
    total: int | None = None
    is_cancelled: bool = False

    def note_action(
        self,
        session: Session,
        matter: Matter,
        action: Action,
        now: datetime,
        *,
        result: Result = Result.DONE,
        reason: str | None = None,
        is_new: bool = False,
    ) -> None:
        """Write down one thing that was done, held or failed."""
        inner = action.action if isinstance(action, Hold) else action
        side, name = NAMES[type(inner)]
        if is_new:
            name = "create"
            reason = reason or ("alike_there" if matter.row.id in self.alike else None)
        before, after = sides_of(matter, inner)
        if result is Result.DONE and self.trigger is not Trigger.MANUAL:
            note_lag(edited_at(matter, side), now)
        self._add(
            session,
            LogEntry(
                link_id=matter.row.id,
                item_id=matter.row.item_id,
                event_uid=matter.row.event_uid,
                at=now,
                side=side,
                action=name,
                result=result,
                reason=reason,
                title=title_of(matter),
                before=before,
                after=after,
            ),
        )

    def note_landed(self, session: Session, row: LinkRow, link: Link, now: datetime) -> None:
        """Write down a write of which no answer came, once a read has shown that it was done.

        ``link`` is as it was before that read. Whoever sent it could not write it down: the
        call broke off, or the process died.
        """
        flight = link.flight or link.late
        if flight is None:
            raise ValueError("only what was in flight can land")
        self._add(session, entry_of_flight(row, link, flight, now, Result.DONE))

    def note_never_shown(self, session: Session, row: LinkRow, link: Link, now: datetime) -> None:
        """Write down that a write is tried no more that was accepted and never done.

        ``link`` is as it was before the read that had to show it.
        """
        if link.flight is None:
            raise ValueError("only what is in flight can be given up")
        failed = Result.FAILED, "never_shown"
        self._add(session, entry_of_flight(row, link, link.flight, now, *failed))

    def note_reason(self, session: Session, matter: Matter, note: Note, now: datetime) -> None:
        """Write down why something was not done, or what was lost to it."""
        result = Result.CONFLICT if note.reason == "conflict" else Result.DECLINED
        part = note.part
        mine = {part.value: dump_part(part, note.mine)} if part else {}
        theirs = {part.value: dump_part(part, note.theirs)} if part else {}
        self._add(
            session,
            LogEntry(
                link_id=matter.row.id,
                item_id=matter.row.item_id,
                event_uid=matter.row.event_uid,
                at=now,
                side=note.side,
                action="none",
                result=result,
                reason=note.reason,
                title=title_of(matter),
                before={"mine": mine, "theirs": theirs},
                after={},
            ),
        )

    def note_event(
        self,
        session: Session,
        uid: str | None,
        title: str,
        now: datetime,
        *,
        result: Result,
        reason: str | None = None,
        action: str = "create",
        item_id: str | None = None,
        link_id: str | None = None,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        edited_at: datetime | None = None,
    ) -> None:
        """Write down what became of an event; where nothing was done, the action is "none"."""
        is_done = result is Result.DONE
        if is_done and self.trigger is not Trigger.MANUAL:
            note_lag(edited_at, now)
        self._add(
            session,
            LogEntry(
                link_id=link_id,
                item_id=item_id,
                event_uid=uid,
                at=now,
                side=Side.IN,
                action=action if is_done else "none",
                result=result,
                reason=reason,
                title=title,
                before=dict(before or {}),
                after=dict(after or {}),
            ),
        )

    def note_linked(
        self,
        session: Session,
        row: LinkRow,
        mine: Content,
        theirs: Content,
        now: datetime,
        why: str,
    ) -> None:
        """Write down that what stood on both sides was linked as it is."""
        sides = {"mine": dump_content(mine), "theirs": dump_content(theirs)}
        self.note_event(
            session,
            row.event_uid,
            theirs.title,
            now,
            result=Result.DONE,
            reason=why,
            action="link",
            item_id=row.item_id,
            link_id=row.id,
            before=sides,
            after=sides,
        )

    def take_up(self, session: Session, run: Run) -> None:
        """Go on where this run was when it died."""
        self.counts = Counter(count_entries(session, run.tenant_id, run.id))
        self.done = run.done

    def note_progress(self, session: Session) -> None:
        """Write down how far the run is, with whatever else is committed now.

        Thereby it is learnt whether the user has cancelled it.
        """
        if self.run is not None:
            ids = self.subject.tenant_id, self.run.id
            self.is_cancelled |= note_progress(session, *ids, done=self.done, total=self.total)

    def spend_confirmed(self, session: Session, deletions: Mapping[Side, int]) -> None:
        """Take deletions off the number that the user has confirmed with this run.

        In the transaction that does or begins them: whoever takes the run up again, or does
        the rest later, has what is left. Negative ones are given back: they surely did not
        happen.
        """
        stored = session.get(Run, self.run.id) if self.run is not None and deletions else None
        if stored is None:
            return
        left = {name: n - deletions.get(Side(name), 0) for name, n in stored.confirmed.items()}
        if left != stored.confirmed:
            stored.confirmed = left

    def stop_if_cancelled(self) -> None:
        """Raise Cancelled where the user asked for it."""
        if self.is_cancelled:
            raise Cancelled

    @property
    def has_done_anything(self) -> bool:
        """Tell whether anything was synced, not only declined."""
        return any(name.endswith(f"_{Result.DONE.value}") for name in self.counts)

    def begin(self, session: Session) -> Run:
        """Return the run's row, made at the first thing that there is to say."""
        if self.run is None:
            self.run = Run(
                id=new_id(),
                tenant_id=self.subject.tenant_id,
                integration_id=self.subject.id,
                trigger=self.trigger,
                state=RunState.RUNNING,
                bulk={},
                counts={},
                done=self.done,
                total=self.total,
                began_at=self.began_at,
            )
            session.add(self.run)
            session.flush()
            plan_purge(session, self.run)
        return self.run

    def _add(self, session: Session, entry: LogEntry) -> None:
        run = self.begin(session)
        entry.tenant_id, entry.integration_id = self.subject.tenant_id, self.subject.id
        entry.run_id, entry.trigger = run.id, run.trigger
        session.add(entry)
        self.counts[count_name(entry.side, entry.action, entry.result)] += 1
        if entry.reason:
            self.reasons[entry.reason] += 1
