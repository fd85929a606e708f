"""The table of what to do with an entry and its event, and what it must never do."""

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.core.actions import (
    CallOff,
    Decision,
    DeleteThere,
    Hold,
    PutBack,
    Removal,
    RemoveHere,
    RestoreHere,
    SendAgain,
    TakeIn,
    Write,
)
from calsync.core.content import ALL_PARTS, Content, Part, find_differing
from calsync.core.decide import decide, decide_superseded
from calsync.core.item import Kind
from calsync.core.link import Link, LinkState, Origin
from calsync.core.merge import COURSES
from calsync.core.pair import Absence, Policy, Rules
from calsync.core.recognition import EXPIRES_AFTER, REVIVES_WITHIN, expire
from calsync.core.settle import begin_deleting, begin_writing, note_accepted, note_refused
from calsync.core.table import REMOVALS, VERDICTS, Fate
from tests.core.one_pair import FIRST, NOON, OPEN, OnePair, contents, in_step, parts, rules

DINNER = replace(FIRST, title="Dinner")
BRUNCH = replace(FIRST, title="Brunch")

#: What people do, in any order.
steps = st.lists(
    st.one_of(
        contents.map(lambda content: ("edit_here", content)),
        contents.map(lambda content: ("edit_there", content)),
        st.sampled_from(
            [("delete_here",), ("delete_there",), ("restore_here",), ("restore_there",), ("sync",)]
        ),
    ),
    max_size=8,
)
worlds = st.builds(
    OnePair,
    rules=rules,
    kind=st.sampled_from(Kind),
    accepted=parts,
    several=st.booleans(),
    link=st.sampled_from(Origin).map(lambda origin: in_step(FIRST, origin)),
)


def play(world: OnePair, taken: list[tuple[object, ...]]) -> None:
    for name, *arguments in taken:
        getattr(world, str(name))(*arguments)


def test_every_pair_of_fates_has_a_verdict():
    assert set(VERDICTS) == set(product(Fate, Fate))


def test_every_part_has_a_course():
    assert set(COURSES) == set(product([False, True], repeat=4))


def test_every_kind_has_a_way_to_be_removed():
    assert set(REMOVALS) == set(Kind)


@given(worlds, steps)
def test_a_second_plan_after_carrying_out_the_first_is_empty(world: OnePair, taken: list):
    play(world, taken)
    world.settle()
    assert world.sync() == ()


@given(worlds, steps)
def test_an_entry_that_a_person_edited_is_never_removed(world: OnePair, taken: list):
    play(world, taken)
    world.read()
    decision = decide(world.pair(), world.now)
    edited = world.link.find_edits_here(world.entry) & world.by_person
    if edited and world.link.state is LinkState.LIVE and world.link.flight is None:
        assert not any(isinstance(action, RemoveHere) for action in decision.actions)


@given(worlds, steps)
def test_nothing_is_sent_or_taken_that_a_gate_forbids(world: OnePair, taken: list):
    play(world, taken)
    world.read()
    barred = world.rules
    for action in decide(world.pair(), world.now).actions:
        match action:
            case Write() | SendAgain():
                assert barred.bar_out is None
            case DeleteThere():
                assert barred.bar_deletion is None
            case TakeIn(_, came, _):
                assert barred.takes_update
                assert came <= world.accepted
            case RemoveHere():
                assert barred.takes_delete
            case RestoreHere():
                assert barred.takes_update or barred.takes_create


@given(worlds.filter(lambda world: world.link.origin is Origin.BROUGHT), contents)
def test_an_external_event_that_was_edited_is_never_deleted(world: OnePair, content: Content):
    world.delete_here()
    world.edit_there(content)
    if find_differing(FIRST, content):
        world.settle()
        assert not any(isinstance(action, DeleteThere) for action in world.done)


