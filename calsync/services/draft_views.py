"""Drafts of the wizard as their user sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from calsync.core.answers import (
    Answers,
    DraftKind,
    Fitness,
    Step,
    answers_of,
    load_answers,
    mark_of,
)
from calsync.core.integration import Refusal, find_refusal
from calsync.core.options import load_options
from calsync.db.accounts import find_account, list_accounts, list_calendars
from calsync.db.database import Session
from calsync.db.drafts import find_draft, find_edit, list_setups
from calsync.db.integrations import find_deleted, list_integrations
from calsync.db.models import Draft, Integration, LinkedAccount, LinkedCalendar
from calsync.errors import NotThere
from calsync.services.accounts import LinkedView
from calsync.services.integration_state import get_integration
from calsync.services.tools import Tools, Who


@dataclass(frozen=True, kw_only=True)
class DraftView:
    """Answers as the wizard shows them, with what they are about.

    ``draft`` is None for settings of which nothing was changed yet, ``integration`` for a
    set-up, ``linked`` while the account is disconnected. ``taken`` are the calendars of
    the user's other integrations, with the ids of these, and ``is_shared`` says whether
    one of them has the same account. ``former`` is what a set-up takes up again: an
    integration with the same calendar that was deleted.
    """

    answers: Answers
    draft: Draft | None
    linked: LinkedView | None
    integration: Integration | None
    taken: Mapping[str, str]
    is_shared: bool
    former: Integration | None = None

    @property
    def furthest(self) -> Step:
        """Give the last step that can be gone to; of settings that is every one."""
        if self.integration is None and self.draft is not None:
            return self.draft.furthest
        return Step.CONFIRMATION

    @property
    def is_finished(self) -> bool:
        return self.draft is not None and self.draft.finished_at is not None

    @property
    def is_stale(self) -> bool:
        """Whether the settings were changed elsewhere since these changes were begun."""
        if self.draft is None or self.live is None:
            return False
        return self.draft.made_upon != mark_of(self.live)

    @property
    def is_connected(self) -> bool:
        return self.linked is not None and self.linked.is_connected

    @property
    def refusal(self) -> Refusal | None:
        """Give why the integration cannot be synced now; None for a set-up too."""
        if self.integration is None:
            return None
        return find_refusal(
            self.integration.stop,
            is_active=self.integration.is_active,
            is_connected=self.is_connected,
        )

    @property
    def service(self) -> str:
        """Give the service of the mailbox, also where its account is gone."""
        if self.linked is not None:
            return self.linked.account.provider_service
        known = self.integration or self.draft
        return known.service if known else ""

    @property
    def profile_name(self) -> str:
        """Give the name of the mailbox, likewise."""
        if self.linked is not None:
            return self.linked.account.profile_name
        known = self.integration or self.draft
        return known.profile_name if known else ""

    @property
    def live(self) -> Answers | None:
        """Give what is in force, where there is anything yet."""
        return live_answers(self.integration) if self.integration is not None else None

    @property
    def calendars(self) -> Mapping[str, Fitness]:
        """Give the calendars by id, each with whether it can be chosen."""
        known = self.linked.calendars if self.linked is not None else ()
        found = {calendar.calendar_id: self._judge(calendar) for calendar in known}
        if self.integration is not None:
            # What is linked may stay so, whatever became of it.
            found[self.integration.calendar_id] = Fitness.FREE
        return found

    @property
    def is_first_use(self) -> bool:
        """Whether the account is used by nothing else, so that it goes with the set-up."""
        return self.linked is not None and not self.is_shared

    def name_calendar(self, calendar_id: str) -> str:
        """Return what a calendar is called; nothing for one that nobody knows."""
        if self.integration is not None and self.integration.calendar_id == calendar_id:
            return self.integration.calendar_name
        known = self.linked.calendars if self.linked is not None else ()
        return next((c.name for c in known if c.calendar_id == calendar_id), "")

    def _judge(self, calendar: LinkedCalendar) -> Fitness:
        if calendar.is_deleted:
            return Fitness.GONE
        if calendar.calendar_id in self.taken:
            return Fitness.LINKED
        return Fitness.READ_ONLY if calendar.is_read_only else Fitness.FREE


@dataclass(frozen=True)
class BegunSetup:
    """A set-up that is not finished, and its account unless that was disconnected."""

    draft: Draft
    account: LinkedAccount | None

    @property
    def id(self) -> str:
        return self.draft.id

    @property
    def step(self) -> Step:
        """Give where to go on."""
        return self.draft.step


def list_drafts(tools: Tools, who: Who) -> list[BegunSetup]:
    """Return the set-ups that the user has begun and not finished, the latest first."""
    with tools.db.read() as session:
        drafts = list_setups(session, who.tenant_id, who.user_id, tools.clock.now())
        accounts = {a.id: a for a in list_accounts(session, who.tenant_id, who.user_id)}
    return [BegunSetup(draft, accounts.get(draft.account_id or "")) for draft in drafts]


def get_setup(tools: Tools, who: Who, draft_id: str) -> DraftView:
    """Return a set-up of the user's, a finished one too. Raises NotThere."""
    with tools.db.read() as session:
        draft = find_draft(session, who.tenant_id, who.user_id, draft_id, tools.clock.now())
        if draft is None or draft.kind is not DraftKind.SETUP:
            raise NotThere
        return _view(session, who, draft, None)


def get_settings(tools: Tools, who: Who, integration_id: str) -> DraftView:
    """Return the settings of an integration with what was changed of them. Raises NotThere."""
    with tools.db.read() as session:
        integration = get_integration(session, who, integration_id)
        now = tools.clock.now()
        draft = find_edit(session, who.tenant_id, who.user_id, integration_id, now)
        return _view(session, who, draft, integration)


def live_answers(integration: Integration) -> Answers:
    """Return the answers that an integration stands for as it is."""
    return answers_of(integration.calendar_id, load_options(integration.options))


def _view(
    session: Session, who: Who, draft: Draft | None, integration: Integration | None
) -> DraftView:
    known = integration or draft
    account_id = (known.account_id if known else None) or ""
    account = find_account(session, who.tenant_id, who.user_id, account_id)
    calendars: Sequence[LinkedCalendar] = ()
    if account is not None:
        calendars = list_calendars(session, who.tenant_id, [account.id])
    answers = Answers()
    if draft is not None:
        answers = load_answers(draft.answers)
    elif integration is not None:
        answers = live_answers(integration)
    everything = list_integrations(session, who.tenant_id, who.user_id)
    others = [each for each in everything if integration is None or each.id != integration.id]
    return DraftView(
        answers=answers,
        draft=draft,
        linked=LinkedView(account, tuple(calendars)) if account is not None else None,
        integration=integration,
        taken={other.calendar_id: other.id for other in others},
        is_shared=any(account is not None and other.account_id == account.id for other in others),
        former=_find_former(session, account, calendars, answers) if integration is None else None,
    )


def _find_former(
    session: Session,
    account: LinkedAccount | None,
    calendars: Sequence[LinkedCalendar],
    answers: Answers,
) -> Integration | None:
    chosen = next((c for c in calendars if c.calendar_id == answers.calendar_id), None)
    if account is None or chosen is None:
        return None
    return find_deleted(session, account, calendar_id=chosen.calendar_id, name=chosen.name)
