"""Leave to change the events that users made themselves (docs/sync.md 7)."""

from calsync.core.account import UNRESTRICTED
from calsync.core.integration import Refusal
from calsync.cronofy.limiter import Lane
from calsync.db.accounts import list_calendars
from calsync.errors import NotPossible
from calsync.services.accounts import check_account, client_for
from calsync.services.integration_state import get_integration, lock, note, wake_if_active
from calsync.services.tools import Tools, Who

#: Where Cronofy sends the browser back to, from our own address.
RETURNS_TO = "/calendar-sync"


def ask_permission(tools: Tools, who: Who, integration_id: str) -> str | None:
    """Ask Cronofy to let us change the user's own events; return the page where they agree.

    None where they did already, or need not be asked. What was kept out for want of it
    flows no sooner than by the rules. Raises NotThere, NotPossible with a Refusal, and
    CronofyError.
    """
    account_id, calendar_id = _find_place(tools, who, integration_id)
    check_account(tools, who.tenant_id, account_id, Lane.USER)
    if _is_granted(tools, who, account_id, calendar_id):
        return None
    client = client_for(tools, who.tenant_id, account_id, Lane.USER)
    page = client.request_permissions([calendar_id], tools.public_url + RETURNS_TO)
    note("permission asked for", who, integration_id)
    if page is None:
        check_account(tools, who.tenant_id, account_id, Lane.USER)
    return page


def trust_again(tools: Tools, who: Who, integration_id: str) -> None:
    """Change the user's own events again although one was altered further than was meant.

    Raises NotThere.
    """
    with tools.db.begin() as session:
        integration = lock(session, who, integration_id)
        integration.caution = None
        wake_if_active(session, integration, tools.clock.now())
    tools.wake()
    note("caution dropped", who, integration_id)


def _find_place(tools: Tools, who: Who, integration_id: str) -> tuple[str, str]:
    with tools.db.read() as session:
        integration = get_integration(session, who, integration_id)
        if integration.account_id is None:
            raise NotPossible(Refusal.NOT_CONNECTED)
        return integration.account_id, integration.calendar_id


def _is_granted(tools: Tools, who: Who, account_id: str, calendar_id: str) -> bool:
    """Tell whether the permission is there; raise NotPossible where there is nothing to ask for."""
    with tools.db.read() as session:
        known = {c.calendar_id: c for c in list_calendars(session, who.tenant_id, [account_id])}
    calendar = known.get(calendar_id)
    if calendar is None or calendar.is_deleted:
        raise NotPossible(Refusal.CALENDAR_GONE)
    if calendar.is_read_only:
        raise NotPossible(Refusal.READ_ONLY)
    return calendar.permission_level == UNRESTRICTED
