"""One sync from its beginning to its end, and when the next one is due (docs/sync.md 14)."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from calsync.core.integration import SHORTEST_POLL, SWEEP_EVERY, Refusal, Stop, next_poll
from calsync.core.recognition import next_read
from calsync.core.run import CANCELLED, RunState, Trigger
from calsync.cronofy.limiter import Lane
from calsync.db.database import Session
from calsync.db.due_rows import Claim
from calsync.db.links import has_looks, has_wishes, list_flights
from calsync.db.models import Integration, Run
from calsync.db.runs import end_open_runs, find_run_in_state, new_run
from calsync.db.sync_runs import list_open_runs
from calsync.errors import AccessRevoked, CronofyError, NotFound, PermissionMissing
from calsync.logs import Log
from calsync.services.accounts import check_account, client_for
from calsync.services.channels import is_channel_proven
from calsync.services.integration_end import finish_deletion
from calsync.services.sync.acting import Acting
from calsync.services.sync.catching_up import CatchUp
from calsync.services.sync.course import Course, may_run
from calsync.services.sync.fence import Fence, Overtaken
from calsync.services.sync.figures import OVERTAKEN, QUIET, count_pass
from calsync.services.sync.journal import Cancelled
from calsync.services.sync.scope import Subject, load_subject
from calsync.services.sync.wishes import drop_unsent
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
#: When to look again at what stands still for a reason that may pass unnoticed.
_STOPPED = timedelta(hours=1)

log = Log("calsync.sync")


def run_sync(tools: Tools, claim: Claim) -> datetime | None:
    """Bring one integration into step; return when to look again, None where somebody has to ask.

    Raises TemporaryError where Cronofy is away: what was done is kept, and the rest is
    found again by whoever comes next.
    """
    with tools.db.read() as session:
        subject = load_subject(session, claim.tenant_id, claim.subject_id)
        left: list[Run] = []
        if subject is not None and subject.has_open_runs:
            left = list_open_runs(session, claim.tenant_id, claim.subject_id)
    if subject is None or not may_run(subject):
        if subject is not None and left:
            _leave_off(tools, claim, subject)
        return None
    if not left and (wait_until := _spaced(subject, tools.clock.now())):
        return wait_until
    asked = next((run for run in left if run.trigger is Trigger.MANUAL), None)
    trigger = _trigger_of(subject, asked)
    account_id = subject.integration.account_id or ""
    client = client_for(tools, subject.tenant_id, account_id, _LANES[trigger])
    course = Course(tools, Fence(tools, claim), client, subject, trigger, asked)
    try:
        _begin(course, left)
        again_at = _perform(course)
    except Overtaken:
        _count(course, OVERTAKEN)
        log.info("sync overtaken", integration_id=claim.subject_id)
        return tools.clock.now()
    # One that was asked for while we took up another that had died.
    is_waiting = any(run is not asked and run.state is RunState.WAITING for run in left)
    return tools.clock.now() if is_waiting else again_at


def _leave_off(tools: Tools, claim: Claim, subject: Subject) -> None:
    """End what was asked for or begun and cannot be carried out as things are."""
    integration = subject.integration
    if subject.is_connected and integration.stop is Stop.BEING_READ:
        return  # It goes on by itself once the mailbox was read.
    error = Refusal.NOT_CONNECTED
    if not integration.is_active:
        error = Refusal.NOT_ACTIVE
    elif integration.stop is Stop.CALENDAR_GONE:
        error = Refusal.CALENDAR_GONE
    with suppress(Overtaken), Fence(tools, claim).begin() as session:
        ids = claim.tenant_id, claim.subject_id
        end_open_runs(session, *ids, error=error, now=tools.clock.now())


def _spaced(subject: Subject, now: datetime) -> datetime | None:
    """Return until when a run waits that only notifications have asked for."""
    checked_at = subject.integration.checked_at
    if checked_at is None or subject.has_looks or not subject.integration.changes_since:
        return None
    earliest = checked_at + SHORTEST_POLL
    return earliest if now < earliest else None


def _trigger_of(subject: Subject, asked: Run | None) -> Trigger:
    if asked is not None:
        return Trigger.MANUAL
    if subject.has_looks:
        return Trigger.REAL_TIME_OUT
    return Trigger.REAL_TIME_IN if subject.integration.changes_since else Trigger.SCHEDULED


def _begin(course: Course, left: Sequence[Run]) -> None:
    """Note that what was asked for is under way, and what was left by a run that died."""
    if not left:
        return
    with course.fence.begin() as session:
        for each in left:
            row = session.get(Run, each.id)
            if row is None:
                continue
            if row.ended_at is not None:
                # It was cancelled since we looked.
                course.forget_asked(row.id, _trigger_of(course.subject, None))
            elif course.asked is not None and row.id == course.asked.id:
                if row.state is RunState.RUNNING:
                    course.journal.take_up(session, row)
                row.state = RunState.RUNNING
                # More may have been asked of it since we looked.
                course.asked.bulk, course.asked.confirmed = row.bulk, row.confirmed
                course.journal.is_cancelled = row.cancelled_at is not None
            elif row.state is RunState.RUNNING:
                row.state, row.ended_at = RunState.STOPPED, course.began_at


def _perform(course: Course) -> datetime | None:
    """Read, decide, carry out; return when to look again, None where never."""
    catch_up, act = CatchUp(course), Acting(course)
    try:
        course.journal.stop_if_cancelled()
        news = catch_up.read_changes()
        if _is_quiet(course, catch_up, news):
            return _rest(course, catch_up)
        catch_up.read_further()
        act.perform()
    except (NotFound, PermissionMissing, AccessRevoked) as error:
        return _stand_still(course, act, error)
    except Cancelled:
        return _leave_rest(course, act)
    except CronofyError as error:
        _end(course, act, RunState.STOPPED, type(error).__name__)
        raise
    again_at = _end(course, act, RunState.FINISHED)
    return _finish_deletion(course, again_at) if course.subject.is_deleted else again_at


def _is_quiet(course: Course, catch_up: CatchUp, news: int) -> bool:
    """Tell whether there is nothing to do at all."""
    subject = course.subject
    has_work = subject.has_looks or subject.has_flights or subject.is_deleted
    is_settled = subject.integration.cursor is not None and not catch_up.is_sweep_due
    return not news and not has_work and is_settled and course.asked is None


def _rest(course: Course, catch_up: CatchUp) -> datetime:
    """Note that nothing had changed, and return when to look again."""
    known = course.subject.integration
    with course.fence.begin() as session:
        # Unread where nothing of the row can have changed that we would overwrite.
        is_same = known.changes_since is None
        row = session.merge(known, load=False) if is_same else course.get_row(session)
        catch_up.note_cursor(row, session)
        row.stop = None
        poll = _note_poll(course, session, row)
        again_at = max(_next_look(row, course.now, poll), course.now + SHORTEST_POLL)
    _count(course, QUIET)
    return again_at


def _leave_rest(course: Course, act: Acting) -> datetime:
    """End because the user wants it: what Send asked for and was not begun is dropped.

    What was not retrieved is not asked for again; every other change waits for the next sync.
    """
    with course.fence.begin() as session:
        drop_unsent(session, course.subject.tenant_id, course.subject.id)
    return _end(course, act, RunState.STOPPED, CANCELLED)


def _stand_still(course: Course, act: Acting, error: CronofyError) -> datetime:
    """Stop because the account or its calendar does not work as it did.

    Where Cronofy says what is different, the rest goes on at once. Where it knows of
    nothing, another try would get the same answer: it is made once in a while.
    """
    before, account_id = course.subject, course.subject.integration.account_id
    after: Subject | None = before
    if account_id is not None:
        ids = before.tenant_id, account_id
        check_account(course.tools, *ids, Lane.POLL, asked_by=before.id)
        with course.tools.db.read() as session:
            after = load_subject(session, before.tenant_id, before.id)
    if after is not None and may_run(after) and after.circumstances != before.circumstances:
        _end(course, act, RunState.STOPPED, type(error).__name__)
        return course.now
    stop = next(stop for kind, stop in _STOPS.items() if isinstance(error, kind))
    _end(course, act, RunState.STOPPED, type(error).__name__, stop)
    return course.now + _STOPPED


def _end(
    course: Course, act: Acting, state: RunState, error: str | None = None, stop: Stop | None = None
) -> datetime:
    """Close the run's row, if it has one, and return when to look again."""
    with course.fence.begin() as session:
        row = course.get_row(session)
        row.stop = stop
        if state is RunState.FINISHED:
            row.absent_since = None
        if course.asked is not None:
            course.journal.begin(session)
        if course.journal.run is not None:
            ended_at = _close(course, act, session, state, error)
            if course.journal.has_done_anything:
                # By this moment the run is found again that synced last.
                row.synced_at = ended_at
                course.has_changed = True
        if error not in (None, CANCELLED) and stop is None and course.asked is not None:
            _ask_again(course, session, course.asked)
        again_at = _next_due(course, session, row)
    _count(course, state.value)
    _tell_log(course, state, error)
    return again_at