@given(contents, contents, st.sampled_from([Policy.NEWEST, Policy.MINE, Policy.THEIRS]))
def test_with_every_gate_open_both_sides_end_alike(mine: Content, theirs: Content, policy: Policy):
    world = OnePair(rules=replace(OPEN, policy=policy))
    world.edit_here(mine)
    world.edit_there(theirs)
    world.settle()
    assert not find_differing(world.entry, world.event)
    winner = mine if policy is Policy.MINE else theirs
    loser = theirs if policy is Policy.MINE else mine
    for part in Part:
        changed = winner.get(part) != FIRST.get(part)
        assert world.entry.get(part) == (winner if changed else loser).get(part)


@given(contents, contents, st.booleans())
def test_the_same_side_wins_whoever_looks_first(mine: Content, theirs: Content, first: bool):
    world, other = OnePair(), OnePair()
    for each in (world, other):
        each.edit_here(mine)
        each.edit_there(theirs)
    if first:
        other.read()
        other.read()
    world.settle()
    other.settle()
    assert (world.entry, world.event) == (other.entry, other.event)


@given(worlds, contents, contents)
def test_any_order_of_carrying_out_ends_the_same(world: OnePair, mine: Content, theirs: Content):
    world.edit_here(mine)
    world.edit_there(theirs)
    backwards = deepcopy(world)
    for each, order in ((world, 1), (backwards, -1)):
        each.read()
        decision = decide(each.pair(), each.now)
        each.link = decision.link
        for action in decision.actions[::order]:
            each.carry_out(action)
        each.settle()
    assert (world.entry, world.event) == (backwards.entry, backwards.event)


def test_an_edit_on_a_tie_is_won_by_my_calendar():
    world = OnePair()
    world.edit_here(DINNER)
    world.event, world.updated = BRUNCH, world.now
    world.settle()
    assert world.event.title == world.entry.title == "Dinner"


def test_a_part_that_both_sides_changed_waits_for_the_answer_and_is_asked_once():
    world = OnePair(rules=replace(OPEN, policy=Policy.ASK))
    world.edit_here(DINNER)
    world.edit_there(replace(BRUNCH, place="Pub"))
    world.read()
    first = decide(world.pair(), world.now)
    assert [note.reason for note in first.notes] == ["conflict"]
    world.settle()
    assert (world.entry.title, world.event.title) == ("Dinner", "Brunch")
    assert world.entry.place == "Pub"
    assert decide(world.pair(), world.now).notes == ()


def test_a_change_kept_out_by_a_switch_does_not_flow_when_the_switch_is_turned_on():
    world = OnePair(rules=replace(OPEN, takes_update=False))
    world.edit_there(DINNER)
    world.settle()
    assert world.link.declined[Part.TITLE].reason == "update_off"
    world.rules = OPEN
    world.settle()
    assert world.entry.title == "Lunch"
    world.edit_there(BRUNCH)
    world.settle()
    assert world.entry.title == "Brunch"


def test_a_declined_value_that_the_other_side_overwrites_is_logged_in_full():
    world = OnePair(rules=replace(OPEN, takes_update=False))
    world.edit_there(DINNER)
    world.settle()
    world.edit_here(BRUNCH)
    world.read()
    notes = decide(world.pair(), world.now).notes
    assert [(note.reason, note.theirs) for note in notes] == [("replaced_there", "Dinner")]


def test_what_is_not_accepted_stays_there_and_is_carried_along():
    world = OnePair(kind=Kind.TASK, accepted=frozenset({Part.TIMES, Part.TEXT}))
    world.edit_there(replace(FIRST, place="Pub"))
    world.settle()
    world.edit_here(DINNER)
    world.settle()
    assert (world.event.title, world.event.place) == ("Dinner", "Pub")
    assert world.entry.place == "Canteen"


def test_the_title_of_a_service_call_is_put_back_once_for_each_value():
    world = OnePair(kind=Kind.SERVICE_CALL, accepted=frozenset({Part.TIMES}))
    for title, wanted in (("Dinner", "Lunch"), ("Brunch", "Lunch"), ("Dinner", "Dinner")):
        world.edit_there(replace(world.event, title=title))
        world.settle()
        assert world.event.title == wanted


