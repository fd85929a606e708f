"""One's own calendar as a file: written, read by others from an address, and read in."""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from calsync.core.item import Fault, UnfitItem, find_faults, shown_times
from calsync.core.item_record import dump_fields
from calsync.db.database import Session
from calsync.db.feeds import delete_feed, find_feed, list_feeds, map_known_ids
from calsync.db.items import list_items_between, list_unscheduled, map_exceptions
from calsync.db.joined import JoinedDatabase
from calsync.db.models import Feed, User
from calsync.db.tickets import hold_ticket
from calsync.db.users import get_user
from calsync.errors import NotThere
from calsync.ids import fingerprint, new_id, new_secret
from calsync.services.ics_lines import decode
from calsync.services.ics_reading import Draft, Problem, Read, read_calendar
from calsync.services.ics_references import Describe, load_references
from calsync.services.ics_writing import Written, write_calendar
from calsync.services.item_checks import Taken
from calsync.services.item_rows import dump_changes, fields_of, overrides_of
from calsync.services.items import create_items
from calsync.services.tools import Tools, Who

LONGEST_NAME = 100
MOST_FEEDS = 20
#: What a feed tells: what was lately, and a good year ahead.
FEED_PAST, FEED_FUTURE = timedelta(days=90), timedelta(days=400)
_LONGEST_ID = 180
_OURS = "@calsync"
_TRIES = 3


def _plainly(_name: str, text: str) -> str:
    return text


@dataclass(frozen=True)
class Preview:
    """What an import would add, what is there already, and what could not be read."""

    new: tuple[Draft, ...]
    present: tuple[Draft, ...]
    problems: tuple[Problem, ...]


def export_range(tools: Tools, who: Who, start: datetime, end: datetime, name: str) -> bytes:
    """Return everything that may stand on one's own calendar in a range, series whole.

    What is open and has no date is in every export.
    """
    with tools.db.read() as session:
        return _write(session, get_user(session, who.tenant_id, who.user_id), start, end, name)


def read_feed(tools: Tools, secret: str, name: str) -> bytes:
    """Return the calendar that an address is for. Raises NotThere for one that is for none.

    It has events only: many programs show nothing else of a calendar that they read.
    """
    now = tools.clock.now()
    with tools.db.read() as session:
        found = find_feed(session, fingerprint(secret))
        if found is None or found[1].is_disabled:
            raise NotThere
        start, end = now - FEED_PAST, now + FEED_FUTURE
        return _write(session, found[1], start, end, name, is_feed=True)


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


def preview_import(
    tools: Tools, who: Who, content: bytes, zone: str, describe: Describe = _plainly
) -> Preview:
    """Return what importing a file would do. Raises RefusedFile.

    ``describe`` makes the text of what the tenant does not have, such as a ticket.
    """
    read = read_calendar(decode(content), zone)
    with tools.db.read() as session:
        return _preview(session, who, read, describe)


def import_file(
    tools: Tools, who: Who, content: bytes, zone: str, describe: Describe = _plainly
) -> int:
    """Add what a file holds and is not there yet, all or nothing; return how many.

    However often, and by however many at once, an entry is there once. Raises RefusedFile.
    """
    read = read_calendar(decode(content), zone)
    for _ in range(_TRIES - 1):
        with suppress(Taken):  # somebody was faster: look again what is there now
            return _import(tools, who, read, describe)
    return _import(tools, who, read, describe)


def _import(tools: Tools, who: Who, read: Read, describe: Describe) -> int:
    with tools.db.begin() as session:
        joined = replace(tools, db=JoinedDatabase(session))
        # A ticket that is renamed meanwhile renames the calls that it has, and these are
        # none of them yet.
        for ticket_id in sorted({draft.fields.ticket_id or "" for draft in read.drafts} - {""}):
            hold_ticket(session, who.tenant_id, ticket_id)
        new = _preview(session, who, read, describe).new
        return len(create_items(joined, who, ((draft.fields, draft.overrides) for draft in new)))


def _preview(session: Session, who: Who, read: Read, describe: Describe) -> Preview:
    ids = {each for draft in read.drafts for each in _ids_of(draft, who.user_id)}
    known = map_known_ids(session, who.tenant_id, who.user_id, ids)
    every = [draft.fields for draft in read.drafts]
    references = load_references(session, who.tenant_id, every)
    new, present, problems, seen = [], [], list(read.problems), set()
    for draft in read.drafts:
        own, fallback = _ids_of(draft, who.user_id)
        settled = references.settle(draft, describe)
        if known.get(own) or known.get(fallback) or own in seen:
            present.append(settled)
            continue
        seen.add(own)
        if faults := find_faults(settled.fields):
            code = f"{faults[0].field}.{faults[0].code}"
            problems.append(Problem(draft.line, code, draft.fields.subject))
            continue
        # Somebody else of the tenant may have imported the same meeting.
        external_id = fallback if own in known else own
        new.append(replace(settled, fields=replace(settled.fields, external_id=external_id)))
    return Preview(tuple(new), tuple(present), tuple(sorted(problems, key=lambda p: p.line)))


def _write(
    session: Session,
    user: User,
    start: datetime,
    end: datetime,
    name: str,
    *,
    is_feed: bool = False,
) -> bytes:
    items = list_items_between(session, user.tenant_id, user.id, start, end)
    if not is_feed:
        items += list_unscheduled(session, user.tenant_id, user.id)
    exceptions = map_exceptions(session, user.tenant_id, [item.id for item in items if item.rule])
    every = {item.id: fields_of(item) for item in items}
    references = load_references(session, user.tenant_id, every.values())
    written = []
    for item in items:
        fields = every[item.id]
        shown = replace(fields, times=shown_times(fields)) if is_feed else fields
        overrides = overrides_of(exceptions.get(item.id, []))
        names = references.name(fields)
        written.append(Written(item.id, item.version, shown, item.updated_at, overrides, names))
    return write_calendar(written, name, only_events=is_feed)


def _ids_of(draft: Draft, user_id: str) -> tuple[str, str]:
    """Return the ids that an imported item may have: its own, or one that names its owner.

    What we exported ourselves is known by the item's id, and what has no name of its own
    by all that it says.
    """
    uid = draft.uid
    if not uid:
        changes = [(each.key, each.is_removed, dump_changes(each.changes))
                   for each in draft.overrides]  # fmt: skip
        said = json.dumps([dump_fields(draft.fields), changes], sort_keys=True)
        own = _shorten(said)
    elif uid.endswith(_OURS):
        own = uid.removesuffix(_OURS)
    else:
        own = uid
    own = _shorten(own) if len(own) > _LONGEST_ID else own
    return own, f"{own}#{user_id}"


def _shorten(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
