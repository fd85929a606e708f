"""What users have begun in the wizard: set-ups, and changes of settings, that are not finished."""

from datetime import datetime, timedelta
from enum import Enum, auto

from calsync.core.answers import Answers, DraftKind, Step, dump_answers, mark_of, strip
from calsync.db import due_rows
from calsync.db.accounts import find_account, lock_account
from calsync.db.database import Session
from calsync.db.drafts import (
    find_draft,
    forget_old_drafts,
    lock_draft,
    lock_draft_of_tenant,
    lock_edit,
    lock_setup_of,
)
from calsync.db.expiry import forget_expired
from calsync.db.integrations import list_integrations_of_account, lock_integration
from calsync.db.models import Draft, DueKind
from calsync.errors import NotThere
from calsync.ids import new_id
from calsync.logs import Log
from calsync.services.accounts import forget_account
from calsync.services.draft_views import live_answers
from calsync.services.tools import Tools, Who

#: How long what was begun waits for its user.
KEPT = timedelta(days=30)

log = Log("calsync.drafts")


class Discarded(Enum):
    """What became of a set-up that was to be discarded."""

    #: It is gone; its account is needed by something else.
    DRAFT = auto()
    #: And our access to its account is ended.
    ACCESS_TOO = auto()
    #: It had been finished: what it made stays.
    NOTHING = auto()


def begin_setup(tools: Tools, who: Who, account_id: str) -> str:
    """Begin a set-up with an account, or go on with the one that was begun; return its id.

    One that was begun with the same mailbox before it was disconnected goes on, too.
    Raises NotThere.
    """
    now = tools.clock.now()
    with tools.db.begin() as session:
        account = lock_account(session, who.tenant_id, account_id)
        if account is None or account.user_id != who.user_id:
            raise NotThere
        forget_old_drafts(session, who.tenant_id, who.user_id, now)
        begun = lock_setup_of(session, account, now)
        draft = begun or _make(who, DraftKind.SETUP, Answers(), now)
        draft.account_id = account.id
        draft.service, draft.profile_name = account.provider_service, account.profile_name
        _add(session, draft)
        draft_id = draft.id
    log.info("set-up begun", tenant_id=who.tenant_id, draft_id=draft_id, account_id=account_id)
    return draft_id


def save_setup(
    tools: Tools, who: Who, draft_id: str, answers: Answers, *, step: Step, furthest: Step
) -> None:
    """Keep what was answered in a set-up and where it goes on; a finished one stays as it is.

    ``furthest`` is how far these answers lead; what was reached before stays so. Raises
    NotThere.
    """
    now = tools.clock.now()
    with tools.db.begin() as session:
        draft = lock_draft(session, who.tenant_id, who.user_id, draft_id, now)
        if draft is None or draft.kind is not DraftKind.SETUP:
            raise NotThere
        if draft.finished_at is None:
            _keep(draft, answers, step, now)
            draft.furthest = draft.furthest.at_least(furthest)


def save_edit(tools: Tools, who: Who, integration_id: str, answers: Answers, *, step: Step) -> None:
    """Keep what was changed of an integration's settings; they are not in force yet.

    Where nothing differs from what is in force, nothing is kept. Raises NotThere.
    """
    now = tools.clock.now()
    with tools.db.begin() as session:
        # Locked, so that of two windows one makes the draft and the other finds it.
        integration = lock_integration(session, who.tenant_id, who.user_id, integration_id)
        if integration is None:
            raise NotThere
        live = live_answers(integration)
        forget_old_drafts(session, who.tenant_id, who.user_id, now)
        draft = lock_edit(session, who.tenant_id, who.user_id, integration_id, now)
        if strip(answers, live) == live:
            if draft is not None:
                session.delete(draft)
            return
        if draft is None:
            draft = _make(who, DraftKind.EDIT, answers, now)
            draft.integration_id, draft.account_id = integration.id, integration.account_id
            draft.service, draft.profile_name = integration.service, integration.profile_name
            draft.furthest, draft.made_upon = Step.CONFIRMATION, mark_of(live)
            _add(session, draft)
        _keep(draft, answers, step, now)


def discard_setup(tools: Tools, who: Who, draft_id: str) -> Discarded:
    """End a set-up, and our access to its account where nothing else needs that.

    A finished one stays as it is. Raises NotThere.
    """
    now = tools.clock.now()
    discarded = Discarded.DRAFT
    with tools.db.begin() as session:
        draft = lock_with_account(session, who, draft_id, now)
        if draft.finished_at is not None:
            return Discarded.NOTHING
        account = find_account(session, who.tenant_id, who.user_id, draft.account_id or "")
        session.delete(draft)
        session.flush()
        if account and not list_integrations_of_account(session, who.tenant_id, account.id):
            forget_account(tools, session, account)
            discarded = Discarded.ACCESS_TOO
    tools.wake()
    has_ended = discarded is Discarded.ACCESS_TOO
    log.info("set-up discarded", tenant_id=who.tenant_id, draft_id=draft_id, access_ended=has_ended)
    return discarded


def discard_edit(tools: Tools, who: Who, integration_id: str) -> None:
    """Forget what was changed of an integration's settings. Raises NotThere."""
    now = tools.clock.now()
    with tools.db.begin() as session:
        if lock_integration(session, who.tenant_id, who.user_id, integration_id) is None:
            raise NotThere
        draft = lock_edit(session, who.tenant_id, who.user_id, integration_id, now)
        if draft is not None:
            session.delete(draft)


def purge_draft(tools: Tools, tenant_id: str, draft_id: str) -> datetime | None:
    """Forget what was begun once its time is over; return when to come again where it is not."""
    with tools.db.begin() as session:
        draft = lock_draft_of_tenant(session, tenant_id, draft_id)
        return forget_expired(session, draft, tools.clock.now())


def lock_with_account(session: Session, who: Who, draft_id: str, now: datetime) -> Draft:
    """Return a set-up of the user's, locked after its account, as everybody does it.

    Raises NotThere.
    """
    known = find_draft(session, who.tenant_id, who.user_id, draft_id, now)
    if known is not None and known.account_id is not None:
        lock_account(session, who.tenant_id, known.account_id)
    draft = lock_draft(session, who.tenant_id, who.user_id, draft_id, now)
    if draft is None or draft.kind is not DraftKind.SETUP:
        raise NotThere
    return draft


def _make(who: Who, kind: DraftKind, answers: Answers, now: datetime) -> Draft:
    return Draft(
        id=new_id(),
        tenant_id=who.tenant_id,
        user_id=who.user_id,
        kind=kind,
        answers=dump_answers(answers),
        step=Step.LINKED_CALENDAR,
        furthest=Step.LINKED_CALENDAR,
        made_upon="",
        created_at=now,
        changed_at=now,
        expires_at=now + KEPT,
    )


def _add(session: Session, draft: Draft) -> None:
    """Store a draft, and plan that it is forgotten, whether or not its user comes again."""
    session.add(draft)
    due_rows.wake(session, draft.tenant_id, DueKind.PURGE, draft.id, draft.expires_at)


def _keep(draft: Draft, answers: Answers, step: Step, now: datetime) -> None:
    draft.answers, draft.step = dump_answers(answers), step
    draft.changed_at, draft.expires_at = now, now + KEPT
