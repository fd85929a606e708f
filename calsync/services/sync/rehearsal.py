"""The plan of a sync without the sync: what it would do, and why not the rest.

It is the very same code, in a database of which nothing is kept, with a Cronofy that was
read before and takes every write.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from calsync.core.integration import Refusal, Stop
from calsync.core.item import Kind
from calsync.core.link import Side
from calsync.core.plan import Head, head_of
from calsync.core.run import Result, RunState, Trigger
from calsync.db.database import Session
from calsync.db.excerpts import try_out
from calsync.db.items import map_kinds
from calsync.db.joined import JoinedDatabase
from calsync.db.models import LogEntry, Run
from calsync.db.sync_runs import list_entries_of
from calsync.errors import NotPossible, NotThere
from calsync.ids import new_id
from calsync.logs import logged_if_kept
from calsync.services.integration_state import get_integration
from calsync.services.sync.acting import Acting
from calsync.services.sync.catching_up import CatchUp
from calsync.services.sync.course import Course, may_run
from calsync.services.sync.planning import Plan
from calsync.services.sync.scope import Subject, load_subject
from calsync.services.sync.stage import OpenDoor, ReadBefore, Scenery, read_scenery
from calsync.services.tools import Tools, Who

#: Makes or changes what is rehearsed, with the tools that it is given, and returns the
#: integrations whose syncs are to be rehearsed then.
Change = Callable[[Tools], Sequence[str]]

#: More deletions than there can be: it is to be seen what would be if all were confirmed.
_ALL = 10**9


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """What a manual sync of one integration would do and decline, as its log would have it.

    Nothing of it has happened.
    """

    integration_id: str
    entries: tuple[LogEntry, ...] = ()
    #: The kinds of the items in it, by their ids.
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    #: How many deletions among them are held unless the user confirms them, by direction.
    unconfirmed: Mapping[Side, int] = field(default_factory=dict)
    #: How much may go in one direction without a question.
    limit: int = 0
    #: The addresses to which the provider may write because of it.
    guests: frozenset[str] = frozenset()


class _Discard(Exception):
    """Ends what was tried, so that no log tells of it."""


def preview(tools: Tools, who: Who, integration_id: str, *, bulk: bool) -> list[LogEntry]:
    """Return what a manual sync would do and decline now, as its log would have it.

    Raises what ``rehearse`` raises, and NotPossible where the integration is not active.
    """
    with tools.db.read() as session:
        found = get_integration(session, who, integration_id)
    if not found.is_active:
        raise NotPossible(Refusal.NOT_ACTIVE)
    place = found.account_id, [found.calendar_id]
    [rehearsal] = rehearse(
        tools, who, *place, lambda _inside: [integration_id], bulk=bulk, is_confirmed=False
    )
    return list(rehearsal.entries)


def rehearse(
    tools: Tools,
    who: Who,
    account_id: str | None,
    calendar_ids: Collection[str],
    change: Change,
    *,
    bulk: bool = True,
    is_confirmed: bool = True,
) -> list[Rehearsal]:
    """Return what syncs of these calendars of one account would do after a change.

    With ``bulk`` they do what the options retrieve and send besides, and deletions are done
    as if the user had confirmed them where ``is_confirmed``. Nothing is written on
    either side, nobody is woken, and no log tells of it; an integration that is not active
    would do nothing. Raises NotThere, NotPossible with a Refusal, TemporaryError where
    Cronofy is away, and what the change raises.
    """
    if account_id is None:
        raise NotPossible(Refusal.NOT_CONNECTED)
    scenery = read_scenery(tools, who, account_id, calendar_ids)
    found: list[Rehearsal] = []
    in_copy = try_out(tools.db, who.tenant_id, who.user_id)
    with suppress(_Discard), logged_if_kept(), in_copy as session:
        inside = replace(tools, db=JoinedDatabase(session), wake=lambda: None)
        ids = change(inside)
        session.flush()
        for integration_id in ids:
            subject = load_subject(session, who.tenant_id, integration_id)
            if subject is None or subject.integration.user_id != who.user_id:
                raise NotThere
            if may_run(subject):
                run = _make_run(inside, session, subject, bulk=bulk, is_confirmed=is_confirmed)
                found.append(_rehearse(inside, session, subject, scenery, run))
            else:
                _refuse_standing(subject)
                found.append(Rehearsal(integration_id=subject.id))
        raise _Discard
    return found


def _rehearse(
    inside: Tools, session: Session, subject: Subject, scenery: Scenery, run: Run
) -> Rehearsal:
    if not subject.is_deleted:
        scenery.refuse_gone(subject.integration.calendar_id)
    client = ReadBefore(scenery.pages)
    door = OpenDoor(inside, session)
    course = Course(inside, door, client, subject, Trigger.MANUAL, run, is_rehearsal=True)
    catch_up, act = CatchUp(course), Acting(course)
    catch_up.read_changes()
    catch_up.read_further()
    act.perform()
    session.flush()
    entries = list_entries_of(session, subject.tenant_id, run.id)
    touched = {entry.item_id for entry in entries if entry.item_id}
    for entry in entries:
        session.expunge(entry)
    return Rehearsal(
        integration_id=subject.id,
        entries=tuple(entries),
        kinds=map_kinds(session, subject.tenant_id, touched),
        unconfirmed=_count_unconfirmed(act.plan, entries),
        limit=act.plan.brake.limit,
        guests=scenery.list_guests(_list_told(entries), subject.integration.profile_name),
    )


def _refuse_standing(subject: Subject) -> None:
    """Raise NotPossible where an integration is to flow, and does not."""
    if subject.integration.is_active:
        refusals = {Stop.CALENDAR_GONE: Refusal.CALENDAR_GONE, Stop.BEING_READ: Refusal.BEING_READ}
        stop = subject.integration.stop or Stop.NOT_CONNECTED
        raise NotPossible(refusals.get(stop, Refusal.NOT_CONNECTED))


def _make_run(
    inside: Tools, session: Session, subject: Subject, *, bulk: bool, is_confirmed: bool
) -> Run:
    options = subject.options
    run = Run(
        id=new_id(),
        tenant_id=subject.tenant_id,
        integration_id=subject.id,
        trigger=Trigger.MANUAL,
        state=RunState.RUNNING,
        bulk={"retrieve": bulk and options.retrieves, "send": bulk and options.sends},
        confirmed={side.value: _ALL for side in Side} if is_confirmed else {},
        counts={},
        began_at=inside.clock.now(),
    )
    session.add(run)
    session.flush()
    return run


def _count_unconfirmed(plan: Plan, entries: Collection[LogEntry]) -> dict[Side, int]:
    """Return how many deletions that are done here would be held if the user confirmed none."""
    brake = replace(plan.brake, confirmed={})
    counted = Counter(
        entry.side
        for entry in entries
        if head_of(entry.action, entry.result) is Head.DELETE and entry.link_id in plan.deleting
    )
    return {side: number for side, number in counted.items() if brake.trips(plan.planned, side)}


def _list_told(entries: Collection[LogEntry]) -> set[str]:
    """Return the uids of the events that would be changed or deleted there."""
    return {
        entry.event_uid
        for entry in entries
        if entry.event_uid and entry.side is Side.OUT and entry.result is Result.DONE
    }
