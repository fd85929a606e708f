"""From links that are to be looked at to what is done about them.

First the whole plan is counted for the brake, without any effect. Then link by link it is
decided anew from what is there now: what comes in is done at once, with its link, and what
goes out is stored as an intent and sent after the commit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from calsync.core.actions import (
    CallOff,
    Decision,
    DeleteThere,
    Hold,
    Incoming,
    Note,
    PutBack,
    RemoveHere,
    RestoreHere,
    SendAgain,
    TakeIn,
    Write,
)
from calsync.core.brake import charge_of
from calsync.core.content import ALL_PARTS, Part, find_differing
from calsync.core.decide import decide, decide_superseded
from calsync.core.event import Times
from calsync.core.footer import ItemLink
from calsync.core.instances import is_awaited
from calsync.core.landing import SETTLES_IN
from calsync.core.link import Act, Link, LinkState, Origin, Side, Wish
from calsync.core.recognition import is_lost
from calsync.core.run import Result
from calsync.core.settle import begin_deleting, begin_writing
from calsync.db.copies import find_free_generations
from calsync.db.database import Session
from calsync.db.links import (
    link_of,
    list_links_in_flight,
    list_links_of_items,
    list_links_to_look_at,
    put_link,
)
from calsync.db.models import LinkRow
from calsync.services.sync.applying import Applier, NotTaken
from calsync.services.sync.holding import count_deletions, find_held, hold
from calsync.services.sync.journal import Journal
from calsync.services.sync.pairs import Matter, Pairs
from calsync.services.sync.planning import Plan
from calsync.services.sync.sending import Order, is_outgoing, order_of
from calsync.services.sync.spreading import new_link_row
from calsync.services.sync.twins import content_to_send, find_alike
from calsync.services.sync.wishes import foresee, grant_wish, reopened
from calsync.services.tools import Tools

#: What stands on one side alone, and in which direction it does not go.
_ALONE = {LinkState.REMOVED_THERE: Side.IN, LinkState.DELETED_HERE: Side.OUT}
#: Links that are decided on in one transaction, and sent in one call.
AT_ONCE = 50


@dataclass(frozen=True)
class Decider:
    """Decides for one run, in one open transaction."""

    tools: Tools
    session: Session
    pairs: Pairs
    journal: Journal
    #: Items to all of whose entries something was done over the link of one.
    touched: set[str] = field(default_factory=set)

    def count(self, plan: Plan) -> None:
        """Count what would be done, and do nothing."""
        for rows in self._chunks():
            plan.links += len(rows)
            matters = self.pairs.gather(self.session, rows)
            plan.alike |= self._find_alike(matters)
            for matter in matters:
                answered = foresee(matter, self.pairs.now)
                for action in (answered or self._decide(matter)).actions:
                    plan.actions += 1
                    if isinstance(action, RemoveHere):
                        plan.removals.append(matter.pair.link)
                    if answered is not None:
                        continue
                    charge = charge_of(action, matter.pair.link, matter.group)
                    if charge is not None:
                        plan.add(_name_of(matter), charge, matter.row.id)

    def _find_alike(self, matters: Sequence[Matter]) -> dict[str, Times]:
        """Return when what is to be sent takes place where something alike may stand, by link."""
        contents = {each.row.id: content_to_send(self.pairs, each) for each in matters}
        unsent = {name: content for name, content in contents.items() if content is not None}
        return find_alike(self.session, self.pairs.subject, unsent) if unsent else {}

    def decide_next(self, after: str, plan: Plan) -> tuple[str | None, list[Order]]:
        """Decide on the next links after that id; return the last of them and what to send.

        None where there are no more.
        """
        rows = self._list(after)
        if not rows:
            return None, []
        orders: list[Order] = []
        for matter in reopened(self.session, self.pairs, self.pairs.gather(self.session, rows)):
            # What may still turn out to be a change is looked at again.
            matter.row.looks = int(is_awaited(matter.pair.link, self.pairs.now))
            is_stale = matter.row.item_id in self.touched
            present = self.pairs.gather(self.session, [matter.row])[0] if is_stale else matter
            orders += self._carry_out(present, plan)
        return rows[-1].id if len(rows) == AT_ONCE else None, orders

    def list_lost(self) -> list[Order]:
        """Return the writes that are to be sent once more, word for word."""
        subject, now = self.pairs.subject, self.pairs.now
        of = subject.tenant_id, subject.id
        flying = list_links_in_flight(self.session, *of, now - SETTLES_IN)
        rows = list(islice((row for row in flying if is_lost(link_of(row), now)), AT_ONCE))
        orders = []
        for matter in self.pairs.gather(self.session, rows):
            flight = matter.pair.link.flight
            if flight is None or (matter.entry is None and flight.sent is not None):
                continue
            action = DeleteThere() if flight.sent is None else Write(flight.sent, flight.parts)
            order = self._order(matter, action, matter.pair.link)
            orders.append(replace(order, is_repeated=True))
        return orders

    def _list(self, after: str, *, is_locked: bool = True) -> list[LinkRow]:
        subject = self.pairs.subject
        return list_links_to_look_at(
            self.session, subject.tenant_id, subject.id, after, AT_ONCE, is_locked=is_locked
        )

    def _chunks(self) -> Iterator[Sequence[LinkRow]]:
        after = ""
        while rows := self._list(after, is_locked=False):
            yield rows
            if len(rows) < AT_ONCE:
                return
            after = rows[-1].id

    def _carry_out(self, matter: Matter, plan: Plan) -> list[Order]:
        is_agreed = matter.row.wish is Wish.AGREE
        wished, exempt = grant_wish(matter, self.pairs.now)
        decision = _without_moved(matter, wished or self._decide(matter), plan)
        for note in decision.notes:
            self.journal.note_reason(self.session, matter, note, self.pairs.now)
        if is_agreed:
            self._note_agreed(matter, decision.link)
        held = find_held(matter, decision, plan, exempt)
        if held:
            hold(self.session, self.journal, matter, held, self.pairs.now)
            self.journal.done += len(decision.actions)
            return []
        counted = count_deletions(matter, decision, exempt)
        self.journal.spend_confirmed(self.session, counted)
        orders = [
            replace(order, is_counted=isinstance(order.action, DeleteThere) and Side.OUT in counted)
            for order in self._do(matter, decision)
        ]
        # What goes out is done once it was sent.
        self.journal.done += sum(not is_outgoing(each) for each in decision.actions)
        return orders

    def _note_agreed(self, matter: Matter, link: Link) -> None:
        """Write down what differs and stays so, as it counts as agreed."""
        mine, theirs = link.here, link.there
        if link.state in _ALONE:
            note = Note("agreed", _ALONE[link.state])
            self.journal.note_reason(self.session, matter, note, self.pairs.now)
        if link.state is LinkState.LIVE and mine and theirs and find_differing(mine, theirs):
            self.journal.note_linked(
                self.session, matter.row, mine, theirs, self.pairs.now, "agreed"
            )

    def _decide(self, matter: Matter) -> Decision:
        if not matter.row.is_present:
            return decide_superseded(matter.pair, self.pairs.now)
        return decide(matter.pair, self.pairs.now)

    def _do(self, matter: Matter, decision: Decision) -> list[Order]:
        link, orders = decision.link, []
        for action in decision.actions:
            match action:
                case TakeIn() | CallOff() | RemoveHere() | RestoreHere() | PutBack():
                    link = self._follow(matter, link, action)
                case Write(parts=parts) if link.is_ours and _is_made_anew(link, parts):
                    link, found = self._make_anew(matter, link)
                    orders += found
                case Write(content, parts):
                    mine = matter.pair.here.content or content
                    link = begin_writing(link, content, parts, mine, self.pairs.now)
                    orders.append(self._order(matter, action, link))
                case SendAgain(content):
                    orders.append(self._send_again(matter, action))
                case DeleteThere():
                    link = begin_deleting(link, self.pairs.now)
                    orders.append(self._order(matter, action, link))
                case Hold():
                    pass
        put_link(matter.row, link)
        return orders

    def _follow(self, matter: Matter, link: Link, action: Incoming) -> Link:
        """Let the entry follow its event; look again at what is still to flow then."""
        if isinstance(action, RemoveHere | RestoreHere):
            self.touched.add(matter.row.item_id)
        if isinstance(action, RestoreHere):
            self._wake_others(matter)
        link = self._take(matter, link, action)
        if isinstance(action, RestoreHere | PutBack):
            # What was changed here before it was deleted is still to be merged, and what
            # was put back is an edit here, which goes out.
            matter.row.looks = 1
        return link

    def _wake_others(self, matter: Matter) -> None:
        """Have the other entries of an item that comes back sent again where they were deleted.

        An occurrence that had been taken out of its series comes back alone.
        """
        row = matter.row
        if matter.item is None or matter.item.deleted_at is None:
            return
        of_item = list_links_of_items(
            self.session, row.tenant_id, row.integration_id, [row.item_id]
        )
        for other in of_item:
            if other.id != row.id:
                link = link_of(other)
                put_link(other, replace(link, acts=link.acts | {Act.RESTORED}))
                other.looks += 1

    def _take(self, matter: Matter, link: Link, action: Incoming) -> Link:
        applier = Applier(self.tools, self.session, self.pairs)
        try:
            taken = applier.apply(matter, link, action)
        except NotTaken as problem:
            self.journal.note_action(
                self.session,
                matter,
                action,
                self.pairs.now,
                result=Result.DECLINED,
                reason=problem.reason,
            )
            return _leave(link, action)
        self.journal.note_action(self.session, matter, action, self.pairs.now)
        return taken

    def _make_anew(self, matter: Matter, link: Link) -> tuple[Link, list[Order]]:
        """Delete a copy and make it under its next id: it became private, or no longer is."""
        deleted = begin_deleting(link, self.pairs.now)
        orders = [self._order(matter, DeleteThere(), deleted)]
        mine = matter.pair.here.content
        if mine is not None:
            orders.append(self._send_again(matter, SendAgain(mine)))
        return deleted, orders

    def _send_again(self, matter: Matter, action: SendAgain) -> Order:
        """Return the order that makes a new copy, whose link takes this one's place."""
        row, subject = matter.row, self.pairs.subject
        entry = row.item_id, row.key
        free = find_free_generations(self.session, row.tenant_id, subject.id, [entry])
        row.is_present = False
        self.session.flush()
        fresh = new_link_row(self.pairs, *entry, free[entry])
        fresh.looks = 0
        link = begin_writing(
            Link(Origin.SENT), action.content, ALL_PARTS, action.content, self.pairs.now
        )
        put_link(fresh, link)
        self.session.add(fresh)
        self.session.flush()
        return self._order(replace(matter, row=fresh), action, link)

    def _order(self, matter: Matter, action: Write | DeleteThere | SendAgain, link: Link) -> Order:
        flight = link.flight
        if flight is None:
            raise ValueError("what is sent is in flight")
        now: datetime = self.pairs.now
        return order_of(matter, action, flight, self.pairs.subject, self.pairs.base_url, now)