@pytest.mark.parametrize(
    ("kind", "several", "removal"),
    [
        (Kind.APPOINTMENT, False, Removal.DELETE),
        (Kind.TODO, False, Removal.DELETE),
        (Kind.CRM_ACTIVITY, False, Removal.CANCEL),
        (Kind.TASK, False, Removal.UNSCHEDULE),
        (Kind.SERVICE_CALL, False, Removal.CANCEL),
        (Kind.APPOINTMENT, True, Removal.UNASSIGN),
        (Kind.SERVICE_CALL, True, Removal.UNASSIGN),
    ],
)
def test_a_removal_there_does_to_each_kind_what_it_bears(
    kind: Kind, several: bool, removal: Removal
):
    world = OnePair(kind=kind, several=several)
    world.delete_there()
    assert world.sync() == (RemoveHere(removal),)


def test_a_removal_is_kept_out_while_delete_is_off_and_nothing_is_sent_again():
    world = OnePair(rules=replace(OPEN, takes_delete=False))
    world.delete_there()
    world.settle()
    world.edit_here(DINNER)
    world.settle()
    assert world.link.state is LinkState.REMOVED_THERE
    assert world.is_deleted
    assert world.absence is None


def test_a_persons_edit_wins_over_a_removal_there():
    world = OnePair()
    world.edit_here(DINNER)
    world.delete_there()
    assert [type(action) for action in world.sync()] == [SendAgain]


def test_a_value_that_was_merely_taken_in_does_not_win_over_a_removal_there():
    world = OnePair()
    world.entry = DINNER
    world.delete_there()
    assert world.sync() == (RemoveHere(Removal.DELETE),)


def test_an_edit_there_brings_a_deleted_appointment_back():
    world = OnePair()
    world.delete_here()
    world.edit_there(DINNER)
    world.settle()
    assert world.absence is None
    assert world.entry.title == "Dinner"
    assert not world.is_deleted


@pytest.mark.parametrize("kind", [Kind.SERVICE_CALL, Kind.CRM_ACTIVITY, Kind.TASK])
def test_an_edit_there_does_not_bring_a_deleted_piece_of_work_back(kind: Kind):
    world = OnePair(kind=kind)
    world.delete_here()
    world.edit_there(replace(FIRST, times=replace(FIRST.times, end=NOON + timedelta(hours=2))))
    world.settle()
    assert world.is_deleted


def test_an_item_taken_off_a_user_is_taken_off_their_calendar_whatever_they_edited_there():
    world = OnePair()
    world.absence = Absence.UNASSIGNED
    world.edit_there(DINNER)
    world.settle()
    assert world.is_deleted


def test_a_deletion_that_was_carried_out_is_not_woken_by_later_edits():
    world = OnePair(rules=replace(OPEN, takes_delete=False))
    world.delete_there()
    world.settle()
    world.edit_here(DINNER)
    world.settle()
    assert world.done == []


def test_a_person_who_restores_an_item_has_it_sent_again():
    world = OnePair()
    world.delete_there()
    world.settle()
    world.restore_here()
    assert [type(action) for action in world.sync()] == [SendAgain]


def test_an_event_that_its_user_restores_brings_the_item_back():
    world = OnePair()
    world.delete_there()
    world.settle()
    world.now += timedelta(hours=1)
    world.restore_there()
    world.settle()
    assert world.absence is None
    assert world.link.state is LinkState.LIVE


def test_our_own_late_write_is_taken_away_once_more():
    world = OnePair()
    world.delete_here()
    world.settle()
    world.is_deleted, world.updated = False, world.now
    world.settle()
    assert world.is_deleted


def test_our_own_late_write_is_taken_away_also_where_a_read_shows_it_long_after():
    world = OnePair()
    world.delete_here()
    world.settle()
    world.is_deleted, world.updated = False, world.now
    world.now += REVIVES_WITHIN
    world.settle()
    assert world.is_deleted


