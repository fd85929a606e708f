"""Every sealed column there is, for changing keys."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Function, func, select, union, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from calsync.db.models import LinkedAccount, PushChannel, Revocation, WebhookEndpoint

SealedModel = type[LinkedAccount] | type[PushChannel] | type[Revocation] | type[WebhookEndpoint]

_COLUMNS: tuple[tuple[SealedModel, InstrumentedAttribute[str]], ...] = (
    (LinkedAccount, LinkedAccount.access_token),
    (LinkedAccount, LinkedAccount.refresh_token),
    (Revocation, Revocation.refresh_token),
    (WebhookEndpoint, WebhookEndpoint.secret),
    (PushChannel, PushChannel.token),
)
#: The columns alone.
SEALED = tuple(column for _, column in _COLUMNS)


@dataclass(frozen=True)
class Sealed:
    """One sealed text: what it is, and the tenant, table, row and column it is bound to."""

    text: str
    place: tuple[str, str, str, str]


def place_of(
    model: SealedModel,
    tenant_id: str,
    row_id: str,
    column: str,
) -> tuple[str, str, str, str]:
    """Return what a sealed column of a row is bound to."""
    return (tenant_id, model.__tablename__, row_id, column)


def list_outdated(session: Session, key_id: str, limit: int) -> list[Sealed]:
    """Return up to ``limit`` sealed texts made with another key than ``key_id``.

    Asked across tenants on purpose: keys belong to the installation.
    """
    return list(_iterate(session, key_id, limit))[:limit]


def list_key_ids(session: Session) -> list[str]:
    """Return the id of every key that something is sealed with.

    Asked across tenants on purpose: keys belong to the installation.
    """
    ids = (
        select(func.substr(column, 1, _position_of_dot(session, column) - 1))
        for _, column in _COLUMNS
    )
    return list(session.scalars(union(*ids)))


def _position_of_dot(session: Session, column: InstrumentedAttribute[str]) -> Function[int]:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return func.instr(column, ".") if is_sqlite else func.strpos(column, ".")


def replace_sealed(session: Session, sealed: Sealed, renewed: str) -> bool:
    """Put ``renewed`` in place of a sealed text, unless that changed meanwhile."""
    tenant_id, table, row_id, name = sealed.place
    for model, column in _COLUMNS:
        if model.__tablename__ == table and column.key == name:
            done = session.execute(
                update(model)
                .where(model.tenant_id == tenant_id, model.id == row_id, column == sealed.text)
                .values({column: renewed})
                .returning(model.id)
            )
            return done.one_or_none() is not None
    raise LookupError(f"{table}.{name} is no sealed column.")


def _iterate(session: Session, key_id: str, limit: int) -> Iterator[Sealed]:
    for model, column in _COLUMNS:
        rows = session.execute(
            select(model.tenant_id, model.id, column)
            .where(func.substr(column, 1, len(key_id) + 1) != f"{key_id}.")
            .limit(limit)
        )
        for tenant_id, row_id, text in rows:
            yield Sealed(text, place_of(model, tenant_id, row_id, column.key))
