"""Logging in and out, and what ends a login."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from calsync.db.login_sessions import (
    end_login,
    end_logins,
    end_old_logins,
    find_login,
    list_logins,
    note_seen,
)
from calsync.db.models import LoginSession, Tenant, User
from calsync.db.tenants import find_tenant
from calsync.db.users import find_user_by_email, get_user, lock_user
from calsync.errors import StorageUnavailable, UserError
from calsync.ids import fingerprint, new_secret
from calsync.services.passwords import (
    WeakPassword,
    hash_password,
    is_outdated,
    is_right,
    refuse_weak_password,
)
from calsync.services.tools import Tools, Who

IDLE_LIMIT = timedelta(minutes=30)
ABSOLUTE_LIMIT = timedelta(hours=12)
#: A login is noted as seen at most this often, so that reading pages rarely writes.
_SEEN_EVERY = timedelta(minutes=1)


class WrongPassword(UserError):
    """The password given to confirm a change is not the present one."""


@dataclass(frozen=True)
class Login:
    """A browser that is logged in: as whom, in which tenant, by which session."""

    user: User
    tenant: Tenant
    session: LoginSession

    @property
    def who(self) -> Who:
        return Who(self.tenant.id, self.user.id, self.session.id)


def log_in(
    tools: Tools, *, tenant_slug: str, email: str, password: str, browser: str
) -> str | None:
    """Return the secret of a new login session, or None where tenant, address or password is wrong.

    Which of the three it was, neither the answer nor its time tells.
    """
    with tools.db.read() as session:
        tenant = find_tenant(session, tenant_slug)
        user = find_user_by_email(session, tenant.id, email) if tenant else None
    if user is not None and user.is_disabled:
        user = None
    if not is_right(password, user.password_hash if user else None) or user is None:
        return None
    now = tools.clock.now()
    secret = new_secret()
    rehashed = hash_password(password) if is_outdated(user.password_hash) else None
    with tools.db.begin() as session:
        present = lock_user(session, user.tenant_id, user.id)
        # While we verified it, the password may have been changed, which ends every login.
        if present.is_disabled or present.password_hash != user.password_hash:
            return None
        end_old_logins(
            session,
            user.tenant_id,
            user.id,
            idle_since=now - IDLE_LIMIT,
            begun_by=now - ABSOLUTE_LIMIT,
        )
        if rehashed:
            present.password_hash = rehashed
        session.add(
            LoginSession(
                tenant_id=user.tenant_id,
                user_id=user.id,
                fingerprint=fingerprint(secret),
                browser=browser[:200],
                created_at=now,
                last_seen_at=now,
            )
        )
    return secret


def find_live_login(tools: Tools, secret: str, *, extend: bool) -> Login | None:
    """Return the login that a browser's secret stands for, while it lasts.

    A login ends 30 minutes after it was last seen and 12 hours after it began.
    ``extend`` is for what a person did; a page that refreshes itself asks without.
    """
    now = tools.clock.now()
    with tools.db.read() as session:
        found = find_login(session, fingerprint(secret))
    if found is None:
        return None
    login, user, tenant = found
    if user.is_disabled or not _is_live(login, now):
        return None
    if extend and now - login.last_seen_at >= _SEEN_EVERY:
        # A database that takes no writes at the moment is no reason to keep anybody out.
        with suppress(StorageUnavailable), tools.db.begin() as session:
            note_seen(session, tenant.id, login.id, now)
    return Login(user, tenant, login)


def log_out(tools: Tools, who: Who) -> None:
    """End the login session; its cookie is worth nothing from now on."""
    with tools.db.begin() as session:
        end_login(session, who.tenant_id, who.user_id, who.session_id)


def list_live_logins(tools: Tools, who: Who) -> list[LoginSession]:
    """Return where the user is logged in at present, the latest seen first."""
    now = tools.clock.now()
    with tools.db.read() as session:
        logins = list_logins(session, who.tenant_id, who.user_id)
    return [login for login in logins if _is_live(login, now)]


def _is_live(login: LoginSession, now: datetime) -> bool:
    return now - login.last_seen_at < IDLE_LIMIT and now - login.created_at < ABSOLUTE_LIMIT


def end_one_login(tools: Tools, who: Who, session_id: str) -> bool:
    """End one of the user's login sessions, and say whether there was one."""
    with tools.db.begin() as session:
        return end_login(session, who.tenant_id, who.user_id, session_id)


def change_password(tools: Tools, who: Who, *, current: str, new: str) -> None:
    """Change the user's password and end every other login of theirs.

    Raises WrongPassword or WeakPassword, and then nothing has changed.
    """
    with tools.db.read() as session:
        user = get_user(session, who.tenant_id, who.user_id)
    if not is_right(current, user.password_hash):
        raise WrongPassword
    if new == current:
        raise WeakPassword("same")
    refuse_weak_password(new, user.email, user.name)
    password_hash = hash_password(new)
    with tools.db.begin() as session:
        get_user(session, who.tenant_id, who.user_id).password_hash = password_hash
        end_logins(session, who.tenant_id, who.user_id, but=who.session_id)
