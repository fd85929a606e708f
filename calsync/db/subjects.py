"""What a sync works on, in one question."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, select
from sqlalchemy.orm import Session

from calsync.core.run import RunState
from calsync.db.links import IS_TO_BE_LOOKED_AT
from calsync.db.models import (
    Assignment,
    DueKind,
    DueRow,
    Integration,
    Item,
    ItemLook,
    LinkedAccount,
    LinkedCalendar,
    LinkRow,
    Run,
    Ticket,
    User,
)


@dataclass(frozen=True)
class SubjectRows:
    """An integration with its user, and its account and calendar where there are any.

    Besides, what there is to do: whether anything here is to be looked at, any write is
    in flight, and any run was asked for or left open.
    """

    integration: Integration
    user: User
    account: LinkedAccount | None
    calendar: LinkedCalendar | None
    has_looks: bool
    has_flights: bool
    has_open_runs: bool


def find_subject(session: Session, tenant_id: str, integration_id: str) -> SubjectRows | None:
    """Return what a sync works on."""
    asked = {"of_tenant": tenant_id, "of_integration": integration_id}
    row = session.execute(_query(), asked).one_or_none()
    return SubjectRows(*row) if row is not None else None


@cache
def _query() -> Select[*tuple[Any, ...]]:
    """Return the question; put together once, for a sync asks it with all that it decides."""
    tenant_id: BindParameter[str] = bindparam("of_tenant")
    integration_id: BindParameter[str] = bindparam("of_integration")
    looks = select(ItemLook.item_id).where(
        ItemLook.tenant_id == tenant_id, ItemLook.integration_id == integration_id
    )
    links = select(LinkRow.id).where(
        LinkRow.tenant_id == tenant_id, LinkRow.integration_id == integration_id
    )
    runs = select(Run.id).where(
        Run.tenant_id == tenant_id,
        Run.integration_id == integration_id,
        # Two comparisons, as a list would be written into the question with each asking.
        (Run.state == RunState.WAITING) | (Run.state == RunState.RUNNING),
    )
    return (
        select(
            Integration,
            User,
            LinkedAccount,
            LinkedCalendar,
            looks.exists() | links.where(IS_TO_BE_LOOKED_AT).exists(),
            links.where(LinkRow.flight_at.is_not(None)).exists(),
            runs.exists(),
        )
        .join(User, (User.tenant_id == Integration.tenant_id) & (User.id == Integration.user_id))
        .outerjoin(
            LinkedAccount,
            (LinkedAccount.tenant_id == Integration.tenant_id)
            & (LinkedAccount.id == Integration.account_id),
        )
        .outerjoin(
            LinkedCalendar,
            (LinkedCalendar.tenant_id == Integration.tenant_id)
            & (LinkedCalendar.account_id == Integration.account_id)
            & (LinkedCalendar.calendar_id == Integration.calendar_id),
        )
        .where(Integration.tenant_id == tenant_id, Integration.id == integration_id)
    )


def list_ids_by_user(
    session: Session, tenant_id: str, user_ids: Collection[str]
) -> list[tuple[str, bool]]:
    """Return the integrations of some users, each with whether it is active."""
    rows = session.execute(
        select(Integration.id, Integration.is_active)
        .where(Integration.tenant_id == tenant_id, Integration.user_id.in_(user_ids))
        .where(Integration.deleted_at.is_(None))
        .order_by(Integration.id)
    )
    return [(integration_id, is_active) for integration_id, is_active in rows]


def hold_sync(session: Session, tenant_id: str, integration_id: str) -> None:
    """Let no sync of an integration commit anything until we do.

    A sync holds its due row with everything that it commits. Whoever changes what syncs
    work on takes that row first, too, so that neither waits for the other for ever.
    """
    _hold(session, tenant_id, Integration.id == integration_id)


def hold_syncs_of_account(session: Session, tenant_id: str, account_id: str) -> None:
    """Hold the syncs of all integrations of an account, in the same way."""
    _hold(session, tenant_id, Integration.account_id == account_id)


def hold_syncs_of_user(session: Session, tenant_id: str, user_id: str) -> None:
    """Hold the syncs of all integrations of a user, in the same way."""
    _hold(session, tenant_id, Integration.user_id == user_id)


def hold_syncs_of_item(session: Session, tenant_id: str, item_id: str) -> None:
    """Hold the syncs of everybody on whose calendar an item stands, in the same way."""
    people = select(Assignment.user_id).where(
        Assignment.tenant_id == tenant_id, Assignment.item_id == item_id
    )
    _hold(session, tenant_id, Integration.user_id.in_(people))


def hold_syncs_of_ticket(session: Session, tenant_id: str, ticket_id: str) -> None:
    """Hold the syncs of everybody who has a service call of a ticket, in the same way."""
    people = (
        select(Assignment.user_id)
        .join(Item, (Item.tenant_id == Assignment.tenant_id) & (Item.id == Assignment.item_id))
        .where(Assignment.tenant_id == tenant_id, Item.ticket_id == ticket_id)
    )
    _hold(session, tenant_id, Integration.user_id.in_(people))


def _hold(session: Session, tenant_id: str, condition: ColumnElement[bool]) -> None:
    ids = select(Integration.id).where(Integration.tenant_id == tenant_id, condition)
    session.execute(
        select(DueRow.id)
        .where(DueRow.tenant_id == tenant_id, DueRow.kind == DueKind.SYNC)
        .where(DueRow.subject_id.in_(ids))
        .order_by(DueRow.subject_id)
        .with_for_update()
    )


def hold_syncs_of_client(session: Session, tenant_id: str, client_id: str) -> None:
    """Hold the syncs of everybody who has a service call for a client, in the same way."""
    people = (
        select(Assignment.user_id)
        .join(Item, (Item.tenant_id == Assignment.tenant_id) & (Item.id == Assignment.item_id))
        .join(Ticket, (Ticket.tenant_id == Item.tenant_id) & (Ticket.id == Item.ticket_id))
        .where(Assignment.tenant_id == tenant_id, Ticket.client_id == client_id)
    )
    _hold(session, tenant_id, Integration.user_id.in_(people))
