"""What concerns one user, copied into a database in memory of which nothing is kept.

Whatever works on it may write and take its time: it holds no lock that anybody waits for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnClause,
    ColumnElement,
    CompoundSelect,
    Engine,
    Select,
    Table,
    Text,
    cast,
    column,
    create_engine,
    insert,
    literal,
    select,
    table,
    union,
)
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from calsync.db.base import Base
from calsync.db.database import Database, prepare_engine
from calsync.db.models import (
    ApiToken,
    Assignment,
    ConnectState,
    Contact,
    Feed,
    IdempotencyKey,
    Integration,
    Item,
    ItemLook,
    Lease,
    LinkRow,
    LogEntry,
    LoginSession,
    PlannedAction,
    Revocation,
    StoredPlan,
    Tenant,
    Ticket,
    User,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookMessage,
)
from calsync.db.sealed import SEALED

#: What no sync looks at: who is logged in or let in, what was told to whom, and what earlier
#: syncs have written down. Every other table is copied, one that is added in time too.
_LEFT_OUT = {
    model.__tablename__
    for model in (
        ApiToken,
        ConnectState,
        Feed,
        IdempotencyKey,
        Lease,
        LogEntry,
        LoginSession,
        PlannedAction,
        Revocation,
        StoredPlan,
        WebhookDelivery,
        WebhookEndpoint,
        WebhookMessage,
    )
}
#: Columns that are empty in the copy.
_SECRETS = {(each.class_.__tablename__, each.key) for each in (User.password_hash, *SEALED)}
#: What is copied where one of the items refers to it, and by which column.
_REFERRED = {Ticket.__tablename__: Item.ticket_id, Contact.__tablename__: Item.contact_id}
#: How many rows are read and written at once.
_AT_ONCE = 1000


@contextmanager
def try_out(db: Database, tenant_id: str, user_id: str) -> Iterator[Session]:
    """Give a session on what concerns a user, as it is now, of which nothing is kept.

    That is their items and all that is known of these, also of other people's syncs, and
    who and what else there is in the tenant. No secret is in it.
    """
    engine = _make_engine()
    try:
        with Database(engine).begin() as copy:
            with db.read() as session:
                _fill(copy, session, tenant_id, user_id)
            yield copy
    finally:
        engine.dispose()


def _make_engine() -> Engine:
    """Return an empty database in memory, which is gone with its one connection."""
    engine = create_engine(
        "sqlite://",
        poolclass=StaticPool,
        connect_args={"check_same_thread": False},
        hide_parameters=True,
    )
    prepare_engine(engine)
    Base.metadata.create_all(engine, checkfirst=False)
    return engine


def _fill(copy: Session, session: Session, tenant_id: str, user_id: str) -> None:
    for each in Base.metadata.sorted_tables:
        if each.name not in _LEFT_OUT:
            _copy(copy, session, each, _choose(each, tenant_id, user_id))


def _copy(copy: Session, session: Session, of: Table, chosen: ColumnElement[bool]) -> None:
    wanted = select(*(_read(each) for each in of.c)).where(chosen)
    into = insert(table(of.name, *(_written(each) for each in of.c)))
    found = session.connection().execute(wanted, execution_options={"yield_per": _AT_ONCE})
    for rows in found.partitions():
        copy.connection().execute(into, [row._asdict() for row in rows])


def _read(of: Column[Any]) -> ColumnElement[Any]:
    if (of.table.name, of.name) in _SECRETS:
        return literal("").label(of.name)
    # Nobody looks into what is only carried over.
    return cast(of, Text).label(of.name) if isinstance(of.type, JSON) else of


def _written(of: Column[Any]) -> ColumnClause[Any]:
    return column(of.name, Text() if isinstance(of.type, JSON) else of.type)


def _choose(of: Table, tenant_id: str, user_id: str) -> ColumnElement[bool]:
    """Return the condition for the rows of a table that are copied."""
    if of.name == Tenant.__tablename__:
        return of.c.id == tenant_id
    is_of_tenant = of.c.tenant_id == tenant_id
    items = _list_items(tenant_id, user_id)
    if of.name == Item.__tablename__:
        return is_of_tenant & of.c.id.in_(items)
    if of.name in _REFERRED:
        referring = select(_REFERRED[of.name]).where(Item.tenant_id == tenant_id)
        return is_of_tenant & of.c.id.in_(referring.where(Item.id.in_(items)))
    if "item_id" in of.c:
        return is_of_tenant & of.c.item_id.in_(items)
    if "integration_id" in of.c and not of.c.integration_id.nullable:
        return is_of_tenant & of.c.integration_id.in_(_list_integrations(tenant_id, user_id))
    return is_of_tenant


def _list_items(tenant_id: str, user_id: str) -> CompoundSelect[str]:
    """Return the question for the items that a user's syncs may come upon."""
    return union(
        select(Assignment.item_id).where(
            Assignment.tenant_id == tenant_id, Assignment.user_id == user_id
        ),
        *(
            select(each.item_id)
            .where(each.tenant_id == tenant_id)
            .where(each.integration_id.in_(_list_integrations(tenant_id, user_id)))
            for each in (LinkRow, ItemLook)
        ),
    )


def _list_integrations(tenant_id: str, user_id: str) -> Select[str]:
    return select(Integration.id).where(
        Integration.tenant_id == tenant_id, Integration.user_id == user_id
    )
