"""What was promised to whoever edited, held against what stands on both sides in the end.

Each entry has one writer at a time, and each of its edits a number that stands in its title
and in its place: what has to stand is then known to the letter, whoever wrote it.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

#: That an entry stands nowhere, before it was made or after it was deleted.
GONE = 0
_TITLE = re.compile(r"(entry-\S+) v(\d+)")


class Side(StrEnum):
    """Where somebody edits."""

    HERE = "here"
    THERE = "there"


@dataclass
class Entry:
    """One thing that people made and edited, and what may stand of it."""

    tag: str
    home: Side
    #: Who edits it at present.
    writer: Side
    last: int = GONE
    #: Of all that was tried, what may have come about: what was acknowledged last, and what
    #: was tried since and answered with an error or not at all.
    possible: set[int] = field(default_factory=lambda: {GONE})
    item_id: str = ""
    event_uid: str = ""

    def title(self, number: int) -> str:
        """Return its title after edit ``number``."""
        return f"{self.tag} v{number}"

    @staticmethod
    def place(number: int) -> str:
        """Return where it takes place after edit ``number``."""
        return f"Room {number}"

    @property
    def is_certain(self) -> bool:
        """Whether what stands of it is known."""
        return len(self.possible) == 1

    @property
    def stands(self) -> bool:
        """Whether it is known to stand."""
        return self.is_certain and GONE not in self.possible


@dataclass
class Ledger:
    """All entries of one person's two calendars. One thread writes it."""

    name: str
    entries: dict[str, Entry] = field(default_factory=dict)
    acknowledged: int = 0
    unanswered: int = 0

    def open_entry(self, home: Side) -> Entry:
        """Return a new entry that stands nowhere yet."""
        tag = f"entry-{self.name}-{len(self.entries)}"
        self.entries[tag] = Entry(tag, home, home)
        return self.entries[tag]

    def next_edit(self, entry: Entry) -> int:
        """Return the number of an edit that is about to be tried."""
        entry.last += 1
        self.unanswered += 1
        entry.possible.add(entry.last)
        return entry.last

    def try_removal(self, entry: Entry) -> int:
        """Note that its removal is about to be tried."""
        self.unanswered += 1
        entry.possible.add(GONE)
        return GONE

    def acknowledge(self, entry: Entry, number: int) -> None:
        """Note that an edit was answered with success: from now on nothing older may stand."""
        entry.possible = {number}
        self.unanswered -= 1
        self.acknowledged += 1


#: A title and a place, as they stand on one of the sides.
Row = tuple[str, str | None]


def judge(ledger: Ledger, here: Iterable[Row], there: Iterable[Row]) -> list[str]:
    """Return what does not hold of what stands on both sides, a sentence each."""
    shown = {Side.HERE: _sort(here), Side.THERE: _sort(there)}
    found = []
    for entry in ledger.entries.values():
        numbers = {}
        for side, rows in shown.items():
            stands = rows.get(entry.tag, [])
            found += _find_spoilt(entry, side, stands)
            numbers[side] = stands[0][0] if stands else GONE
        for side, number in numbers.items():
            if number not in entry.possible:
                wanted = sorted(entry.possible)
                found.append(f"{entry.tag} is lost {side}: {number} stands, and not {wanted}.")
        if numbers[Side.HERE] != numbers[Side.THERE]:
            found.append(f"{entry.tag} differs: {_tell(numbers)}.")
    for side, rows in shown.items():
        found += [
            f"{tag} stands {side}, and nobody made it." for tag in rows.keys() - ledger.entries
        ]
    return found


def judge_put_back(
    entries: Iterable[Entry],
    before: dict[Side, list[Row]],
    after: dict[Side, list[Row]],
    adopted: Collection[str] = (),
) -> list[str]:
    """Return what does not hold after an older database was put back, a sentence each.

    ``before`` is what stood on both sides when it was: here what the older database had. An
    entry that a person deleted may be gone; of no other may anything be, and none is doubled.
    What differs of those that were ``adopted`` counts as agreed (docs/sync.md 6).
    """
    found = []
    stood = {side: _sort(rows) for side, rows in before.items()}
    stands = {side: _sort(rows) for side, rows in after.items()}
    for entry in entries:
        numbers = {side: rows.get(entry.tag, []) for side, rows in stands.items()}
        for side, rows in numbers.items():
            if len(rows) > 1:
                found.append(f"{entry.tag} stands {len(rows)} times {side}.")
        if entry.tag in stood[Side.THERE] and not numbers[Side.THERE]:
            found.append(f"{entry.tag} was deleted there.")
        if GONE in entry.possible:
            continue
        was_known = entry.tag in stood[Side.HERE]
        if was_known and not numbers[Side.HERE]:
            found.append(f"{entry.tag} was deleted here.")
        must_agree = (was_known or entry.home is Side.THERE) and entry.tag not in adopted
        if must_agree and numbers[Side.HERE] != numbers[Side.THERE]:
            found.append(f"{entry.tag} differs: {_tell(numbers)}.")
    return found


def _find_spoilt(entry: Entry, side: Side, stands: list[tuple[int, str | None]]) -> list[str]:
    found = []
    if len(stands) > 1:
        found.append(f"{entry.tag} stands {len(stands)} times {side}.")
    for number, place in stands:
        if place != entry.place(number):
            found.append(f"{entry.tag} is torn {side}: {number} takes place in {place}.")
    return found


def _tell(numbers: Mapping[Side, object]) -> str:
    return ", ".join(f"{number} {side}" for side, number in numbers.items())


def _sort(rows: Iterable[Row]) -> dict[str, list[tuple[int, str | None]]]:
    """Return what stands of each entry; what bears no tag is none of ours."""
    sorted_rows: dict[str, list[tuple[int, str | None]]] = defaultdict(list)
    for title, place in rows:
        if match := _TITLE.fullmatch(title):
            sorted_rows[match[1]].append((int(match[2]), place))
    return dict(sorted_rows)
