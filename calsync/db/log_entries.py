"""Questions about the logs of runs."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, tuple_, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from calsync.core.item import Kind
from calsync.core.link import Side
from calsync.core.run import DONE_AS, Outcome, Result, Trigger
from calsync.db.models import Assignment, Integration, Item, LogEntry, Run
from calsync.db.positions import Position
from calsync.db.texts import has_text

Row = TypeVar("Row")


@dataclass(frozen=True)
class LogFilter:
    """Which entries of a log are wanted; what is None does not matter."""

    run: str | None = None
    item: str | None = None
    triggers: Collection[Trigger] | None = None
    side: Side | None = None
    result: Result | None = None
    outcome: Outcome | None = None
    kind: Kind | None = None
    #: Those that happened at or after ``since`` and before ``until``.
    since: datetime | None = None
    until: datetime | None = None
    #: Those whose title has this, as far as ``reader`` may read it.
    text: str = ""
    reader: str | None = None

    @property
    def takes_empty_runs(self) -> bool:
        """Tell whether manual runs are wanted that have nothing to say of any entry."""
        if self.triggers is not None and Trigger.MANUAL not in self.triggers:
            return False
        chosen = (self.item, self.side, self.result, self.outcome, self.kind, self.text or None)
        return not any(each is not None for each in chosen)


def list_log(
    session: Session,
    tenant_id: str,
    integration_id: str,
    wanted: LogFilter,
    *,
    before: Position | None = None,
    after: Position | None = None,
    limit: int,
) -> list[LogEntry]:
    """Return what an integration's runs did or declined to do, the latest first.

    From the one before a position on; or those next ``after`` one, the earliest of them first.
    """
    query = select(LogEntry).where(*_conditions(tenant_id, integration_id, wanted))
    query = _page(query, (LogEntry.at, LogEntry.id), before=before, after=after)
    return list(session.scalars(query.limit(limit)))


def count_log(session: Session, tenant_id: str, integration_id: str, wanted: LogFilter) -> int:
    """Return how many entries a filter lets through."""
    query = select(func.count()).select_from(LogEntry)
    return session.scalar(query.where(*_conditions(tenant_id, integration_id, wanted))) or 0


def list_empty_runs(
    session: Session,
    tenant_id: str,
    integration_id: str,
    wanted: LogFilter,
    *,
    before: Position | None = None,
    after: Position | None = None,
    limit: int,
) -> list[Run]:
    """Return the manual runs that have nothing to say of any entry, in the same order."""
    logged = exists().where(LogEntry.tenant_id == Run.tenant_id, LogEntry.run_id == Run.id)
    query = select(Run).where(Run.tenant_id == tenant_id, Run.integration_id == integration_id)
    query = query.where(Run.trigger == Trigger.MANUAL, ~logged)
    if wanted.run is not None:
        query = query.where(Run.id == wanted.run)
    if wanted.since is not None:
        query = query.where(Run.began_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(Run.began_at < wanted.until)
    query = _page(query, (Run.began_at, Run.id), before=before, after=after)
    return list(session.scalars(query.limit(limit)))


def find_entry(
    session: Session, tenant_id: str, integration_id: str, entry_id: str
) -> LogEntry | None:
    """Return one entry of an integration's log."""
    return session.scalar(
        select(LogEntry)
        .where(LogEntry.tenant_id == tenant_id, LogEntry.integration_id == integration_id)
        .where(LogEntry.id == entry_id)
    )


def blank_of_others(
    session: Session, tenant_id: str, item_id: str, readers: Collection[str]
) -> None:
    """Take out of the logs what an item was about, but for these users."""
    of_others = select(Integration.id).where(
        Integration.tenant_id == tenant_id, Integration.user_id.not_in(readers)
    )
    session.execute(
        update(LogEntry)
        .where(LogEntry.tenant_id == tenant_id, LogEntry.item_id == item_id)
        .where(LogEntry.integration_id.in_(of_others))
        .values(title="", before={}, after={})
    )


def _page(
    query: Select[Row],
    key: tuple[InstrumentedAttribute[datetime], InstrumentedAttribute[str]],
    *,
    before: Position | None,
    after: Position | None,
) -> Select[Row]:
    """Return a query with the latest first, from before a position on; or those next after one."""
    position = tuple_(*key)
    if before is not None:
        query = query.where(position < before)
    if after is not None:
        return query.where(position > after).order_by(*key)
    return query.order_by(*(column.desc() for column in key))


def _conditions(
    tenant_id: str, integration_id: str, wanted: LogFilter
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        LogEntry.tenant_id == tenant_id,
        LogEntry.integration_id == integration_id,
    ]
    plain = (
        (LogEntry.run_id, wanted.run),
        (LogEntry.item_id, wanted.item),
        (LogEntry.side, wanted.side),
        (LogEntry.result, wanted.result),
    )
    conditions += [column == value for column, value in plain if value is not None]
    if wanted.triggers is not None:
        conditions.append(_is_one_of(wanted.triggers))
    if wanted.outcome is not None:
        conditions += _became(wanted.outcome)
    if wanted.kind is not None:
        items = select(Item.id).where(Item.tenant_id == tenant_id, Item.kind == wanted.kind)
        conditions.append(LogEntry.item_id.in_(items))
    if wanted.since is not None:
        conditions.append(LogEntry.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(LogEntry.at < wanted.until)
    if wanted.text:
        conditions.append(has_text(LogEntry.title, wanted.text))
        conditions += [] if wanted.reader is None else [~_is_hidden_from(wanted.reader)]
    return conditions


def _is_one_of(triggers: Collection[Trigger]) -> ColumnElement[bool]:
    # One alone is asked for as such, so that an index gives the entries in their order.
    if len(triggers) == 1:
        return LogEntry.trigger == next(iter(triggers))
    return LogEntry.trigger.in_(triggers)


def _became(outcome: Outcome) -> list[ColumnElement[bool]]:
    action = DONE_AS.get(outcome)
    if action is None:
        return [LogEntry.result == Result(outcome.value)]
    return [LogEntry.result == Result.DONE, LogEntry.action == action]


def _is_hidden_from(user_id: str) -> ColumnElement[bool]:
    """Return the condition that the item has become somebody else's private one."""
    is_theirs = exists().where(
        Assignment.tenant_id == Item.tenant_id,
        Assignment.item_id == Item.id,
        Assignment.user_id == user_id,
    )
    of_entry = and_(Item.tenant_id == LogEntry.tenant_id, Item.id == LogEntry.item_id)
    return exists().where(of_entry, Item.is_private, ~is_theirs)
