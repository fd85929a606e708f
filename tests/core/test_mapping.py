"""What each kind shows in a linked calendar, and what it takes back (docs/sync.md 3 and 10)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from calsync.core.content import ALL_PARTS, Content, Part, find_differing
from calsync.core.entry import Entry
from calsync.core.event import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    AllDay,
    EventStatus,
    Participation,
    Timed,
    Times,
)
from calsync.core.footer import item_url, text_room, with_footer
from calsync.core.item import ItemFields, ItemStatus, Kind, find_faults
from calsync.core.mapping import (
    ACCEPTED,
    NO_DATE,
    UNTITLED,
    NotShown,
    accepted_parts,
    content_of_event,
    draft_of,
    is_off,
    item_changes,
    item_of_event,
    shown_content,
)
from calsync.core.ticket import call_subject
from tests.core.entries import BASE, ITEM, MONDAY, NINE, NOW, an_entry, an_event

URL = item_url(BASE, ITEM)
TEN = Timed(NINE.start + timedelta(hours=1), NINE.end + timedelta(hours=1), "America/New_York")
CLOSED = [ItemStatus.DONE, ItemStatus.CANCELLED]


def shown(entry: Entry, *, is_copy: bool = True) -> Content:
    content = shown_content(entry, BASE, is_copy=is_copy)
    assert isinstance(content, Content)
    return content


def read(**changes: object) -> Content:
    content = content_of_event(an_event(**changes), BASE)
    assert content is not None
    return content


def taken(entry: Entry, **changes: object) -> ItemFields:
    return item_changes(entry.fields, accepted_parts(entry, BASE), read(**changes))


def test_every_kind_has_its_list_of_what_it_takes_back() -> None:
    assert set(ACCEPTED) == set(Kind)
    assert all(parts <= ALL_PARTS for parts in ACCEPTED.values())


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        (Kind.APPOINTMENT, "title times place text private free"),
        (Kind.CRM_ACTIVITY, "title times place text"),
        (Kind.SERVICE_CALL, "times"),
        (Kind.TASK, "times text"),
        (Kind.TODO, "title times text"),
    ],
)
def test_a_kind_takes_back_what_the_rules_say_and_nothing_else(kind: Kind, parts: str) -> None:
    assert accepted_parts(an_entry(kind), BASE) == frozenset(map(Part, parts.split()))


# What is sent.


def test_a_service_call_is_called_after_its_ticket_and_client() -> None:
    entry = an_entry(Kind.SERVICE_CALL, subject=call_subject(1043, "Replace firewall", "Acme"))
    assert shown(entry).title == "T-1043 Replace firewall (Acme)"


def test_a_service_call_says_the_site_where_it_has_no_place_of_its_own() -> None:
    assert shown(an_entry(Kind.SERVICE_CALL, site="Mill Road")).place == "Mill Road"
    entry = an_entry(Kind.SERVICE_CALL, site="Mill Road", location="Cellar")
    assert shown(entry).place == "Cellar"


def test_a_task_stands_at_its_scheduled_time() -> None:
    assert shown(an_entry(Kind.TASK, due_on=date(2026, 4, 1))).times == NINE


def test_an_unscheduled_task_stands_all_day_on_its_due_date() -> None:
    task = an_entry(Kind.TASK, times=None, due_on=MONDAY.start)
    assert shown(task).times == MONDAY


@pytest.mark.parametrize("kind", [Kind.TASK, Kind.TODO])
def test_what_stands_on_no_day_is_not_sent(kind: Kind) -> None:
    assert shown_content(an_entry(kind, times=None), BASE) == NotShown(NO_DATE)
    assert shown_content(an_entry(kind, times=None), BASE, is_copy=False) == NotShown(NO_DATE)


@pytest.mark.parametrize("kind", Kind)
def test_only_tasks_and_todos_leave_a_whole_day_free(kind: Kind) -> None:
    assert shown(an_entry(kind, times=MONDAY)).free is (kind in {Kind.TASK, Kind.TODO})
    assert shown(an_entry(kind)).free is False


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("status", CLOSED)
def test_what_is_done_or_cancelled_blocks_nobodys_time(kind: Kind, status: ItemStatus) -> None:
    assert shown(an_entry(kind, status=status)).free is True


def test_an_appointment_marked_as_free_is_free() -> None:
    assert shown(an_entry(is_busy=False)).free is True


def test_a_private_item_is_private_there() -> None:
    assert shown(an_entry(is_private=True)).private is True


def test_a_title_is_one_line_and_a_text_has_one_sort_of_line_end() -> None:
    content = shown(an_entry(subject=" Fix\r\nthe\tdoor ", description="a\r\nb\rc\vd\x07 "))
    assert content.title == "Fix the door"
    assert content.text == "a\nb\nc\nd\ufffd"


def test_a_fraction_of_a_second_is_not_refused_by_cronofy() -> None:
    times = replace(NINE, end=NINE.end.replace(microsecond=999_999))
    assert shown(an_entry(times=times)).times == NINE


def test_a_text_that_is_too_long_is_cut_with_a_mark() -> None:
    entry = an_entry(subject="x" * 2_000, description="y" * 9_000)
    content = shown(entry)
    assert (len(content.title), content.title[-2:]) == (LONGEST_TITLE, "x…")
    assert (len(content.text), content.text[-2:]) == (text_room(URL), "y…")
    draft = draft_of(entry, "id-1", BASE, content, creating=True, now=NOW)
    assert len(draft.text) == LONGEST_TEXT
    assert draft.text.endswith(URL)


def test_a_line_of_an_item_that_reads_like_a_footer_is_not_sent() -> None:
    entry = an_entry(description=f"See also\nMy Calendar: {BASE}/calendar/item/other\nand come")
    assert shown(entry).text == "See also\nand come"
    assert Part.TEXT not in accepted_parts(entry, BASE)


def test_a_cut_that_leaves_only_a_link_does_not_leave_half_a_footer() -> None:
    room = text_room(URL)
    link = f"{BASE}/calendar/item/k7m2p9q4r6s8t0v1"
    text = "x" * (room - len(link) - 2) + f"\n{link} is the other one of the two"
    content = shown(an_entry(description=text))
    assert content.text == "x" * (room - len(link) - 2)
    assert read(text=with_footer(content.text, URL)).text == content.text


def test_the_users_own_event_gets_no_footer_and_all_the_room() -> None:
    entry = an_entry(description="y" * LONGEST_TEXT)
    assert shown(entry, is_copy=False).text == "y" * LONGEST_TEXT


# Reminders.


def test_a_reminder_is_set_when_a_copy_is_made_and_never_again() -> None:
    ahead = replace(NINE, start=NOW + timedelta(minutes=1))
    entry = an_entry(times=ahead, reminder_minutes=15)
    content = shown(entry)
    made = draft_of(entry, "id-1", BASE, content, creating=True, now=NOW)
    changed = draft_of(entry, "id-1", BASE, content, creating=False, now=NOW)
    assert (made.reminders, changed.reminders) == ((15,), None)


@pytest.mark.parametrize("times", [NINE, MONDAY])
def test_nobody_is_reminded_of_what_has_begun(times: Times) -> None:
    entry = an_entry(times=times, reminder_minutes=15)
    draft = draft_of(entry, "id-1", BASE, shown(entry), creating=True, now=NOW)
    assert draft.reminders == ()


def test_a_copy_without_a_reminder_does_not_get_the_calendars_usual_one() -> None:
    entry = an_entry(times=replace(NINE, start=NINE.end))
    draft = draft_of(entry, "id-1", BASE, shown(entry), creating=True, now=NOW)
    assert draft.reminders == ()


# What is not taken back.


@pytest.mark.parametrize("kind", Kind)
def test_one_of_several_assignees_does_not_hide_or_free_it_for_the_others(kind: Kind) -> None:
    parts = accepted_parts(an_entry(kind, people=2), BASE)
    assert parts == ACCEPTED[kind] - {Part.PRIVATE, Part.FREE}


@pytest.mark.parametrize("status", CLOSED)
def test_our_own_free_time_does_not_come_back_as_the_users_wish(status: ItemStatus) -> None:
    assert Part.FREE not in accepted_parts(an_entry(status=status), BASE)
    assert Part.FREE in accepted_parts(an_entry(is_busy=False), BASE)


def test_a_cut_text_does_not_replace_the_whole_one() -> None:
    room = text_room(URL)
    assert Part.TEXT in accepted_parts(an_entry(description="y" * room), BASE)
    entry = an_entry(description="y" * (room + 1))
    assert Part.TEXT not in accepted_parts(entry, BASE)
    assert taken(entry, text="only this").description == "y" * (room + 1)


def test_a_cut_title_does_not_replace_the_whole_one() -> None:
    entry = an_entry(subject="x" * (LONGEST_TITLE + 1))
    assert accepted_parts(entry, BASE) == ALL_PARTS - {Part.TITLE}


def test_a_long_text_of_the_users_own_event_can_still_be_changed_there() -> None:
    entry = an_entry(description="y" * 9_000, status=ItemStatus.CANCELLED)
    assert accepted_parts(entry, BASE, is_copy=False) == ALL_PARTS


def test_what_a_kind_does_not_take_is_not_taken_even_where_it_is_asked_for() -> None:
    call = an_entry(Kind.SERVICE_CALL).fields
    after = item_changes(call, ALL_PARTS, read(title="Hairdresser", times=TEN, private=True))
    assert after == replace(call, times=TEN, time_zone=TEN.zone)


# What is taken back.


def test_an_appointment_takes_back_everything() -> None:
    times = replace(NINE, start=NINE.start - timedelta(hours=1))
    fields = taken(
        an_entry(), title="Sit", text="t", place="p", times=times, private=True, free=True
    )
    assert (fields.subject, fields.description, fields.location) == ("Sit", "t", "p")
    assert (fields.is_private, fields.is_busy, fields.times) == (True, False, times)


@pytest.mark.parametrize("kind", Kind)
def test_a_move_to_a_whole_day_makes_an_item_that_can_be_kept(kind: Kind) -> None:
    fields = taken(an_entry(kind), times=MONDAY)
    assert fields.times == MONDAY
    assert find_faults(fields) == ()


def test_moving_an_unscheduled_task_schedules_it_and_keeps_its_due_date() -> None:
    fields = taken(an_entry(Kind.TASK, times=None, due_on=MONDAY.start), times=TEN)
    assert (fields.times, fields.due_on) == (TEN, MONDAY.start)


def test_a_provider_that_keeps_no_zone_does_not_take_the_items_away() -> None:
    fields = taken(an_entry(), times=Timed(TEN.start, TEN.end))
    assert fields.times == replace(TEN, zone="Europe/London")
    assert fields.time_zone == "Europe/London"


def test_a_zone_that_the_event_says_is_the_items_zone_from_then_on() -> None:
    fields = taken(an_entry(), times=TEN)
    assert (fields.times, fields.time_zone) == (TEN, "America/New_York")


def test_a_zone_that_nobody_knows_is_not_taken_over() -> None:
    fields = taken(an_entry(), times=replace(TEN, zone="Mars/Olympus_Mons"))
    assert fields.time_zone == "Europe/London"
    assert find_faults(fields) == ()


def test_an_occurrence_that_is_moved_abroad_stays_in_the_zone_of_its_series() -> None:
    fields = taken(an_entry(rule="FREQ=DAILY"), times=TEN)
    assert fields.times == replace(TEN, zone="Europe/London")
    assert fields.time_zone == "Europe/London"


# What an event says.


def test_an_event_without_a_title_still_has_a_name_here() -> None:
    assert read(title=" \r\n").title == UNTITLED
    fields = item_of_event(an_event(title=""), "Europe/London", BASE)
    assert fields is not None
    assert find_faults(fields) == ()


def test_a_footer_is_not_taken_for_the_users_words() -> None:
    assert read(text=with_footer("Bring a ladder", URL)).text == "Bring a ladder"


@pytest.mark.parametrize("times", [NINE, MONDAY])
def test_an_event_that_does_not_say_is_free_if_it_is_all_day(times: Times) -> None:
    assert read(free=None, times=times).free is isinstance(times, AllDay)


@pytest.mark.parametrize(
    "changes",
    [{"status": EventStatus.CANCELLED}, {"participation_status": Participation.DECLINED}],
)
def test_what_the_user_does_not_go_to_takes_none_of_their_time(changes: dict[str, object]) -> None:
    assert is_off(an_event(**changes))
    assert read(**changes).free is True
    assert not is_off(an_event())


def test_a_deleted_event_without_times_shows_nothing() -> None:
    gone = an_event(times=None, deleted=True)
    assert content_of_event(gone, BASE) is None
    assert item_of_event(gone, "Europe/London", BASE) is None


def test_an_event_becomes_an_appointment_in_the_users_zone() -> None:
    event = an_event(times=Timed(NINE.start, NINE.end), place="Mill Road", private=True)
    assert item_of_event(event, "Europe/Berlin", BASE) == ItemFields(
        Kind.APPOINTMENT,
        subject="Dentist",
        times=replace(NINE, zone="Europe/Berlin"),
        time_zone="Europe/Berlin",
        location="Mill Road",
        is_private=True,
    )


def test_an_event_of_any_length_becomes_an_item_and_says_what_was_cut() -> None:
    event = an_event(title="x" * 5_000, text="y" * 50_000, place="z" * 5_000)
    fields = item_of_event(event, "Europe/London", BASE)
    assert fields is not None
    assert find_faults(fields) == ()
    assert {fields.subject[-1], fields.description[-1], fields.location[-1]} == {"…"}


# Equality after what a provider loses (content.py).


@pytest.mark.parametrize(
    ("written", "given_back"),
    [
        ("a <b> c", "a &lt;b&gt; c"),
        ("R&D", "<p>R&amp;D</p>"),
        ("a &amp; b", "a &amp;amp; b"),
        ("a\nb", "<div>a</div>\r\n<div>b</div>"),
        ("a\n\nb", "a&nbsp;<br>b"),
        (f"{URL}<b>a", f"<p>{URL}&lt;b&gt;a</p>"),
    ],
)
def test_a_text_that_came_back_as_html_is_no_edit(written: str, given_back: str) -> None:
    mine, theirs = shown(an_entry(description=written)), read(title="Visit", text=given_back)
    assert find_differing(mine, theirs) == frozenset()


def test_a_word_more_is_an_edit_however_it_is_wrapped() -> None:
    mine, theirs = shown(an_entry(description="a")), read(title="Visit", text="<p>a b</p>")
    assert find_differing(mine, theirs) == {Part.TEXT}
