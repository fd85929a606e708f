"""The rows of the listing: what each integration is called, and how it stands."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from flask import url_for

from calsync.core.integration import Refusal, Stop
from calsync.core.link import LinkState
from calsync.core.run import CANCELLED, RunState
from calsync.db.models import Run
from calsync.services.integration_views import IntegrationView
from calsync.web.i18n import _, _n
from calsync.web.sync_words import CAUTION_WORDS, STOP_WORDS, say_counts
from calsync.web.words import (
    LONGEST_NAME,
    describe_disconnection,
    reconnect_url,
    service_name,
    short_service_name,
)


@dataclass(frozen=True)
class StatusLine:
    """One thing to know of how an integration stands, and a link to what can be done about it."""

    text: str
    url: str | None = None
    link: str = ""
    #: A hint to what stands before it.
    is_hint: bool = False


@dataclass(frozen=True)
class IntegrationRow:
    """An integration as the listing shows it.

    ``label`` is what it is called where the rest of the row is not heard: the calendar's
    name, with its mailbox where the user has another calendar of that name.
    """

    view: IntegrationView = field(repr=False)
    name: str = field(repr=False)
    label: str = field(repr=False)
    mailbox: str
    service: str
    lines: tuple[StatusLine, ...]
    counts: str

    @property
    def id(self) -> str:
        return self.view.id

    @property
    def is_polled(self) -> bool:
        """Whether something is under way whose end is worth waiting for."""
        return bool(self.view.open_runs) or self.view.stop is Stop.BEING_READ


def make_row(view: IntegrationView) -> IntegrationRow:
    """Return an integration as the listing shows it."""
    integration = view.integration
    service, mailbox = service_name(integration.service), integration.profile_name[:LONGEST_NAME]
    return IntegrationRow(
        view=view,
        name=integration.calendar_name,
        label=name_integration(view),
        mailbox=mailbox,
        service=service,
        lines=tuple(_list_lines(view)),
        counts=say_counts(view.last_sync.counts) if view.last_sync else "",
    )


def name_integration(view: IntegrationView) -> str:
    """Return what to call an integration so that it is not taken for another one."""
    integration = view.integration
    name = integration.calendar_name[:LONGEST_NAME]
    if not view.has_namesake:
        return name
    service = short_service_name(integration.service)
    mailbox = integration.profile_name[:LONGEST_NAME]
    return _("%(name)s (%(service)s, %(mailbox)s)", name=name, service=service, mailbox=mailbox)


def _list_lines(view: IntegrationView) -> Iterator[StatusLine]:
    if view.stop is not None:
        yield _say_stop(view, view.stop)
    if not view.is_connected and view.integration.service == "exchange":
        yield StatusLine(
            _(
                "An on-premise or hosted Exchange needs Exchange Web Services enabled by its "
                "administrator."
            ),
            is_hint=True,
        )
    if not view.integration.is_active:
        yield StatusLine(_("Paused"))
        yield StatusLine(say_off_hint(), is_hint=True)
    elif view.open_runs and view.is_connected:
        # One that is under way comes before one that waits for its end.
        run = min(view.open_runs, key=lambda each: each.state is not RunState.RUNNING)
        yield StatusLine(_say_running(run), _run_url(run), _("Show progress"))
    elif view.last_run is not None and _has_stopped_early(view):
        text = _("The last sync stopped early.")
        yield StatusLine(text, _run_url(view.last_run), _("See why"))
    yield from _list_left_over(view)


def _list_left_over(view: IntegrationView) -> Iterator[StatusLine]:
    """Yield what does not flow although everything works."""
    if held := view.count(LinkState.HELD):
        url = url_for("runs.held", integration_id=view.id)
        text = _say_held(view.held_removals, held - view.held_removals)
        yield StatusLine(text, url, _("Look at them"))
    if count := view.count(LinkState.SET_ASIDE):
        text = _n(
            "%(num)d item set aside: it could not be synced.",
            "%(num)d items set aside: they could not be synced.",
            count,
        )
        url = url_for("sync_logs.show", integration_id=view.id, started="all", result="failed")
        yield StatusLine(text, url, _("See why"))
    if view.integration.caution is not None:
        yield StatusLine(str(CAUTION_WORDS[view.integration.caution]))


def _say_running(run: Run) -> str:
    if run.state is RunState.WAITING:
        return _("A sync begins in a moment.")
    if not run.total:
        return _("Syncing now.")
    done = min(run.done, run.total)
    return _("Syncing now, %(done)d of %(total)d.", done=done, total=run.total)


def _run_url(run: Run) -> str:
    return url_for("runs.show", integration_id=run.integration_id, run_id=run.id)


def say_off_hint() -> str:
    """Return what becomes of changes while a sync is off."""
    return _(
        "Changes made while it is off are synced when you turn it on. After more than a day, "
        "removals wait for your OK."
    )


def _say_stop(view: IntegrationView, stop: Stop) -> StatusLine:
    account = view.account
    if account is None:
        text = _("The account was disconnected.")
    elif account.disconnection is not None:
        text = describe_disconnection(account.disconnection)
    elif stop is Stop.CALENDAR_GONE:
        url = url_for("wizard.settings", integration_id=view.id)
        return StatusLine(_("The calendar was deleted."), url, _("Choose another in Settings"))
    elif stop is Stop.BEING_READ:
        return StatusLine(_("We are reading your calendars. This usually takes under a minute."))
    else:
        text = str(STOP_WORDS[stop])
    return StatusLine(text, reconnect_url(account), _("Reconnect"))


def _say_held(removals: int, others: int) -> str:
    if not others:
        return _n(
            "Waiting for your OK: %(num)d deletion",
            "Waiting for your OK: %(num)d deletions",
            removals,
        )
    if not removals:
        return _n(
            "Waiting for your OK: %(num)d change", "Waiting for your OK: %(num)d changes", others
        )
    return _(
        "%(changes)s, %(removals)s",
        changes=_n(
            "Waiting for your OK: %(num)d change",
            "Waiting for your OK: %(num)d changes",
            removals + others,
        ),
        removals=_n("%(num)d of them a deletion", "%(num)d of them deletions", removals),
    )


def _has_stopped_early(view: IntegrationView) -> bool:
    """Tell whether the last sync ended before its end, and none has come to its end since."""
    run, checked_at = view.last_run, view.integration.checked_at
    if run is None or run.ended_at is None or run.state is not RunState.STOPPED:
        return False
    # What the user has ended needs no word here, and a refusal is said by its reason.
    was_refused = run.error in (CANCELLED, *Refusal)
    is_latest = checked_at is None or checked_at < run.ended_at
    return is_latest and not was_refused and view.stop is None
