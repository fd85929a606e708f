"""Tenants and their people, as an administrator makes and changes them."""

import re
from importlib.resources import files

from calsync.db.login_sessions import end_logins
from calsync.db.models import Role, Tenant, Theme, User
from calsync.db.tenants import add_tenant, find_tenant, list_tenants
from calsync.db.users import add_user, find_user_by_email, get_user, list_users
from calsync.errors import UserError
from calsync.services.passwords import hash_password, refuse_weak_password
from calsync.services.tools import Tools, Who

#: Every zone that is in use, by its present name, and UTC for those who want no zone.
TIME_ZONES = frozenset(
    line.split("\t")[2].strip()
    for line in (files("tzdata") / "zoneinfo" / "zone.tab").read_text().splitlines()
    if not line.startswith("#")
) | {"Etc/UTC"}
_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")


def create_tenant(tools: Tools, slug: str, name: str) -> Tenant:
    """Make a tenant. Raises UserError with what is wrong with its names."""
    slug, name = slug.strip().lower(), name.strip()
    if not _SLUG.fullmatch(slug):
        raise UserError(
            "The tenant's short name is made of letters, digits and hyphens: at most 40, with no "
            "hyphen at either end."
        )
    if not 1 <= len(name) <= 200:
        raise UserError("The tenant's name has 1 to 200 characters.")
    with tools.db.begin() as session:
        if find_tenant(session, slug):
            raise UserError(f"There is a tenant called {slug} already.")
        return add_tenant(session, slug, name, tools.clock.now())


def list_all_tenants(tools: Tools) -> list[Tenant]:
    """Return every tenant."""
    with tools.db.read() as session:
        return list_tenants(session)


def get_tenant(tools: Tools, slug: str) -> Tenant:
    """Return the tenant with this short name. Raises UserError where there is none."""
    with tools.db.read() as session:
        tenant = find_tenant(session, slug)
    if tenant is None:
        raise UserError(f"There is no tenant called {slug}. `calsync tenant list` shows them.")
    return tenant


def create_user(
    tools: Tools,
    tenant_slug: str,
    *,
    email: str,
    name: str,
    role: Role,
    password: str,
    time_zone: str,
) -> User:
    """Make a user. Raises UserError with what is wrong about them."""
    tenant = get_tenant(tools, tenant_slug)
    if not _EMAIL.fullmatch(email.strip()):
        raise UserError("That is no e-mail address.")
    if not 1 <= len(name.strip()) <= 200:
        raise UserError("The user's name has 1 to 200 characters.")
    if time_zone not in TIME_ZONES:
        raise UserError("That is no time zone: use a name such as Europe/London.")
    refuse_weak_password(password, email, name)
    password_hash = hash_password(password)
    with tools.db.begin() as session:
        if find_user_by_email(session, tenant.id, email):
            raise UserError(f"{tenant.slug} has a user with that address already.")
        return add_user(
            session,
            tenant.id,
            email=email,
            name=name.strip(),
            role=role,
            password_hash=password_hash,
            time_zone=time_zone,
            now=tools.clock.now(),
        )


def get_user_by_email(tools: Tools, tenant_slug: str, email: str) -> User:
    """Return a user of a tenant. Raises UserError where there is none."""
    tenant = get_tenant(tools, tenant_slug)
    with tools.db.read() as session:
        user = find_user_by_email(session, tenant.id, email)
    if user is None:
        raise UserError(f"{tenant.slug} has no user with that address.")
    return user


def list_users_of(tools: Tools, tenant_slug: str) -> list[User]:
    """Return the users of a tenant."""
    tenant = get_tenant(tools, tenant_slug)
    with tools.db.read() as session:
        return list_users(session, tenant.id)


def set_password(tools: Tools, tenant_slug: str, email: str, password: str) -> None:
    """Give a user a new password and end all their logins."""
    user = get_user_by_email(tools, tenant_slug, email)
    refuse_weak_password(password, user.email, user.name)
    password_hash = hash_password(password)
    with tools.db.begin() as session:
        get_user(session, user.tenant_id, user.id).password_hash = password_hash
        end_logins(session, user.tenant_id, user.id)


def set_disabled(tools: Tools, tenant_slug: str, email: str, *, is_disabled: bool) -> None:
    """Shut a user out, ending all their logins, or let them in again."""
    user = get_user_by_email(tools, tenant_slug, email)
    with tools.db.begin() as session:
        get_user(session, user.tenant_id, user.id).is_disabled = is_disabled
        if is_disabled:
            end_logins(session, user.tenant_id, user.id)


def save_preferences(tools: Tools, who: Who, *, time_zone: str, theme: str) -> None:
    """Store a user's own time zone and look. Raises UserError where there is no such choice."""
    if time_zone not in TIME_ZONES or theme not in list(Theme):
        raise UserError("There is no such time zone or look.")
    with tools.db.begin() as session:
        user = get_user(session, who.tenant_id, who.user_id)
        user.time_zone, user.theme = time_zone, Theme(theme)