def test_past_entries_stay_as_they_were():
    world = OnePair(is_past=True)
    world.edit_there(DINNER)
    world.settle()
    world.delete_there()
    world.settle()
    assert world.entry == FIRST
    assert world.absence is None


def test_deleting_a_copy_to_which_the_user_added_guests_is_held():
    world = OnePair(has_guests=True)
    world.delete_here()
    assert world.sync() == (Hold(DeleteThere(), "guests"),)
    assert world.sync() == ()


def test_a_calendar_that_became_read_only_keeps_changes_here_and_still_gives():
    world = OnePair(rules=Rules(takes_update=True, bar_out="read_only", bar_deletion="read_only"))
    world.edit_here(DINNER)
    world.edit_there(replace(FIRST, place="Pub"))
    world.settle()
    assert world.event.title == "Lunch"
    assert world.entry.place == "Pub"
    assert world.link.declined[Part.TITLE].reason == "read_only"


def test_an_event_that_was_cancelled_shows_its_item_as_cancelled():
    world = OnePair(link=in_step(FIRST, Origin.BROUGHT))
    world.read()
    assert world.link.seen
    world.link = replace(world.link, seen=replace(world.link.seen, is_off=True))
    assert decide(world.pair(), world.now).actions == (CallOff(is_off=True),)


@pytest.mark.parametrize("origin", Origin)
def test_an_event_that_was_called_off_there_does_not_bring_its_deleted_item_back(origin: Origin):
    world = OnePair(link=in_step(FIRST, origin))
    world.delete_here()
    world.edit_there(replace(FIRST, free=True))
    world.read()
    assert world.link.seen
    world.link = replace(world.link, seen=replace(world.link.seen, is_off=True))
    decision = decide(world.pair(), world.now)
    if origin is Origin.SENT:
        assert decision.actions == (DeleteThere(),)
    else:
        assert decision.actions == ()
        assert [note.reason for note in decision.notes] == ["edited_there"]


def test_an_event_that_came_back_while_create_was_off_stays_out_when_it_is_turned_on():
    world = OnePair(link=in_step(FIRST, Origin.BROUGHT))
    world.delete_there()
    world.settle()
    world.rules = replace(OPEN, takes_create=False)
    world.restore_there()
    world.settle()
    world.rules = OPEN
    world.settle()
    assert world.absence is not None
    world.restore_here()
    world.settle()
    assert (world.link.state, world.entry) == (LinkState.LIVE, FIRST)


def test_a_deleted_copy_that_was_seen_gone_and_brought_back_before_the_next_look_comes_in():
    world = OnePair()
    world.delete_here()
    world.sync()
    world.now += REVIVES_WITHIN
    world.read()
    world.now += REVIVES_WITHIN
    world.restore_there()
    world.settle()
    assert world.absence is None


def test_an_older_copy_that_comes_back_beside_the_newer_one_is_left_alone():
    world = OnePair(link=replace(in_step(FIRST), state=LinkState.TOMBSTONE))
    decision = decide_superseded(world.pair(), NOON + timedelta(hours=1))
    assert decision.actions == ()
    assert [note.reason for note in decision.notes] == ["superseded"]


def test_an_older_copy_that_our_own_late_write_brings_back_is_taken_away():
    link = replace(in_step(FIRST), state=LinkState.TOMBSTONE, deleted_at=NOON)
    pair = OnePair(link=link).pair()
    assert decide_superseded(pair, NOON + timedelta(minutes=5)).actions == (DeleteThere(),)


def test_an_older_copy_whose_deletion_never_came_is_deleted_after_all():
    link = begin_deleting(in_step(FIRST), NOON)
    link = expire(note_accepted(link, NOON), NOON + EXPIRES_AFTER)
    later = NOON + EXPIRES_AFTER + REVIVES_WITHIN
    assert decide_superseded(OnePair(link=link).pair(), later).actions == (DeleteThere(),)


