"""What became of each entry and its events over a history, told from its tape.

A *case* is an entry with all events that any link ever tied to it. Both sides are followed
field by field: which value stood when, and whether a person gave it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.faults import FaultKind
from tests.simulation.invariants.faces import (
    PARTS,
    Values,
    face_of_event,
    face_of_item,
    is_same,
)
from tests.simulation.invariants.settings import Settings, find_settings
from tests.simulation.invariants.sides import Sides, look
from tests.simulation.records import Change, Commit, Deed, Landing
from tests.simulation.scenario import History
from tests.simulation.tape import Tape

#: What the log says of values that lost to others: no reason for anything to differ.
REPLACED = ("replaced_here", "replaced_there")


@dataclass(frozen=True, slots=True)
class Turn:
    """One change of one side: at which record of the tape, by whom, from what to what.

    ``before`` and ``after`` are None where nothing stood.
    """

    index: int
    at: float
    by_person: bool
    action: str
    before: Values | None
    after: Values | None
    #: The parts that a rule gave: a removal there that leaves the item, or the nature of its kind.
    by_rule: frozenset[str] = frozenset()

    def gives(self, part: str) -> bool:
        """Tell whether a part got its value by a person, or by a rule that follows their act."""
        return self.by_person or part in self.by_rule

    def changed(self) -> list[str]:
        """Return the parts that it gave another value; all of what was made."""
        if self.after is None:
            return []
        if self.before is None:
            return list(PARTS)
        return [p for p in PARTS if not is_same(p, self.before[p], self.after[p])]


@dataclass
class Case:
    """One entry of My Calendar and the events that were tied to it."""

    item_id: str
    key: str
    uids: list[str] = field(default_factory=list)
    here: list[Turn] = field(default_factory=list)
    there: dict[str, list[Turn]] = field(default_factory=dict)
    #: Its links, oldest first, each as its row is now.
    links: list[Mapping[str, Any]] = field(default_factory=list)
    is_series: bool = False
    #: The events that it left to other entries, and before which record.
    left: dict[str, int] = field(default_factory=dict)

    def edits_here(self, part: str) -> list[Turn]:
        """Return what people gave a part here."""
        return [turn for turn in self.here if turn.gives(part) and part in turn.changed()]

    def is_by_rule(self, part: str) -> bool:
        """Tell whether a part is here what came along with others taken in: that is agreed."""
        turns = [turn for turn in self.here if part in turn.changed()]
        return bool(turns) and part in turns[-1].by_rule

    def edits_there(self, part: str) -> list[Turn]:
        """Return what the owner gave a part there, of any of its events.

        An older copy that they bring back is left as it is, and gives nothing.
        """
        older = {row["event_uid"] for row in self.links if not row["is_present"]}
        turns = [
            turn
            for uid, turns in self.there.items()
            for turn in (_until_gone(turns) if uid in older else turns)
        ]
        turns.sort(key=lambda turn: turn.index)
        return [turn for turn in turns if turn.by_person and part in turn.changed()]


def _until_gone(turns: list[Turn]) -> list[Turn]:
    """Return the edits of an event that stood from the beginning, until it was deleted."""
    gone = next((number for number, turn in enumerate(turns) if turn.after is None), len(turns))
    return [turn for turn in turns[:gone] if turn.before is not None]


@dataclass
class Story:
    """All cases of a history."""

    history: History
    sides: Sides
    cases: dict[tuple[str, str], Case]
    settings: dict[str, Settings]
    #: The entries of the log, each with the number of the record that wrote it.
    log: list[tuple[int, Mapping[str, Any]]]
    #: Exceptions that no oracle can decide, by what they are: counted, never silent.
    limits: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def tape(self) -> Tape:
        """Give what the story is told from."""
        return self.history.tape

    @property
    def faults(self) -> set[FaultKind]:
        """Give what went wrong in it."""
        return {fault.kind for fault in self.history.office.provider.faults.fired.values()}

    def log_of(self, case: Case) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield what the log says of a case."""
        for index, row in self.log:
            if row["item_id"] == case.item_id or row["event_uid"] in case.uids:
                yield index, row


