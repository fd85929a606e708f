"""One entry and one event, and a sync that carries out at once what is decided."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from calsync.core.actions import (
    Action,
    CallOff,
    DeleteThere,
    Hold,
    PutBack,
    Removal,
    RemoveHere,
    RestoreHere,
    SendAgain,
    TakeIn,
    Write,
    deed_of,
)
from calsync.core.content import ALL_PARTS, NO_PARTS, Content, Part, Parts
from calsync.core.decide import decide
from calsync.core.event import AllDay, Timed
from calsync.core.item import Kind
from calsync.core.link import Act, Link, LinkState, Origin, Seen
from calsync.core.pair import Absence, Here, Pair, Policy, Rules
from calsync.core.recognition import observe
from calsync.core.settle import begin_deleting, begin_writing, note_accepted, settle_taken

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OPEN = Rules(takes_create=True, takes_update=True, takes_delete=True)
FIRST = Content("Lunch", Timed(NOON, NOON + timedelta(hours=1)), "Canteen", "With Sam")

titles = st.sampled_from(["Lunch", "Dinner", "Brunch"])
times = st.sampled_from(
    [
        Timed(NOON, NOON + timedelta(hours=1)),
        Timed(NOON + timedelta(hours=2), NOON + timedelta(hours=3), "Europe/London"),
        AllDay(date(2026, 3, 2), date(2026, 3, 3)),
    ]
)
contents = st.builds(
    Content,
    title=titles,
    times=times,
    place=st.sampled_from(["", "Canteen"]),
    text=st.sampled_from(["", "With Sam", "Without Sam"]),
    private=st.booleans(),
    free=st.booleans(),
)
parts = st.sets(st.sampled_from(sorted(Part))).map(frozenset)
rules = st.builds(
    Rules,
    takes_create=st.booleans(),
    takes_update=st.booleans(),
    takes_delete=st.booleans(),
    policy=st.sampled_from(Policy),
    bar_out=st.sampled_from([None, "read_only"]),
    bar_deletion=st.sampled_from([None, "read_only"]),
)


@dataclass
class OnePair:
    """Both sides as they are, and the link between them."""

    rules: Rules = OPEN
    kind: Kind = Kind.APPOINTMENT
    accepted: Parts = ALL_PARTS
    several: bool = False
    entry: Content = FIRST
    absence: Absence | None = None
    is_past: bool = False
    event: Content = FIRST
    is_deleted: bool = False
    has_guests: bool = False
    now: datetime = NOON
    updated: datetime = NOON
    changed_at: dict[Part, datetime] = field(default_factory=dict)
    by_person: Parts = NO_PARTS
    link: Link = field(default_factory=lambda: in_step(FIRST))
    #: What was done, in order.
    done: list[Action] = field(default_factory=list)

    def edit_here(self, content: Content) -> None:
        """Let a person change the entry."""
        self._wait()
        changed = [p for p in Part if content.get(p) != self.entry.get(p)]
        self.entry = content
        self.changed_at |= dict.fromkeys(changed, self.now)
        self.by_person |= frozenset(changed)
        self._note(Act.CHANGED)

    def edit_there(self, content: Content) -> None:
        """Let the user change the event."""
        self._wait()
        self.event, self.updated = content, self.now

    def delete_here(self) -> None:
        """Let a person put the entry in the bin."""
        self._wait()
        self.absence = Absence.DELETED

    def delete_there(self) -> None:
        """Let the user delete the event."""
        self._wait()
        self.is_deleted, self.updated = True, self.now

    def restore_here(self) -> None:
        """Let a person take the entry out of the bin."""
        self._wait()
        self.absence = None
        self._note(Act.RESTORED)

    def restore_there(self) -> None:
        """Let the user take the event back."""
        self._wait()
        self.is_deleted, self.updated = False, self.now

    def pair(self) -> Pair:
        here = Here(
            kind=self.kind,
            content=self.entry,
            accepted=self.accepted,
            absence=self.absence,
            is_past=self.is_past,
            has_several_assignees=self.several,
            changed_at=self.changed_at,
            edited_by_person=self.by_person,
        )
        return Pair(self.link, here, self.rules)

    def sync(self) -> tuple[Action, ...]:
        """Read the event, decide, and carry it out; return what was done."""
        self.read()
        decision = decide(self.pair(), self.now)
        self.link = decision.link
        for action in decision.actions:
            self.carry_out(action)
        self.done += decision.actions
        return decision.actions

    def settle(self, rounds: int = 4) -> None:
        """Sync until nothing is left to do; fail where that does not end."""
        for _ in range(rounds):
            self._wait()
            if not self.sync():
                return
        raise AssertionError(f"it goes on for ever: {self.done}")

    def read(self) -> None:
        """Let the link see the event as it is."""
        seen = Seen(
            content=self.event,
            is_deleted=self.is_deleted,
            updated=self.updated,
            has_guests=self.has_guests,
        )
        self.link = observe(self.link, seen, self.now)

    def carry_out(self, action: Action) -> None:
        match action:
            case TakeIn(content, taken, _):
                before, self.entry = self.entry, self.entry.taking(content, taken)
                self._note_taken(taken)
                self.link = settle_taken(self.link, taken, before, self.entry)
            case RestoreHere(content, taken):
                before, self.entry = self.entry, self.entry.taking(content, taken)
                self.absence = None
                self._note_taken(taken)
                self.link = settle_taken(self.link, taken, before, self.entry)
            case PutBack(content, back):
                self.entry = self.entry.taking(content, back)
                self._note_taken(back)
            case RemoveHere(Removal.DELETE):
                self.absence = Absence.DELETED
            case RemoveHere() | CallOff():
                pass
            case Write(content, written):
                self.link = begin_writing(self.link, content, written, self.entry, self.now)
                self._land(content)
            case SendAgain(content):
                new = Link(Origin.SENT)
                self.link = begin_writing(new, content, ALL_PARTS, self.entry, self.now)
                self._land(content)
            case DeleteThere():
                self.link = note_accepted(begin_deleting(self.link, self.now), self.now)
                self.is_deleted = True
            case Hold():
                self.hold(action)

    def hold(self, action: Action) -> None:
        """Let an action wait for the user's word."""
        deeds = frozenset(filter(None, [deed_of(action)]))
        self.link = replace(self.link, state=LinkState.HELD, held=deeds)

    def _land(self, content: Content) -> None:
        self.link = note_accepted(self.link, self.now)
        self.event, self.is_deleted, self.updated = content, False, self.now

    def _note_taken(self, taken: Parts) -> None:
        self.changed_at |= dict.fromkeys(taken, self.updated)
        self.by_person -= taken

    def _note(self, act: Act) -> None:
        self.link = replace(self.link, acts=self.link.acts | {act})

    def _wait(self) -> None:
        self.now += timedelta(minutes=1)


def in_step(content: Content, origin: Origin = Origin.SENT) -> Link:
    """Return a link over which both sides show the same."""
    seen = Seen(content, updated=NOON, since=dict.fromkeys(Part, NOON))
    return Link(origin, here=content, there=content, seen=seen)
