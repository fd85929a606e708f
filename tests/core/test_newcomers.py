"""Which events are brought in and which entries are sent when no link knows them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.core.link import Act
from calsync.core.newcomers import JUDGED_AGAIN, Newcomer, Verdict, is_to_be_sent, judge
from tests.core.one_pair import NOON

HOUR = timedelta(hours=1)
OLD = Newcomer(created=NOON - HOUR, updated=NOON - HOUR)
NEW = Newcomer(created=NOON + HOUR, updated=NOON + HOUR)

moments = st.none() | st.integers(-5, 5).map(lambda hours: NOON + hours * HOUR)
newcomers = st.builds(
    Newcomer,
    created=moments,
    updated=moments,
    is_managed=st.booleans(),
    is_off=st.booleans(),
    is_look_alike=st.booleans(),
    belongs_to_series=st.booleans(),
    is_retrieved=st.booleans(),
    judged=st.none() | st.sampled_from([v for v in Verdict if v is not Verdict.BRING]),
    is_unchanged=st.booleans(),
)


def test_an_event_made_after_create_was_turned_on_is_brought_in():
    assert judge(NEW, takes_create=True, since=NOON) is Verdict.BRING


def test_turning_create_on_does_not_bring_in_what_was_there_before():
    assert judge(OLD, takes_create=True, since=NOON) is Verdict.BASELINE


def test_an_invitation_to_an_older_meeting_arrives():
    invited = replace(OLD, updated=NOON + HOUR)
    assert judge(invited, takes_create=True, since=NOON) is Verdict.BRING


def test_what_was_in_the_baseline_does_not_come_in_by_a_later_edit():
    edited = replace(OLD, updated=NOON + HOUR, judged=Verdict.BASELINE)
    assert judge(edited, takes_create=True, since=NOON) is Verdict.BASELINE


@given(newcomers, st.booleans())
def test_nothing_is_brought_in_while_create_is_off_but_what_was_asked_for(
    newcomer: Newcomer, since: bool
):
    verdict = judge(newcomer, takes_create=False, since=NOON if since else None)
    if not (newcomer.is_retrieved or newcomer.belongs_to_series):
        assert verdict is not Verdict.BRING


@given(newcomers, st.booleans())
def test_our_own_copies_and_what_does_not_take_place_never_come_in(
    newcomer: Newcomer, takes_create: bool
):
    verdict = judge(newcomer, takes_create, NOON)
    if newcomer.is_managed or newcomer.is_off or newcomer.is_look_alike:
        assert verdict is not Verdict.BRING


def test_a_copy_of_ours_that_nobody_touches_is_not_brought_in_when_its_entry_moves():
    copied = replace(NEW, judged=Verdict.LOOK_ALIKE, is_unchanged=True)
    assert judge(copied, takes_create=True, since=NOON) is Verdict.LOOK_ALIKE
    moved = replace(copied, is_unchanged=False)
    assert judge(moved, takes_create=True, since=NOON) is Verdict.BRING


def test_what_was_deleted_here_does_not_come_back_by_a_retrieve():
    asked = replace(NEW, is_retrieved=True, judged=Verdict.DELETED_HERE)
    assert judge(asked, takes_create=True, since=NOON) is Verdict.DELETED_HERE


def test_an_instance_of_a_series_that_is_here_follows_although_create_is_off():
    follows = replace(OLD, belongs_to_series=True)
    assert judge(follows, takes_create=False, since=None) is Verdict.BRING


def test_an_instance_that_was_there_before_its_series_does_not_follow_it():
    known = replace(OLD, belongs_to_series=True, judged=Verdict.BASELINE)
    assert judge(known, takes_create=True, since=NOON) is Verdict.BASELINE
    assert judge(known, takes_create=False, since=None) is not Verdict.BRING


@pytest.mark.parametrize("judged", sorted(JUDGED_AGAIN))
def test_what_was_kept_out_for_a_passing_reason_is_judged_again(judged: Verdict):
    assert judge(replace(NEW, judged=judged), takes_create=True, since=NOON) is Verdict.BRING


def test_an_entry_touched_since_its_kind_was_ticked_is_sent():
    assert is_to_be_sent([Act.CHANGED], NOON, NOON)
    assert not is_to_be_sent([Act.CHANGED], NOON - HOUR, NOON)
    assert not is_to_be_sent([Act.CHANGED], NOON, None)


def test_an_entry_that_only_a_rule_touched_is_not_sent():
    assert not is_to_be_sent([], NOON, NOON)
