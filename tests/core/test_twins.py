"""An entry and an event that were made apart and mean the same."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.core.content import Content, Part, is_same
from calsync.core.entry import Entry
from calsync.core.event import AllDay, Event, EventStatus, Timed
from calsync.core.item import ItemFields, ItemStatus, Kind
from calsync.core.twins import can_be_twin, can_be_twin_there, is_alike, likeness_of, pair_twins
from tests.core.one_pair import FIRST, NOON, contents

LUNCH = Entry("i1", ItemFields(Kind.APPOINTMENT, "Lunch", FIRST.times))
EVENT = Event("e1", None, "cal", "Lunch", "", "", FIRST.times)

names = st.integers(0, 5).map(str)
likenesses = st.sampled_from("abc")


@given(contents, contents)
def test_two_are_alike_where_title_and_time_are_the_same(one: Content, other: Content):
    is_alike_by_parts = all(
        is_same(part, one.get(part), other.get(part)) for part in (Part.TITLE, Part.TIMES)
    )
    assert (likeness_of(one) == likeness_of(other)) == is_alike_by_parts


def test_what_a_provider_loses_makes_no_difference():
    odd = Timed(NOON + timedelta(seconds=7), NOON + timedelta(hours=1), "Europe/London")
    assert likeness_of(Content("  Lunch ", odd)) == likeness_of(FIRST)


def test_a_day_is_not_alike_to_its_hours():
    start = datetime(2026, 3, 2, tzinfo=UTC)
    day = AllDay(date(2026, 3, 2), date(2026, 3, 3))
    timed = Timed(start, start + timedelta(days=1))
    assert likeness_of(replace(FIRST, times=day)) != likeness_of(replace(FIRST, times=timed))


@pytest.mark.parametrize(
    ("entry", "can_be"),
    [
        (LUNCH, True),
        (replace(LUNCH, assignee_count=2), False),
        (replace(LUNCH, fields=replace(LUNCH.fields, kind=Kind.TODO)), False),
        (replace(LUNCH, fields=replace(LUNCH.fields, rule="FREQ=DAILY")), False),
        (replace(LUNCH, fields=replace(LUNCH.fields, status=ItemStatus.CANCELLED)), False),
        (replace(LUNCH, fields=replace(LUNCH.fields, status=ItemStatus.DONE)), True),
    ],
)
def test_only_one_persons_single_appointment_is_taken_for_the_same(entry: Entry, can_be: bool):
    assert can_be_twin(entry) is can_be


@pytest.mark.parametrize(
    ("event", "looks_alike", "can_be"),
    [
        (EVENT, True, True),
        (replace(EVENT, series_id="s"), True, False),
        (replace(EVENT, recurring=True), True, False),
        (replace(EVENT, event_id="ours"), False, False),
        (replace(EVENT, deleted=True), False, False),
        (replace(EVENT, status=EventStatus.CANCELLED), False, False),
    ],
)
def test_only_a_single_event_that_stands_and_is_the_users_own_is_taken_for_the_same(
    event: Event, looks_alike: bool, can_be: bool
):
    assert (is_alike(event), can_be_twin_there(event)) == (looks_alike, can_be)


@given(st.dictionaries(names, likenesses), st.dictionaries(names, likenesses))
def test_twins_are_alike_and_each_is_used_once(entries: dict[str, str], events: dict[str, str]):
    pairs = pair_twins(entries, events.items())
    assert all(entries[name] == events[uid] for name, uid in pairs.items())
    assert len(set(pairs.values())) == len(pairs)
    for likeness in "abc":
        here = [name for name, each in entries.items() if each == likeness]
        there = [uid for uid, each in events.items() if each == likeness]
        paired = [name for name in here if name in pairs]
        assert len(paired) == min(len(here), len(there))
