"""I2: every reason that the log gives was true when it was given."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from calsync.core.item import Kind
from calsync.core.pair import Policy
from tests.simulation.invariants.settings import Setting
from tests.simulation.invariants.story import Story
from tests.simulation.records import Change, Commit

_DAY = timedelta(days=1)
_PAST_AFTER = {
    Kind.APPOINTMENT: 42 * _DAY,
    Kind.TODO: 42 * _DAY,
    Kind.CRM_ACTIVITY: _DAY,
    Kind.SERVICE_CALL: _DAY,
    Kind.TASK: _DAY,
}
_ALL = {"title", "times", "place", "text", "private", "free"}
#: What each kind takes back, as docs/sync.md 3 has it.
ACCEPTED = {
    Kind.APPOINTMENT: _ALL,
    Kind.CRM_ACTIVITY: {"title", "times", "place", "text"},
    Kind.SERVICE_CALL: {"times"},
    Kind.TASK: {"times", "text"},
    Kind.TODO: {"title", "times", "text"},
}


@dataclass(frozen=True, slots=True)
class Given:
    """A reason with all that it can be held against."""

    row: Mapping[str, Any]
    at: datetime
    setting: Setting
    item: Mapping[str, Any] | None

    @property
    def parts(self) -> set[str]:
        """Give the parts that it is about."""
        before = self.row["before"]
        return {*(before.get("mine") or ()), *(before.get("theirs") or ())}


def _is_past(given: Given) -> bool:
    item = given.item
    if item is None:
        return False
    if str(item["status"]) in ("done", "cancelled"):
        return True
    ends_at = item["ends_at"] or (
        datetime(*item["ends_on"].timetuple()[:3], tzinfo=UTC) + _DAY if item["ends_on"] else None
    )
    # A series is as old as its occurrence, which its row does not tell.
    return bool(item["rule"]) or (
        ends_at is not None and ends_at - _DAY < given.at - _PAST_AFTER[item["kind"]]
    )


def _is_of_kind(given: Given) -> bool:
    return given.item is not None and given.item["kind"] not in given.setting.options.kinds


def _is_not_accepted(given: Given) -> bool:
    if given.item is None:
        return False
    accepted = ACCEPTED[given.item["kind"]]
    is_cut = len(given.item["subject"]) > 1000 or len(given.item["description"]) > 3900
    is_over = str(given.item["status"]) in ("done", "cancelled")
    # That a copy was cancelled there is told as of time that is free, in no part's name.
    parts = given.parts or {"free"}
    return bool(parts - accepted) or is_cut or is_over or bool(given.item["rule"])


TRUTHS: dict[str, Callable[[Given], bool]] = {
    "update_off": lambda given: not given.setting.options.takes_update,
    "create_off": lambda given: not given.setting.options.takes_create,
    "delete_off": lambda given: not given.setting.options.takes_delete,
    "kind_off": _is_of_kind,
    "read_only": lambda given: not given.setting.is_writable,
    "calendar_gone": lambda given: not given.setting.is_calendar_there,
    "permission": lambda given: given.setting.permission != "unrestricted",
    "past": _is_past,
    "not_accepted": _is_not_accepted,
    "conflict": lambda given: given.setting.options.policy is Policy.ASK,
}


def find_lies(story: Story) -> Iterator[str]:
    """Yield the reasons that were not so, in the log and of events that were judged."""
    items: dict[str, Mapping[str, Any]] = {}
    for index, record in enumerate(story.tape.records):
        if not isinstance(record, Commit):
            continue
        items |= {change.row["id"]: change.row for change in record.of("items")}
        given = [
            Given(
                change.row, record.at, _at(story, change, index), items.get(change.row["item_id"])
            )
            for change in record.of("log_entries")
        ] + [
            Given({**change.row, "before": {}}, record.at, _at(story, change, index), None)
            for change in record.of("judged_events")
            if change.row["reason"] == "create_off"
        ]
        for each in given:
            truth = TRUTHS.get(each.row["reason"] or "")
            if truth is not None and not truth(each):
                yield f"I2 {each.row['reason']} was said of {each.row.get('title')!r} falsely"


def _at(story: Story, change: Change, index: int) -> Setting:
    return story.settings[change.row["integration_id"]].at(index)
