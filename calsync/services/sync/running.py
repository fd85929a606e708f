"""One sync from its beginning to its end, and when the next one is due (SYNC.md 14)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from calsync.core.brake import Brake
from calsync.core.integration import (
    SHORTEST_POLL,
    SWEEP_EVERY,
    Stop,
    next_poll,
)
from calsync.core.link import LinkState, Side
from calsync.core.recognition import EXPIRES_AFTER, next_read
from calsync.core.run import RunState, Trigger
from calsync.core.window import Window, retrieve_view
from calsync.cronofy.limiter import Lane
from calsync.db.database import Session
from calsync.db.due_rows import Claim
from calsync.db.items import list_ids_between, list_repeating_ids
from calsync.db.links import (
    count_live,
    has_looks,
    has_wishes,
    link_of,
    list_all_links,
    list_links_in_flight,
    put_link,
)
from calsync.db.models import Integration, Run
from calsync.db.sync_runs import list_open_runs, sum_braked
from calsync.errors import AccessRevoked, CronofyError, NotFound, PermissionMissing
from calsync.logs import Log
from calsync.services.accounts import check_account, client_for
from calsync.services.channels import is_channel_proven
from calsync.services.integration_end import finish_deletion
from calsync.services.sync.bringing import Bringer
from calsync.services.sync.deciding import Decider, Plan
from calsync.services.sync.fence import Fence, Overtaken
from calsync.services.sync.journal import Journal
from calsync.services.sync.pairs import Pairs
from calsync.services.sync.reading import Found, Reader, expire_flights
from calsync.services.sync.scope import Subject, load_subject
from calsync.services.sync.sending import Dispatcher
from calsync.services.sync.spreading import Spreader
from calsync.services.tools import Tools

_LANES = {
    Trigger.MANUAL: Lane.USER,
    Trigger.REAL_TIME_IN: Lane.PUSH,
    Trigger.REAL_TIME_OUT: Lane.PUSH,
    Trigger.SCHEDULED: Lane.POLL,
}
_STOPS: dict[type[CronofyError], Stop] = {
    NotFound: Stop.CALENDAR_GONE,
    PermissionMissing: Stop.PERMISSION_MISSING,
    AccessRevoked: Stop.NOT_CONNECTED,
}
_FAR = timedelta(days=36500)

log = Log("calsync.sync")


def run_sync(tools: Tools, claim: Claim) -> datetime | None:
    """Bring one integration into step; return when to look again, None where never unasked.

    Raises TemporaryError where Cronofy is away: what was done is kept, and the rest is
    found again by whoever comes next.
    """
    with tools.db.read() as session:
        subject = load_subject(session, claim.tenant_id, claim.subject_id)
        if subject is None or not _may_run(subject):
            return None
        left: list[Run] = []
        if subject.has_open_runs:
            left = list_open_runs(session, claim.tenant_id, claim.subject_id)
        waiting = next((run for run in left if run.trigger is Trigger.MANUAL), None)
        trigger = _trigger_of(subject, waiting)
    run = _Run(tools, claim, subject, trigger, waiting)
    try:
        run.begin(left)
        return run.perform()
    except Overtaken:
        log.info("sync overtaken", integration_id=claim.subject_id)
        return tools.clock.now()


def _may_run(subject: Subject) -> bool:
    integration = subject.integration
    return (integration.is_active or subject.is_deleted) and subject.is_connected


def _trigger_of(subject: Subject, waiting: Run | None) -> Trigger:
    if waiting is not None:
        return Trigger.MANUAL
    if subject.has_looks:
        return Trigger.REAL_TIME_OUT
    return Trigger.REAL_TIME_IN if subject.integration.changes_since else Trigger.SCHEDULED


@dataclass
class _Run:
    """One sync under way."""

    tools: Tools
    claim: Claim
    subject: Subject
    trigger: Trigger
    waiting: Run | None
    has_changed: bool = False
    is_full: bool = False
    began_at: datetime = field(init=False)
    fence: Fence = field(init=False)
    journal: Journal = field(init=False)
    #: When the read of the changes was answered, by the provider's clock.
    read_at: datetime | None = None
    braked: dict[Side, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.began_at = self.tools.clock.now()
        self.fence = Fence(self.tools, self.claim)
        self.journal = Journal(self.subject, self.trigger, self.began_at, self.waiting)
        self.client = client_for(
            self.tools,
            self.subject.tenant_id,
            self.subject.integration.account_id or "",
            _LANES[self.trigger],
        )

    @property
    def pairs(self) -> Pairs:
        """Give what puts pairs together as of this moment."""
        return Pairs(self.subject, self.tools.public_url, self.tools.clock.now())

    def begin(self, left: Sequence[Run]) -> None:
        """Note that what was asked for is under way, and what was left by a run that died."""
        if not left:
            return
        with self.fence.begin() as session:
            for each in left:
                row = session.get(Run, each.id)
                if row is None:
                    continue
                if self.waiting is not None and row.id == self.waiting.id:
                    row.state = RunState.RUNNING
                elif row.state is RunState.RUNNING:
                    row.state, row.ended_at = RunState.STOPPED, self.began_at

    def perform(self) -> datetime | None:
        """Read, decide, carry out; return when to look again, None where never."""
        try:
            reader = self._reader()
            if self._is_quiet(self._read_changes(reader)):
                return self._rest()
            self._read_further(reader)
            self._spread()
            self._decide()
        except (NotFound, PermissionMissing, AccessRevoked) as error:
            return self._stop(error)
        except CronofyError as error:
            self._end(RunState.STOPPED, type(error).__name__)
            raise
        again_at = self._end(RunState.FINISHED, None)
        return self._finish_deletion(again_at) if self.subject.is_deleted else again_at

    # --- reading ---

    def _reader(self) -> Reader:
        return Reader(self.fence, self.client, self.subject, self.tools.public_url)

    def _read_changes(self, reader: Reader) -> int:
        """Read what changed, and return how much of it is news."""
        integration = self.subject.integration
        news, is_first = 0, integration.cursor is None
        for found in reader.read_changes(self._since(integration)):
            self.read_at = self.read_at or found.began_at
            news += found.changed + len(found.strangers) + len(found.unreadable)
            self._take_in(found, is_baseline=is_first)
        return news

    def _is_quiet(self, news: int) -> bool:
        """Tell whether there is nothing to do at all."""
        subject = self.subject
        is_idle = not (subject.has_looks or subject.has_flights or subject.is_deleted)
        integration = subject.integration
        is_settled = integration.cursor is not None and not self._is_sweep_due(
            integration, is_first=False
        )
        return news == 0 and is_idle and is_settled and self.waiting is None

    def _rest(self) -> datetime:
        """Note that nothing had changed, and return when to look again."""
        with self.fence.begin() as session:
            row = self._get_row(session)
            self._note_cursor(row)
            row.stop = None
            poll = self._note_poll(session, row)
            return self._no_sooner_than_allowed(self._regular_looks(row, poll), is_flying=False)

    def _get_row(self, session: Session) -> Integration:
        """Return the integration's row, unread where nothing of it can have changed."""
        known = self.subject.integration
        if known.changes_since is None:
            return session.merge(known, load=False)
        row = session.get(Integration, known.id)
        if row is None:
            raise Overtaken
        return row

    def _read_further(self, reader: Reader) -> None:
        """Move the cursor past what was applied, and read what is due besides."""
        integration = self.subject.integration
        is_first = integration.cursor is None
        self._move_cursor(integration, is_first=is_first)
        if self._is_sweep_due(integration, is_first=is_first):
            self._sweep(reader)
        if self._are_copies_due():
            self._read_copies(reader)

    def _since(self, integration: Integration) -> datetime | None:
        known = [m for m in (integration.cursor, integration.changes_since) if m is not None]
        return min(known) if integration.cursor is not None else None

    def _take_in(self, found: Found, *, is_baseline: bool) -> None:
        if not found.strangers and not found.unreadable:
            return
        retrieved = None
        options = self.subject.options
        if self.trigger is Trigger.MANUAL and self.waiting is not None:
            zone = self.subject.user.time_zone
            if self.waiting.bulk.get("retrieve"):
                retrieved = retrieve_view(options.past, options.future, self.began_at, zone)
        with self.fence.begin() as session:
            bringer = Bringer(self.tools, session, self.pairs, self.journal, retrieved)
            self.has_changed |= bringer.bring(found.strangers, is_baseline=is_baseline) > 0
            bringer.note_unreadable(found.unreadable)

    def _move_cursor(self, integration: Integration, *, is_first: bool) -> None:
        """Move the cursor in a commit of its own, after every page was applied."""
        with self.fence.begin() as session:
            row = session.get(Integration, integration.id)
            if row is None:
                raise Overtaken
            self._note_cursor(row)
            if is_first:
                row.has_baseline = True
                row.swept_at = self.began_at

    def _note_cursor(self, row: Integration) -> None:
        """Note up to where everything was applied, in provider time."""
        if self.read_at is not None:
            row.cursor = max(row.cursor, self.read_at) if row.cursor else self.read_at
        if row.changes_since == self.subject.integration.changes_since:
            row.changes_since = None
        row.checked_at = self.began_at

    def _is_sweep_due(self, integration: Integration, *, is_first: bool) -> bool:
        if is_first:
            return False
        swept_at = integration.swept_at
        wants_all = self.waiting is not None and bool(self.waiting.bulk.get("retrieve"))
        is_old = swept_at is None or self.began_at >= swept_at + SWEEP_EVERY
        return is_old or wants_all or not integration.has_baseline

    def _sweep(self, reader: Reader) -> None:
        """Read the whole window: it heals what changes alone cannot."""
        began_at, shown = self.tools.clock.now(), set[str]()
        for found in reader.read_changes(None):
            shown |= found.shown
            self._take_in(found, is_baseline=not self.subject.integration.has_baseline)
        with self.fence.begin() as session:
            row = session.get(Integration, self.subject.id)
            if row is not None:
                row.swept_at, row.has_baseline = began_at, True
            self._note_missing(session, shown)
            self._top_up(session)

    def _note_missing(self, session: Session, shown: set[str]) -> None:
        """Note what two complete sweeps did not show: it is not found there, not deleted."""
        window = Window(self.began_at)
        for row in list_all_links(session, self.subject.tenant_id, self.subject.id):
            link = link_of(row)
            there = link.there
            if row.id in shown:
                if link.misses:
                    put_link(row, replace(link, misses=0))
                continue
            if link.state is not LinkState.LIVE or there is None or link.flight:
                continue
            if not link.seen or link.seen.is_deleted or not window.shows(there.times):
                continue
            misses = link.misses + 1
            state = LinkState.NOT_FOUND if misses >= 2 else link.state
            put_link(row, replace(link, misses=misses, state=state))

    def _top_up(self, session: Session) -> None:
        """Send the occurrences that came into the window since."""
        subject = self.subject
        ids = list_repeating_ids(session, subject.tenant_id, subject.who.user_id)
        Spreader(session, self.pairs).spread_again(ids)

    def _are_copies_due(self) -> bool:
        with self.tools.db.read() as session:
            subject = self.subject
            flying = list_links_in_flight(session, subject.tenant_id, subject.id)
        oldest = next((row.flight_at for row in flying if row.flight_at), None)
        return oldest is not None and self.tools.clock.now() >= oldest + EXPIRES_AFTER

    def _read_copies(self, reader: Reader) -> None:
        """Read all that we made, and give up the writes of which nothing shows."""
        began_at = self.tools.clock.now()
        for found in reader.read_copies():
            self._take_in(found, is_baseline=False)
        with self.fence.begin() as session:
            flying = list_links_in_flight(session, self.subject.tenant_id, self.subject.id)
            expire_flights(flying, began_at)
            row = session.get(Integration, self.subject.id)
            if row is not None:
                row.copies_read_at = began_at

    # --- deciding ---

    def _spread(self) -> None:
        """Turn what was marked here into links to look at."""
        if self.waiting is not None and self.waiting.bulk.get("send"):
            self._spread_all()
        while True:
            with self.fence.begin() as session:
                if not Spreader(session, self.pairs).spread_marked():
                    return

    def _spread_all(self) -> None:
        window = Window(self.began_at)
        with self.fence.begin() as session:
            ids = list_ids_between(
                session,
                self.subject.tenant_id,
                self.subject.who.user_id,
                window.start,
                self.began_at + _FAR,
                self.subject.options.kinds,
            )
        for at in range(0, len(ids), 50):
            with self.fence.begin() as session:
                Spreader(session, self.pairs).spread_asked(ids[at : at + 50])

    def _decide(self) -> None:
        plan = self._plan()
        dispatcher = Dispatcher(self.fence, self.client, self.journal)
        with self.fence.begin() as session:
            lost = Decider(self.tools, session, self.pairs, self.journal).list_lost()
        dispatcher.send(lost)
        after: str | None = ""
        while after is not None:
            with self.fence.begin() as session:
                self._reload(session)
                decider = Decider(self.tools, session, self.pairs, self.journal)
                after, orders = decider.decide_next(after, plan)
            for at in range(0, len(orders), 50):
                dispatcher.send(orders[at : at + 50])
        self.braked = {side: plan.done.count(side) for side in Side}

    def _plan(self) -> Plan:
        subject = self.subject
        with self.tools.db.read() as session:
            since = self.began_at - timedelta(hours=24)
            linked = count_live(session, subject.tenant_id, subject.id)
            spent = sum_braked(session, subject.tenant_id, subject.id, since)
            plan = Plan(Brake(linked, spent))
            Decider(self.tools, session, self.pairs, self.journal).count(plan)
        return plan

    def _reload(self, session: Session) -> None:
        """Look at the options again: they may have been changed meanwhile."""
        found = load_subject(session, self.subject.tenant_id, self.subject.id)
        if found is None or not _may_run(found):
            raise Overtaken
        self.subject = found
        self.journal.subject = found

    # --- the end ---

    def _stop(self, error: CronofyError) -> datetime:
        """Stand still because the account or its calendar does not work as it did."""
        account_id = self.subject.integration.account_id
        if account_id is not None:
            check_account(self.tools, self.subject.tenant_id, account_id, Lane.POLL)
        stop = next(stop for kind, stop in _STOPS.items() if isinstance(error, kind))
        self._end(RunState.STOPPED, type(error).__name__, stop)
        return self.tools.clock.now() + timedelta(hours=1)

    def _end(self, state: RunState, error: str | None, stop: Stop | None = None) -> datetime:
        now = self.tools.clock.now()
        with self.fence.begin() as session:
            row = session.get(Integration, self.subject.id)
            if row is None:
                raise Overtaken
            row.stop = stop
            if self.waiting is not None:
                self.journal.begin(session)
            if self.journal.run is not None:
                self._close(session, self.journal.run, state, error, now)
                done = any(name.endswith("_done") for name in self.journal.counts)
                if done:
                    row.synced_at = now
                self.has_changed |= done
            return self._next_due(session, row, self._note_poll(session, row))

    def _note_poll(self, session: Session, row: Integration) -> timedelta:
        """Note how long to wait before the linked calendar is asked unasked, and return it."""
        with session.no_autoflush:
            is_proven = is_channel_proven(session, row)
        poll = next_poll(
            timedelta(seconds=row.poll_seconds),
            has_changed=self.has_changed,
            is_channel_proven=is_proven,
        )
        row.poll_seconds = int(poll.total_seconds())
        return poll

    def _finish_deletion(self, again_at: datetime) -> datetime | None:
        """End a deleted integration once none of its copies is to go any more."""
        subject = self.subject
        with self.tools.db.read() as session:
            is_left = has_wishes(session, subject.tenant_id, subject.id)
        if is_left:
            return again_at
        finish_deletion(self.tools, subject.tenant_id, subject.id)
        return None

    def _close(
        self, session: Session, run: Run, state: RunState, error: str | None, now: datetime
    ) -> None:
        stored = session.get(Run, run.id)
        if stored is None:
            raise Overtaken
        braked = {f"braked_{s.value}": n for s, n in self.braked.items() if n}
        stored.state, stored.error, stored.ended_at = state, error, now
        stored.counts = {**self.journal.counts, **braked}

    def _next_due(self, session: Session, row: Integration, poll: timedelta) -> datetime:
        now, moments = self.tools.clock.now(), [self._regular_looks(row, poll)]
        flying = list_links_in_flight(session, row.tenant_id, row.id)
        moments += [next_read(f, now) for each in flying if (f := link_of(each).flight)]
        if has_looks(session, row.tenant_id, row.id):
            moments.append(now + timedelta(minutes=1))
        return self._no_sooner_than_allowed(min(moments), is_flying=bool(flying))

    def _regular_looks(self, row: Integration, poll: timedelta) -> datetime:
        """Return when to look again if nobody asks for it."""
        now = self.tools.clock.now()
        return min(now + poll, row.swept_at + SWEEP_EVERY if row.swept_at else now + poll)

    def _no_sooner_than_allowed(self, moment: datetime, *, is_flying: bool) -> datetime:
        now = self.tools.clock.now()
        return max(moment, now if is_flying else now + SHORTEST_POLL)
