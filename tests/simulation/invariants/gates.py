"""I7, I23: nothing is decided that a gate forbids, and nothing is written undecided."""

from collections.abc import Iterator, Mapping
from typing import Any

from calsync.core.link import Act, LinkState
from tests.simulation.invariants.limits import Limit
from tests.simulation.invariants.settings import Setting
from tests.simulation.invariants.story import Story
from tests.simulation.records import Call, Change, Commit

#: What is asked of a calendar itself; an account that was lost may still be looked at.
_EVENTS = ("/v1/events", "/v1/batch")
_REVOKED = "access_revoked"
#: For so many seconds a read may go on that had begun before.
_UNDER_WAY = 60


def find_trespasses(story: Story) -> Iterator[str]:
    """I7: hold each write here, and each intent to write there, against what was chosen then."""
    items: dict[str, Mapping[str, Any]] = {}
    retrieving: dict[str, set[str]] = {}
    for index, record in enumerate(story.tape.records):
        if not isinstance(record, Commit):
            continue
        items |= {change.row["id"]: change.row for change in record.of("items")}
        for change in record.of("runs"):
            _note_run(change.row, retrieving)
        for change in record.of("item_changes"):
            if change.row["carried_by"] is not None:
                setting = story.settings[change.row["carried_by"]].at(index)
                is_retrieved = bool(retrieving.get(change.row["carried_by"]))
                yield from _judge_taken(change.row["action"], setting, is_retrieved=is_retrieved)
        for change in record.of("links"):
            if is_intent(change):
                setting = story.settings[change.row["integration_id"]].at(index)
                yield from _judge_intent(change, setting, items.get(change.row["item_id"]))


def _note_run(run: Mapping[str, Any], retrieving: dict[str, set[str]]) -> None:
    """Note which runs, by integration, bring in what was there before: Create or not."""
    runs = retrieving.setdefault(run["integration_id"], set())
    is_open = run["ended_at"] is None and run["bulk"].get("retrieve")
    (runs.add if is_open else runs.discard)(run["id"])


def _judge_taken(action: str, setting: Setting, *, is_retrieved: bool) -> Iterator[str]:
    options = setting.options
    if not setting.is_active or not setting.is_connected:
        yield f"I7 an item was {action} while the integration was not active"
    allowed = {
        "created": options.takes_create or is_retrieved,
        "changed": options.takes_update or options.takes_delete,
        "deleted": options.takes_delete,
        "restored": options.takes_update or options.takes_create,
    }
    if not allowed[action]:
        yield f"I7 an item was {action} by a change there, which is switched off"


def is_intent(change: Change) -> bool:
    """Tell whether a write was decided: its intent is stored."""
    return change.after is not None and bool(
        change.has_changed("flight_at") and change.after["flight_at"] is not None
    )


def _judge_intent(
    change: Change, setting: Setting, item: Mapping[str, Any] | None
) -> Iterator[str]:
    row = change.row
    is_deletion = not row["record"]["flight"]["sent"]
    # Of a calendar that is linked no more nobody tells when it takes writes again: that the
    # copies go which were to go with it is tried once in a while.
    is_parting = is_deletion and row["record"]["flight"]["came_from"] == LinkState.PARKED
    if not setting.is_connected or not (setting.is_writable or is_parting):
        yield f"I7 link {row['id']} is to be written to a calendar that takes no writes"
    if not setting.is_active and not is_deletion:
        yield f"I7 link {row['id']} is to be written although the integration is not active"
    is_sent = item is None or item["kind"] in setting.options.kinds
    if not is_sent and not is_deletion:
        yield f"I7 link {row['id']} is of a kind that is not sent"
    before = change.before["state"] if change.before else None
    was_woken = Act.SENT_AGAIN.value in (row["record"].get("acts") or ())
    if before in (LinkState.HELD, LinkState.UNDONE) and not was_woken:
        yield f"I7 link {row['id']} is to be written although it is {before.value}"


def find_undecided(story: Story) -> Iterator[str]:
    """Every call that writes is of an intent that was committed before it (docs/sync.md 14.1)."""
    flying: dict[str, Mapping[str, Any]] = {}
    decided: set[str | None] = set()
    has_stalled = any(pick < 0 for pick in story.history.office.scheduler.taken.values())
    for record in story.tape.records:
        if isinstance(record, Commit):
            flying |= {change.row["id"]: change.row for change in record.of("links")}
            intents = [change.row for change in record.of("links") if is_intent(change)]
            decided |= {row["event_id"] or row["event_uid"] for row in intents}
        if not isinstance(record, Call):
            continue
        for body in record.written:
            rows = [
                row
                for row in flying.values()
                if row["flight_at"] is not None
                and body.get("event_id") == row["event_id"]
                and (row["event_id"] or body.get("event_uid") == row["event_uid"])
            ]
            name = body.get("event_id") or body.get("event_uid")
            if not rows and has_stalled and name in decided:
                story.limits[Limit.STALLED] += 1
            elif not rows:
                yield f"I7 {name} was written undecided"


def find_calls_after_the_end(story: Story) -> Iterator[str]:
    """I23: nothing is asked of an account that was given up, but to end its access.

    A call may be under way, and a read between two of its pages, when that happens.
    """
    ended: dict[str, float] = {}
    for record in story.tape.records:
        if isinstance(record, Commit):
            for change in record.of("linked_accounts"):
                sub = change.row["sub"]
                if change.after is None or change.after["disconnection"] == _REVOKED:
                    ended.setdefault(sub, record.at.timestamp())
                else:
                    ended.pop(sub, None)
        elif isinstance(record, Call) and record.path.startswith(_EVENTS):
            is_late = record.at > ended.get(record.sub, record.at) + _UNDER_WAY
            if is_late:
                yield f"I23 {record.path} was asked of an account that was given up"
