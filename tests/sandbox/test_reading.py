"""Reading events: window, paging, tombstones, managed ones, times."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.sandbox.callers import Caller, at, day
from tests.sandbox_server import RunningSandbox


def test_a_read_without_a_time_zone_is_refused(dana: Caller) -> None:
    answer = dana.call("GET", "/events")
    assert answer.status_code == 422
    assert answer.json()["errors"]["tzid"][0]["key"] == "errors.required"


@pytest.mark.parametrize(
    ("name", "days", "status"),
    [("from", -42, 200), ("from", -43, 422), ("to", 201, 200), ("to", 202, 422)],
)
def test_the_window_ends_where_cronofy_ends_it(
    dana: Caller, name: str, days: int, status: int
) -> None:
    params = {"tzid": "Etc/UTC", name: day(days)}
    assert dana.call("GET", "/events", params=params).status_code == status


def test_an_owners_event_beyond_the_window_is_not_readable(dana: Caller) -> None:
    dana.owner_makes(summary="far", start=at(250), end=at(250, 10))
    dana.owner_makes(summary="long ago", start=at(-60), end=at(-60, 10))
    assert dana.summaries() == []


def test_events_slide_into_the_window_as_time_passes(dana: Caller) -> None:
    dana.owner_makes(summary="far", start=at(210), end=at(210, 10))
    assert dana.summaries() == []
    since = datetime.now(UTC) + timedelta(minutes=5)
    dana.sandbox.control("POST", "/clock", {"days": 20})
    dana.tokens = dana.sandbox.authorise()
    assert dana.summaries() == ["far"]
    assert dana.summaries(last_modified=since.strftime("%Y-%m-%dT%H:%M:%SZ")) == []


def test_a_series_slides_on_without_a_sign(dana: Caller) -> None:
    dana.calendar_id = dana.calendars["Calendar"]
    dana.sandbox.control("POST", "/clock", {"days": 400})
    dana.tokens = dana.sandbox.authorise()
    found = dana.read()
    assert {event["summary"] for event in found} == {"Weekly stand-up"}
    assert len(found) > 30


def test_to_is_exclusive(dana: Caller) -> None:
    dana.owner_makes(summary="today", start=at(0), end=at(0, 10))
    dana.owner_makes(summary="tomorrow", start=at(1), end=at(1, 10))
    assert dana.summaries(**{"from": day(0), "to": day(1)}) == ["today"]


def test_an_event_that_began_before_the_window_belongs_to_it(dana: Caller) -> None:
    dana.owner_makes(summary="long", start=at(-2), end=at(1, 10))
    assert dana.summaries(**{"from": day(0)}) == ["long"]


def test_the_zone_decides_where_days_begin(dana: Caller) -> None:
    # 14:00 UTC is already tomorrow in Auckland, in summer and in winter.
    dana.owner_makes(summary="late", start=at(1, 14), end=at(1, 15))
    window = {"from": day(2), "to": day(3)}
    assert dana.summaries(**window, tzid="Pacific/Auckland") == ["late"]
    assert dana.summaries(**window, tzid="Etc/UTC") == []


def test_an_all_day_event_is_found_by_its_dates_in_every_zone(dana: Caller) -> None:
    dana.owner_makes(summary="fair", start=day(3), end=day(4))
    for zone in ("Pacific/Auckland", "America/Los_Angeles", "Etc/UTC"):
        assert dana.summaries(**{"from": day(3), "to": day(4)}, tzid=zone) == ["fair"]
        assert dana.summaries(**{"from": day(4), "to": day(5)}, tzid=zone) == []


def test_pages_are_linked_by_absolute_urls_and_the_last_has_none(
    dana: Caller, sandbox: RunningSandbox
) -> None:
    sandbox.control("PATCH", "/settings", {"page_size": 2})
    for hour in range(5):
        dana.owner_makes(summary=str(hour), start=at(1, hour), end=at(1, hour + 1))
    params = {"tzid": "Etc/UTC", "calendar_ids[]": dana.calendar_id}
    first = dana.call("GET", "/events", params=params).json()
    assert first["pages"]["current"] == 1
    assert first["pages"]["total"] == 3
    assert first["pages"]["next_page"].startswith(f"{sandbox.url}/v1/events/pages/")
    assert dana.summaries() == ["0", "1", "2", "3", "4"]


def test_an_expired_page_is_unknown(dana: Caller, sandbox: RunningSandbox) -> None:
    sandbox.control("PATCH", "/settings", {"page_size": 1})
    dana.owner_makes()
    dana.owner_makes()
    url = dana.call("GET", "/events", params={"tzid": "Etc/UTC"}).json()["pages"]["next_page"]
    assert dana.call("GET", url).status_code == 200
    sandbox.control("POST", "/pages/expire")
    assert dana.call("GET", url).status_code == 404


def test_a_page_of_somebody_else_is_unknown(dana: Caller, sandbox: RunningSandbox) -> None:
    sandbox.control("PATCH", "/settings", {"page_size": 1})
    url = dana.call("GET", "/events", params={"tzid": "Etc/UTC"}).json()["pages"]["next_page"]
    sam = Caller(sandbox, sandbox.authorise("sam@google.example"))
    assert sam.call("GET", url).status_code == 404


def test_a_deleted_event_is_returned_only_when_asked_for(
    dana: Caller, sandbox: RunningSandbox
) -> None:
    uid = dana.owner_makes()
    sandbox.control("DELETE", f"/events/{uid}")
    assert dana.read() == []
    (tombstone,) = dana.read(include_deleted="true")
    assert tombstone["event_uid"] == uid
    assert tombstone["deleted"] is True


def test_managed_events_are_returned_only_when_asked_for(dana: Caller) -> None:
    dana.upsert("mine", summary="mine")
    dana.owner_makes(summary="theirs", start=at(2), end=at(2, 10))
    assert dana.summaries() == ["theirs"]
    assert dana.summaries(include_managed="True") == ["mine", "theirs"]
    assert dana.summaries(only_managed="1") == ["mine"]
    (mine,) = dana.read(only_managed="true")
    assert mine["event_id"] == "mine"
    (theirs,) = dana.read()
    assert "event_id" not in theirs
    assert theirs["event_uid"].startswith("evt_external_")


def test_managed_events_of_any_time_are_read_without_a_window(dana: Caller) -> None:
    dana.upsert("old", summary="old", start=at(-500), end=at(-500, 10))
    dana.upsert("far", summary="far", start=at(500), end=at(500, 10))
    assert dana.summaries(only_managed="true") == ["old", "far"]
    assert dana.summaries(only_managed="true", **{"from": day(-1)}) == []


def test_only_managed_needs_no_right_to_read_events(sandbox: RunningSandbox) -> None:
    writer = Caller(sandbox, sandbox.authorise(scope="create_event delete_event"))
    assert writer.call("GET", "/events", params={"tzid": "Etc/UTC"}).status_code == 403
    writer.upsert()
    assert writer.summaries(only_managed="true") == ["Meeting"]


def test_an_event_moved_out_of_the_window_is_returned_by_include_moved(
    dana: Caller, sandbox: RunningSandbox
) -> None:
    uid = dana.owner_makes(start=at(1), end=at(1, 10))
    sandbox.control("PATCH", f"/events/{uid}", {"start": at(300), "end": at(300, 10)})
    assert dana.read() == []
    (moved,) = dana.read(include_moved="true")
    assert moved["start"] == at(300)


def test_include_moved_knows_nothing_that_was_never_inside(
    dana: Caller, sandbox: RunningSandbox
) -> None:
    uid = dana.owner_makes(start=at(250), end=at(250, 10))
    sandbox.control("PATCH", f"/events/{uid}", {"start": at(300), "end": at(300, 10)})
    assert dana.read(include_moved="true") == []


def test_last_modified_is_inclusive(dana: Caller) -> None:
    dana.owner_makes()
    (made,) = dana.read()
    assert len(dana.read(last_modified=made["updated"])) == 1
    blank_as_in_csharp = made["updated"].replace("T", " ")
    assert len(dana.read(last_modified=blank_as_in_csharp)) == 1
    later = datetime.fromisoformat(made["updated"]) + timedelta(seconds=1)
    assert dana.read(last_modified=later.strftime("%Y-%m-%dT%H:%M:%SZ")) == []


def test_updated_moves_with_every_change(dana: Caller, sandbox: RunningSandbox) -> None:
    uid = dana.owner_makes()
    moments = [dana.read()[0]["updated"]]
    for days, change in ((1, {"summary": "new"}), (2, None)):
        sandbox.control("POST", "/clock", {"days": days})
        dana.tokens = sandbox.authorise()
        sandbox.control("DELETE" if change is None else "PATCH", f"/events/{uid}", change)
        moments.append(dana.read(include_deleted="true")[0]["updated"])
    assert moments == sorted(set(moments))


def test_localized_times_say_the_zone_and_its_offset(dana: Caller) -> None:
    dana.owner_makes(start=at(1), end=at(1, 10), tzid="America/New_York")
    dana.owner_makes(start=day(2), end=day(3), tzid="America/New_York")
    timed, all_day = dana.read(localized_times="true")
    start = datetime.fromisoformat(timed["start"]["time"])
    assert start == datetime.fromisoformat(at(1))
    assert start.utcoffset() == start.astimezone(ZoneInfo("America/New_York")).utcoffset()
    assert timed["start"]["tzid"] == "America/New_York"
    assert all_day["start"] == {"time": day(2), "tzid": "America/New_York"}
    assert [event["start"] for event in dana.read()] == [at(1), day(2)]


def test_a_series_comes_back_as_instances_that_nobody_may_write(dana: Caller) -> None:
    dana.owner_makes(summary="daily", repeats="FREQ=DAILY;COUNT=3")
    found = dana.read()
    assert len(found) == 3
    assert len({event["event_uid"] for event in found}) == 3
    assert len({event["series_identifier"] for event in found}) == 1
    assert all(event["recurring"] for event in found)
    assert not any(event["options"]["update"] or event["options"]["delete"] for event in found)


def test_a_series_keeps_its_local_hour_across_the_clock_change(
    dana: Caller,
) -> None:
    # The window is longer than the longest time between two changes.
    first = {"start": at(-41), "end": at(-41, 10)}
    dana.owner_makes(**first, tzid="Europe/London", repeats="FREQ=WEEKLY")
    starts = [datetime.fromisoformat(e["start"]) for e in dana.read()]
    local = {start.astimezone(ZoneInfo("Europe/London")).hour for start in starts}
    assert len(starts) > 20
    assert len(local) == 1
    assert len({start.hour for start in starts}) == 2


def test_places_cost_more_than_the_plan(dana: Caller) -> None:
    params = {"tzid": "Etc/UTC", "include_geo": "true"}
    assert dana.call("GET", "/events", params=params).status_code == 402


def test_google_ids_are_shown_when_asked_for(dana: Caller) -> None:
    dana.owner_makes()
    assert "google_event_id" not in dana.read()[0]
    assert dana.read(google_event_ids="true")[0]["google_event_id"]


def test_unknown_calendars_cannot_be_read(dana: Caller, sandbox: RunningSandbox) -> None:
    foreign = sandbox.calendars("sam@google.example")["Work"]
    for calendar_id in ("cal_unknown", foreign):
        params = {"tzid": "Etc/UTC", "calendar_ids[]": calendar_id}
        answer = dana.call("GET", "/events", params=params)
        assert answer.status_code == 422
        assert answer.json()["errors"]["calendar_ids"][0]["key"] == "errors.invalid_calendar_ids"


def test_nothing_is_read_before_the_initial_sync(dana: Caller, sandbox: RunningSandbox) -> None:
    dana.owner_makes()
    sandbox.control("POST", f"/profiles/{dana.profile_id}/initial_sync", {"required": True})
    assert dana.read() == []
    sandbox.control("POST", f"/profiles/{dana.profile_id}/initial_sync", {"required": False})
    assert len(dana.read()) == 1


def test_free_busy_shows_when_and_not_what(dana: Caller) -> None:
    dana.owner_makes(summary="secret")
    dana.owner_makes(summary="fair", start=day(3), end=day(4))
    params = {"tzid": "Etc/UTC", "calendar_ids[]": dana.calendar_id}
    blocks = dana.call("GET", "/free_busy", params=params).json()["free_busy"]
    assert blocks == [
        {
            "calendar_id": dana.calendar_id,
            "start": at(1),
            "end": at(1, 10),
            "free_busy_status": "busy",
        }
    ]
    params["include_free"] = "true"
    blocks = dana.call("GET", "/free_busy", params=params).json()["free_busy"]
    assert [each["free_busy_status"] for each in blocks] == ["busy", "free"]
