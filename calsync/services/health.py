"""Whether the installation can serve, and its figures."""

from calsync.core.integration import Stop
from calsync.db import due_rows, leases
from calsync.db.accounts import count_accounts
from calsync.db.channels import count_channels
from calsync.db.health import is_schema_current, probe_write
from calsync.db.integrations import count_integrations, count_set_aside
from calsync.db.models import DueKind
from calsync.db.sealed import list_key_ids
from calsync.errors import CalsyncError
from calsync.metrics import ACCOUNTS, CHANNELS, DUE_OLDEST, DUE_ROWS, INTEGRATIONS, SET_ASIDE
from calsync.services.tools import Tools


def find_trouble(tools: Tools, *, needs_loop: bool) -> str | None:
    """Return what keeps us from serving, or None. Cronofy being away does not.

    ``needs_loop``: whether somebody, this process or another, has to do due work.
    """
    try:
        with tools.db.begin() as session:
            probe_write(session)
            if not is_schema_current(session):
                return "schema"
            if needs_loop and not leases.is_held(session, leases.SCHEDULER, tools.clock.now()):
                return "scheduler"
            if set(list_key_ids(session)) - tools.keyring.ids:
                return "keys"
    except CalsyncError:
        return "database"
    return None


def measure(tools: Tools) -> None:
    """Bring the figures that are counted in the database up to date."""
    now = tools.clock.now()
    with tools.db.read() as session:
        waiting = due_rows.count_due(session)
        oldest = due_rows.find_oldest_due(session, now)
        accounts = count_accounts(session)
        channels = count_channels(session)
        integrations = count_integrations(session)
        set_aside = count_set_aside(session)
    for kind in DueKind:
        DUE_ROWS.labels(kind.value).set(waiting.get(kind, 0))
    DUE_OLDEST.set((now - oldest).total_seconds() if oldest else 0)
    for is_connected, status in ((True, "connected"), (False, "not_connected")):
        ACCOUNTS.labels(status).set(accounts.get(is_connected, 0))
    for state in ("proven", "waiting", "closing"):
        CHANNELS.labels(state).set(channels.get(state, 0))
    for stands in ("active", "paused", *Stop):
        INTEGRATIONS.labels(stands).set(integrations.get(stands, 0))
    SET_ASIDE.set(set_aside)
