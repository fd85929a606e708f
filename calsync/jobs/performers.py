"""What is done for each kind of due row."""

from collections.abc import Callable
from datetime import datetime

from calsync.cronofy.limiter import Lane
from calsync.db.due_rows import Claim
from calsync.db.models import DueKind
from calsync.services.accounts import check_account, next_check
from calsync.services.channels import keep_channel
from calsync.services.drafts import purge_draft
from calsync.services.erasure import erase_account
from calsync.services.item_purge import purge_item
from calsync.services.log_purge import purge_log
from calsync.services.previews import purge_plan
from calsync.services.revocations import revoke
from calsync.services.sync.running import run_sync
from calsync.services.tools import Tools
from calsync.services.webhooks import deliver

#: Does one piece of work; returns when to do it again, or None when it is done for good.
Performer = Callable[[Tools, Claim], datetime | None]


def perform_revoke(tools: Tools, claim: Claim) -> datetime | None:
    """Tell Cronofy of an authorisation that a user ended."""
    revoke(tools, claim.tenant_id, claim.subject_id)
    return None


def perform_check(tools: Tools, claim: Claim) -> datetime | None:
    """Look whether an account is still connected, and which calendars it has."""
    check_account(tools, claim.tenant_id, claim.subject_id, Lane.POLL)
    return next_check(tools, claim.tenant_id, claim.subject_id)


def perform_sync(tools: Tools, claim: Claim) -> datetime | None:
    """Bring an integration into step."""
    return run_sync(tools, claim)


class PutOff(Exception):
    """The work could not be done and is to be tried again at ``again_at``, counting the tries."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__("put off")
        self.again_at = again_at


def perform_delivery(tools: Tools, claim: Claim) -> datetime | None:
    """Tell a PSA of a change."""
    again_at = deliver(tools, claim.tenant_id, claim.subject_id, claim.attempts)
    if again_at is not None:
        raise PutOff(again_at)
    return None


def perform_purge(tools: Tools, claim: Claim) -> datetime | None:
    """Empty the bin of an item, or forget a plan or draft; no two of them have the same id."""
    ids = claim.tenant_id, claim.subject_id
    return purge_plan(tools, *ids) or purge_draft(tools, *ids) or purge_item(tools, *ids)


def perform_keeping(tools: Tools, claim: Claim) -> datetime | None:
    """Look whether an integration's channel is as it should be."""
    return keep_channel(tools, claim.tenant_id, claim.subject_id)


def perform_erasure(tools: Tools, claim: Claim) -> datetime | None:
    """Forget an account whose owner asked Cronofy for that."""
    erase_account(tools, claim.tenant_id, claim.subject_id)
    return None


def perform_log_purge(tools: Tools, claim: Claim) -> datetime | None:
    """Forget what an integration's syncs did long ago."""
    return purge_log(tools, claim.tenant_id, claim.subject_id)


PERFORMERS: dict[DueKind, Performer] = {
    DueKind.REVOKE: perform_revoke,
    DueKind.CHECK_ACCOUNT: perform_check,
    DueKind.DELIVER: perform_delivery,
    DueKind.SYNC: perform_sync,
    DueKind.PURGE: perform_purge,
    DueKind.KEEP_CHANNEL: perform_keeping,
    DueKind.ERASE_ACCOUNT: perform_erasure,
    DueKind.PURGE_LOG: perform_log_purge,
}
