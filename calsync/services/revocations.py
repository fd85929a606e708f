"""Authorisations that were given up, and telling Cronofy of them."""

from calsync.db import due_rows
from calsync.db.accounts import is_sub_linked
from calsync.db.database import Session
from calsync.db.models import DueKind, Revocation
from calsync.db.revocations import delete_revocation, find_revocation
from calsync.db.sealed import place_of
from calsync.ids import new_id
from calsync.logs import Log
from calsync.services.tools import Tools

log = Log("calsync.revocations")


def revoke(tools: Tools, tenant_id: str, revocation_id: str) -> None:
    """Tell Cronofy that an authorisation has ended, and forget its token.

    Where the same account is linked again meanwhile, or by somebody else who
    shares the mailbox, nothing is told: Cronofy does not say whether ending one
    authorisation leaves the others alive. The token is forgotten all the same.
    """
    with tools.db.read() as session:
        revocation = find_revocation(session, tenant_id, revocation_id)
        if revocation is None:
            return
        shared = is_sub_linked(session, revocation.sub)
    if not shared:
        tools.oauth.revoke(
            tools.keyring.open(
                revocation.refresh_token,
                place_of(Revocation, tenant_id, revocation_id, "refresh_token"),
            )
        )
    with tools.db.begin() as session:
        delete_revocation(session, tenant_id, revocation_id)
    log.info(
        "authorisation revoked", tenant_id=tenant_id, revocation_id=revocation_id, told=not shared
    )


def plan_revocation(
    tools: Tools, session: Session, tenant_id: str, sub: str, refresh_token: str
) -> None:
    """Have Cronofy told, as soon as it can be, that an authorisation has ended."""
    revocation_id = new_id()
    now = tools.clock.now()
    session.add(
        Revocation(
            id=revocation_id,
            tenant_id=tenant_id,
            sub=sub,
            refresh_token=tools.keyring.seal(
                refresh_token, place_of(Revocation, tenant_id, revocation_id, "refresh_token")
            ),
            created_at=now,
        )
    )
    due_rows.wake(session, tenant_id, DueKind.REVOKE, revocation_id, now)
