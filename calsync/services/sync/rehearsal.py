"""The plan of a sync without the sync: what it would do, and why not the rest.

It is the very same code, in a transaction that is never committed, with a Cronofy that was
read before and takes every write.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from calsync.core.event import Event, UnreadableEvent
from calsync.core.integration import Refusal
from calsync.core.run import RunState, Trigger
from calsync.cronofy.batch import Write, Written
from calsync.cronofy.client import Page
from calsync.cronofy.limiter import Lane
from calsync.cronofy.queries import EventQuery
from calsync.db.database import Session
from calsync.db.integrations import find_integration
from calsync.db.joined import JoinedDatabase
from calsync.db.models import LogEntry, Run
from calsync.db.subjects import hold_sync
from calsync.db.sync_runs import list_entries_of
from calsync.errors import NotPossible, NotThere
from calsync.ids import new_id
from calsync.logs import logged_if_kept
from calsync.services.accounts import client_for
from calsync.services.sync.acting import Act
from calsync.services.sync.catching_up import CatchUp
from calsync.services.sync.course import Course, may_run
from calsync.services.sync.scope import Subject, load_subject
from calsync.services.tools import Tools, Who


class _Discard(Exception):
    """Ends the transaction in which everything was tried."""


def preview(
    tools: Tools,
    who: Who,
    integration_id: str,
    *,
    bulk: bool,
    change: Callable[[Tools], None] | None = None,
) -> list[LogEntry]:
    """Return what a manual sync would do and decline now, as its log would have it.

    Or after a ``change``, such as of the options, that is made with the tools it is given.
    Nothing is changed on either side. Raises NotThere, NotPossible with a Refusal,
    TemporaryError where Cronofy is away, and what the change raises.
    """
    with tools.db.read() as session:
        if find_integration(session, who.tenant_id, who.user_id, integration_id) is None:
            raise NotThere
        subject = load_subject(session, who.tenant_id, integration_id)
    if subject is None or not may_run(subject):
        is_active = subject is not None and subject.integration.is_active
        raise NotPossible(Refusal.NOT_CONNECTED if is_active else Refusal.NOT_ACTIVE)
    client = client_for(tools, who.tenant_id, subject.integration.account_id or "", Lane.USER)
    pages = list(client.read_events(_query()))
    found: list[LogEntry] = []
    with suppress(_Discard), logged_if_kept(), tools.db.begin() as session:
        hold_sync(session, who.tenant_id, integration_id)
        if change is not None:
            change(replace(tools, db=JoinedDatabase(session), wake=lambda: None))
            session.flush()
            subject = load_subject(session, who.tenant_id, integration_id) or subject
        found = _rehearse(tools, session, subject, pages, bulk=bulk)
        raise _Discard
    return found


def _query() -> EventQuery:
    """Return what asks for the whole account: a copy may have been moved within it."""
    return EventQuery(
        include_deleted=True,
        include_moved=True,
        include_managed=True,
        localized_times=True,
    )


def _rehearse(
    tools: Tools, session: Session, subject: Subject, pages: Sequence[Page], *, bulk: bool
) -> list[LogEntry]:
    options = subject.options
    run = Run(
        id=new_id(),
        tenant_id=subject.tenant_id,
        integration_id=subject.id,
        trigger=Trigger.MANUAL,
        state=RunState.RUNNING,
        bulk={"retrieve": bulk and options.retrieves, "send": bulk and options.sends},
        counts={},
        began_at=tools.clock.now(),
    )
    session.add(run)
    session.flush()
    inside = replace(tools, db=JoinedDatabase(session), wake=lambda: None)
    course = Course(
        inside,
        _OpenDoor(inside, session),
        _Rehearsed(pages),
        subject,
        Trigger.MANUAL,
        run,
        is_rehearsal=True,
    )
    catch_up = CatchUp(course)
    catch_up.read_changes()
    catch_up.read_further()
    Act(course).perform()
    session.flush()
    entries = list_entries_of(session, subject.tenant_id, run.id)
    for entry in entries:
        session.expunge(entry)
    return entries


@dataclass(frozen=True)
class _OpenDoor:
    """Gives parts of one transaction instead of transactions of their own."""

    tools: Tools
    session: Session

    @contextmanager
    def begin(self) -> Iterator[Session]:
        with self.session.begin_nested():
            yield self.session

    def is_untouched(self, session: Session) -> bool:
        del session
        return True


@dataclass(frozen=True)
class _Rehearsed:
    """Answers every read with what was read before, and takes every write."""

    pages: Sequence[Page]

    def read_events(self, query: EventQuery) -> Iterator[Page]:
        for page in self.pages:
            events = tuple(event for event in page.events if _matches(event, query))
            yield replace(page, events=events)

    def batch(self, writes: Sequence[Write]) -> tuple[Written, ...]:
        return tuple(Written() for _ in writes)


def _matches(event: Event | UnreadableEvent, query: EventQuery) -> bool:
    """Tell whether Cronofy would have answered a query with this event."""
    is_there = not query.calendar_ids or event.calendar_id in query.calendar_ids
    if isinstance(event, UnreadableEvent) or event.updated is None or not query.changed_since:
        return is_there
    return is_there and event.updated >= query.changed_since.replace(microsecond=0)
