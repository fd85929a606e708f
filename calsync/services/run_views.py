"""One run as its user follows it: how far it is, what it did, and what becomes of the rest."""

from dataclasses import dataclass
from datetime import datetime

from calsync.core.run import RunState
from calsync.db import due_rows, runs
from calsync.db.log_entries import LogFilter, list_log
from calsync.db.models import DueKind, Integration, Run
from calsync.errors import NotThere
from calsync.services.integration_state import get_integration
from calsync.services.log_views import LogView, find_failed, view_entries
from calsync.services.tools import Tools, Who

#: Entries of a run that are shown with it.
MOST_ENTRIES = 50


@dataclass(frozen=True, kw_only=True)
class RunView:
    """A run, its integration, and the first of what it did or declined, the latest first.

    ``failed`` are the entries whose links can be tried again. ``due_at`` is when the
    integration is synced next, None where it is not.
    """

    run: Run
    integration: Integration
    entries: tuple[LogView, ...]
    has_more: bool
    failed: frozenset[str]
    due_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Tell whether it has come to its end."""
        return self.run.state in (RunState.FINISHED, RunState.STOPPED)

    @property
    def is_made_up_for(self) -> bool:
        """Tell whether a sync that began later has reached its end."""
        checked_at, ended_at = self.integration.checked_at, self.run.ended_at
        return checked_at is not None and ended_at is not None and checked_at >= ended_at


def get_run_view(tools: Tools, who: Who, integration_id: str, run_id: str) -> RunView:
    """Return a run of an integration of the user's. Raises NotThere."""
    with tools.db.read() as session:
        integration = get_integration(session, who, integration_id)
        run = runs.find_run(session, who.tenant_id, who.user_id, run_id)
        if run is None or run.integration_id != integration_id:
            raise NotThere
        found = list_log(
            session,
            who.tenant_id,
            integration_id,
            LogFilter(run=run_id),
            limit=MOST_ENTRIES + 1,
        )
        ids = who.tenant_id, DueKind.SYNC, integration_id
        return RunView(
            run=run,
            integration=integration,
            entries=view_entries(session, who, found[:MOST_ENTRIES]),
            has_more=len(found) > MOST_ENTRIES,
            failed=find_failed(session, who, found[:MOST_ENTRIES]),
            due_at=due_rows.find_due_at(session, *ids),
        )
