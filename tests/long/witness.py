"""All that is known of an entry of which something does not hold, to find out why."""

import json
import re
from collections.abc import Iterable

from sqlalchemy import or_

from calsync.db.models import Item, LinkRow, LogEntry
from tests.long.site import Site


def tell_all(site: Site, found: Iterable[str]) -> list[str]:
    """Return for each entry that a sentence names its items, links and log, a line each."""
    tags = sorted({match for line in found for match in re.findall(r"^entry-\S+", line)})
    return [line for tag in tags for line in _tell_one(site, tag)]


def _tell_one(site: Site, tag: str) -> list[str]:
    lines = []
    with site.tools.db.read() as session:
        logged = session.query(LogEntry).filter(LogEntry.title.startswith(f"{tag} v")).all()
        items = session.query(Item).filter(Item.subject.startswith(f"{tag} v")).all()
        ids = {item.id for item in items} | {entry.item_id for entry in logged}
        links = session.query(LinkRow).filter(
            or_(
                LinkRow.item_id.in_([each for each in ids if each]),
                LinkRow.event_uid.in_([entry.event_uid for entry in logged if entry.event_uid]),
            )
        )
        lines += [f"{tag} item {i.id} {i.subject} deleted {i.deleted_at}" for i in items]
        for link in links:
            record = json.dumps(link.record, sort_keys=True)
            lines.append(
                f"{tag} link {link.id} of {link.item_id} {link.origin} {link.state} "
                f"present {link.is_present} {link.event_uid} {record}"
            )
        for entry in sorted(logged, key=lambda each: (each.at, each.id)):
            lines.append(
                f"{tag} log {entry.at} {entry.trigger} {entry.side} {entry.action} {entry.result} "
                f"{entry.reason} {entry.title} {entry.item_id} {entry.event_uid}"
            )
    return lines
