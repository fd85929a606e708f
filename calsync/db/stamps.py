"""When rows were changed, in the order in which the changes can be seen.

A time that is taken before a commit may be earlier than one that a reader has seen
already. The reader, who then asks for what changed since, would never learn of that row.
So the times are set as the last thing before the commit, by one transaction of a tenant
after the other: whoever sees a row with a time sees every row with an earlier one, and no
two transactions give the same. Nothing is locked after this, so nobody waits in a circle.
"""

from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby

from sqlalchemy import bindparam, event, select, update
from sqlalchemy.orm import Session

from calsync.db.base import Stamped
from calsync.db.models.people import Tenant
from calsync.db.questions import ask

_CHANGED = "calsync_changed"
_STEP = timedelta(microseconds=1)
_LAST = (
    select(Tenant.last_change_at)
    .where(Tenant.id == bindparam("tenant_id"))
    .with_for_update(key_share=True)
)
_MOVE = (
    update(Tenant).where(Tenant.id == bindparam("tenant_id")).values(last_change_at=bindparam("at"))
)


class NotingSession(Session):
    """A session that knows which rows it has changed."""


@event.listens_for(NotingSession, "before_flush")
def _note_changed(session: Session, *_: object) -> None:
    rows = [row for row in (*session.new, *session.dirty) if isinstance(row, Stamped)]
    changed = session.info.setdefault(_CHANGED, {})
    changed.update((id(row), row) for row in rows if session.is_modified(row))


def stamp_changes(session: Session) -> None:
    """Give what was changed its time, later than all that anybody of the tenant can see."""
    session.flush()
    rows: Iterable[Stamped] = session.info.pop(_CHANGED, {}).values()
    kept = sorted((row for row in rows if row in session), key=lambda row: row.tenant_id)
    for tenant_id, of_tenant in groupby(kept, key=lambda row: row.tenant_id):
        _stamp(session, tenant_id, list(of_tenant))
    session.flush()
    session.info.pop(_CHANGED, None)


def _stamp(session: Session, tenant_id: str, rows: list[Stamped]) -> None:
    # Rows that refer to the tenant may still be added: their lock goes with this one.
    last = ask(session, _LAST, {"tenant_id": tenant_id}).scalar()
    at = max(row.updated_at for row in rows)
    if last is not None:
        at = max(at, last + _STEP)
    ask(session, _MOVE, {"tenant_id": tenant_id, "at": at})
    for row in rows:
        row.updated_at = at