def _count(course: Course, result: str) -> None:
    count_pass(result, course.now - course.began_at, course.journal.reasons)


def _ask_again(course: Course, session: Session, asked: Run) -> None:
    """Have the next try do what was asked for besides, too: nobody else would."""
    stored = session.get(Run, asked.id)
    left = stored.confirmed if stored is not None else {}
    confirmed = {side: number for side, number in left.items() if number > 0}
    if not course.bulk_left and not confirmed:
        return
    ids = course.subject.tenant_id, course.subject.id
    run = find_run_in_state(session, *ids, RunState.WAITING)
    if run is None:
        run = new_run(*ids, course.now)
        session.add(run)
    run.bulk, run.confirmed = {**run.bulk, **course.bulk_left}, {**confirmed, **run.confirmed}


def _tell_log(course: Course, state: RunState, error: str | None) -> None:
    run, integration = course.journal.run, course.subject.integration
    if run is None and error is None:
        return
    log.info(
        "sync ended",
        tenant_id=integration.tenant_id,
        integration_id=integration.id,
        run_id=run.id if run else None,
        trigger=course.trigger.value,
        state=state.value,
        error=error,
        counts=dict(course.journal.counts),
    )


def _close(
    course: Course, act: Acting, session: Session, state: RunState, error: str | None
) -> datetime:
    """Write down how the run ended, and return when."""
    stored = session.get(Run, course.journal.run.id if course.journal.run else "")
    if stored is None:
        raise Overtaken
    braked = {f"braked_{side.value}": count for side, count in act.braked.items() if count}
    ended_at = course.now
    stored.state, stored.error, stored.ended_at = state, error, ended_at
    stored.counts = {**course.journal.counts, **braked}
    stored.done, stored.total = course.journal.done, course.journal.total
    return ended_at


