"""Merging an entry and an event part by part, where both are there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum, auto

from calsync.core.actions import Action, Decision, Note, TakeIn, Write
from calsync.core.content import PARTS, Content, Part, Parts, canonical, is_same
from calsync.core.event import LONGEST_TEXT
from calsync.core.item import Kind
from calsync.core.link import Conflict, Declined, Link, LinkState, Seen, Side
from calsync.core.pair import Here, Pair, Policy

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Course(Enum):
    """What becomes of one part."""

    #: Nobody changed it.
    REST = auto()
    #: It goes to the event.
    SEND = auto()
    #: It comes to the entry.
    TAKE = auto()
    #: Both sides were given the same value.
    AGREE = auto()
    #: It would have gone to the event, or come to the entry; a gate is closed.
    DECLINE_OUT = auto()
    DECLINE_IN = auto()
    #: Both sides were changed and the user is to say which counts.
    ASK = auto()
    #: The event's title is put back as the ticket has it.
    PUT_BACK = auto()


@dataclass(frozen=True, slots=True)
class _Gate:
    """Whether a part may go one way: the reason why not."""

    out: str | None
    into: str | None


#: What becomes of a part by (changed here, changed there, may go out, may come in) where
#: the values differ. Both changed and both ways open is the policy's business.
COURSES: dict[tuple[bool, bool, bool, bool], Course | None] = {
    (False, False, False, False): Course.REST,
    (False, False, False, True): Course.REST,
    (False, False, True, False): Course.REST,
    (False, False, True, True): Course.REST,
    (False, True, False, False): Course.DECLINE_IN,
    (False, True, False, True): Course.TAKE,
    (False, True, True, False): Course.DECLINE_IN,
    (False, True, True, True): Course.TAKE,
    (True, False, False, False): Course.DECLINE_OUT,
    (True, False, False, True): Course.DECLINE_OUT,
    (True, False, True, False): Course.SEND,
    (True, False, True, True): Course.SEND,
    # An edit counts only by what the gates let in: the entry's value is the one.
    (True, True, False, False): Course.DECLINE_OUT,
    (True, True, False, True): Course.TAKE,
    (True, True, True, False): Course.SEND,
    (True, True, True, True): None,
}


def merge(pair: Pair, mine: Content, seen: Seen, theirs: Content) -> Decision:
    """Return what is to be done where the entry shows ``mine`` and the event ``theirs``."""
    courses = {part: _course_of(pair, part, mine, seen, theirs) for part in PARTS}
    link, notes = _note_all(pair, courses, mine, theirs)
    actions = _actions_of(pair, courses, mine, theirs)
    return Decision(link, actions, notes)


def wins_here(here: Here, seen: Seen, part: Part) -> bool:
    """Tell whether the entry's edit of a part is the newer; on a tie it is.

    Both times are cut to seconds, as Cronofy's are.
    """
    mine = here.changed_at.get(part, _LONG_AGO).replace(microsecond=0)
    theirs = seen.since.get(part) or seen.updated
    return theirs is None or mine >= theirs.replace(microsecond=0)


def _course_of(pair: Pair, part: Part, mine: Content, seen: Seen, theirs: Content) -> Course:
    link, here = pair.link, pair.here
    edited_here = link.here is None or not is_same(part, link.here.get(part), mine.get(part))
    edited_there = link.there is None or not is_same(part, link.there.get(part), theirs.get(part))
    if not (edited_here or edited_there):
        return Course.REST
    if edited_here and edited_there and is_same(part, mine.get(part), theirs.get(part)):
        return Course.AGREE
    gate = _gate_of(pair, part)
    course = COURSES[edited_here, edited_there, gate.out is None, gate.into is None]
    if course is None:
        return _settle_by_policy(pair.rules.policy, here, seen, part)
    if course is Course.DECLINE_IN and _is_put_back(pair, part, theirs):
        return Course.PUT_BACK
    return course


def _settle_by_policy(policy: Policy, here: Here, seen: Seen, part: Part) -> Course:
    match policy:
        case Policy.MINE:
            return Course.SEND
        case Policy.THEIRS:
            return Course.TAKE
        case Policy.ASK:
            return Course.ASK
        case Policy.NEWEST:
            return Course.SEND if wins_here(here, seen, part) else Course.TAKE


def _gate_of(pair: Pair, part: Part) -> _Gate:
    return _Gate(find_bar_out(pair, part), find_bar_in(pair, part))


def find_bar_out(pair: Pair, part: Part) -> str | None:
    """Return the reason for which a change of a part here is not sent, if there is one.

    Of an event of the user's own it is never written whether it is private, nor a text
    that may have been cut when it was read (docs/sync.md 7).
    """
    if pair.rules.bar_out is not None or pair.link.is_ours:
        return pair.rules.bar_out
    if pair.rules.bar_change is not None:
        return pair.rules.bar_change
    if part is Part.PRIVATE:
        return "private_there"
    seen = pair.link.seen
    is_long = bool(seen and seen.content and len(seen.content.text) >= LONGEST_TEXT)
    return "long_text_there" if part is Part.TEXT and is_long else None


def find_bar_in(pair: Pair, part: Part) -> str | None:
    """Return the reason for which a change of a part there is not taken in, if there is one."""
    if pair.here.is_past:
        return "past"
    if not pair.rules.takes_update:
        return "update_off"
    if part not in pair.here.accepted:
        return "not_accepted"
    return None


def find_kept_out(pair: Pair) -> Parts:
    """Return the parts of which a change was kept out so far and would be let through now."""
    link, mine, seen = pair.link, pair.here.content, pair.link.seen
    theirs = seen.content if seen and seen.stands else None
    if link.state is not LinkState.LIVE or pair.here.absence or not mine or not theirs:
        return frozenset()
    gates = {part: _gate_of(pair, part) for part in link.declined}
    return frozenset(
        part
        for part, declined in link.declined.items()
        if (gates[part].into if declined.side is Side.IN else gates[part].out) is None
        and not is_same(part, mine.get(part), theirs.get(part))
    )


def _is_put_back(pair: Pair, part: Part, theirs: Content) -> bool:
    """Tell whether a title is put back: once per distinct value (docs/sync.md 3)."""
    return (
        part is Part.TITLE
        and pair.here.kind is Kind.SERVICE_CALL
        and pair.link.is_ours
        and pair.rules.bar_out is None
        and not pair.here.is_past
        and str(canonical(part, theirs.title)) not in pair.link.put_back
    )


def _actions_of(
    pair: Pair, courses: Mapping[Part, Course], mine: Content, theirs: Content
) -> tuple[Action, ...]:
    taken = _parts(courses, Course.TAKE)
    written = _parts(courses, Course.SEND) | _parts(courses, Course.PUT_BACK)
    edited = pair.link.find_edits_here(mine) & pair.here.edited_by_person
    actions: list[Action] = []
    if taken:
        actions.append(TakeIn(theirs, taken, taken & edited))
    if written:
        actions.append(Write(theirs.taking(mine, written), written))
    return tuple(actions)


def _note_all(
    pair: Pair, courses: Mapping[Part, Course], mine: Content, theirs: Content
) -> tuple[Link, tuple[Note, ...]]:
    """Return the link with what is settled without any action, and what is to be said."""
    link = pair.link
    kept_in, kept_out = _parts(courses, Course.DECLINE_IN), _parts(courses, Course.DECLINE_OUT)
    agreed, asked = _parts(courses, Course.AGREE), _parts(courses, Course.ASK)
    declined = {p: d for p, d in link.declined.items() if p not in agreed}
    declined |= {p: _declined_in(pair, p, theirs) for p in kept_in}
    declined |= {p: _declined_out(pair, p, mine) for p in kept_out}
    conflicts = {p: Conflict(mine.get(p), theirs.get(p)) for p in asked}
    put_back = [str(canonical(p, theirs.get(p))) for p in _parts(courses, Course.PUT_BACK)]
    after = replace(
        link,
        here=link.here.taking(mine, agreed | kept_out) if link.here else link.here,
        there=link.there.taking(theirs, agreed | kept_in) if link.there else link.there,
        declined=declined,
        conflicts=conflicts,
        put_back=(*link.put_back, *put_back),
    )
    return after, tuple(_list_notes(pair, courses, mine, theirs))


def _declined_in(pair: Pair, part: Part, theirs: Content) -> Declined:
    return Declined(Side.IN, find_bar_in(pair, part) or "", theirs.get(part))


def _declined_out(pair: Pair, part: Part, mine: Content) -> Declined:
    return Declined(Side.OUT, find_bar_out(pair, part) or "", mine.get(part))


def _list_notes(
    pair: Pair, courses: Mapping[Part, Course], mine: Content, theirs: Content
) -> list[Note]:
    """Return what is said of each part: whatever is kept out, replaced, or to be asked."""
    notes = []
    for part, course in courses.items():
        reason, side = _reason_of(pair, part, course)
        if reason is not None and not _was_said(pair.link, part, course, mine, theirs):
            notes.append(Note(reason, side, part, mine.get(part), theirs.get(part)))
    return notes


def _reason_of(pair: Pair, part: Part, course: Course) -> tuple[str | None, Side]:
    match course:
        case Course.DECLINE_IN:
            return find_bar_in(pair, part), Side.IN
        case Course.DECLINE_OUT:
            return find_bar_out(pair, part), Side.OUT
        case Course.ASK:
            return "conflict", Side.IN
        case Course.PUT_BACK:
            return "title_is_the_tickets", Side.OUT
        case Course.SEND if _is_edited_there(pair.link, part):
            return "replaced_there", Side.OUT
        case Course.SEND if _was_kept(pair.link, part, Side.IN):
            return "replaced_there", Side.OUT
        case Course.TAKE if _was_kept(pair.link, part, Side.OUT) or _is_edited_here(pair, part):
            return "replaced_here", Side.IN
        case _:
            return None, Side.IN


def _was_said(link: Link, part: Part, course: Course, mine: Content, theirs: Content) -> bool:
    known = link.conflicts.get(part)
    return (
        course is Course.ASK
        and known is not None
        and is_same(part, known.mine, mine.get(part))
        and is_same(part, known.theirs, theirs.get(part))
    )


def _was_kept(link: Link, part: Part, side: Side) -> bool:
    """Tell whether a change of a part was kept out in a direction."""
    declined = link.declined.get(part)
    return declined is not None and declined.side is side


def _is_edited_there(link: Link, part: Part) -> bool:
    return part in link.find_edits_there()


def _is_edited_here(pair: Pair, part: Part) -> bool:
    mine = pair.here.content
    return mine is not None and part in pair.link.find_edits_here(mine)


def _parts(courses: Mapping[Part, Course], *wanted: Course) -> Parts:
    return frozenset(part for part, course in courses.items() if course in wanted)
