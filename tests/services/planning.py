"""Plans of the tests, as the engine would have made them."""

from datetime import timedelta
from typing import Any

from calsync.core.item import Kind
from calsync.core.plan import Direction, Head, Tick, count_key, dump_ticks
from calsync.core.run import Result
from calsync.db.models import PlannedAction, StoredPlan
from calsync.ids import new_id
from calsync.services import previews
from calsync.services.tools import Tools, Who

#: What is planned where the test does not say: a bit of everything.
MIXED = {
    (Direction.IN, Head.CREATE): 12,
    (Direction.IN, Head.UPDATE): 1,
    (Direction.IN, Head.SKIPPED): 2,
    (Direction.OUT, Head.CREATE): 3,
    (Direction.OUT, Head.DELETE): 1,
}


def add_plan(
    tools: Tools,
    who: Who,
    numbers: dict[tuple[Direction, Head], int] | None = None,
    *,
    ticks: tuple[Tick, ...] = (),
    title: str = "Server room",
    item_id: str | None = None,
    guests: int = 0,
    is_off: bool = False,
    **place: str,
) -> str:
    """Store a plan of the answers as they are, and return its id."""
    numbers = MIXED if numbers is None else numbers
    now = tools.clock.now()
    view = previews.get_view(tools, who, **place)
    plan = StoredPlan(
        id=new_id(),
        tenant_id=who.tenant_id,
        user_id=who.user_id,
        mark=previews.mark_of_view(view),
        made_at=now,
        expires_at=now + timedelta(days=1),
        is_off=is_off,
        counts={count_key(*key): number for key, number in numbers.items()},
        ticks=dump_ticks({tick.direction: tick for tick in ticks}),
        guests=guests,
        **place,
    )
    ids = {"tenant_id": plan.tenant_id, "plan_id": plan.id}
    rows = [
        PlannedAction(
            **ids, ordinal=at, item_id=item_id, **_columns(direction, head, f"{title} {at}")
        )
        for at, (direction, head) in enumerate(key for key in numbers for _ in range(numbers[key]))
    ]
    with tools.db.begin() as session:
        session.query(StoredPlan).filter_by(**place).delete()
        session.add(plan)
        session.flush()
        session.add_all(rows)
    return plan.id


def _columns(direction: Direction, head: Head, title: str) -> dict[str, Any]:
    times = {"start": "2026-03-03T09:00:00+00:00", "end": "2026-03-03T10:00:00+00:00"}
    record = {"title": title, "times": {**times, "zone": "Europe/London"}, "place": ""}
    side = "mine" if direction is Direction.IN else "theirs"
    is_skipped = head is Head.SKIPPED
    return {
        "direction": direction,
        "head": head,
        "result": Result.DECLINED if is_skipped else Result.DONE,
        "reason": "past" if is_skipped else None,
        "kind": Kind.APPOINTMENT,
        "title": title,
        "times": record["times"],
        "before": {side: record},
        "after": {side: {**record, "place": "Room 2"}},
    }
