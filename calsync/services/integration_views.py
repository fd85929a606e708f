"""Integrations as their user sees them."""

from collections.abc import Sequence
from dataclasses import dataclass

from calsync.core.integration import Stop
from calsync.core.link import LinkState, Origin
from calsync.core.run import RunState
from calsync.db.accounts import list_accounts
from calsync.db.database import Session
from calsync.db.integrations import (
    list_integrations,
    list_integrations_after,
    list_namesakes,
)
from calsync.db.models import Integration, LinkedAccount, Run
from calsync.db.parking import LinkCounts, count_held_removals, count_links
from calsync.db.runs import list_last_runs, list_last_syncs, list_open_runs
from calsync.services.integration_state import get_integration
from calsync.services.tools import Tools, Who


@dataclass(frozen=True)
class IntegrationView:
    """An integration, its account if it has one still, how its links stand, and its runs.

    ``open_runs`` wait or are under way, at most one of each; ``last_run`` reached an end,
    and ``last_sync`` was the last that synced any item. Of the links that are held, over
    ``held_removals`` something would be removed. ``has_namesake`` where the user has
    another calendar of that name.
    """

    integration: Integration
    account: LinkedAccount | None
    counts: LinkCounts
    open_runs: tuple[Run, ...]
    last_run: Run | None
    last_sync: Run | None
    held_removals: int
    has_namesake: bool

    @property
    def id(self) -> str:
        return self.integration.id

    @property
    def stop(self) -> Stop | None:
        """Give why nothing flows although it is active."""
        if self.account is None or self.account.disconnection is not None:
            return self.integration.stop or Stop.NOT_CONNECTED
        return self.integration.stop

    @property
    def is_connected(self) -> bool:
        """Whether calls reach the calendar, now or as soon as Cronofy has read the mailbox."""
        return self.stop in (None, Stop.BEING_READ)

    @property
    def is_running(self) -> bool:
        """Whether a run is under way."""
        return any(run.state is RunState.RUNNING for run in self.open_runs)

    def count(self, *states: LinkState, origin: Origin | None = None) -> int:
        """Return how many links stand so."""
        return sum(
            count
            for (its_origin, state), count in self.counts.items()
            if state in states and origin in (None, its_origin)
        )


def list_integration_views(tools: Tools, who: Who) -> list[IntegrationView]:
    """Return the user's integrations, by the names of their calendars."""
    with tools.db.read() as session:
        found = list_integrations(session, who.tenant_id, who.user_id)
        return _view(session, who, found)


def page_integrations(
    tools: Tools, who: Who, *, after: str, limit: int
) -> tuple[list[IntegrationView], bool]:
    """Return the user's integrations by id, and whether more follow."""
    with tools.db.read() as session:
        found = list_integrations_after(
            session, who.tenant_id, who.user_id, after=after, limit=limit + 1
        )
        return _view(session, who, found[:limit]), len(found) > limit


def get_integration_view(tools: Tools, who: Who, integration_id: str) -> IntegrationView:
    """Return one of the user's integrations. Raises NotThere."""
    with tools.db.read() as session:
        integration = get_integration(session, who, integration_id)
        [view] = _view(session, who, [integration])
        return view


def _view(session: Session, who: Who, found: Sequence[Integration]) -> list[IntegrationView]:
    ids = [integration.id for integration in found]
    accounts = {a.id: a for a in list_accounts(session, who.tenant_id, who.user_id)}
    counts = count_links(session, who.tenant_id, ids)
    open_runs = list_open_runs(session, who.tenant_id, ids)
    last_runs = {run.integration_id: run for run in list_last_runs(session, who.tenant_id, ids)}
    last_syncs = {run.integration_id: run for run in list_last_syncs(session, who.tenant_id, ids)}
    held_removals = count_held_removals(session, who.tenant_id, ids)
    namesakes = list_namesakes(session, who.tenant_id, who.user_id)
    return [
        IntegrationView(
            integration,
            accounts.get(integration.account_id or ""),
            counts[integration.id],
            tuple(run for run in open_runs if run.integration_id == integration.id),
            last_runs.get(integration.id),
            last_syncs.get(integration.id),
            held_removals[integration.id],
            integration.calendar_name in namesakes,
        )
        for integration in found
    ]