def test_an_older_copy_whose_deletion_was_refused_waits_for_a_calendar_that_takes_writes():
    link = note_refused(begin_deleting(in_step(FIRST), NOON))
    world = OnePair(link=link, rules=replace(OPEN, bar_deletion="read_only"))
    decision = decide_superseded(world.pair(), NOON + timedelta(hours=1))
    assert decision.actions == ()
    assert [note.reason for note in decision.notes] == ["read_only"]
    open_again = replace(world.pair(), link=decision.link, rules=OPEN)
    assert decide_superseded(open_again, NOON + timedelta(days=1)).actions == (DeleteThere(),)


def test_what_is_held_waits_while_its_cause_is_there():
    world = OnePair()
    world.delete_there()
    world.read()
    world.hold(RemoveHere(Removal.DELETE))
    world.settle()
    assert world.absence is None
    assert world.link.state is LinkState.HELD


def test_a_removal_that_is_held_dissolves_where_the_event_comes_back():
    world = OnePair()
    world.delete_there()
    world.read()
    world.hold(RemoveHere(Removal.DELETE))
    world.restore_there()
    world.edit_there(DINNER)
    world.settle()
    assert world.link.state is LinkState.LIVE
    assert world.entry == DINNER


def test_a_removal_that_is_held_dissolves_where_a_person_edits_the_entry():
    world = OnePair()
    world.delete_there()
    world.read()
    world.hold(RemoveHere(Removal.DELETE))
    world.edit_here(DINNER)
    world.settle()
    assert not world.is_deleted
    assert world.event == DINNER


def test_a_change_that_is_held_dissolves_where_the_event_is_as_it_was():
    world = OnePair()
    world.edit_there(DINNER)
    world.read()
    world.hold(TakeIn(DINNER, frozenset({Part.TITLE})))
    world.edit_there(FIRST)
    world.settle()
    assert world.link.state is LinkState.LIVE
    assert world.entry == FIRST


@pytest.mark.parametrize("origin", Origin)
def test_an_event_that_was_not_found_takes_only_what_people_do_to_a_copy(origin: Origin):
    world = OnePair(link=replace(in_step(FIRST, origin), state=LinkState.NOT_FOUND))
    assert decide(world.pair(), world.now) == Decision(world.link)
    world.edit_here(DINNER)
    written = any(isinstance(action, Write) for action in decide(world.pair(), world.now).actions)
    assert written == (origin is Origin.SENT)


def test_what_was_set_aside_is_tried_again_when_its_entry_changes():
    world = OnePair(link=replace(in_step(FIRST), state=LinkState.SET_ASIDE, tries=3))
    world.settle()
    assert world.link.state is LinkState.SET_ASIDE
    world.edit_here(DINNER)
    world.settle()
    assert world.event == DINNER
    assert (world.link.state, world.link.tries) == (LinkState.LIVE, 0)


def test_a_service_that_has_no_private_events_makes_nothing_public_here():
    private = replace(FIRST, private=True)
    world = OnePair(entry=private, event=FIRST, link=Link(Origin.SENT))
    world.link = begin_writing(world.link, private, ALL_PARTS, private, world.now)
    world.link = note_accepted(world.link, world.now)
    world.settle()
    assert world.entry.private
    world.edit_there(replace(FIRST, private=True))
    world.settle()
    world.edit_there(FIRST)
    world.settle()
    assert not world.entry.private


def test_what_the_newer_edit_there_replaces_here_is_logged():
    world = OnePair()
    world.edit_here(DINNER)
    world.edit_there(BRUNCH)
    world.read()
    notes = decide(world.pair(), world.now).notes
    assert [(note.reason, note.mine) for note in notes] == [("replaced_here", "Dinner")]


