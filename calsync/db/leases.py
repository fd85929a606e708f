"""Who plays a part that only one process may play."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from calsync.db.models import Lease

#: The part of whoever does due work.
SCHEDULER = "scheduler"


def hold(session: Session, name: str, *, owner: str, until: datetime, now: datetime) -> bool:
    """Take or keep the part ``name`` until ``until``, and say whether it is ours."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        insert(Lease)
        .values(name=name, owner=owner, until=until)
        .on_conflict_do_nothing(index_elements=["name"])
    )
    held = session.execute(
        update(Lease)
        .where(Lease.name == name, (Lease.owner == owner) | (Lease.until <= now))
        .values(owner=owner, until=until)
        .returning(Lease.name)
    )
    return held.one_or_none() is not None


def drop(session: Session, name: str, owner: str) -> None:
    """Give the part back."""
    session.execute(delete(Lease).where(Lease.name == name, Lease.owner == owner))


def is_held(session: Session, name: str, now: datetime) -> bool:
    """Whether anybody plays the part at present."""
    return (
        session.scalar(select(Lease.name).where(Lease.name == name, Lease.until > now)) is not None
    )
