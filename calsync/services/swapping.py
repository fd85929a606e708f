"""Another calendar in place of the one that is linked (docs/sync.md 12)."""

from dataclasses import replace

from calsync.core.integration import Copies
from calsync.core.link import Act
from calsync.core.options import load_options
from calsync.db.joined import JoinedDatabase
from calsync.db.links import hand_on_item_looks, mark_items
from calsync.db.parking import list_sent_item_ids
from calsync.logs import logged_if_kept
from calsync.services.integration_end import delete_integration
from calsync.services.integration_state import lock_whole, note
from calsync.services.integrations import create_integration, deactivate
from calsync.services.tools import Tools, Who


def swap_calendar(
    tools: Tools,
    who: Who,
    integration_id: str,
    *,
    account_id: str,
    calendar_id: str,
    copies: Copies = Copies.STAY,
    confirmed: int | None = None,
) -> str:
    """Keep My Calendar in step with another calendar instead, and return its integration's id.

    The options stay. Links to the old calendar are parked; entries that had been sent
    there are sent to the new one, those that had been brought in are not. Copies in the
    old one stay or go; those that go are the number that the user has ``confirmed``.
    Raises NotThere, and NotPossible with a Refusal; then everything is as it was.
    """
    with logged_if_kept(), tools.db.begin() as session:
        former = lock_whole(session, who, integration_id, account_id)
        options, is_active = load_options(former.options), former.is_active
        kinds_since = dict(former.kinds_since)
        sent = list_sent_item_ids(session, who.tenant_id, integration_id)
        inside = replace(tools, db=JoinedDatabase(session), wake=lambda: None)
        made = create_integration(
            inside, who, account_id=account_id, calendar_id=calendar_id, options=options
        )
        # New there is what was touched since its kind was ticked, for the former calendar too:
        # what waited to be sent is sent to this one.
        lock_whole(session, who, made, account_id).kinds_since = kinds_since
        hand_on_item_looks(session, who.tenant_id, integration_id, made)
        delete_integration(inside, who, integration_id, copies=copies, confirmed=confirmed)
        mark_items(session, who.tenant_id, [made], sent, {Act.SENT_AGAIN}, tools.clock.now())
        if not is_active:
            deactivate(inside, who, made)
    tools.wake()
    note("calendar swapped", who, made, former_id=integration_id)
    return made
