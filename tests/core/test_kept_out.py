"""Changes that were kept out so far, and that flow once the user says so."""

from dataclasses import replace

from hypothesis import given

from calsync.core.content import Content, Part, is_same
from calsync.core.decide import decide
from calsync.core.link import LinkState, Side
from calsync.core.merge import find_kept_out
from calsync.core.settle import reopen
from tests.core.one_pair import FIRST, OPEN, OnePair, contents, parts, rules

CLOSED = replace(OPEN, takes_update=False, bar_out="read_only")
DINNER = replace(FIRST, title="Dinner")


def release(world: OnePair) -> frozenset[Part]:
    """Let flow what was kept out and would be let through now; return what that is."""
    found = find_kept_out(world.pair())
    world.link = reopen(world.link, found)
    return found


@given(contents, contents, parts, rules)
def test_what_was_kept_out_flows_once_the_user_says_so(
    here: Content, there: Content, accepted: frozenset[Part], later: object
):
    world = OnePair(rules=CLOSED, accepted=accepted)
    world.edit_here(here)
    world.settle()
    world.edit_there(there)
    world.settle()
    world.rules = later
    declined = dict(world.link.declined)
    released = release(world)
    before = world.entry, world.event
    world.settle()
    for part in Part:
        if part in released:
            assert is_same(part, world.entry.get(part), world.event.get(part))
            winner = world.event if declined[part].side is Side.IN else world.entry
            assert winner.get(part) == declined[part].value
        else:
            assert (world.entry.get(part), world.event.get(part)) == (
                before[0].get(part),
                before[1].get(part),
            )
    assert not find_kept_out(world.pair())


def test_nothing_is_said_to_be_replaced_where_a_change_that_was_kept_out_comes_in():
    world = OnePair(rules=CLOSED)
    world.edit_there(DINNER)
    world.settle()
    world.rules = OPEN
    assert release(world) == {Part.TITLE}
    world.read()
    assert decide(world.pair(), world.now).notes == ()
    world.settle()
    assert world.entry.title == "Dinner"
    assert world.link.declined == {}


def test_what_a_gate_still_keeps_out_is_not_counted():
    world = OnePair(rules=CLOSED)
    world.edit_there(DINNER)
    world.settle()
    assert find_kept_out(world.pair()) == frozenset()
    world.rules = OPEN
    world.is_past = True
    assert find_kept_out(world.pair()) == frozenset()
    world.is_past = False
    world.link = replace(world.link, state=LinkState.HELD)
    assert find_kept_out(world.pair()) == frozenset()