def _finish_deletion(course: Course, again_at: datetime) -> datetime | None:
    """End a deleted integration once none of its copies is to go any more."""
    subject = course.subject
    with course.tools.db.read() as session:
        is_left = has_wishes(session, subject.tenant_id, subject.id)
    if is_left:
        return again_at
    finish_deletion(course.tools, subject.tenant_id, subject.id)
    return None


def _note_poll(course: Course, session: Session, row: Integration) -> timedelta:
    """Note how long to wait before the linked calendar is asked unasked, and return it."""
    with session.no_autoflush:
        is_proven = is_channel_proven(session, row)
    poll = next_poll(
        timedelta(seconds=row.poll_seconds),
        has_changed=course.has_changed,
        is_channel_proven=is_proven,
    )
    row.poll_seconds = int(poll.total_seconds())
    return poll


def _next_due(course: Course, session: Session, row: Integration) -> datetime:
    now, poll = course.now, _note_poll(course, session, row)
    moments = [_next_look(row, now, poll)]
    flying = list_flights(session, row.tenant_id, row.id)
    moments += [next_read(decided_at, now) for decided_at, _ in flying]
    if has_looks(session, row.tenant_id, row.id):
        moments.append(now + timedelta(minutes=1))
    return max(min(moments), now if flying else now + SHORTEST_POLL)


def _next_look(row: Integration, now: datetime, poll: timedelta) -> datetime:
    """Return when to look again if nobody asks for it."""
    return min(now + poll, row.swept_at + SWEEP_EVERY if row.swept_at else now + poll)
