"""What was answered in the wizard, put in force."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from calsync.core.answers import Answers, find_untaken, load_answers, mark_of
from calsync.core.integration import Copies, Refusal
from calsync.core.link import Side
from calsync.db.drafts import find_draft, lock_edit
from calsync.db.joined import JoinedDatabase
from calsync.db.models import Draft, Integration
from calsync.errors import NotPossible, NotThere
from calsync.logs import logged_if_kept
from calsync.services.draft_views import live_answers
from calsync.services.drafts import lock_with_account
from calsync.services.integration_state import lock, lock_whole
from calsync.services.integrations import change_options, create_integration
from calsync.services.runs import request_sync
from calsync.services.swapping import swap_calendar
from calsync.services.tools import Tools, Who


@dataclass(frozen=True)
class Finished:
    """What finishing made: the integration, the run that it began, or why none was begun."""

    integration_id: str
    run_id: str | None = None
    unsynced: Refusal | None = None


@dataclass(frozen=True)
class Confirmed:
    """What the page showed as it was finished: the mark of the answers, and the numbers.

    ``copies`` are those that go, ``kept_out`` the changes that flow after all, and
    ``deletions`` those that the brake lets pass in the sync that is begun.
    """

    mark: str
    copies: int | None = None
    kept_out: int | None = None
    deletions: Mapping[Side, int] = field(default_factory=dict)


def finish_setup(tools: Tools, who: Who, draft_id: str, confirmed: Confirmed) -> Finished:
    """Make the integration that a set-up describes, and have it synced if that was chosen.

    All of it or nothing. Finishing once more comes to what the first time made. Raises
    NotThere, and NotPossible with a Refusal.
    """
    now = tools.clock.now()
    with logged_if_kept(), tools.db.begin() as session:
        draft = lock_with_account(session, who, draft_id, now)
        if draft.finished_at is not None:
            return Finished(draft.integration_id or "", draft.run_id)
        answers = load_answers(draft.answers)
        _refuse_other_answers(answers, confirmed)
        inside = replace(tools, db=JoinedDatabase(session), wake=lambda: None)
        integration_id = make_integration(inside, who, draft.account_id, answers)
        run_id = None
        if answers.syncs_at_once or confirmed.deletions:
            deletions = confirmed.deletions
            run_id = request_sync(inside, who, integration_id, bulk=True, confirmed=deletions)
        _finish(draft, now)
        draft.integration_id, draft.run_id = integration_id, run_id
    tools.wake()
    return Finished(integration_id, run_id)


def save_settings(tools: Tools, who: Who, integration_id: str, confirmed: Confirmed) -> Finished:
    """Put changed settings in force and have the integration synced, if it can be.

    Raises NotThere, and NotPossible with a Refusal; then everything is as it was.
    """
    now = tools.clock.now()
    with logged_if_kept(), tools.db.begin() as session:
        integration = lock_whole(session, who, integration_id)
        draft = lock_edit(session, who.tenant_id, who.user_id, integration_id, now)
        live = live_answers(integration)
        answers = load_answers(draft.answers) if draft is not None else live
        _refuse_other_answers(answers, confirmed)
        if draft is not None:
            if draft.made_upon != mark_of(live):
                raise NotPossible(Refusal.SETTINGS_CHANGED)
            # Finished before the integration may be deleted, which forgets what is not.
            _finish(draft, now)
            session.flush()
        inside = replace(tools, db=JoinedDatabase(session), wake=lambda: None)
        made = change_integration(
            inside,
            who,
            integration,
            live,
            answers,
            copies=confirmed.copies,
            kept_out=confirmed.kept_out,
        )
        finished = _sync(inside, who, made, confirmed)
    tools.wake()
    return finished


def is_saved(tools: Tools, who: Who, integration_id: str, draft_id: str) -> bool:
    """Tell whether changes of some settings are in force already, pressed once more."""
    with tools.db.read() as session:
        draft = find_draft(session, who.tenant_id, who.user_id, draft_id, tools.clock.now())
    is_of_it = draft is not None and draft.integration_id == integration_id
    return is_of_it and draft is not None and draft.finished_at is not None


def look_again(tools: Tools, who: Who, integration_id: str) -> None:
    """Note that the changes of some settings are shown upon the settings as they are now."""
    now = tools.clock.now()
    with tools.db.begin() as session:
        integration = lock(session, who, integration_id)
        draft = lock_edit(session, who.tenant_id, who.user_id, integration_id, now)
        if draft is not None:
            draft.made_upon = mark_of(live_answers(integration))


def make_integration(tools: Tools, who: Who, account_id: str | None, answers: Answers) -> str:
    """Make the integration that was answered; return its id. Raises NotPossible."""
    if account_id is None:
        raise NotPossible(Refusal.NOT_CONNECTED)
    try:
        return create_integration(
            tools,
            who,
            account_id=account_id,
            calendar_id=answers.calendar_id,
            options=answers.in_force,
            meanwhile=answers.meanwhile,
        )
    except NotThere:
        raise NotPossible(Refusal.CALENDAR_GONE) from None


def change_integration(
    tools: Tools,
    who: Who,
    integration: Integration,
    live: Answers,
    answers: Answers,
    *,
    copies: int | None,
    kept_out: int | None,
) -> str:
    """Let an integration be as it was answered; return the one that it then is.

    ``copies`` go, and ``kept_out`` changes flow after all. Raises NotPossible.
    """
    integration_id, options = integration.id, answers.in_force
    if answers.calendar_id != live.calendar_id:
        if integration.account_id is None:
            raise NotPossible(Refusal.NOT_CONNECTED)
        integration_id = _swap(tools, who, integration, answers, copies)
        if options != live.options:
            change_options(tools, who, integration_id, options)
        return integration_id
    if options != live.options or answers.flows_kept_out:
        goes = answers.unticked is Copies.GO and bool(find_untaken(live.options, answers))
        change_options(
            tools,
            who,
            integration_id,
            options,
            copies=Copies.GO if goes else Copies.STAY,
            confirmed=copies if goes else None,
            meanwhile=answers.meanwhile,
            kept_out=(kept_out or 0) if answers.flows_kept_out else None,
        )
    return integration_id


def _swap(
    tools: Tools, who: Who, integration: Integration, answers: Answers, copies: int | None
) -> str:
    try:
        return swap_calendar(
            tools,
            who,
            integration.id,
            account_id=integration.account_id or "",
            calendar_id=answers.calendar_id,
            copies=answers.swapped,
            confirmed=copies if answers.swapped is Copies.GO else None,
        )
    except NotThere:
        raise NotPossible(Refusal.CALENDAR_GONE) from None


def _sync(tools: Tools, who: Who, integration_id: str, confirmed: Confirmed) -> Finished:
    """Have an integration synced by hand, or say why it cannot be: it is saved either way."""
    try:
        deletions = confirmed.deletions
        run_id = request_sync(tools, who, integration_id, bulk=True, confirmed=deletions)
    except NotPossible as error:
        return Finished(integration_id, unsynced=Refusal(error.reason))
    return Finished(integration_id, run_id)


def _refuse_other_answers(answers: Answers, confirmed: Confirmed) -> None:
    if mark_of(answers) != confirmed.mark:
        raise NotPossible(Refusal.ANSWERS_CHANGED)


def _finish(draft: Draft, now: datetime) -> None:
    draft.finished_at = draft.changed_at = now
