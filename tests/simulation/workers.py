"""The due work of the product's processes, done by tasks of the scheduler."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from calsync.core.schedule import retry_delay
from calsync.cronofy.notifications import read_notification
from calsync.db import due_rows
from calsync.db.models import DueKind, DueRow
from calsync.db.questions import ask
from calsync.errors import CalsyncError, StorageUnavailable
from calsync.jobs.performers import PERFORMERS
from calsync.services.channels import PATH
from calsync.services.notifications import take_notification
from calsync.services.patience import keep_trying
from tests.simulation.faults import Crash
from tests.simulation.office import Desk, Office

WORKER, HOOK = "worker", "hook"
LEASE = timedelta(minutes=5)
#: Work that a history leaves alone waits so long.
_NEVER = timedelta(days=365)
_DUE = select(DueRow.kind, DueRow.due_at, DueRow.lease_until)


@dataclass
class Workers:
    """Up to ``most`` processes that look for due work, and what Cronofy's notifications wake.

    ``kinds`` is the work that is done; the rest is put off.
    """

    office: Office
    most: int = 1
    kinds: frozenset[DueKind] = frozenset({DueKind.SYNC})
    #: Pieces of work that ended in an error.
    failures: int = 0

    def start(self) -> None:
        """Let one more process look for work, unless there are enough."""
        if self.office.scheduler.count(WORKER) < self.most:
            self.office.scheduler.spawn(WORKER, self._look)

    def work(self) -> bool:
        """Do what is most overdue, and say whether there was anything."""
        now, task = self.office.clock.now(), self.office.scheduler.current()
        owner = f"worker-{task.number if task else 0}"
        with self.office.tools.db.begin() as session:
            claims = due_rows.claim_due(session, owner=owner, now=now, until=now + LEASE, limit=1)
        for claim in claims:
            self._perform(claim)
        return bool(claims)

    def wait(self, by: timedelta, *, most: int = 8) -> None:
        """Let time pass, and do what becomes due meanwhile, as often as that at most."""
        clock, scheduler = self.office.clock, self.office.scheduler
        ends_at = clock.now() + by
        for _ in range(most):
            scheduler.run()
            at = self._next_event()
            if at is None or at > ends_at:
                break
            clock.move(max(at - clock.now(), timedelta()))
            self._begin_due()
        scheduler.run()
        clock.move(max(ends_at - clock.now(), timedelta()))

    def settle(self, reconnect: Callable[[Desk], None]) -> None:
        """Let time pass until every write was seen or given up, and everything was looked at.

        Only syncs are needed for that; what else is due waits.
        """
        office, self.kinds = self.office, frozenset({DueKind.SYNC})
        for _ in range(60):
            for desk in office.desks:
                reconnect(desk)
            due_at = self._work_off()
            if office.is_settled():
                return
            office.clock.move(max(due_at - office.clock.now(), timedelta(seconds=1)))

    def _work_off(self) -> datetime:
        """Do what is due, one piece after the other, and return when the next is."""
        now = self.office.clock.now
        for _ in range(20):
            due_at = self.next_due() or now()
            if due_at > now() or not self.work():
                break
        return due_at

    def next_due(self) -> datetime | None:
        """Return when a worker would find something to do."""
        with self.office.tools.db.read() as session:
            rows = ask(session, _DUE, {})
        moments = [
            max(due_at, lease_until or due_at)
            for kind, due_at, lease_until in rows
            if kind in self.kinds
        ]
        return min(moments, default=None)

    def _look(self) -> None:
        """Work as the product's loop does, which looks again where the database was busy."""
        try:
            self.work()
        except StorageUnavailable:
            self.failures += 1

    def _perform(self, claim: due_rows.Claim) -> None:
        clock = self.office.clock
        error: str | None = None
        again_at: datetime | None
        if claim.kind not in self.kinds:
            again_at = clock.now() + _NEVER
        else:
            try:
                again_at = PERFORMERS[claim.kind](self.office.tools, claim)
            except CalsyncError as problem:
                self.failures += 1
                asked = getattr(problem, "retry_after", None)
                error = type(problem).__name__
                again_at = clock.now() + retry_delay(claim.attempts, 0.5, asked)
        try:
            keep_trying(clock, lambda: self._close(claim, again_at, error))
        except StorageUnavailable:
            # The row is found again at the end of its lease.
            self.failures += 1

    def _close(self, claim: due_rows.Claim, again_at: datetime | None, error: str | None) -> None:
        with self.office.tools.db.begin() as session:
            if again_at is None:
                due_rows.finish(session, claim)
            else:
                due_rows.release(session, claim, due_at=again_at, error=error)

    def _next_event(self) -> datetime | None:
        moments = [self.office.scheduler.next_wake(), self._next_notice()]
        if self.office.scheduler.count(WORKER) < self.most:
            moments.append(self.next_due())
        return min((each for each in moments if each is not None), default=None)

    def _next_notice(self) -> datetime | None:
        """Return when a notification comes; none do where no channel is kept."""
        due = self.office.provider.world.channels.next_due()
        if due is None:
            return None
        clock = self.office.clock
        return clock.now() + timedelta(seconds=due - self.office.provider.now())

    def _begin_due(self) -> None:
        """Begin the work of this moment: a worker's, and Cronofy's notifications."""
        scheduler = self.office.scheduler
        due_at = self.next_due()
        if due_at is not None and due_at <= self.office.clock.now():
            self.start()
        notice = self._next_notice()
        is_due = notice is not None and notice <= self.office.clock.now()
        if is_due and not scheduler.count(HOOK):
            scheduler.spawn(HOOK, lambda: self.office.provider.deliver_due(self._take))

    def _take(self, url: str, _headers: dict[str, str], body: bytes) -> int | None:
        """Take a notification as the page for them does; None where the process ended."""
        token = url.rpartition(PATH)[2]
        assert json.loads(body)
        try:
            take_notification(self.office.tools, token, read_notification(body))
        except StorageUnavailable:
            return 503
        except Crash:
            return None
        return 200
