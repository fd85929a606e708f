import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from calsync.core.event import (
    AllDay,
    Event,
    EventDraft,
    EventStatus,
    ExternalEdit,
    Participation,
    Timed,
    UnreadableEvent,
)
from calsync.cronofy.wire_events import (
    read_busy_times,
    read_event,
    read_events,
    write_draft,
    write_edit,
    write_time,
)
from calsync.errors import UnreadableAnswer
from tests.cronofy.stage import event

NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)
TEN = datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_a_full_event_is_read_field_by_field():
    found = read_event(
        event(
            event_id="item-1",
            description="Bring card",
            location={"description": "High St 3"},
            participation_status="accepted",
            attendees=[{"email": "kim@x.example", "display_name": "Kim", "status": "declined"}],
            organizer={"email": "sam@x.example", "display_name": "Sam"},
            transparency="opaque",
            status="confirmed",
            recurring=True,
            series_identifier="ser_1",
            event_private=True,
            options={"delete": False, "update": True, "change_participation_status": True},
            meeting_url="https://meet.example/1",
        )
    )
    assert isinstance(found, Event)
    assert found.is_managed
    assert (found.title, found.text, found.place) == ("Dentist", "Bring card", "High St 3")
    assert found.times == Timed(NINE, NINE + timedelta(minutes=30))
    assert found.status is EventStatus.CONFIRMED
    assert found.participation_status is Participation.ACCEPTED
    assert found.attendees[0].status is Participation.DECLINED
    assert found.organizer.email == "sam@x.example"
    assert (found.free, found.private, found.recurring) == (False, True, True)
    assert (found.options.update, found.options.delete, found.options.rsvp) == (True, False, True)
    assert found.updated == datetime(2026, 2, 3, 8, tzinfo=UTC)


def test_every_key_but_ids_and_times_may_be_missing_or_null():
    bare = {k: event()[k] for k in ("event_uid", "calendar_id", "start", "end")}
    optional = ("summary", "location", "options", "attendees", "deleted", "status", "created")
    for raw in (bare, bare | dict.fromkeys(optional)):
        found = read_event(raw)
        assert isinstance(found, Event)
        assert (found.title, found.place, found.deleted, found.free) == ("", "", False, None)
        assert not found.options.update


def test_fields_and_words_that_are_new_to_us_do_no_harm():
    found = read_event(event(shiny={"a": 1}, status="postponed", transparency="translucent"))
    assert found.status is EventStatus.UNKNOWN
    assert found.free is None


def test_the_old_name_of_the_status_is_understood():
    assert read_event(event(event_status="cancelled")).status is EventStatus.CANCELLED


def test_a_creation_in_the_year_zero_is_no_creation():
    assert read_event(event(created="0000-12-29T00:00:00Z")).created is None


@pytest.mark.parametrize(
    ("start", "end", "times"),
    [
        ("2026-03-01", "2026-03-03", AllDay(date(2026, 3, 1), date(2026, 3, 3))),
        ("2026-03-01T09:00:00Z", "2026-03-01T10:00:00Z", Timed(NINE, TEN)),
        ("2026-03-01T10:00:00+01:00", "2026-03-01T05:00:00-05:00", Timed(NINE, TEN)),
        ("2026-03-01T09:00:00.9Z", "2026-03-01 10:00:00Z", Timed(NINE, TEN)),
        (
            {"time": "2026-03-01", "tzid": "Europe/London"},
            {"time": "2026-03-03", "tzid": "Europe/London"},
            AllDay(date(2026, 3, 1), date(2026, 3, 3)),
        ),
        (
            {"time": "2026-03-01T10:00:00+01:00", "tzid": "Europe/Berlin"},
            {"time": "2026-03-01T11:00:00+01:00", "tzid": "Europe/Berlin"},
            Timed(NINE, TEN, "Europe/Berlin"),
        ),
        (
            {"time": "2026-03-01T10:00:00", "tzid": "Europe/Berlin"},
            {"time": "2026-03-01T11:00:00", "tzid": "Europe/Berlin"},
            Timed(NINE, TEN, "Europe/Berlin"),
        ),
        (
            {"time": "2026-03-01T09:00:00Z", "tzid": "Customized Time Zone"},
            {"time": "2026-03-01T10:00:00Z", "tzid": "../../etc/passwd"},
            Timed(NINE, TEN, "Etc/UTC"),
        ),
    ],
)
def test_every_form_of_a_time_is_understood(start, end, times):
    assert read_event(event(start=start, end=end)).times == times


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"start": ...}, "start.missing"),
        ({"start": "yesterday"}, "start.unreadable"),
        ({"start": 1772355600}, "start.unreadable"),
        ({"start": "2026-02-30"}, "start.unreadable"),
        ({"start": "2026-03-01T09:00:00"}, "start.unreadable"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "start.unreadable"),
        ({"end": "2026-03-02"}, "end.other_kind_than_start"),
        ({"end": "2026-03-01T08:00:00Z"}, "end.before_start"),
        ({"start": "2026-03-02", "end": "2026-03-02"}, "end.before_start"),
        ({"summary": 7}, "summary.wrong_type"),
        ({"deleted": "false"}, "deleted.wrong_type"),
        ({"attendees": ["kim@x.example"]}, "attendees.wrong_type"),
        ({"location": "High St 3"}, "location.wrong_type"),
        ({"calendar_id": ""}, "calendar_id.missing"),
        ({"event_uid": ...}, "event_uid.missing"),
    ],
)
def test_a_bad_event_is_set_aside_with_its_reason(changes, reason):
    found = read_event(event(**changes))
    assert isinstance(found, UnreadableEvent)
    assert found.reason == reason


