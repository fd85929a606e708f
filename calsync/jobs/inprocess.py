"""The loop over due rows, inside the web process.

APScheduler only wakes it. Whoever holds the scheduler's lease claims rows that
are due and runs them on a pool; other processes that start it by mistake find
the lease taken and do nothing. A lost tick costs nothing, as the rows stay due.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from calsync.core.schedule import retry_delay
from calsync.db import due_rows, leases
from calsync.db.due_rows import Claim
from calsync.db.models import DueKind
from calsync.errors import StorageUnavailable, TemporaryError
from calsync.ids import jitter, new_id
from calsync.jobs.performers import Performer, PutOff
from calsync.logs import Log, current_request
from calsync.metrics import JOB_SECONDS, JOBS, LAST_TICK
from calsync.services.patience import keep_trying
from calsync.services.tools import Tools

TICK_SECONDS = 2
#: The part of the scheduler is taken over this long after its holder vanished.
_PART = timedelta(seconds=20)
#: Longer than the longest piece of work: several calls of at most a minute each.
_LEASE = timedelta(minutes=10)
#: The web server takes up to five more.
_STOP_SECONDS = 5.0

log = Log("calsync.jobs")


class DueLoop:
    """Claims due rows and runs them, while its process holds the scheduler's lease."""

    def __init__(
        self, tools: Tools, performers: Mapping[DueKind, Performer], *, workers: int = 8
    ) -> None:
        self._tools = tools
        self._performers = performers
        self._workers = workers
        self._owner = new_id()
        self._running: set[Future[None]] = set()
        self._lock = threading.Lock()
        self._stopping = False
        self._is_asked = self._is_looking = False
        self._pool: ThreadPoolExecutor | None = None
        self._scheduler: BackgroundScheduler | None = None

    def start(self) -> None:
        """Begin to look for due work, at once and every two seconds."""
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="due")
        # A tick that comes late is run late, not dropped; several late ones are run once. A
        # second one may begin, or the scheduler would drop a wake that comes during the first.
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 2},
        )
        self._scheduler.start()
        self._scheduler.add_job(
            self._tick, "interval", seconds=TICK_SECONDS, id="tick", next_run_time=self._now()
        )

    def wake(self) -> None:
        """Have the loop look now; cheap, and harmless where it is not running."""
        scheduler = self._scheduler
        if scheduler is not None and not self._stopping:
            # It may stop this very moment; what is due is then for whoever comes next.
            with suppress(JobLookupError):
                scheduler.modify_job("tick", next_run_time=self._now())

    @property
    def is_stopping(self) -> bool:
        """Tell whether the work in hand is to come to its end."""
        return self._stopping

    def stop(self) -> bool:
        """Take no more work, let the work in hand end, give everything back.

        Waits at most 5 seconds; says whether all of it ended. What did not is
        found by its lease's end.
        """
        if self._stopping:
            return True
        self._stopping = True
        ends_at = self._tools.clock.monotonic() + _STOP_SECONDS
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=True)
        with self._lock:
            running = set(self._running)
        left = max(0.0, ends_at - self._tools.clock.monotonic())
        unfinished = wait(running, timeout=left).not_done
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        with self._tools.db.begin() as session:
            if not unfinished:
                due_rows.give_back(session, self._owner)
            leases.drop(session, leases.SCHEDULER, self._owner)
        log.info("loop stopped", unfinished=len(unfinished))
        return not unfinished

    def run_once(self) -> int:
        """Claim what is due and a worker is free for, and return how many pieces that was."""
        now = self._tools.clock.now()
        with self._lock:
            free = self._workers - len(self._running)
        if self._stopping:
            return 0
        LAST_TICK.set(now.timestamp())
        with self._tools.db.begin() as session:
            is_holder = leases.hold(
                session, leases.SCHEDULER, owner=self._owner, until=now + _PART, now=now
            )
            if not is_holder or free <= 0:
                return 0
            claims = due_rows.claim_due(
                session, owner=self._owner, now=now, until=now + _LEASE, limit=free
            )
        for claim in claims:
            self._submit(claim)
        return len(claims)

    def perform_at_once(self, tenant_id: str, kind: DueKind, subject_id: str) -> bool:
        """Do one piece of work here and now, without having been started; say whether we did.

        Not where another process plays the scheduler's part: it does the work. Ours is
        held until the work is done.
        """
        now = self._now()
        with self._tools.db.begin() as session:
            held = partial(leases.hold, session, leases.SCHEDULER, owner=self._owner, now=now)
            if not held(until=now + _LEASE):
                return False
            claim = due_rows.claim_one(
                session,
                tenant_id,
                kind,
                subject_id,
                owner=self._owner,
                now=now,
                until=now + _LEASE,
            )
        try:
            if claim is not None:
                self._perform(claim)
        finally:
            with self._tools.db.begin() as session:
                leases.drop(session, leases.SCHEDULER, self._owner)
        return claim is not None

    def _tick(self) -> None:
        """Look, and again where it was asked for meanwhile; one thread looks at a time."""
        with self._lock:
            self._is_asked = True
            if self._is_looking:
                return
            self._is_looking = True
        while self._is_still_asked():
            try:
                self.run_once()
            except StorageUnavailable:
                # The rows stay due; the next tick finds them.
                log.failure("tick failed")
            except BaseException:
                with self._lock:
                    self._is_looking = False
                raise

    def _is_still_asked(self) -> bool:
        with self._lock:
            self._is_looking, self._is_asked = self._is_asked, False
            return self._is_looking

    def _submit(self, claim: Claim) -> None:
        if self._pool is None:
            raise RuntimeError("The loop was not started.")
        future = self._pool.submit(self._perform, claim)
        with self._lock:
            self._running.add(future)
        future.add_done_callback(self._forget)

    def _forget(self, future: Future[None]) -> None:
        with self._lock:
            self._running.discard(future)
        self.wake()

    def _perform(self, claim: Claim) -> None:
        current_request.set(f"due-{claim.id}")
        began = self._tools.clock.monotonic()
        try:
            again_at = self._performers[claim.kind](self._tools, claim)
        # The one place that catches everything: one bad row must not stop the others.
        except Exception as error:
            settle = self._put_off(claim, error)
        else:
            settle = partial(self._close, claim, again_at)
        try:
            keep_trying(self._tools.clock, settle)
        except StorageUnavailable:
            # The row is found again at the end of its lease.
            JOBS.labels(claim.kind.value, "lost").inc()
            log.failure("due work not closed", kind=claim.kind.value, subject_id=claim.subject_id)
        JOB_SECONDS.labels(claim.kind.value).observe(self._tools.clock.monotonic() - began)

    def _close(self, claim: Claim, again_at: datetime | None) -> None:
        with self._tools.db.begin() as session:
            if again_at is None:
                due_rows.finish(session, claim)
            else:
                due_rows.release(session, claim, due_at=again_at)
        JOBS.labels(claim.kind.value, "done").inc()

    def _put_off(self, claim: Claim, error: Exception) -> Callable[[], None]:
        """Log the failure in hand, and return what has the work done again later."""
        again_at, name = self._again_at(claim, error), type(error).__name__

        def settle() -> None:
            with self._tools.db.begin() as session:
                due_rows.release(session, claim, due_at=again_at, error=name)
            JOBS.labels(claim.kind.value, "failed").inc()

        return settle

    def _again_at(self, claim: Claim, error: Exception) -> datetime:
        if isinstance(error, PutOff):
            return error.again_at
        asked = error.retry_after if isinstance(error, TemporaryError) else None
        delay = retry_delay(claim.attempts, jitter(), asked)
        log.failure(
            "due work failed",
            kind=claim.kind.value,
            tenant_id=claim.tenant_id,
            subject_id=claim.subject_id,
            attempt=claim.attempts,
            again_in=int(delay.total_seconds()),
        )
        return self._now() + delay

    def _now(self) -> datetime:
        return self._tools.clock.now()
