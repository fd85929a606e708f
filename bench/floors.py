"""The least that any product has to do for the same answers."""

import json
from datetime import UTC, date, datetime, time, timedelta

from jinja2 import Environment
from sqlalchemy import Row, Select, select

from bench.house import House
from calsync.db.models import Assignment, Item

_PAGE = Environment(autoescape=True).from_string(
    "<ol>{% for row in rows %}<li><a href='/item/{{ row.id }}'>"
    "{{ row.starts_at }} {{ row.subject }}</a></li>{% endfor %}</ol>"
)


def show_items(house: House, first: date, days: int) -> str:
    """Return a list of the items on some days."""
    start = datetime.combine(first, time(), UTC)
    wanted = _owned(house).where(Item.reach_from < start + timedelta(days=days))
    wanted = wanted.where((Item.reach_until >= start) | Item.reach_until.is_(None))
    with house.engine.connect() as connection:
        return _PAGE.render(rows=connection.execute(wanted.order_by(Item.reach_from)).all())


def dump_lists(house: House) -> int:
    """Dump all items as JSON, a hundred at a time, and return how many bytes that is."""
    size, last = 0, ""
    while True:
        wanted = _owned(house).where(Item.id > last).order_by(Item.id).limit(100)
        with house.engine.connect() as connection:
            rows = connection.execute(wanted).all()
        if not rows:
            return size
        size += len(json.dumps([_as_json(row) for row in rows]))
        last = rows[-1].id


def _owned(house: House) -> Select[tuple[object, ...]]:
    joined = (Assignment.tenant_id == Item.tenant_id) & (Assignment.item_id == Item.id)
    return (
        select(*Item.__table__.columns)
        .join(Assignment, joined)
        .where(Assignment.tenant_id == house.who.tenant_id)
        .where(Assignment.user_id == house.who.user_id, Item.deleted_at.is_(None))
    )


def _as_json(row: Row[tuple[object, ...]]) -> dict[str, object]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in row._mapping.items()
    }
