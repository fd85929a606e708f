"""The brake: what it counts, and when it holds."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from calsync.core.actions import (
    CallOff,
    DeleteThere,
    Removal,
    RemoveHere,
    RestoreHere,
    SendAgain,
    TakeIn,
    Write,
)
from calsync.core.brake import ALWAYS_ALLOWED, Brake, Charge, Counted, Tally, charge_of
from calsync.core.content import ALL_PARTS, Part
from calsync.core.link import Act, Link, Origin, Side
from tests.core.one_pair import FIRST, in_step

OURS, THEIRS = in_step(FIRST), in_step(FIRST, Origin.BROUGHT)


def tally_of(number: int, counted: Counted = Counted.REMOVAL, side: Side = Side.IN) -> Tally:
    tally = Tally()
    for each in range(number):
        tally.add(Charge(side, counted, f"group {each}"))
    return tally


def test_ten_deletions_pass_and_an_eleventh_is_asked_about():
    assert not Brake(50).trips(tally_of(10), Side.IN)
    assert Brake(50).trips(tally_of(11), Side.IN)


def test_of_many_entries_a_fifth_may_go():
    assert not Brake(100).trips(tally_of(20), Side.OUT)
    assert not Brake(100).trips(tally_of(20, side=Side.OUT), Side.OUT)
    assert Brake(100).trips(tally_of(21, side=Side.OUT), Side.OUT)


def test_all_of_three_are_asked_about_and_all_of_two_are_not():
    assert Brake(3).trips(tally_of(3), Side.IN)
    assert not Brake(2).trips(tally_of(2), Side.IN)


def test_deletions_spread_over_a_day_count_together():
    assert Brake(50, {Side.IN: 8}).trips(tally_of(3), Side.IN)
    assert not Brake(50, {Side.OUT: 8}).trips(tally_of(3), Side.IN)


def test_a_series_counts_once():
    tally = Tally()
    for _ in range(200):
        tally.add(Charge(Side.IN, Counted.REMOVAL, "standup"))
    assert not Brake(300).trips(tally, Side.IN)


def test_ten_changes_taken_in_pass_unnoticed_and_twice_that_with_ten_more_do_not():
    assert tally_of(10, Counted.OVERWRITE).count(Side.IN) == 0
    assert not Brake(10).trips(tally_of(20, Counted.OVERWRITE), Side.IN)
    assert Brake(10).trips(tally_of(21, Counted.OVERWRITE), Side.IN)


@given(st.integers(0, 10_000), st.integers(0, 100))
def test_a_few_never_trip_it_unless_they_are_all(linked: int, number: int):
    if number < linked and number <= ALWAYS_ALLOWED:
        assert not Brake(linked).trips(tally_of(number), Side.IN)


def test_what_adds_or_brings_back_is_never_counted():
    for action in (
        Write(FIRST, ALL_PARTS),
        SendAgain(FIRST),
        RestoreHere(FIRST, ALL_PARTS),
        CallOff(is_off=True),
    ):
        assert charge_of(action, OURS, "one") is None


def test_every_write_to_an_event_of_the_users_own_is_counted():
    change = charge_of(Write(FIRST, ALL_PARTS), THEIRS, "one")
    assert change == Charge(Side.OUT, Counted.EXTERNAL, "one")
    deletion = charge_of(DeleteThere(), THEIRS, "one")
    assert deletion == Charge(Side.OUT, Counted.EXTERNAL_REMOVAL, "one")


def test_removals_and_replaced_edits_are_counted():
    title = frozenset({Part.TITLE})
    counted = [
        charge_of(action, OURS, "one")
        for action in (
            DeleteThere(),
            RemoveHere(Removal.UNASSIGN),
            TakeIn(FIRST, title),
            TakeIn(FIRST, title, title),
        )
    ]
    assert [(charge.side, charge.counted) for charge in counted if charge] == [
        (Side.OUT, Counted.REMOVAL),
        (Side.IN, Counted.REMOVAL),
        (Side.IN, Counted.OVERWRITE),
        (Side.IN, Counted.REPLACEMENT),
    ]


def test_the_deletion_of_a_copy_that_was_never_seen_is_not_counted():
    assert charge_of(DeleteThere(), Link(Origin.SENT), "one") is None


def test_what_somebody_did_by_hand_to_one_item_is_not_counted():
    by_hand = frozenset({Act.BY_HAND})
    for link in (OURS, THEIRS):
        done = replace(link, acts=by_hand)
        assert charge_of(DeleteThere(), done, "one") is None
        assert charge_of(Write(FIRST, ALL_PARTS), done, "one") is None
        assert charge_of(RemoveHere(Removal.DELETE), done, "one") is not None


NUMBERS = st.integers(0, 60)
SIDES = st.sampled_from(Side)
KINDS_OF_DELETION = st.sampled_from([Counted.REMOVAL, Counted.EXTERNAL_REMOVAL])


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    """Return what a run may have counted, series and both directions in it."""
    tally = Tally()
    charges = st.builds(Charge, SIDES, st.sampled_from(Counted), st.sampled_from("abcdefghijklmno"))
    for charge in draw(st.lists(charges, max_size=50)):
        tally.add(charge)
    return tally


@st.composite
def brakes(draw: st.DrawFn) -> Brake:
    spent = draw(st.dictionaries(SIDES, NUMBERS))
    return Brake(draw(NUMBERS), spent, draw(st.dictionaries(SIDES, NUMBERS)))


@given(brakes(), tallies(), SIDES, KINDS_OF_DELETION)
def test_what_the_user_confirmed_with_its_number_is_never_held(
    brake: Brake, tally: Tally, side: Side, counted: Counted
):
    confirming = replace(brake, confirmed={side: tally.deletions[side]})
    assert not confirming.stops(Charge(side, counted, "one"), tally)


@given(brakes(), tallies(), SIDES, st.sampled_from(Counted))
def test_one_more_than_was_confirmed_and_everything_is_held_as_ever(
    brake: Brake, tally: Tally, side: Side, counted: Counted
):
    number = tally.deletions[side] - 1
    fewer, none = (replace(brake, confirmed=each) for each in ({side: number}, {}))
    if number >= 0:
        charge = Charge(side, counted, "one")
        assert fewer.stops(charge, tally) == none.stops(charge, tally)
        assert fewer.weigh(tally, side) == none.weigh(tally, side)


@given(brakes(), tallies(), SIDES)
def test_confirmed_deletions_make_no_room_for_anything_else(brake: Brake, tally: Tally, side: Side):
    confirming = replace(brake, confirmed={side: 1_000})
    rest = Tally({k: v for k, v in tally.groups.items() if not Charge(*k, "").is_deletion})
    for counted in (Counted.OVERWRITE, Counted.REPLACEMENT, Counted.EXTERNAL):
        charge = Charge(side, counted, "one")
        assert confirming.stops(charge, tally) == replace(brake, confirmed={}).stops(charge, rest)


@given(brakes(), tallies(), SIDES)
def test_what_was_confirmed_in_one_direction_changes_nothing_in_the_other(
    brake: Brake, tally: Tally, side: Side
):
    other = next(each for each in Side if each is not side)
    confirming = replace(brake, confirmed={side: 1_000})
    for counted in Counted:
        charge = Charge(other, counted, "one")
        assert confirming.stops(charge, tally) == replace(brake, confirmed={}).stops(charge, tally)


def test_a_confirmed_series_counts_each_of_its_entries():
    tally = Tally()
    for _ in range(30):
        tally.add(Charge(Side.OUT, Counted.REMOVAL, "standup"))
    for each in range(11):
        tally.add(Charge(Side.OUT, Counted.REMOVAL, f"item {each}"))
    charge = Charge(Side.OUT, Counted.REMOVAL, "standup")
    assert Brake(50, confirmed={Side.OUT: 12}).stops(charge, tally)
    assert not Brake(50, confirmed={Side.OUT: 41}).stops(charge, tally)
