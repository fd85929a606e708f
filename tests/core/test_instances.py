"""Instances of a series there that were made anew are changed, not deleted and made."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from calsync.core.instances import WAITS, Instance, is_awaited, pair_instances
from calsync.core.link import Origin, Seen
from calsync.core.recognition import observe
from tests.core.one_pair import FIRST, NOON, in_step

DAY = timedelta(days=1)


def instance(name: str, days: int, at: timedelta = timedelta()) -> Instance:
    return Instance(name, NOON + days * DAY, NOON + at)


def names(pairs: list[tuple[Instance, Instance]]) -> list[tuple[str, str]]:
    return [(old.name, new.name) for old, new in pairs]


def test_instances_are_paired_in_order_of_their_start():
    gone = [instance("b", 1), instance("a", 0)]
    fresh = [instance("y", 3), instance("x", 2)]
    assert names(pair_instances(gone, fresh)) == [("a", "x"), ("b", "y")]


def test_an_instance_that_was_there_long_before_takes_no_place():
    gone = [instance("a", 0)]
    assert pair_instances(gone, [instance("x", 1, timedelta(hours=-1))]) == []
    assert names(pair_instances(gone, [instance("x", 1, timedelta(minutes=-9))])) == [("a", "x")]


@given(st.lists(st.integers(0, 20), unique=True), st.lists(st.integers(0, 20), unique=True))
def test_each_instance_takes_one_place_at_most(gone: list[int], fresh: list[int]):
    pairs = pair_instances(
        [instance(f"old {n}", n) for n in gone], [instance(f"new {n}", n) for n in fresh]
    )
    assert len(pairs) == min(len(gone), len(fresh))
    assert len({old.name for old, _ in pairs}) == len({new.name for _, new in pairs}) == len(pairs)


def test_a_deleted_instance_waits_two_minutes_for_the_one_that_takes_its_place():
    link = in_step(FIRST, Origin.BROUGHT)
    assert link.seen
    link = replace(link, seen=replace(link.seen, series="standup"))
    gone = observe(link, Seen(FIRST, is_deleted=True, updated=NOON + DAY), NOON + DAY)
    assert is_awaited(gone, NOON + DAY)
    assert not is_awaited(gone, NOON + DAY + WAITS)


def test_what_is_no_instance_does_not_wait():
    link = in_step(FIRST, Origin.BROUGHT)
    gone = observe(link, Seen(FIRST, is_deleted=True, updated=NOON + DAY), NOON + DAY)
    assert not is_awaited(gone, NOON + DAY)
