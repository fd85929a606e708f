"""What a read says of our own writes, which Cronofy applies when it likes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from calsync.core.actions import DeleteThere, Removal, RemoveHere
from calsync.core.content import ALL_PARTS, Part
from calsync.core.decide import decide
from calsync.core.link import Flight, Link, LinkState, Origin, Seen
from calsync.core.pair import Absence
from calsync.core.recognition import (
    EXPIRES_AFTER,
    MOST_TRIES,
    READS_AFTER,
    expire,
    has_landed_unanswered,
    is_lost,
    next_read,
    observe,
)
from calsync.core.settle import begin_deleting, begin_writing, note_accepted, note_refused
from tests.core.one_pair import FIRST, NOON, OnePair, in_step

DINNER = replace(FIRST, title="Dinner")
BRUNCH = replace(FIRST, title="Brunch")
SECOND = timedelta(seconds=1)


def sending(mine=DINNER) -> Link:
    """Return a link over which a new title was sent at noon and accepted a second later."""
    link = begin_writing(in_step(FIRST), mine, frozenset({Part.TITLE}), mine, NOON)
    return note_accepted(link, NOON + SECOND)


def creating() -> Link:
    return note_accepted(begin_writing(Link(Origin.SENT), FIRST, ALL_PARTS, FIRST, NOON), NOON)


def after(link: Link, content, *, later=5 * SECOND, updated=None, **about) -> Link:
    """Return the link after a read that shows ``content`` so much later."""
    seen = Seen(content, updated=updated or NOON, **about)
    return observe(link, seen, NOON + later)


def test_a_write_that_a_read_shows_is_settled():
    link = after(sending(), DINNER)
    assert link.flight is None
    assert link.here == link.there == DINNER


def test_a_read_that_shows_the_state_before_our_write_is_not_taken_for_an_edit():
    link = after(sending(), FIRST)
    assert link.flight is not None
    assert link.there == FIRST


def test_nothing_is_done_to_an_event_while_a_write_to_it_is_in_flight():
    world = OnePair(link=sending())
    world.edit_here(BRUNCH)
    assert decide(world.pair(), world.now).actions == ()


def test_an_edit_beside_our_write_is_the_users():
    link = after(sending(), replace(DINNER, place="Pub"), updated=NOON + 3 * SECOND)
    assert link.flight is None
    assert link.find_edits_there() == {Part.PLACE}


def test_an_edit_over_our_write_is_the_users_once_the_write_must_have_landed():
    link = after(sending(), BRUNCH, updated=NOON + 3 * SECOND)
    assert link.flight is not None
    link = after(link, BRUNCH, later=timedelta(minutes=2), updated=NOON + 3 * SECOND)
    assert link.flight is None
    assert link.there == DINNER
    assert link.find_edits_there() == {Part.TITLE}


def test_what_stood_there_before_is_the_users_edit_where_it_was_put_back_later():
    link = after(sending(), FIRST, later=timedelta(minutes=2), updated=NOON + 30 * SECOND)
    assert link.flight is None
    assert link.find_edits_there() == {Part.TITLE}


def test_an_edit_beside_what_was_not_written_yet_leaves_the_write_to_come():
    edited = replace(FIRST, place="Pub")
    link = after(sending(), edited, later=timedelta(minutes=2), updated=NOON + 30 * SECOND)
    assert link.flight is not None
    assert link.find_edits_there() == {Part.PLACE}
    both = replace(DINNER, place="Pub")
    landed = after(link, both, later=timedelta(minutes=3), updated=NOON + 40 * SECOND)
    assert (landed.flight, landed.find_edits_there()) == (None, {Part.PLACE})


def test_an_edit_of_one_part_of_our_write_leaves_the_rest_of_it_to_come():
    mine = replace(DINNER, place="Pub")
    sent = begin_writing(in_step(FIRST), mine, frozenset({Part.TITLE, Part.PLACE}), mine, NOON)
    link = after(note_accepted(sent, NOON), BRUNCH, later=timedelta(minutes=2))
    assert link.flight is not None


def test_what_stood_there_before_is_no_edit_where_nobody_touched_it():
    link = after(sending(), FIRST, later=timedelta(minutes=2))
    assert link.flight is not None


def test_a_text_that_the_provider_gives_back_in_other_words_is_no_edit():
    mine = replace(FIRST, text="One\r\n\r\ntwo  ")
    link = note_accepted(
        begin_writing(in_step(FIRST), mine, frozenset({Part.TEXT}), mine, NOON), NOON
    )
    link = after(link, replace(FIRST, text="<p>One</p> two"))
    assert link.flight is None
    assert link.find_edits_there() == frozenset()


def test_a_copy_that_shows_up_is_settled_with_what_its_user_did_to_it_meanwhile():
    link = after(creating(), replace(FIRST, title="Mine now"), updated=NOON + 9 * SECOND)
    assert link.flight is None
    assert link.here == FIRST
    assert link.find_edits_there() == {Part.TITLE}


@pytest.mark.parametrize(("later", "resends"), [(20, True), (60 * 30, False)])
def test_a_write_that_was_given_up_and_lands_after_a_newer_one_is_no_edit_there(
    later: int, resends: bool
):
    link = expire(creating(), NOON + EXPIRES_AFTER)
    assert link.late is not None
    moment = NOON + EXPIRES_AFTER
    link = note_accepted(begin_writing(link, DINNER, ALL_PARTS, DINNER, moment), moment)
    link = observe(link, Seen(DINNER, updated=moment), moment + SECOND)
    assert (link.flight, link.there) == (None, DINNER)
    now = NOON + timedelta(minutes=later)
    link = observe(link, Seen(FIRST, updated=now), now)
    edits_here = link.find_edits_here(DINNER)
    edits_there = link.find_edits_there()
    title = frozenset({Part.TITLE})
    assert (edits_here, edits_there) == ((title, frozenset()) if resends else (frozenset(), title))


def test_an_event_that_was_falsely_shown_as_deleted_stands_again_after_a_while():
    link = after(in_step(FIRST), FIRST, is_deleted=True, updated=NOON + 60 * SECOND)
    still = after(link, FIRST, updated=NOON, later=timedelta(minutes=5))
    assert still.seen is not None
    assert still.seen.is_deleted, "a read that is a little behind says nothing new"
    again = after(link, FIRST, updated=NOON, later=timedelta(minutes=20))
    assert again.seen is not None
    assert again.seen.stands


def test_of_two_reads_the_newer_counts_in_whatever_order_they_come():
    link = after(in_step(FIRST), DINNER, updated=NOON + 9 * SECOND)
    assert after(link, BRUNCH, updated=NOON + 5 * SECOND).seen == link.seen


def test_a_write_that_never_shows_expires_and_stays_known():
    link = expire(sending(), NOON + EXPIRES_AFTER)
    assert link.flight is None
    assert link.tries == 1
    late = after(link, DINNER, later=timedelta(hours=1))
    assert late.find_edits_there() == frozenset()
    assert late.here == DINNER


def test_a_write_does_not_expire_by_a_read_that_began_too_early():
    assert expire(sending(), NOON + EXPIRES_AFTER - SECOND).flight is not None


def test_a_write_that_was_never_applied_three_times_is_set_aside():
    link = sending()
    for _ in range(MOST_TRIES):
        link = expire(begin_writing(link, DINNER, ALL_PARTS, DINNER, NOON), NOON + EXPIRES_AFTER)
    assert link.state is LinkState.SET_ASIDE


def test_an_older_creation_that_lands_first_is_no_edit_of_the_one_in_flight():
    link = expire(creating(), NOON + EXPIRES_AFTER)
    link = begin_writing(link, DINNER, ALL_PARTS, DINNER, NOON + EXPIRES_AFTER)
    link = note_accepted(link, NOON + EXPIRES_AFTER)
    link = after(link, FIRST, later=2 * EXPIRES_AFTER)
    assert link.flight is not None
    link = after(link, DINNER, later=2 * EXPIRES_AFTER + SECOND, updated=NOON + EXPIRES_AFTER)
    assert (link.flight, link.here, link.there) == (None, DINNER, DINNER)


def test_a_deletion_that_followed_one_that_was_given_up_is_settled_once():
    link = expire(begin_deleting(in_step(FIRST), NOON), NOON + EXPIRES_AFTER)
    link = note_accepted(begin_deleting(link, NOON + EXPIRES_AFTER), NOON + EXPIRES_AFTER)
    link = after(link, FIRST, later=EXPIRES_AFTER + SECOND, is_deleted=True)
    again = after(link, FIRST, later=EXPIRES_AFTER + 2 * SECOND, is_deleted=True)
    assert not has_landed_unanswered(link, again)
    assert (again.state, again.acts) == (LinkState.TOMBSTONE, frozenset())


def test_a_deletion_is_settled_by_the_read_that_shows_it():
    link = begin_deleting(in_step(FIRST), NOON)
    link = after(link, FIRST, is_deleted=True, updated=NOON + SECOND)
    assert link.flight is None
    assert link.state is LinkState.TOMBSTONE


def test_a_deletion_that_did_not_show_yet_is_waited_for():
    assert after(begin_deleting(in_step(FIRST), NOON), FIRST).flight is not None


def test_a_call_without_an_answer_may_be_made_again_once_no_trace_of_it_shows():
    link = begin_writing(in_step(FIRST), DINNER, frozenset({Part.TITLE}), DINNER, NOON)
    assert not is_lost(link, NOON + 5 * SECOND)
    assert is_lost(link, NOON + timedelta(minutes=2))
    assert not is_lost(note_accepted(link, NOON), NOON + timedelta(minutes=2))
    touched = replace(link, seen=Seen(BRUNCH, updated=NOON + SECOND))
    assert not is_lost(touched, NOON + timedelta(minutes=2))


def test_a_refused_write_is_in_flight_no_longer():
    assert note_refused(sending()).flight is None


def test_a_copy_whose_second_call_was_refused_may_still_be_there_by_the_first():
    link = note_refused(begin_writing(Link(Origin.SENT), FIRST, ALL_PARTS, FIRST, NOON))
    assert link.late is None
    link = begin_writing(Link(Origin.SENT), FIRST, ALL_PARTS, FIRST, NOON)
    link = after(note_refused(link, is_repeated=True), FIRST)
    assert link.here == link.there == FIRST
    world = OnePair(link=link)
    assert world.sync() == ()


@pytest.mark.parametrize("entry", [FIRST, DINNER])
def test_a_copy_that_nobody_knows_how_it_came_there_is_made_to_show_its_entry(entry):
    world = OnePair(link=Link(Origin.SENT), entry=entry)
    world.settle()
    assert world.event == entry
    assert world.link.here == world.link.there == entry


def test_a_write_in_flight_is_looked_for_soon_and_then_less_often():
    flight = sending().flight
    assert isinstance(flight, Flight)
    moments = [NOON]
    for _ in READS_AFTER:
        moments.append(next_read(flight.decided_at, moments[-1]))
    assert [moment - NOON for moment in moments[1:]] == list(READS_AFTER)
    assert next_read(flight.decided_at, moments[-1]) > moments[-1]


def test_a_restore_while_our_deletion_is_in_flight_is_not_forgotten():
    world = OnePair()
    world.delete_here()
    world.link = begin_deleting(world.link, world.now)
    world.restore_here()
    assert world.sync() == ()
    world.is_deleted, world.updated = True, world.now
    world.settle()
    assert not world.is_deleted
    assert world.absence is None


def test_a_deletion_that_never_came_is_decided_again():
    world = OnePair()
    world.delete_here()
    world.link = note_accepted(begin_deleting(world.link, world.now), world.now)
    world.now += EXPIRES_AFTER
    world.link = expire(world.link, world.now)
    world.settle()
    assert world.is_deleted


def test_a_deletion_that_was_refused_is_decided_again():
    world = OnePair()
    world.delete_here()
    decision = decide(world.pair(), world.now)
    assert decision.actions == (DeleteThere(),)
    world.link = note_refused(begin_deleting(decision.link, world.now))
    world.settle()
    assert world.is_deleted


def test_a_copy_that_was_deleted_before_any_read_showed_it_is_not_sent_again():
    link = after(creating(), FIRST, is_deleted=True)
    assert link.flight is None
    world = OnePair(link=link, is_deleted=True)
    assert world.sync() == (RemoveHere(Removal.DELETE),)


def test_a_copy_that_was_deleted_without_a_trace_of_what_it_was_is_known_to_be_gone():
    link = after(creating(), None, is_deleted=True)
    assert link.here == link.there == FIRST


def test_an_edit_in_flight_is_not_done_because_its_event_was_deleted():
    assert after(sending(), FIRST, is_deleted=True).flight is not None


def test_deleting_a_copy_that_was_never_there_is_done_when_no_read_shows_it():
    link = begin_deleting(Link(Origin.SENT), NOON)
    given_up = expire(link, NOON + EXPIRES_AFTER)
    assert given_up.flight is None
    assert given_up.state is LinkState.DELETED_HERE
    assert given_up.tries == 0


def test_a_copy_that_comes_hours_after_its_deletion_is_taken_away_if_it_was_never_there():
    link = expire(begin_deleting(Link(Origin.SENT), NOON), NOON + EXPIRES_AFTER)
    world = OnePair(link=link, absence=Absence.DELETED, now=NOON + timedelta(hours=2))
    assert world.sync() == (DeleteThere(),)


def test_our_own_deletion_that_lands_late_is_no_removal_there():
    world = OnePair()
    world.delete_here()
    link = note_accepted(begin_deleting(world.link, world.now), world.now)
    world.link = expire(link, world.now + EXPIRES_AFTER)
    world.restore_here()
    world.settle()
    assert world.link.state is LinkState.LIVE
    world.delete_there()
    world.settle()
    assert world.absence is None
    assert not world.is_deleted
