"""Links with both of their sides: what the core decides about."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from calsync.core.content import NO_PARTS, Content, Part, Parts
from calsync.core.entry import Entry, entries_of
from calsync.core.item import Kind
from calsync.core.link import Link, Origin
from calsync.core.mapping import ACCEPTED, NotShown, accepted_parts, shown_content
from calsync.core.pair import Absence, Here, Pair
from calsync.core.past import is_past
from calsync.core.recurrence import View
from calsync.core.table import Fate, fate_here, fate_there
from calsync.db.database import Session
from calsync.db.items import list_changes_of, list_items, map_assignees, map_exceptions
from calsync.db.links import find_brought_elsewhere, link_of
from calsync.db.models import Item, ItemChange, ItemException, LinkRow
from calsync.services.item_rows import fields_of, series_of
from calsync.services.sync.scope import Subject

#: The fields of an item that each part shows.
FIELDS: dict[Part, frozenset[str]] = {
    Part.TITLE: frozenset({"subject"}),
    Part.TIMES: frozenset({"times", "due_on", "rule"}),
    Part.PLACE: frozenset({"location", "site"}),
    Part.TEXT: frozenset({"description"}),
    Part.PRIVATE: frozenset({"is_private"}),
    Part.FREE: frozenset({"is_busy", "status"}),
}
_NO_TIME = datetime(1970, 1, 1).astimezone()
_NEVER = View(_NO_TIME, _NO_TIME, "Etc/UTC")


@dataclass(frozen=True)
class Matter:
    """A pair to decide on, with the rows and the entry behind it."""

    row: LinkRow
    pair: Pair
    #: None where nothing of the item stands on the user's calendar any more.
    entry: Entry | None
    item: Item | None

    @property
    def group(self) -> str:
        """Give what the brake counts it with: its series, or itself."""
        seen = self.pair.link.seen
        return (seen.series if seen else None) or self.row.item_id


@dataclass(frozen=True)
class Pairs:
    """Puts pairs together for one run, a constant number of questions for any number."""

    subject: Subject
    base_url: str
    now: datetime

    def gather(self, session: Session, rows: Sequence[LinkRow]) -> list[Matter]:
        """Return what is to be decided on for some links."""
        ids = {row.item_id for row in rows}
        tenant_id = self.subject.tenant_id
        items = {item.id: item for item in list_items(session, tenant_id, ids)}
        assignees = map_assignees(session, tenant_id, list(ids))
        repeating = [item.id for item in items.values() if item.rule]
        exceptions = map_exceptions(session, tenant_id, repeating) if repeating else {}
        foreign = self._find_foreign(session, rows)
        keys: dict[str, set[str]] = {}
        for row in rows:
            keys.setdefault(row.item_id, set()).add(row.key)
        entries = {
            (item.id, entry.key or ""): entry
            for item in items.values()
            for entry in self.entries(
                item, exceptions.get(item.id, ()), assignees[item.id], keys[item.id]
            )
        }
        removed = {
            (item_id, each.key)
            for item_id, rows_of in exceptions.items()
            for each in rows_of
            if each.is_removed
        }
        matters = [
            self._matter(
                row,
                items.get(row.item_id),
                entries.get((row.item_id, row.key)),
                assignees.get(row.item_id, []),
                is_foreign=row.id in foreign,
                is_removed=(row.item_id, row.key) in removed,
            )
            for row in rows
        ]
        return self._with_history(session, matters)

    def entries(
        self,
        item: Item,
        exceptions: Sequence[ItemException],
        assignees: Sequence[str],
        keys: Collection[str] = (),
        window: View = _NEVER,
    ) -> list[Entry]:
        """Return the entries of an item in a window, and besides those that have ``keys``."""
        fields = fields_of(item)
        return entries_of(
            item.id,
            fields,
            series_of(fields, exceptions),
            window,
            linked={key for key in keys if key},
            assignee_count=len(assignees),
        )

    def _find_foreign(self, session: Session, rows: Sequence[LinkRow]) -> set[str]:
        """Return over which links nothing goes out: their items came from another calendar.

        Those are events that were found to be the same; of what else is sent, the box is
        asked before there is a link.
        """
        found = {row.id: row.item_id for row in rows if _was_found_equal(row)}
        if not found or self.subject.options.sends_foreign:
            return set()
        ids = self.subject.tenant_id, self.subject.id
        elsewhere = find_brought_elsewhere(session, *ids, set(found.values()))
        return {row_id for row_id, item_id in found.items() if item_id in elsewhere}

    def _matter(
        self,
        row: LinkRow,
        item: Item | None,
        entry: Entry | None,
        assignees: Sequence[str],
        *,
        is_foreign: bool,
        is_removed: bool,
    ) -> Matter:
        link = link_of(row)
        kind = item.kind if item else Kind.APPOINTMENT
        here = self.here(link, item, entry, assignees, is_removed=is_removed)
        rules = self.subject.rules_for(link, kind)
        if is_foreign:
            rules = rules.barred("foreign")
        return Matter(row, Pair(link, here, rules), entry, item)

    def here(
        self,
        link: Link,
        item: Item | None,
        entry: Entry | None,
        assignees: Sequence[str],
        *,
        is_removed: bool = False,
    ) -> Here:
        """Return the entry as the core sees it; ``is_removed`` of an occurrence taken out."""
        if item is None or entry is None:
            kind = item.kind if item else Kind.APPOINTMENT
            # One that was taken out can take place again, as an edit there may want it.
            can_return = is_removed and item is not None and item.deleted_at is None
            accepted = _accepted_back(kind, assignees) if can_return else NO_PARTS
            return Here(kind, link.here, accepted, Absence.DELETED)
        shown = shown_content(entry, self.base_url, is_copy=link.is_ours)
        content = None if isinstance(shown, NotShown) else shown
        absence = self._absence(item, assignees, content)
        # What became of it after it left the user's calendar is not theirs to see, nor the log's.
        is_theirs = self.subject.who.user_id in assignees
        return Here(
            kind=item.kind,
            content=(content if is_theirs else None) or link.here,
            accepted=self._accepted(entry, link, shown),
            absence=absence,
            is_past=is_past(entry, self.now) and not self._is_slip(link),
            has_several_assignees=len(assignees) > 1,
            is_occurrence=entry.key is not None,
        )

    def _is_slip(self, link: Link) -> bool:
        """Tell whether its present time was taken in from there a short while ago.

        Then a slip of the mouse can be put right (docs/sync.md 8).
        """
        taken_at = link.times_taken_at
        return taken_at is not None and self.now < taken_at + timedelta(hours=24)

    def content(self, entry: Entry, link: Link) -> Content | None:
        """Return what the linked calendar shall show of an entry, None where it cannot."""
        shown = shown_content(entry, self.base_url, is_copy=link.is_ours)
        return None if isinstance(shown, NotShown) else shown

    def _absence(
        self, item: Item, assignees: Sequence[str], content: Content | None
    ) -> Absence | None:
        if item.deleted_at is not None:
            return Absence.DELETED
        if self.subject.who.user_id not in assignees:
            return Absence.UNASSIGNED
        return Absence.UNSHOWABLE if content is None else None

    def _accepted(self, entry: Entry, link: Link, shown: Content | NotShown) -> Parts:
        accepted = accepted_parts(entry, self.base_url, is_copy=link.is_ours, shown=shown)
        # Whether it is private is the whole series' own.
        return accepted - {Part.PRIVATE} if entry.key is not None else accepted

    def _with_history(self, session: Session, matters: list[Matter]) -> list[Matter]:
        """Add who changed what and when, for those pairs where it decides anything."""
        contested = {m.row.item_id for m in matters if _is_contested(m.pair)}
        if not contested:
            return matters
        changes = list_changes_of(session, self.subject.tenant_id, contested)
        return [
            _with_changes(m, changes.get(m.row.item_id, ())) if m.row.item_id in contested else m
            for m in matters
        ]


def _accepted_back(kind: Kind, assignees: Sequence[str]) -> Parts:
    """Return which parts of its event an occurrence takes over that comes back by it."""
    single = frozenset({Part.FREE}) if len(assignees) > 1 else NO_PARTS
    return ACCEPTED[kind] - {Part.PRIVATE} - single


def _was_found_equal(row: LinkRow) -> bool:
    """Tell whether an item that was here already is linked with an event of the user's own."""
    return row.origin is Origin.BROUGHT and not row.is_source


def _is_contested(pair: Pair) -> bool:
    if pair.link.flight is not None or fate_here(pair.here, pair.link) is not Fate.EDITED:
        return False
    return fate_there(pair.link) is not Fate.KEPT


def _with_changes(matter: Matter, changes: Sequence[ItemChange]) -> Matter:
    """Return the matter with the time and the hand of each part's present value.

    ``changes`` are the latest first.
    """
    changed_at: dict[Part, datetime] = {}
    by_person: set[Part] = set()
    for change in changes:
        if change.after.get("occurrence") not in (None, matter.row.key):
            continue
        touched = set(change.after) | set(change.before)
        for part in Part:
            if part not in changed_at and (FIELDS[part] & touched or change.action == "created"):
                changed_at[part] = change.said_at or change.at
                if change.carried_by is None:
                    by_person.add(part)
    here = replace(matter.pair.here, changed_at=changed_at, edited_by_person=frozenset(by_person))
    return replace(matter, pair=replace(matter.pair, here=here))