def tell(history: History) -> Story:
    """Return what became of each entry."""
    tape, sides = history.tape, look(history.office)
    here, series = _follow_items(tape)
    there = _follow_events(tape)
    cases: dict[tuple[str, str], Case] = {}
    for row in sides.links:
        case = cases.setdefault((row.item_id, row.key), Case(row.item_id, row.key))
        case.links.append({**row.__dict__})
        names = {row.event_uid, *_uids_of(sides, row.event_id)}
        case.uids += [uid for uid in names if uid and uid not in case.uids]
    _add_former_uids(tape, cases)
    for item_id in here:
        if not any(item == item_id for item, _ in cases):
            cases[item_id, ""] = Case(item_id, "")
    for case in cases.values():
        case.here = here.get(case.item_id, [])
        case.is_series = case.item_id in series
        case.there = {uid: there.get(uid, []) for uid in case.uids}
        for uid, left_at in case.left.items():
            case.there[uid] = [turn for turn in there.get(uid, []) if turn.index < left_at]
    log = [
        (index, change.row)
        for index, record in enumerate(tape.records)
        if isinstance(record, Commit)
        for change in record.of("log_entries")
    ]
    return Story(history, sides, cases, find_settings(tape), log)


def _add_former_uids(tape: Tape, cases: Mapping[tuple[str, str], Case]) -> None:
    """Add to each case the events that its links were tied to before they moved to others."""
    tied = {uid for case in cases.values() for uid in case.uids}
    for index, _, change in changes_of(tape, "links"):
        uid = (change.before or {}).get("event_uid")
        case = cases.get((change.row["item_id"], change.row["key"]))
        if not uid or not case or uid in case.uids:
            continue
        if uid not in tied:
            case.uids.append(uid)
        elif change.row["event_uid"] != uid:
            # Its owner has brought it back since, and it is of another entry now.
            case.left[uid] = index


def _uids_of(sides: Sides, event_id: str | None) -> list[str]:
    if event_id is None:
        return []
    return [event.uid for event in sides.events if event.event_id == event_id]


def _follow_items(tape: Tape) -> tuple[dict[str, list[Turn]], set[str]]:
    """Return what happened to each item, and which of them ever repeated."""
    found: dict[str, list[Turn]] = defaultdict(list)
    series: set[str] = set()
    for index, record in enumerate(tape.records):
        if not isinstance(record, Commit):
            continue
        items = {change.row["id"]: change for change in record.of("items")}
        removed = {
            change.row["item_id"]
            for change in record.of("log_entries")
            if change.row["after"].get("removal") not in (None, "delete")
        }
        for change in record.of("item_changes"):
            row = change.row
            item = items.get(row["item_id"])
            if item is None:
                continue
            if any(each and each["rule"] for each in (item.before, item.after)):
                series.add(row["item_id"])
            at, is_ours = record.at.timestamp(), row["carried_by"] is None
            found[row["item_id"]].append(
                Turn(
                    index,
                    at,
                    is_ours,
                    row["action"],
                    _face(item.before),
                    _face(item.after),
                    frozenset() if is_ours else _parts_by_rule(item, row["item_id"] in removed),
                )
            )
    return found, series


def _parts_by_rule(item: Change, is_removed: bool) -> frozenset[str]:
    """Return what no one wrote of an item that a sync changed (docs/sync.md 3 and 4)."""
    face = _face(item.after)
    if face is None:
        return frozenset()
    has_no_times = face["times"] is None
    if is_removed:
        return frozenset({"times", "free"} if has_no_times else {"free"} if face["free"] else ())
    is_loose = str(item.row["kind"]) in ("task", "todo")
    is_of_a_day = not has_no_times and face["times"].is_all_day
    before = _face(item.before)
    was_of_a_day = before is not None and before["times"] and before["times"].is_all_day
    return frozenset({"free"} if is_loose and is_of_a_day != bool(was_of_a_day) else ())


def _face(row: Mapping[str, Any] | None) -> Values | None:
    return face_of_item(row) if row and row["deleted_at"] is None else None


def _follow_events(tape: Tape) -> dict[str, list[Turn]]:
    found: dict[str, list[Turn]] = defaultdict(list)
    for index, record in enumerate(tape.records):
        if not isinstance(record, Deed | Landing) or record.after is None:
            continue
        before, after = (
            face_of_event(each) if each and not each.deleted else None
            for each in (record.before, record.after)
        )
        action = "deleted" if after is None else "changed" if before else "created"
        by_person = isinstance(record, Deed)
        found[record.after.uid].append(Turn(index, record.at, by_person, action, before, after))
    return found


def changes_of(tape: Tape, table: str) -> Iterator[tuple[int, Commit, Change]]:
    """Yield each change of a table with its commit."""
    for index, record in enumerate(tape.records):
        if isinstance(record, Commit):
            for change in record.of(table):
                yield index, record, change
