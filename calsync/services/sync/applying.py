"""Changes that come in: what the core decided, done to the items, as the user would do it.

Everything goes through the same services as a person's change, with the user's own rights,
in the transaction that also settles the link.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from calsync.core.actions import (
    CallOff,
    Incoming,
    PutBack,
    Removal,
    RemoveHere,
    RestoreHere,
    TakeIn,
)
from calsync.core.content import NO_PARTS, Content, Part, Parts, find_differing
from calsync.core.entry import Entry
from calsync.core.item import ItemFields, ItemStatus, UnfitItem
from calsync.core.link import Link, LinkState, Seen
from calsync.core.mapping import item_changes
from calsync.core.settle import settle_taken
from calsync.db.database import Session
from calsync.db.items import map_assignees
from calsync.db.joined import JoinedDatabase
from calsync.errors import NotAllowed, NotThere
from calsync.services.items import (
    Scope,
    change_item,
    delete_item,
    restore_item,
    restore_occurrence,
)
from calsync.services.sync.pairs import Matter, Pairs
from calsync.services.tools import Carrier, Tools


class NotTaken(Exception):
    """The item cannot become what the event is; ``reason`` says why. Nothing has changed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Applier:
    """Does to items what came in over one integration, in one open transaction."""

    tools: Tools
    session: Session
    pairs: Pairs

    def apply(self, matter: Matter, link: Link, action: Incoming) -> Link:
        """Do it and return the link as it is then. Raises NotTaken."""
        try:
            match action:
                case TakeIn():
                    return self._take(matter, link, action.content, action.parts)
                case RestoreHere():
                    return self._restore(matter, link, action)
                case RemoveHere():
                    return self._remove(matter, link, action.removal)
                case CallOff():
                    return self._call_off(matter, link, action)
                case PutBack():
                    return self._put_back(matter, link, action)
        except UnfitItem:
            raise NotTaken("unfit") from None
        except (NotAllowed, NotThere):
            raise NotTaken("not_allowed") from None

    def _take(self, matter: Matter, link: Link, content: Content, parts: Parts) -> Link:
        entry, before = matter.entry, matter.pair.here.content
        if entry is None or before is None:
            raise NotThere
        fields = item_changes(entry.fields, parts, content)
        self._change(entry, fields, self._carrier(link.seen, parts))
        return self._settled(link, parts, before, replace(entry, fields=fields))

    def _restore(self, matter: Matter, link: Link, action: RestoreHere) -> Link:
        entry, who = matter.entry, self.pairs.subject.who
        if matter.item is None or link.here is None:
            raise NotThere
        tools = self._joined(self._carrier(link.seen, action.parts))
        if entry is None:
            restore_occurrence(tools, who, matter.item.id, matter.row.key)
        elif matter.item.deleted_at is not None:
            restore_item(tools, who, matter.item.id)
        else:
            present = map_assignees(self.session, who.tenant_id, [matter.item.id])
            people = [*present[matter.item.id], who.user_id]
            change_item(tools, who, matter.item.id, entry.fields, assignees=people)
        live = replace(link, state=LinkState.LIVE)
        again = self._again(matter)
        now = again.pair.here.content
        if again.entry is None or now is None:
            raise NotThere
        # What an occurrence had for itself was lost when it was taken out.
        parts = action.parts | (find_differing(link.here, now) if entry is None else NO_PARTS)
        if not parts:
            return live
        return self._take(again, live, link.here.taking(action.content, action.parts), parts)

    def _remove(self, matter: Matter, link: Link, removal: Removal) -> Link:
        entry, who = matter.entry, self.pairs.subject.who
        if entry is None or matter.item is None:
            return link
        tools = self._joined(self._carrier(link.seen, frozenset()))
        match removal:
            case Removal.DELETE:
                scope = Scope.ALL if entry.key is None else Scope.THIS
                delete_item(tools, who, entry.item_id, scope=scope, key=entry.key)
                return link
            case Removal.UNASSIGN:
                present = map_assignees(self.session, who.tenant_id, [entry.item_id])
                left = [user for user in present[entry.item_id] if user != who.user_id]
                change_item(tools, who, entry.item_id, entry.fields, assignees=left)
                return link
            case Removal.CANCEL:
                fields = replace(entry.fields, status=ItemStatus.CANCELLED)
            case Removal.UNSCHEDULE:
                fields = replace(entry.fields, times=None)
        self._change(entry, fields, tools.carrier)
        return self._with_shown(link, replace(entry, fields=fields))

    def _call_off(self, matter: Matter, link: Link, action: CallOff) -> Link:
        # What else was edited there has come in before, in this very decision.
        entry = self._again(matter).entry
        if entry is None:
            raise NotThere
        status = ItemStatus.CANCELLED if action.is_off else ItemStatus.OPEN
        fields = replace(entry.fields, status=status)
        before = self.pairs.content(entry, link)
        self._change(entry, fields, self._carrier(link.seen, frozenset({Part.FREE})))
        after = self.pairs.content(replace(entry, fields=fields), link)
        if before is None or after is None or link.here is None:
            return link
        # What else was changed here is on its way there, and not agreed on before it shows.
        return replace(link, here=link.here.taking(after, find_differing(before, after)))

    def _put_back(self, matter: Matter, link: Link, action: PutBack) -> Link:
        # What was edited there since has come in before, in this very decision.
        entry = self._again(matter).entry
        if entry is None:
            raise NotThere
        fields = item_changes(entry.fields, action.parts, action.content)
        self._change(entry, fields, self._carrier(link.seen, action.parts))
        return link

    def _change(self, entry: Entry, fields: ItemFields, carrier: Carrier | None) -> None:
        scope = Scope.ALL if entry.key is None else Scope.THIS
        change_item(
            self._joined(carrier),
            self.pairs.subject.who,
            entry.item_id,
            fields,
            scope=scope,
            key=entry.key,
        )

    def _settled(self, link: Link, parts: Parts, before: Content, entry: Entry) -> Link:
        after = self.pairs.content(entry, link)
        settled = settle_taken(link, parts, before, after or before)
        is_moved = Part.TIMES in parts
        return replace(settled, times_taken_at=self.pairs.now) if is_moved else settled

    def _with_shown(self, link: Link, entry: Entry) -> Link:
        """Return the link with what the entry shows now as what it showed when in step."""
        after = self.pairs.content(entry, link)
        return replace(link, here=after) if after is not None else link

    def _again(self, matter: Matter) -> Matter:
        return self.pairs.gather(self.session, [matter.row])[0]

    def _joined(self, carrier: Carrier | None) -> Tools:
        return replace(self.tools, db=JoinedDatabase(self.session), carrier=carrier)

    def _carrier(self, seen: Seen | None, parts: Parts) -> Carrier:
        return Carrier(self.pairs.subject.id, _said_at(seen, parts))


def _said_at(seen: Seen | None, parts: Parts) -> datetime | None:
    """Return when somebody said there what is taken in here (docs/sync.md 2)."""
    if seen is None:
        return None
    since: Mapping[Part, datetime] = seen.since
    moments = [since[part] for part in parts if part in since]
    return max(moments) if moments else seen.updated
