"""One state, changed a little on either side: what comes of it, for any kind and any gates.

The three states are drawn together, each side as the common one with a few parts changed,
so that both sides often agree, often change the same part, and often to the same value.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from calsync.core.actions import Note, RemoveHere, RestoreHere, SendAgain, TakeIn, Write
from calsync.core.content import Content, Part, find_differing, is_same
from calsync.core.decide import decide
from calsync.core.item import Kind
from calsync.core.link import LinkState, Origin, Seen
from calsync.core.merge import wins_here
from calsync.core.pair import Absence, Here, Policy
from tests.core.one_pair import NOON, OPEN, OnePair, contents, in_step, parts, rules

#: What may become of one side.
FATES = ("edited", "deleted", "kept")


@st.composite
def triples(draw: st.DrawFn) -> tuple[Content, Content, Content]:
    """Return a common state, and what either side made of it."""
    base = draw(contents)
    sides = [base.taking(draw(contents), draw(parts)) for _ in range(2)]
    return base, sides[0], sides[1]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[OnePair, Content, Content]:
    """Return a pair that was in step, and what either side is made of it."""
    base, mine, theirs = draw(triples())
    world = OnePair(
        rules=draw(rules),
        kind=draw(st.sampled_from(Kind)),
        accepted=draw(parts),
        several=draw(st.booleans()),
        entry=base,
        event=base,
        link=in_step(base, draw(st.sampled_from(Origin))),
    )
    return world, mine, theirs


def change(world: OnePair, mine: Content, theirs: Content, order: Sequence[str]) -> None:
    """Let both sides change, in an order."""
    for side in order:
        if side == "here" and find_differing(world.entry, mine):
            world.edit_here(mine)
        if side == "there" and find_differing(world.event, theirs):
            world.edit_there(theirs)


orders = st.sampled_from([("here", "there"), ("there", "here")])


@given(worlds(), orders)
def test_what_differs_in_the_end_was_kept_out_for_a_reason(
    drawn: tuple[OnePair, Content, Content], order: Sequence[str]
):
    world, mine, theirs = drawn
    change(world, mine, theirs, order)
    world.settle()
    explained = {*world.link.declined, *world.link.conflicts}
    assert find_differing(world.entry, world.event) <= explained


@given(worlds(), orders)
def test_no_part_ends_as_something_that_nobody_gave_it(
    drawn: tuple[OnePair, Content, Content], order: Sequence[str]
):
    world, mine, theirs = drawn
    known = [world.entry, mine, theirs]
    change(world, mine, theirs, order)
    world.settle()
    for part in Part:
        for side in (world.entry, world.event):
            assert any(is_same(part, side.get(part), each.get(part)) for each in known)


@given(worlds(), orders)
def test_a_part_that_one_side_alone_changed_is_never_changed_back(
    drawn: tuple[OnePair, Content, Content], order: Sequence[str]
):
    world, mine, theirs = drawn
    base = world.entry
    change(world, mine, theirs, order)
    world.settle()
    changed_here, changed_there = find_differing(base, mine), find_differing(base, theirs)
    for part in changed_here - changed_there:
        assert world.entry.get(part) == mine.get(part)
    for part in changed_there - changed_here:
        is_put_back = part is Part.TITLE and world.kind is Kind.SERVICE_CALL
        assert is_put_back or world.event.get(part) == theirs.get(part)


@given(worlds(), orders)
def test_whatever_is_replaced_that_the_sync_did_not_write_is_noted_in_full(
    drawn: tuple[OnePair, Content, Content], order: Sequence[str]
):
    world, mine, theirs = drawn
    before = world.link
    change(world, mine, theirs, order)
    world.read()
    decision = decide(world.pair(), world.now)
    for action in decision.actions:
        if isinstance(action, TakeIn):
            for part in action.parts & before.find_edits_here(world.entry):
                assert is_noted(decision.notes, part, world.entry, "mine")
        if isinstance(action, Write):
            for part in action.parts & find_differing(before.there or world.event, world.event):
                assert is_noted(decision.notes, part, world.event, "theirs")


def is_noted(notes: Sequence[Note], part: Part, lost: Content, side: str) -> bool:
    return any(note.part is part and getattr(note, side) == lost.get(part) for note in notes)


@given(triples(), st.sampled_from([Policy.NEWEST, Policy.MINE, Policy.THEIRS]), orders)
def test_both_sides_end_alike_in_whatever_order_they_were_changed_and_read(
    drawn: tuple[Content, Content, Content], policy: Policy, order: Sequence[str]
):
    base, mine, theirs = drawn
    ends = []
    for is_read_between in (False, True):
        world = OnePair(
            rules=replace(OPEN, policy=policy), entry=base, event=base, link=in_step(base)
        )
        for side in order:
            change(world, mine, theirs, (side,))
            if is_read_between:
                world.read()
        world.settle()
        assert not find_differing(world.entry, world.event)
        ends.append(world.entry)
    assert not find_differing(*ends)


@given(
    st.sampled_from(FATES),
    st.sampled_from(FATES),
    triples(),
    orders,
    st.sampled_from([Kind.APPOINTMENT, Kind.TODO]),
)
def test_an_edit_beats_a_deletion_whichever_came_first_and_on_whichever_side(
    fate_here: str,
    fate_there: str,
    drawn: tuple[Content, Content, Content],
    order: Sequence[str],
    kind: Kind,
):
    base, mine, theirs = drawn
    world = OnePair(kind=kind, rules=OPEN, entry=base, event=base, link=in_step(base))
    for side in order:
        do(world, side, fate_here if side == "here" else fate_there, mine, theirs)
    is_edited_here = fate_here == "edited" and bool(find_differing(base, mine))
    is_edited_there = fate_there == "edited" and bool(find_differing(base, theirs))
    world.settle()
    is_deleted = "deleted" in (fate_here, fate_there)
    stands = not is_deleted or (fate_here != fate_there and (is_edited_here or is_edited_there))
    assert (world.absence is None, not world.is_deleted) == (stands, stands)


def do(world: OnePair, side: str, fate: str, mine: Content, theirs: Content) -> None:
    if fate == "deleted":
        world.delete_here() if side == "here" else world.delete_there()
    elif fate == "edited":
        change(world, mine, theirs, (side,))


@given(worlds(), orders)
def test_a_deletion_there_removes_nothing_that_a_person_changed_here(
    drawn: tuple[OnePair, Content, Content], order: Sequence[str]
):
    world, mine, _ = drawn
    for side in order:
        do(world, side, "edited" if side == "here" else "deleted", mine, world.event)
    is_edited = bool(find_differing(world.link.here or mine, mine))
    world.settle()
    if is_edited:
        assert not any(isinstance(action, RemoveHere) for action in world.done)
        assert world.absence is None
        assert world.entry == mine


@given(worlds())
def test_a_deleted_entry_comes_back_only_where_its_event_was_changed(
    drawn: tuple[OnePair, Content, Content],
):
    world, _, theirs = drawn
    base = world.event
    world.delete_here()
    change(world, base, theirs, ("there",))
    world.settle()
    came_back = any(isinstance(action, RestoreHere) for action in world.done)
    accepted = find_differing(base, theirs) & world.accepted
    is_let_in = bool(accepted) and world.rules.takes_update
    assert came_back == (is_let_in and world.kind in (Kind.APPOINTMENT, Kind.TODO))
    assert (world.absence is None) == came_back
    assert not any(isinstance(action, SendAgain) for action in world.done)


#: Moments close to each other, and none at all.
moments = st.one_of(
    st.none(), st.integers(0, 3_000_000).map(lambda us: NOON + timedelta(microseconds=us))
)
Edit = tuple[str, datetime | None]
edits: st.SearchStrategy[Edit] = st.tuples(st.sampled_from(["here", "there"]), moments)


def beats(one: Edit, other: Edit) -> bool:
    """Tell whether one edit of a part wins over one of the other side, as the product says."""
    mine, theirs = (one, other) if one[0] == "here" else (other, one)
    changed_at: dict[Part, Any] = {Part.TITLE: mine[1]} if mine[1] else {}
    here = Here(Kind.APPOINTMENT, None, changed_at=changed_at)
    seen = Seen(None, updated=theirs[1])
    return wins_here(here, seen, Part.TITLE) is (one[0] == "here")


def rank(edit: Edit) -> tuple[float, bool]:
    """Return what edits are ordered by: whole seconds, and My Calendar on a tie."""
    side, at = edit
    return (at.replace(microsecond=0).timestamp() if at else float("-inf")), side == "here"


@given(edits, edits)
def test_of_two_edits_exactly_one_wins_whoever_asks(one: Edit, other: Edit):
    if one[0] != other[0]:
        assert beats(one, other) is not beats(other, one)
        assert beats(one, other) is (rank(one) > rank(other))


@given(edits, edits, edits)
def test_what_beats_the_winner_beats_the_loser(one: Edit, two: Edit, three: Edit):
    chain = sorted((one, two, three), key=rank)
    for low, high in ((0, 1), (1, 2), (0, 2)):
        if chain[low][0] != chain[high][0]:
            assert beats(chain[high], chain[low])


@given(worlds(), orders)
def test_nothing_is_done_over_a_link_that_is_parked(
    drawn: tuple[OnePair, Content, Content], order: Sequence[str]
):
    world, mine, theirs = drawn
    world.link = replace(world.link, state=LinkState.PARKED)
    change(world, mine, theirs, order)
    world.absence = Absence.DELETED
    world.settle()
    assert world.done == []
