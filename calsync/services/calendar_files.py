"""One's own calendar as a file: written, read by others from an address, and read in."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from calsync.core.item import Fault, UnfitItem
from calsync.db.database import Session
from calsync.db.feeds import delete_feed, find_feed, list_feeds, map_known_ids
from calsync.db.items import list_items_between, map_exceptions
from calsync.db.models import Feed
from calsync.errors import NotThere
from calsync.ids import fingerprint, new_id, new_secret
from calsync.services.ics_lines import decode
from calsync.services.ics_reading import Draft, Problem, read_calendar
from calsync.services.ics_writing import Written, write_calendar
from calsync.services.item_rows import fields_of, overrides_of, shown_times
from calsync.services.items import create_items
from calsync.services.tools import Tools, Who

LONGEST_NAME = 100
MOST_FEEDS = 20
#: What a feed tells: what was lately, and a good year ahead.
FEED_PAST, FEED_FUTURE = timedelta(days=90), timedelta(days=400)
_LONGEST_ID = 180
_OURS = "@calsync"


@dataclass(frozen=True)
class Preview:
    """What an import would add, what is there already, and what could not be read."""

    new: tuple[Draft, ...]
    present: tuple[Draft, ...]
    problems: tuple[Problem, ...]


def export_range(tools: Tools, who: Who, start: datetime, end: datetime, name: str) -> bytes:
    """Return everything that may stand on one's own calendar in a range, series whole."""
    with tools.db.read() as session:
        return _write(session, who.tenant_id, who.user_id, start, end, name)


def read_feed(tools: Tools, secret: str, name: str) -> bytes:
    """Return the calendar that an address is for. Raises NotThere for one that is for none."""
    now = tools.clock.now()
    with tools.db.read() as session:
        found = find_feed(session, fingerprint(secret))
        if found is None or found[1].is_disabled:
            raise NotThere
        user = found[1]
        return _write(session, user.tenant_id, user.id, now - FEED_PAST, now + FEED_FUTURE, name)


def create_feed(tools: Tools, who: Who, name: str) -> str:
    """Make a feed and return its secret, which nobody can see again. Raises UnfitItem."""
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise UnfitItem((Fault("name", "too_long" if name else "missing"),))
    secret = new_secret()
    with tools.db.begin() as session:
        if len(list_feeds(session, who.tenant_id, who.user_id)) >= MOST_FEEDS:
            raise UnfitItem((Fault("name", "too_many"),))
        session.add(
            Feed(
                id=new_id(),
                tenant_id=who.tenant_id,
                user_id=who.user_id,
                name=name,
                fingerprint=fingerprint(secret),
                created_at=tools.clock.now(),
            )
        )
    return secret


def list_feeds_of(tools: Tools, who: Who) -> list[Feed]:
    """Return the feeds of whoever asks, the oldest first."""
    with tools.db.read() as session:
        return list_feeds(session, who.tenant_id, who.user_id)


def revoke_feed(tools: Tools, who: Who, feed_id: str) -> None:
    """Let an address lead to nothing from now on. Raises NotThere."""
    with tools.db.begin() as session:
        if not delete_feed(session, who.tenant_id, who.user_id, feed_id):
            raise NotThere


def preview_import(tools: Tools, who: Who, content: bytes, zone: str) -> Preview:
    """Return what importing a file would do. Raises RefusedFile."""
    read = read_calendar(decode(content), zone)
    with tools.db.read() as session:
        ids = {each for draft in read.drafts for each in _ids_of(draft.uid, who.user_id)}
        known = map_known_ids(session, who.tenant_id, who.user_id, ids)
    new, present, seen = [], [], set()
    for draft in read.drafts:
        own, fallback = _ids_of(draft.uid, who.user_id)
        if draft.uid and (known.get(own) or known.get(fallback) or draft.uid in seen):
            present.append(draft)
            continue
        seen.add(draft.uid)
        # Somebody else of the tenant may have imported the same meeting.
        external_id = (fallback if own in known else own) if draft.uid else None
        new.append(replace(draft, fields=replace(draft.fields, external_id=external_id)))
    return Preview(tuple(new), tuple(present), read.problems)


def import_file(tools: Tools, who: Who, content: bytes, zone: str) -> int:
    """Add what a file holds and is not there yet, all or nothing; return how many.

    Raises RefusedFile.
    """
    preview = preview_import(tools, who, content, zone)
    return len(create_items(tools, who, ((draft.fields, draft.overrides) for draft in preview.new)))


def _write(
    session: Session, tenant_id: str, user_id: str, start: datetime, end: datetime, name: str
) -> bytes:
    items = list_items_between(session, tenant_id, user_id, start, end)
    exceptions = map_exceptions(session, tenant_id, [item.id for item in items if item.rule])
    written = []
    for item in items:
        fields = fields_of(item)
        fields = replace(fields, times=shown_times(fields))
        overrides = overrides_of(exceptions.get(item.id, []))
        written.append(Written(item.id, item.version, fields, item.updated_at, overrides))
    return write_calendar(written, name)


def _ids_of(uid: str, user_id: str) -> tuple[str, str]:
    """Return the ids that an imported item may have: its own, or one that names its owner.

    What we exported ourselves is known by the item's id.
    """
    if uid.endswith(_OURS):
        own = uid.removesuffix(_OURS)
    else:
        is_long = len(uid) > _LONGEST_ID
        own = f"sha256:{hashlib.sha256(uid.encode()).hexdigest()}" if is_long else uid
    return own, f"{own}#{user_id}"