def test_a_bad_event_costs_no_other():
    found = read_events({"events": [event(), event(start=None), "junk", event()]})
    assert [type(e) for e in found] == [Event, UnreadableEvent, UnreadableEvent, Event]
    assert found[1].uid == event()["event_uid"]


def test_a_deleted_event_that_lost_its_times_is_still_deleted():
    found = read_event(event(deleted=True, start=..., end=...))
    assert isinstance(found, Event)
    assert found.deleted
    assert found.times is None


def test_half_a_letter_and_a_nul_become_a_mark_instead_of_a_fault_in_the_database():
    raw = json.loads('{"summary": "a\\ud800b\\u0000c \\ud83d\\ude00"}')
    title = read_event(event(**raw)).title
    assert title == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c \N{GRINNING FACE}"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "https://", 7, "ht!tp"])
def test_a_meeting_link_is_a_web_address_or_nothing(url):
    assert read_event(event(meeting_url=url)).meeting_url is None


@pytest.mark.parametrize("answer", [{}, {"events": None}, {"events": {}}])
def test_an_answer_without_a_list_is_not_an_empty_calendar(answer):
    with pytest.raises(UnreadableAnswer):
        read_events(answer)


def test_a_bad_busy_time_is_not_left_out_as_if_it_were_free():
    good = {"calendar_id": "c", "start": "2026-03-01", "end": "2026-03-02"}
    assert read_busy_times({"free_busy": [good]})[0].status == "unknown"
    with pytest.raises(UnreadableAnswer):
        read_busy_times({"free_busy": [good, good | {"end": None}]})


def test_a_draft_always_sends_every_field_we_own():
    body = write_draft(EventDraft("item-1", "Visit", Timed(NINE, TEN, "Europe/London")))
    assert body == {
        "event_id": "item-1",
        "summary": "Visit",
        "description": "",
        "start": "2026-03-01T09:00:00Z",
        "end": "2026-03-01T10:00:00Z",
        "tzid": "Europe/London",
        "location": {"description": ""},
        "event_private": False,
        "transparency": "opaque",
    }


def test_an_all_day_draft_is_dates_and_free_unless_told():
    days = AllDay(date(2026, 3, 1), date(2026, 3, 2))
    body = write_draft(EventDraft("item-1", "Fair", days))
    assert (body["start"], body["end"]) == ("2026-03-01", "2026-03-02")
    assert "tzid" not in body
    assert body["transparency"] == "transparent"
    busy = write_draft(EventDraft("item-1", "Fair", days, free=False))
    assert busy["transparency"] == "opaque"


def test_a_draft_never_sends_more_than_cronofy_takes():
    draft = EventDraft("i", "t" * 2000, Timed(NINE, TEN), text="x" * 9000, reminders=(1,) * 9)
    body = write_draft(draft)
    assert len(body["summary"]) == 1024
    assert len(body["description"]) == 4096
    assert len(body["reminders"]) == 5


def test_no_reminders_and_reminders_as_they_are_differ():
    timed = Timed(NINE, TEN)
    assert write_draft(EventDraft("i", "t", timed, reminders=()))["reminders"] == []
    assert "reminders" not in write_draft(EventDraft("i", "t", timed))


def test_an_edit_of_the_users_own_event_sends_only_what_changed():
    body = write_edit(ExternalEdit("evt_1", "Visit", Timed(NINE, TEN), place="Hall"))
    assert set(body) == {"event_uid", "summary", "start", "end", "tzid", "location"}


def test_times_are_written_in_utc_and_whole_seconds():
    there = timezone(timedelta(hours=2))
    assert write_time(datetime(2026, 3, 1, 11, 0, 0, 999999, there)) == "2026-03-01T09:00:00Z"
    assert write_time(datetime(900, 3, 1, tzinfo=UTC)) == "0900-03-01T00:00:00Z"
    with pytest.raises(ValueError, match="zone"):
        write_time(NINE.replace(tzinfo=None))
