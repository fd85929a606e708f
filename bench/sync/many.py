"""Rows of items and links by the thousand, as the product leaves them."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from calsync.core.content import Content
from calsync.core.event import Timed
from calsync.core.event_id import event_id_of
from calsync.core.item import ActivityType, ItemStatus, Kind, Priority
from calsync.core.link import Link, LinkState, Origin, Seen
from calsync.core.link_record import dump_link

Row = dict[str, Any]

ZONE = "Europe/London"
HALF_AN_HOUR = timedelta(minutes=30)


def start_of(number: int, now: datetime) -> datetime:
    """Return when one of many begins: within the next five months, by day."""
    day = (now + timedelta(days=1 + number // 90 % 150)).date()
    return datetime.combine(day, time(8), UTC) + timedelta(minutes=10 * (number % 90))


def make_items(tenant_id: str, amount: int, now: datetime) -> list[Row]:
    """Return so many appointments."""
    return [_item(tenant_id, number, now) for number in range(amount)]


def _item(tenant_id: str, number: int, now: datetime) -> Row:
    start = start_of(number, now)
    end = start + HALF_AN_HOUR
    return {
        "id": f"item{number:012}", "tenant_id": tenant_id, "kind": Kind.APPOINTMENT,
        "subject": f"Event {number}", "location": f"Room {number % 40}",
        "description": f"Agenda item {number} and a short line of text",
        "starts_at": start, "ends_at": end, "reach_from": start, "reach_until": end,
        "time_zone": ZONE, "is_private": False, "is_busy": True, "status": ItemStatus.OPEN,
        "priority": Priority.NORMAL, "percent_done": 0, "project": "",
        "activity_type": ActivityType.CALL, "outcome": "", "site": "", "version": 1,
        "created_at": now, "updated_at": now,
    }  # fmt: skip


def link_row(tenant_id: str, integration_id: str, item: Row, since: datetime) -> Row:
    """Return a link of an item with its copy, which a read has shown as it was sent."""
    times = Timed(item["starts_at"], item["ends_at"], item["time_zone"])
    content = Content(item["subject"], times, item["location"], item["description"])
    seen = Seen(content, updated=since, created=since, can_update=True, can_delete=True)
    link = Link(Origin.SENT, here=content, there=content, seen=seen)
    event_id = event_id_of(integration_id, item["id"], "", 1)
    return {
        "id": f"link{item['id'][4:]}", "tenant_id": tenant_id, "integration_id": integration_id,
        "item_id": item["id"], "key": "", "event_id": event_id, "event_uid": f"evt_{event_id}",
        "generation": 1, "origin": Origin.SENT, "is_source": False, "state": LinkState.LIVE,
        "is_present": True, "looks": 0, "record": dump_link(link),
    }  # fmt: skip