def _without_moved(matter: Matter, decision: Decision, plan: Plan) -> Decision:
    """Return the decision without the removal of what was only moved to another calendar."""
    is_removal = any(isinstance(action, RemoveHere) for action in decision.actions)
    if not is_removal or _name_of(matter) not in plan.moved:
        return decision
    link = replace(decision.link, state=LinkState.REMOVED_THERE)
    return Decision(link, (), (*decision.notes, Note("moved", Side.IN)))


def _name_of(matter: Matter) -> ItemLink:
    """Return the entry as its copies name it."""
    return ItemLink(matter.row.item_id, matter.row.key or None)


def _is_made_anew(link: Link, parts: frozenset[Part]) -> bool:
    """Tell whether a write needs a new copy: private is honoured at creation only."""
    return Part.PRIVATE in parts and link.there is not None


def _leave(link: Link, action: object) -> Link:
    """Return the link of a change that could not be taken in: it is asked no more.

    An event that stands stays although its entry could not come back.
    """
    seen = link.seen
    if isinstance(action, RestoreHere):
        return replace(link, state=LinkState.DELETED_HERE)
    if isinstance(action, TakeIn) and link.there is not None and seen and seen.content:
        return replace(link, there=link.there.taking(seen.content, action.parts))
    return replace(link, state=LinkState.REMOVED_THERE) if isinstance(action, RemoveHere) else link
