"""Both sides as they are count as agreed, once a link that was parked is taken up again."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from calsync.core.content import Content
from calsync.core.link import LinkState
from calsync.core.pair import Absence
from calsync.core.settle import agree
from tests.core.one_pair import FIRST, OnePair, contents

DINNER = replace(FIRST, title="Dinner")
HOUR = timedelta(hours=1)


def parked(world: OnePair) -> OnePair:
    world.link = replace(world.link, state=LinkState.PARKED)
    return world


def take_up(world: OnePair) -> None:
    world.link = agree(world.link, world.pair().here, world.now)


@given(contents, contents, st.booleans(), st.booleans(), st.booleans())
def test_nothing_is_done_about_what_happened_meanwhile(
    here: Content, there: Content, is_deleted: bool, was_removed: bool, is_read: bool
):
    world = parked(OnePair())
    world.edit_here(here)
    world.edit_there(there)
    if is_deleted:
        world.delete_here()
    if was_removed:
        world.delete_there()
    if is_read:
        world.read()
    take_up(world)
    before = world.entry, world.absence, world.event, world.is_deleted
    world.settle()
    assert world.done == []
    assert (world.entry, world.absence, world.event, world.is_deleted) == before


def test_what_is_changed_later_flows():
    world = parked(OnePair())
    world.edit_there(DINNER)
    take_up(world)
    world.edit_here(replace(FIRST, place="Pub"))
    world.settle()
    assert (world.event.title, world.event.place) == ("Dinner", "Pub")
    assert world.entry.title == "Lunch"
    world.edit_there(replace(world.event, title="Brunch"))
    world.settle()
    assert world.entry.title == "Brunch"


def test_an_event_that_was_changed_after_all_was_agreed_is_an_edit_though_no_read_came_between():
    world = parked(OnePair())
    take_up(world)
    world.now += HOUR
    world.edit_there(DINNER)
    world.settle()
    assert world.entry.title == "Dinner"


def test_an_entry_whose_event_was_gone_is_sent_again_when_a_person_says_so():
    world = parked(OnePair())
    world.delete_there()
    world.read()
    take_up(world)
    assert world.link.state is LinkState.REMOVED_THERE
    world.settle()
    world.absence = Absence.DELETED
    world.restore_here()
    world.settle()
    assert not world.is_deleted
