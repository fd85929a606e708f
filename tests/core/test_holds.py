"""What comes of a hold when its user has answered."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from itertools import combinations

import pytest
from hypothesis import assume, given

from calsync.core.actions import Decision, Hold, RemoveHere, TakeIn, deed_of
from calsync.core.content import Content
from calsync.core.decide import decide
from calsync.core.holds import Held, held_as, keep, let_go
from calsync.core.link import Deed, Link, LinkState, Origin, Side
from calsync.core.pair import Absence, Pair
from tests.core.one_pair import FIRST, OnePair, contents, in_step
from tests.core.test_decide import play, steps, worlds

DINNER, BRUNCH = replace(FIRST, title="Dinner"), replace(FIRST, title="Brunch")


def hold_all(world: OnePair) -> bool:
    """Let everything wait that can, of what would be done now; tell whether anything does."""
    world.read()
    deeds = {deed_of(action) for action in decide(world.pair(), world.now).actions}
    waiting = frozenset(filter(None, deeds))
    if waiting and world.link.state is LinkState.LIVE:
        world.link = replace(world.link, state=LinkState.HELD, held=waiting, held_for="brake")
    return world.link.state is LinkState.HELD


def let_something_wait(world: OnePair) -> None:
    """Let all wait that can; a removal there where nothing else would be done."""
    if not hold_all(world):
        world.delete_there()
        assume(hold_all(world))


def answer(world: OnePair, how: Callable[[Pair, datetime], Decision]) -> None:
    decision = how(world.pair(), world.now)
    world.link = decision.link
    for action in decision.actions:
        world.carry_out(action)
    world.done += decision.actions


@given(worlds, steps, steps)
def test_every_hold_has_an_end_whatever_happens_before_and_after_it(
    world: OnePair, before: list, after: list
):
    play(world, before)
    let_something_wait(world)
    play(world, [step for step in after if step != ("sync",)])
    world.read()
    other = deepcopy(world)
    for each, how in ((world, let_go), (other, keep)):
        answer(each, how)
        each.settle()
        assert each.sync() == ()


@given(worlds, steps)
def test_what_is_kept_stays_as_it_is_on_both_sides_and_is_not_asked_about_again(
    world: OnePair, taken: list
):
    play(world, taken)
    let_something_wait(world)
    before = world.entry, world.absence, world.event, world.is_deleted
    can_all_wait = all(deed_of(a) for a in decide(let_live(world), world.now).actions)
    assume(can_all_wait)
    world.done = []
    answer(world, keep)
    world.settle()
    assert world.done == []
    assert (world.entry, world.absence, world.event, world.is_deleted) == before
    assert world.link.state is not LinkState.HELD


def let_live(world: OnePair) -> object:
    return replace(world.pair(), link=replace(world.link, state=LinkState.LIVE))


@given(worlds, steps)
def test_what_is_done_after_all_is_what_would_have_been_done(world: OnePair, taken: list):
    play(world, taken)
    world.read()
    if not any(map(deed_of, decide(world.pair(), world.now).actions)):
        world.delete_there()
        world.read()
    wanted = decide(world.pair(), world.now)
    assume(hold_all(world))
    found = let_go(world.pair(), world.now)
    unheld = [a.action if isinstance(a, Hold) else a for a in wanted.actions]
    assert list(found.actions) == unheld


def held_removal(origin: Origin = Origin.SENT) -> OnePair:
    world = OnePair(link=in_step(FIRST, origin))
    world.delete_there()
    hold_all(world)
    return world


def test_an_entry_whose_event_is_gone_stays_and_its_link_is_removed_there():
    world = held_removal()
    answer(world, keep)
    assert (world.link.state, world.absence) == (LinkState.REMOVED_THERE, None)
    world.restore_there()
    world.edit_there(DINNER)
    world.settle()
    assert world.entry.title == "Dinner"


@pytest.mark.parametrize("origin", Origin)
def test_an_event_whose_entry_is_gone_stays_and_its_link_is_deleted_here(origin: Origin):
    world = OnePair(link=in_step(FIRST, origin))
    world.delete_here()
    hold_all(world)
    answer(world, keep)
    assert (world.link.state, world.is_deleted) == (LinkState.DELETED_HERE, False)
    world.settle()
    assert not world.is_deleted
    world.restore_here()
    world.edit_here(DINNER)
    world.settle()
    assert world.event.title == "Dinner"


def test_a_copy_with_guests_goes_where_the_user_says_so():
    world = OnePair(has_guests=True)
    world.delete_here()
    world.sync()
    assert world.link.state is LinkState.HELD
    answer(world, let_go)
    assert world.is_deleted
    world.settle()


def test_a_change_that_is_kept_out_stays_out_until_somebody_makes_another():
    world = OnePair()
    world.edit_there(DINNER)
    hold_all(world)
    answer(world, keep)
    world.settle()
    assert (world.entry.title, world.event.title) == ("Lunch", "Dinner")
    world.edit_there(BRUNCH)
    world.settle()
    assert world.entry.title == "Brunch"


def test_what_somebody_changed_besides_while_it_waited_still_flows():
    world = OnePair()
    world.edit_there(DINNER)
    hold_all(world)
    world.edit_here(replace(FIRST, place="Pub"))
    answer(world, keep)
    world.settle()
    assert (world.entry.title, world.event.title) == ("Lunch", "Dinner")
    assert world.event.place == "Pub"


@pytest.mark.parametrize("how", [keep, let_go])
def test_an_answer_to_what_waits_no_more_changes_nothing_by_itself(how: object):
    world = held_removal()
    world.restore_there()
    world.edit_there(DINNER)
    world.read()
    answer(world, how)
    world.settle()
    assert world.absence is None
    assert world.entry.title == "Dinner"


@given(contents)
def test_an_edit_made_while_a_removal_waits_wins_over_either_answer(content: Content):
    for how in (keep, let_go):
        world = held_removal()
        world.edit_here(content)
        assume(content.title != FIRST.title)
        answer(world, how)
        world.settle()
        assert world.absence is not Absence.DELETED
        assert not world.is_deleted


def test_what_waits_is_told_by_the_gravest_of_it_and_in_its_direction():
    for origin in Origin:
        for some in (frozenset(each) for n in (1, 2) for each in combinations(Deed, n)):
            found = held_as(Link(origin, LinkState.HELD, held=some))
            assert found is not None
            assert (found.side is Side.IN) == bool(
                Deed.REMOVE_HERE in some or (Deed.TAKE_IN in some and Deed.DELETE_THERE not in some)
            )
    assert held_as(Link(Origin.SENT, held=frozenset({Deed.WRITE}))) is None
    assert {Held.REMOVAL_HERE.side, Held.OWN_CHANGE.side} == set(Side)


def test_nothing_but_what_waits_is_exempt():
    world = OnePair()
    world.edit_there(DINNER)
    hold_all(world)
    world.delete_there()
    world.read()
    found = let_go(world.pair(), world.now)
    assert [type(action) for action in found.actions] == [RemoveHere]
    assert deed_of(found.actions[0]) not in world.link.held
    assert not isinstance(found.actions[0], TakeIn)
