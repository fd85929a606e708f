"""Changing and deleting this one, this and the following, and all of a series."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from calsync.core.clockwork import Clockwork
from calsync.core.grid import GridEntry
from calsync.core.item import ItemFields, UnfitItem
from calsync.errors import NotThere
from calsync.services.item_access import find_item_view, list_deleted, list_history
from calsync.services.items import Scope, change_item, create_item, delete_item, restore_item
from calsync.services.tools import Tools
from tests.cast import Person
from tests.services.makings import (
    MONDAY,
    add_colleague,
    add_weekly,
    appointment,
    hour,
    look,
    on_wall,
)

ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MONDAYS = ["02 Mar 09:00", "09 Mar 09:00", "16 Mar 09:00", "23 Mar 09:00", "30 Mar 09:00"]
KEYS = [f"2026-03-{day:02}T09:00" for day in (2, 9, 16, 23, 30)]


@pytest.fixture
def change(tools: Tools, dana: Person) -> Callable[..., str]:
    """Return a function that changes fields of an occurrence as Dana sees it."""

    def change_fields(item: str, key: str, scope: Scope, **changes: Any) -> str:
        shown = find_item_view(tools, dana.who, item, key).fields
        return change_item(tools, dana.who, item, replace(shown, **changes), scope=scope, key=key)

    return change_fields


def titles(entries: list[GridEntry]) -> list[str]:
    return [entry.title for entry in entries]


def series_of(tools: Tools, dana: Person, item: str) -> ItemFields:
    return find_item_view(tools, dana.who, item).fields


def test_one_occurrence_is_changed_and_the_others_stay(
    tools: Tools, dana: Person, change: Callable[..., str]
) -> None:
    item = add_weekly(tools, dana.who)
    day = MONDAY + timedelta(days=8)
    assert change(item, KEYS[1], Scope.THIS, subject="Guest", times=hour(day, "14:00")) == item
    entries = look(tools, dana.who)
    assert on_wall(entries) == [MONDAYS[0], "10 Mar 14:00", *MONDAYS[2:]]
    assert titles(entries) == ["Standup", "Guest", "Standup", "Standup", "Standup"]
    row = list_history(tools, dana.who, item)[0]
    assert (row.version, row.after["occurrence"]) == (2, KEYS[1])
    assert row.before["subject"] == "Standup"
    assert row.after["subject"] == "Guest"


@ONE_DATABASE
@pytest.mark.parametrize(
    ("rule", "last"),
    [
        ("FREQ=DAILY;COUNT=2000", date(2031, 8, 22)),
        ("FREQ=YEARLY;UNTIL=20500302T120000Z", date(2050, 3, 2)),
        ("FREQ=YEARLY;COUNT=20", date(2045, 3, 2)),
        ("FREQ=YEARLY;COUNT=25", date(2050, 3, 2)),
        # The first one is beside the rule, and does not count.
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=1;COUNT=19", date(2045, 2, 1)),
        ("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=16;COUNT=21", date(2046, 3, 16)),
    ],
)
def test_the_last_one_is_found_however_far_away_it_is(
    tools: Tools, dana: Person, monkeypatch: pytest.MonkeyPatch, rule: str, last: date
) -> None:
    struck = []
    strike = Clockwork.strike
    with monkeypatch.context() as patch:
        patch.setattr(Clockwork, "strike", lambda *of: struck.append(of) or strike(*of))
        create_item(tools, dana.who, appointment(rule=rule))
    assert len(struck) < 5, "A file may bring a thousand of them, each with so many."
    day = datetime(last.year, last.month, last.day, tzinfo=UTC)
    span = {"start": day, "end": day + timedelta(days=800)}
    [entry] = look(tools, dana.who, **span)
    assert entry.times.start.date() == last


def test_the_last_one_can_be_moved_beyond_the_end_of_the_rule(
    tools: Tools, dana: Person, change: Callable[..., str]
) -> None:
    item = create_item(tools, dana.who, appointment(rule="FREQ=WEEKLY;UNTIL=20260330"))
    change(item, KEYS[4], Scope.THIS, times=hour(date(2026, 4, 20)))
    assert on_wall(look(tools, dana.who)) == [*MONDAYS[:4], "20 Apr 09:00"]


def test_an_occurrence_moved_far_away_is_found_where_it_went(
    tools: Tools, dana: Person, change: Callable[..., str]
) -> None:
    item = add_weekly(tools, dana.who)
    change(item, KEYS[0], Scope.THIS, times=hour(date(2025, 1, 6)))
    change(item, KEYS[4], Scope.THIS, times=hour(date(2027, 1, 4)))
    for year, key in ((2025, KEYS[0]), (2027, KEYS[4])):
        start, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year, 2, 1, tzinfo=UTC)
        assert [entry.key for entry in look(tools, dana.who, start=start, end=end)] == [key]
    assert on_wall(look(tools, dana.who)) == MONDAYS[1:4]


def test_what_belongs_to_the_whole_series_is_refused_for_one(
    tools: Tools, dana: Person, sam: Person
) -> None:
    item = add_weekly(tools, sam.who)
    fields = replace(
        find_item_view(tools, sam.who, item, KEYS[1]).fields, is_private=True, external_id="psa-1"
    )
    both = [dana.who.user_id, sam.who.user_id]
    with pytest.raises(UnfitItem) as caught:
        change_item(tools, sam.who, item, fields, assignees=both, scope=Scope.THIS, key=KEYS[1])
    assert {(fault.field, fault.code) for fault in caught.value.faults} == {
        ("is_private", "of_whole_series"),
        ("external_id", "of_whole_series"),
        ("assignees", "of_whole_series"),
    }


def test_one_that_was_removed_stays_removed_and_is_not_there(
    tools: Tools, dana: Person, change: Callable[..., str]
) -> None:
    item = add_weekly(tools, dana.who)
    delete_item(tools, dana.who, item, scope=Scope.THIS, key=KEYS[1])
    assert on_wall(look(tools, dana.who)) == [MONDAYS[0], *MONDAYS[2:]]
    assert list_history(tools, dana.who, item)[0].after == {"removed": KEYS[1]}
    fields = appointment("All of them", rule="FREQ=WEEKLY;COUNT=5", times=hour(clock="10:00"))
    change_item(tools, dana.who, item, fields)
    assert len(look(tools, dana.who)) == 4
    for scope in (Scope.THIS, Scope.FOLLOWING):
        with pytest.raises(NotThere):
            delete_item(tools, dana.who, item, scope=scope, key="2026-03-09T10:00")
        with pytest.raises(NotThere):
            change_item(tools, dana.who, item, fields, scope=scope, key="2026-03-09T10:00")


@pytest.mark.parametrize("scope", [Scope.THIS, Scope.FOLLOWING])
@pytest.mark.parametrize("key", [None, "2026-03-03T09:00", "2026-04-06T09:00", "nonsense"])
def test_an_occurrence_that_there_is_not_is_never_taken_for_all(
    tools: Tools, dana: Person, scope: Scope, key: str | None
) -> None:
    item = add_weekly(tools, dana.who)
    with pytest.raises(NotThere):
        delete_item(tools, dana.who, item, scope=scope, key=key)
    with pytest.raises(NotThere):
        change_item(tools, dana.who, item, appointment("No"), scope=scope, key=key)
    assert titles(look(tools, dana.who)) == ["Standup"] * 5


def test_this_and_the_following_become_a_series_of_their_own(
    tools: Tools, dana: Person, change: Callable[..., str]
) -> None:
    item = add_weekly(tools, dana.who, external_id="psa-1")
    change(item, KEYS[0], Scope.THIS, subject="Kick-off")
    change(item, KEYS[3], Scope.THIS, subject="Guest", times=hour(date(2026, 3, 24), "15:00"))
    delete_item(tools, dana.who, item, scope=Scope.THIS, key=KEYS[4])
    later = change(item, KEYS[2], Scope.FOLLOWING, location="Room 2")
    assert later != item
    entries = look(tools, dana.who)
    assert on_wall(entries) == [*MONDAYS[:3], "24 Mar 15:00"]
    assert titles(entries) == ["Kick-off", "Standup", "Standup", "Guest"]
    assert [entry.item_id for entry in entries] == [item, item, later, later]
    assert series_of(tools, dana, item).location == ""
    assert series_of(tools, dana, item).external_id == "psa-1"
    assert series_of(tools, dana, later).location == "Room 2"
    assert series_of(tools, dana, later).external_id is None
    assert [row.action for row in list_history(tools, dana.who, later)] == ["created"]
    assert list_history(tools, dana.who, item)[0].after["split"] == KEYS[2]


def test_what_one_had_for_itself_does_not_go_to_the_following(
    tools: Tools, dana: Person, change: Callable[..., str]
) -> None:
    item = add_weekly(tools, dana.who)
    moved = hour(date(2026, 3, 17), "15:00")
    change(item, KEYS[2], Scope.THIS, subject="Guest", times=moved)
    change(item, KEYS[2], Scope.FOLLOWING, location="Room 2")
    entries = look(tools, dana.who)
    assert on_wall(entries) == [*MONDAYS[:2], "17 Mar 15:00", *MONDAYS[3:]]
    assert titles(entries) == ["Standup", "Standup", "Guest", "Standup", "Standup"]


def test_an_edit_of_the_following_wins_over_what_was_done_by_hand_before(
    tools: Tools, dana: Person, change: Callable[..., str]
) -> None:
    item = add_weekly(tools, dana.who)
    change(item, KEYS[3], Scope.THIS, subject="Guest", location="Room 9")
    later = change(item, KEYS[2], Scope.FOLLOWING, subject="Retro")
    assert titles(look(tools, dana.who)) == ["Standup", "Standup", "Retro", "Retro", "Retro"]
    view = find_item_view(tools, dana.who, later, KEYS[3])
    assert view.fields.location == "Room 9"


def test_following_at_the_first_one_is_all(
    tools: Tools, dana: Person, change: Callable[..., str]
) -> None:
    item = add_weekly(tools, dana.who, external_id="psa-1")
    assert change(item, KEYS[0], Scope.FOLLOWING, times=hour(clock="11:00")) == item
    assert on_wall(look(tools, dana.who)) == [day.replace("09:00", "11:00") for day in MONDAYS]
    assert series_of(tools, dana, item).external_id == "psa-1"
    delete_item(tools, dana.who, item, scope=Scope.FOLLOWING, key="2026-03-02T11:00")
    assert [view.id for view in list_deleted(tools, dana.who)] == [item]


def test_following_at_the_last_one_is_one(
    tools: Tools, dana: Person, change: Callable[..., str]
) -> None:
    item = add_weekly(tools, dana.who)
    later = change(item, KEYS[4], Scope.FOLLOWING, subject="Farewell")
    assert titles(look(tools, dana.who)) == ["Standup"] * 4 + ["Farewell"]
    delete_item(tools, dana.who, item, scope=Scope.FOLLOWING, key=KEYS[3])
    assert on_wall(look(tools, dana.who)) == [*MONDAYS[:3], MONDAYS[4]]
    delete_item(tools, dana.who, later, scope=Scope.FOLLOWING, key=KEYS[4])
    assert on_wall(look(tools, dana.who)) == MONDAYS[:3]


def test_following_where_all_before_were_removed_keeps_the_item(
    tools: Tools, dana: Person, change: Callable[..., str]
) -> None:
    item = add_weekly(tools, dana.who)
    for key in KEYS[:2]:
        delete_item(tools, dana.who, item, scope=Scope.THIS, key=key)
    delete_item(tools, dana.who, item, scope=Scope.THIS, key=KEYS[3])
    assert change(item, KEYS[2], Scope.FOLLOWING, subject="Retro") == item
    entries = look(tools, dana.who)
    assert on_wall(entries) == [MONDAYS[2], MONDAYS[4]]
    assert titles(entries) == ["Retro", "Retro"]


def test_a_series_emptied_one_by_one_ends_in_the_bin(tools: Tools, dana: Person) -> None:
    item = add_weekly(tools, dana.who, count=3)
    for key in (KEYS[1], KEYS[0]):
        delete_item(tools, dana.who, item, scope=Scope.THIS, key=key)
        assert not list_deleted(tools, dana.who)
    delete_item(tools, dana.who, item, scope=Scope.THIS, key=KEYS[2])
    assert [view.id for view in list_deleted(tools, dana.who)] == [item]
    restore_item(tools, dana.who, item)
    assert on_wall(look(tools, dana.who)) == [MONDAYS[2]]


def test_removing_the_rest_after_all_before_were_removed_leaves_no_ghost(
    tools: Tools, dana: Person
) -> None:
    item = add_weekly(tools, dana.who)
    delete_item(tools, dana.who, item, scope=Scope.THIS, key=KEYS[0])
    delete_item(tools, dana.who, item, scope=Scope.FOLLOWING, key=KEYS[1])
    assert [view.id for view in list_deleted(tools, dana.who)] == [item]


def test_a_rule_that_leaves_nothing_is_refused_at_the_field(tools: Tools, dana: Person) -> None:
    item = add_weekly(tools, dana.who)
    delete_item(tools, dana.who, item, scope=Scope.THIS, key=KEYS[0])
    with pytest.raises(UnfitItem) as caught:
        change_item(tools, dana.who, item, appointment(rule="FREQ=WEEKLY;COUNT=1"))
    assert [(fault.field, fault.code) for fault in caught.value.faults] == [("rule", "empty")]
    assert len(look(tools, dana.who)) == 4


def test_all_take_an_edit_and_keep_what_was_done_by_hand(
    tools: Tools, dana: Person, change: Callable[..., str]
) -> None:
    item = add_weekly(tools, dana.who)
    moved = hour(date(2026, 3, 10), "14:00")
    change(item, KEYS[1], Scope.THIS, subject="Guest", times=moved)
    change_item(tools, dana.who, item, appointment(location="Room 2", rule="FREQ=WEEKLY;COUNT=5"))
    entries = look(tools, dana.who)
    assert on_wall(entries) == [MONDAYS[0], "10 Mar 14:00", *MONDAYS[2:]]
    assert titles(entries)[1] == "Guest"
    assert find_item_view(tools, dana.who, item, KEYS[1]).fields.location == "Room 2"


def test_what_one_had_for_itself_does_not_go_to_all(
    tools: Tools, dana: Person, change: Callable[..., str]
) -> None:
    item = add_weekly(tools, dana.who)
    change(item, KEYS[2], Scope.THIS, subject="Guest")
    change(item, KEYS[2], Scope.ALL, location="Room 2", times=hour(clock="10:00"))
    entries = look(tools, dana.who)
    assert on_wall(entries) == [day.replace("09:00", "10:00") for day in MONDAYS]
    assert titles(entries) == ["Standup", "Standup", "Guest", "Standup", "Standup"]
    assert series_of(tools, dana, item).location == "Room 2"


def test_a_series_that_repeats_no_more_is_one_appointment(tools: Tools, dana: Person) -> None:
    item = add_weekly(tools, dana.who)
    delete_item(tools, dana.who, item, scope=Scope.THIS, key=KEYS[1])
    change_item(tools, dana.who, item, appointment())
    [entry] = look(tools, dana.who)
    assert entry.key is None
    assert not entry.is_repeating
    with pytest.raises(NotThere):
        find_item_view(tools, dana.who, item, KEYS[2])


def test_the_following_can_be_given_to_others(tools: Tools, dana: Person, sam: Person) -> None:
    tom = add_colleague(tools, "Tom")
    item = create_item(tools, sam.who, appointment(rule="FREQ=WEEKLY;COUNT=5"), [dana.who.user_id])
    shown = find_item_view(tools, sam.who, item, KEYS[3]).fields
    change_item(
        tools,
        sam.who,
        item,
        shown,
        assignees=[tom.who.user_id],
        scope=Scope.FOLLOWING,
        key=KEYS[3],
    )
    assert on_wall(look(tools, dana.who)) == MONDAYS[:3]
    assert on_wall(look(tools, tom.who)) == MONDAYS[3:]
