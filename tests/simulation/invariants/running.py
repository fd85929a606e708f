"""I15, I16, I18, I20: the brake, the tenant, the fence and the next turn of each sync."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from calsync.core.link import LinkState
from calsync.core.run import Result
from calsync.db.models import DueKind, DueRow, Integration, LinkedAccount
from tests.simulation.invariants.story import Story, changes_of
from tests.simulation.records import Call, Commit

_DAY = timedelta(days=1)
#: From so many on it is a surprise if everything goes.
_FEW = 3
#: What only a sync writes.
_OF_SYNCS = ("log_entries", "judged_events")


def find_unbraked(story: Story) -> Iterator[str]:
    """I15: within a day no more goes here than the brake lets go, and nothing after a hold.

    Nor does all that an integration has go in one run; a whole series counts as one.
    """
    removed: dict[str, list[tuple[Any, str]]] = {}
    gone: dict[str, set[str]] = {}
    live: dict[str, dict[str, bool]] = {}
    series: dict[str, str] = {}
    held_by: dict[str, str] = {}
    for record in story.tape.of(Commit):
        for change in record.of("links"):
            state = change.row["state"] is LinkState.LIVE and change.row["is_present"]
            series[change.row["item_id"]] = change.row["series"] or change.row["item_id"]
            live.setdefault(change.row["integration_id"], {})[change.row["id"]] = state
        for change in record.of("log_entries"):
            row = change.row
            if row["result"] is Result.HELD and row["reason"] == "brake" and row["side"] == "in":
                held_by[row["integration_id"]] = row["run_id"]
            if row["side"] != "in" or row["action"] != "delete" or row["result"] != "done":
                continue
            if held_by.get(row["integration_id"]) == row["run_id"]:
                yield f"I15 item {row['item_id']} was removed after the brake had tripped"
            since = record.at - _DAY
            known = removed.setdefault(row["integration_id"], [])
            known[:] = [each for each in known if each[0] > since] + [(record.at, row["item_id"])]
            linked = sum(live[row["integration_id"]].values())
            if len({item for _, item in known}) > max(10, (linked + len(known)) // 5):
                yield f"I15 {len(known)} items were removed within a day"
            groups = gone.setdefault(row["run_id"], set())
            groups.add(series[row["item_id"]])
            if len(groups) >= _FEW and not linked:
                yield "I15 all items were removed in one run"


def find_strangers(story: Story) -> Iterator[str]:
    """I16: a sync changes rows of its tenant, and asks its own account for its own calendars."""
    office = story.history.office
    tenants = {row["tenant_id"] for row in story.tape.rows.values() if "tenant_id" in row}
    accounts = office.provider.world.accounts
    for record in story.tape.records:
        if isinstance(record, Commit):
            for change in record.changes:
                tenant = change.row.get("tenant_id")
                if tenant is not None and tenant not in tenants:
                    yield f"I16 a row of {change.table} of another tenant was written"
        if isinstance(record, Call) and record.sub:
            account = accounts.accounts.get(record.sub)
            own = {shelf.calendar_id for shelf in account.shelves()} if account else set()
            asked = set(record.query.get("calendar_ids[]", ())) | _calendars_written(record)
            if not asked <= own:
                yield f"I16 {sorted(asked - own)} were asked of {record.sub}"
    linked = {row["calendar_id"] for row in story.tape.rows.values() if "poll_seconds" in row}
    linked |= {c.row["calendar_id"] for _, _, c in changes_of(story.tape, "integrations")}
    for write in office.provider.world.writing.accepted:
        if write.shelf.calendar_id not in linked:
            yield f"I16 {write.shelf.calendar_id} was written to, and nobody has linked it"


def _calendars_written(call: Call) -> set[str]:
    body = call.body if isinstance(call.body, dict) else {}
    paths = [str(each.get("relative_url") or "") for each in body.get("batch") or ()]
    return {path.split("/")[3] for path in paths if path.startswith("/v1/calendars/")}


def find_unfenced(story: Story) -> Iterator[str]:
    """I18: whoever commits for a sync is the one that claimed it last."""
    for record in story.tape.of(Commit):
        syncs = {
            change.row["integration_id"] for table in _OF_SYNCS for change in record.of(table)
        } | {
            change.row["id"]
            for change in record.of("integrations")
            if change.before and change.row["cursor"] and change.has_changed("cursor")
        }
        for sync in syncs:
            if record.claimed.get(sync) != record.fences.get(sync):
                yield f"I18 the sync of {sync} was committed by one whose claim had been taken over"


def find_unserved(story: Story) -> Iterator[str]:
    """I20: no sync is put off for longer than two polls, or an hour, and none is forgotten."""
    office = story.history.office
    with office.tools.db.read() as session:
        rows = session.query(DueRow).filter(DueRow.kind == DueKind.SYNC).all()
        known = session.query(Integration).all()
        polls = {row.id: row.poll_seconds for row in known}
        alive = {row.id for row in known if row.deleted_at is None}
        # Where the access was lost a sync is due again once the account is connected again.
        lost = set(
            session.scalars(
                select(Integration.id)
                .join(LinkedAccount, LinkedAccount.id == Integration.account_id)
                .where(LinkedAccount.disconnection.is_not(None))
            )
        )
    now = office.clock.now()
    for row in rows:
        longest = timedelta(seconds=2 * polls.get(row.subject_id, 86_400))
        if row.due_at > now + max(longest, timedelta(hours=1)):
            yield f"I20 the sync of {row.subject_id} is put off until {row.due_at}"
    missing = alive - lost - {row.subject_id for row in rows}
    yield from (f"I20 the sync of {name} is never due again" for name in sorted(missing))