def test_what_our_write_landed_on_is_logged_where_a_read_had_shown_it():
    world = OnePair()
    world.edit_here(DINNER)
    world.link = begin_writing(world.link, DINNER, frozenset({Part.TITLE}), DINNER, world.now)
    world.link = note_accepted(world.link, world.now)
    for title, seconds in (BRUNCH, 2), (DINNER, 4):
        world.now += timedelta(seconds=seconds)
        world.event, world.updated = title, world.now
        world.read()
    decision = decide(world.pair(), world.now)
    assert [(note.reason, note.theirs) for note in decision.notes] == [("replaced_there", "Brunch")]
    assert decide(replace(world.pair(), link=decision.link), world.now).notes == ()


@pytest.fixture
def written_over() -> OnePair:
    """Return a pair where our write of a title landed on the place that its user gave it."""
    world = OnePair()
    world.edit_here(DINNER)
    world.link = begin_writing(world.link, DINNER, frozenset({Part.TITLE}), DINNER, world.now)
    world.link = note_accepted(world.link, world.now)
    for shown, seconds in (replace(FIRST, place="Pub"), 2), (DINNER, 4):
        world.now += timedelta(seconds=seconds)
        world.event, world.updated = shown, world.now
        world.read()
    return world


def test_what_our_write_merely_carried_along_gives_way_to_what_its_user_wrote(
    written_over: OnePair,
):
    decision = decide(written_over.pair(), written_over.now)
    assert decision.actions == (PutBack(replace(DINNER, place="Pub"), frozenset({Part.PLACE})),)
    assert decision.notes == ()
    written_over.settle()
    assert written_over.entry == written_over.event == replace(DINNER, place="Pub")


@pytest.mark.parametrize("moment", ["edited_here", "edited_there", "gate_is_shut"])
def test_what_was_written_over_is_logged_where_it_cannot_come_back(
    written_over: OnePair, moment: str
):
    world = written_over
    world.now += timedelta(seconds=9)
    match moment:
        case "edited_here":
            world.edit_here(replace(DINNER, place="Bar"))
        case "edited_there":
            world.edit_there(replace(DINNER, place="Inn"))
            world.read()
        case _:
            world.rules = replace(OPEN, takes_update=False)
    notes = decide(world.pair(), world.now).notes
    assert [note.theirs for note in notes if note.reason == "replaced_there"] == ["Pub"]


@pytest.mark.parametrize("takes_create", [True, False])
def test_an_event_that_its_user_restores_after_our_deletion_brings_the_item_back(
    takes_create: bool,
):
    world = OnePair(rules=replace(OPEN, takes_create=takes_create))
    world.delete_here()
    world.settle()
    assert world.is_deleted
    world.now += timedelta(days=1)
    world.restore_there()
    world.settle()
    assert (world.absence is None) == takes_create
    assert not world.is_deleted


def test_an_event_whose_deletion_was_kept_out_does_not_bring_the_item_back():
    world = OnePair(rules=replace(OPEN, bar_deletion="permission"))
    world.delete_here()
    world.settle()
    world.edit_there(DINNER)
    world.settle()
    assert world.absence is Absence.DELETED


def test_what_was_removed_there_stays_so_when_our_late_write_is_taken_away_once_more():
    link = replace(in_step(FIRST), state=LinkState.REMOVED_THERE, deleted_at=NOON)
    world = OnePair(link=link, kind=Kind.SERVICE_CALL)
    assert world.sync() == (DeleteThere(),)
    world.settle()
    world.edit_here(DINNER)
    world.settle()
    assert world.is_deleted


@pytest.mark.parametrize("kind", Kind)
def test_an_entry_that_stands_again_is_sent_again_whatever_was_done_to_it(kind):
    world = OnePair(kind=kind)
    world.delete_here()
    world.settle()
    assert world.is_deleted
    world.absence = None
    world.settle()
    assert world.is_deleted
    world.edit_here(DINNER)
    world.settle()
    assert (world.is_deleted, world.event) == (False, DINNER)
