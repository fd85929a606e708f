"""Questions about tenants."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from calsync.db.models import Tenant


def find_tenant(session: Session, slug: str) -> Tenant | None:
    """Return the tenant that people know as ``slug``, in any case of letters."""
    return session.scalar(select(Tenant).where(Tenant.slug == slug.lower()))


def list_tenants(session: Session) -> list[Tenant]:
    """Return every tenant, by its short name."""
    return list(session.scalars(select(Tenant).order_by(Tenant.slug)))


def add_tenant(session: Session, slug: str, name: str, now: datetime) -> Tenant:
    """Add a tenant and return it."""
    tenant = Tenant(slug=slug, name=name, created_at=now)
    session.add(tenant)
    session.flush()
    return tenant
