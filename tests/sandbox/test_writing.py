"""Writing events: the application's own, the owner's, alone, in bulk and in batches."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.sandbox.callers import MISSING, Caller, at, day, event, wait_until
from tests.sandbox_server import RunningSandbox


def key_of(answer: requests.Response, field: str) -> str:
    """Return the key of the first problem with a field."""
    assert answer.status_code == 422, answer.text
    key: str = answer.json()["errors"][field][0]["key"]
    return key


def test_a_write_is_answered_202_without_a_body(dana: Caller) -> None:
    answer = dana.upsert()
    assert (answer.status_code, answer.content) == (202, b"")
    answer = dana.write("DELETE", {"event_id": "e1"})
    assert (answer.status_code, answer.content) == (202, b"")


def test_a_second_upsert_updates(dana: Caller) -> None:
    dana.upsert("e1", summary="first")
    dana.upsert("e1", summary="second")
    assert dana.summaries(only_managed="true") == ["second"]


def test_omitted_optional_fields_stay_as_they_are(dana: Caller) -> None:
    dana.upsert(description="bring cake", location={"description": "roof"}, event_private=True)
    dana.upsert(summary="Party")
    (shown,) = dana.read(only_managed="true")
    assert shown["description"] == "bring cake"
    assert shown["location"] == {"description": "roof"}
    assert shown["event_private"] is True


def test_the_same_event_id_in_another_calendar_is_another_event(dana: Caller) -> None:
    dana.upsert("e1")
    dana.write("POST", {"event_id": "e1", **event(summary="other")}, dana.calendars["Personal"])
    assert dana.summaries(only_managed="true") == ["Meeting"]


def test_a_deleted_event_is_created_again_by_an_upsert(dana: Caller) -> None:
    dana.upsert(description="old")
    dana.write("DELETE", {"event_id": "e1"})
    assert dana.read(only_managed="true") == []
    dana.upsert(summary="again")
    (shown,) = dana.read(only_managed="true")
    assert (shown["summary"], shown["description"], shown["deleted"]) == ("again", "", False)


def test_deleting_what_is_not_there_is_no_error(dana: Caller) -> None:
    assert dana.write("DELETE", {"event_id": "never"}).status_code == 202


def test_all_day_events_are_transparent_unless_said_otherwise(dana: Caller) -> None:
    dana.upsert("a", start=day(1), end=day(2))
    dana.upsert("b", start=day(2), end=day(3), transparency="opaque")
    dana.upsert("c", start=at(4), end=at(4, 10))
    shown = dana.read(only_managed="true")
    assert [each["transparency"] for each in shown] == ["transparent", "opaque", "opaque"]


@pytest.mark.parametrize(
    ("field", "value", "key"),
    [
        ("summary", MISSING, "errors.required"),
        ("start", MISSING, "errors.required"),
        ("end", MISSING, "errors.required"),
        ("summary", "x" * 1_025, "errors.too_long"),
        ("description", "x" * 4_097, "errors.too_long"),
        ("summary", 7, "errors.must_be_string"),
        ("start", "2026-03-01T09:00:00.500Z", "errors.invalid"),
        ("start", "yesterday", "errors.invalid"),
        ("start", "2026-02-30", "errors.invalid"),
        ("end", at(-3), "errors.must_be_after_start"),
        ("end", day(3), "errors.invalid"),
        ("tzid", "Mars/Olympus", "errors.invalid"),
        ("location", {"lat": 86, "long": 0}, "errors.invalid"),
        ("location", {"lat": 0, "long": "181"}, "errors.invalid"),
        ("reminders", [{"minutes": n} for n in range(6)], "errors.invalid"),
        ("event_private", "yes", "errors.must_be_boolean"),
        ("transparency", "glassy", "errors.invalid"),
        ("color", "red", "errors.invalid"),
        ("attendees", {"invite": [{"email": "nobody"}]}, "errors.invalid"),
    ],
)
def test_a_bad_field_is_named(dana: Caller, field: str, value: object, key: str) -> None:
    assert key_of(dana.upsert(**{field: value}), field) == key


@pytest.mark.parametrize(
    "fields",
    [
        {"summary": "x" * 1_024, "description": "x" * 4_096},
        {"start": "2026-03-01T09:00:00.000Z", "end": "2026-03-01T10:00:00+01:00"},
        {"start": {"time": at(1), "tzid": "Europe/Paris"}, "end": {"time": at(1, 10)}},
        {"location": {"lat": 85.05115, "long": "-180"}, "url": None, "color": "#3366CC"},
    ],
)
def test_the_documented_forms_are_taken(dana: Caller, fields: dict[str, Any]) -> None:
    assert dana.upsert(**fields).status_code == 202


def test_calendars_that_take_no_writes_say_why(dana: Caller, sandbox: RunningSandbox) -> None:
    body = {"event_id": "e1", **event()}
    foreign = sandbox.calendars("sam@google.example")["Work"]
    assert dana.write("POST", body, "cal_unknown").status_code == 404
    assert dana.write("POST", body, foreign).status_code == 404
    assert dana.write("POST", body, dana.calendars["Old projects"]).status_code == 404
    assert dana.write("POST", body, dana.calendars["Holidays"]).status_code == 403
    sandbox.control("POST", f"/profiles/{dana.profile_id}/disconnect")
    assert dana.write("POST", body).status_code == 423
    assert dana.write("DELETE", {"event_id": "e1"}).status_code == 423


def test_a_scope_that_was_not_granted_is_missing(sandbox: RunningSandbox) -> None:
    reader = Caller(sandbox, sandbox.authorise(scope="read_events"))
    assert reader.upsert().status_code == 403
    assert reader.write("DELETE", {"event_id": "e1"}).status_code == 403
    body = {"profile_id": reader.profile_id, "name": "New"}
    assert reader.call("POST", "/calendars", json=body).status_code == 403


def test_an_owners_event_is_written_only_where_the_calendar_is_unrestricted(
    dana: Caller, sandbox: RunningSandbox
) -> None:
    uid = dana.owner_makes()
    change = {"event_uid": uid, **event(summary="changed")}
    assert dana.write("POST", change).status_code == 403
    assert dana.write("DELETE", {"event_uid": uid}).status_code == 403
    assert dana.read()[0]["options"]["update"] is False
    level = {"permission_level": "unrestricted"}
    sandbox.control("PATCH", f"/calendars/{dana.calendar_id}", level)
    assert dana.read()[0]["options"]["update"] is True
    assert dana.write("POST", change).status_code == 202
    assert dana.summaries() == ["changed"]
    assert dana.write("DELETE", {"event_uid": uid}).status_code == 202
    assert dana.read() == []
    assert dana.write("DELETE", {"event_uid": uid}).status_code == 202
    assert dana.write("POST", change).status_code == 404


def test_an_instance_of_a_series_is_never_written(dana: Caller, sandbox: RunningSandbox) -> None:
    uid = dana.owner_makes(repeats="FREQ=DAILY;COUNT=2")
    level = {"permission_level": "unrestricted"}
    sandbox.control("PATCH", f"/calendars/{dana.calendar_id}", level)
    assert dana.write("POST", {"event_uid": uid, **event()}).status_code == 403
    assert dana.write("DELETE", {"event_uid": uid}).status_code == 403


def test_an_external_uid_is_required_for_owners_events(dana: Caller) -> None:
    dana.upsert()
    (mine,) = dana.read(only_managed="true")
    answer = dana.write("POST", {"event_uid": mine["event_uid"], **event()})
    assert key_of(answer, "event_uid") == "errors.must_be_external_event_uid"


def test_with_both_ids_the_applications_own_wins(dana: Caller) -> None:
    uid = dana.owner_makes(summary="theirs")
    dana.write("POST", {"event_uid": uid, "event_id": uid, **event(summary="copy")})
    assert dana.summaries(include_managed="true") == ["theirs", "copy"]


def test_an_event_needs_an_id(dana: Caller) -> None:
    assert key_of(dana.write("POST", event()), "event_id") == "errors.required"


def test_what_the_owner_does_to_a_managed_event_is_seen(
    dana: Caller, sandbox: RunningSandbox
) -> None:
    dana.upsert()
    (mine,) = dana.read(only_managed="true")
    sandbox.control("PATCH", f"/events/{mine['event_uid']}", {"summary": "renamed"})
    (renamed,) = dana.read(only_managed="true")
    assert (renamed["event_id"], renamed["summary"]) == ("e1", "renamed")
    sandbox.control("DELETE", f"/events/{mine['event_uid']}")
    (deleted,) = dana.read(only_managed="true", include_deleted="true")
    assert (deleted["event_id"], deleted["deleted"]) == ("e1", True)


def test_a_managed_event_moved_to_another_calendar_becomes_external(
    dana: Caller, sandbox: RunningSandbox
) -> None:
    dana.upsert(summary="wanderer")
    (mine,) = dana.read(only_managed="true")
    target = {"calendar_id": dana.calendars["Personal"]}
    moved = sandbox.control("PATCH", f"/events/{mine['event_uid']}", target)
    assert dana.read(only_managed="true") == []
    dana.calendar_id = dana.calendars["Personal"]
    found = {each["event_uid"]: each for each in dana.read()}
    assert found[moved["event_uid"]]["summary"] == "wanderer"
    assert "event_id" not in found[moved["event_uid"]]


def test_a_series_is_edited_as_a_whole_except_for_edited_instances(
    dana: Caller, sandbox: RunningSandbox
) -> None:
    uid = dana.owner_makes(summary="plain", repeats="FREQ=DAILY;COUNT=3")
    series = dana.read()[0]["series_identifier"]
    sandbox.control("PATCH", f"/events/{uid}", {"summary": "special"})
    sandbox.control("PATCH", f"/series/{series}", {"summary": "common"})
    assert dana.summaries() == ["special", "common", "common"]
    sandbox.control("DELETE", f"/series/{series}")
    assert dana.read() == []
    assert len(dana.read(include_deleted="true")) == 3


def test_bulk_deletion_touches_only_managed_events(dana: Caller) -> None:
    dana.upsert("e1")
    dana.owner_makes(summary="theirs")
    both = {"delete_all": True, "calendar_ids": [dana.calendar_id]}
    for bad in ({}, both, {"delete_all": False}, {"calendar_ids": []}):
        assert dana.call("DELETE", "/events", json=bad).status_code == 422
    assert dana.call("DELETE", "/events", json={"delete_all": True}).status_code == 202
    assert dana.summaries(include_managed="true") == ["theirs"]


def test_bulk_deletion_is_taken_from_the_query_too(dana: Caller) -> None:
    dana.upsert("e1")
    other = {"calendar_ids[]": dana.calendars["Personal"]}
    assert dana.call("DELETE", "/events", params=other, json={}).status_code == 202
    assert len(dana.read(only_managed="true")) == 1
    answer = dana.call("DELETE", "/events", params={"delete_all": "True"}, json={})
    assert answer.status_code == 202
    assert dana.read(only_managed="true") == []


def entry(dana: Caller, method: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return one entry of a batch."""
    url = f"/v1/calendars/{dana.calendar_id}/events"
    return {"method": method, "relative_url": url, "data": data}


def test_a_batch_answers_for_each_entry_in_order(dana: Caller) -> None:
    batch = [
        entry(dana, "POST", {"event_id": "b1", **event(summary=MISSING)}),
        entry(dana, "POST", {"event_id": "b2", **event(summary="kept")}),
        entry(dana, "DELETE", {"event_id": "b3"}),
        {"method": "GET", "relative_url": "/v1/events"},
        {"method": "POST", "relative_url": "/v1/calendars/cal_unknown/events", "data": {}},
        "nonsense",
    ]
    answer = dana.call("POST", "/batch", json={"batch": batch})
    assert answer.status_code == 207
    answers = answer.json()["batch"]
    assert [each["status"] for each in answers] == [422, 202, 202, 404, 404, 422]
    assert answers[0]["data"]["errors"]["summary"][0]["key"] == "errors.required"
    assert dana.summaries(only_managed="true") == ["kept"]


def test_a_batch_has_fifty_entries_at_most(dana: Caller) -> None:
    one = entry(dana, "DELETE", {"event_id": "x"})
    assert dana.call("POST", "/batch", json={"batch": [one] * 50}).status_code == 207
    assert dana.call("POST", "/batch", json={"batch": [one] * 51}).status_code == 422


def test_a_batch_finds_a_disconnected_profile(dana: Caller, sandbox: RunningSandbox) -> None:
    unnoticed = {"noticed": False}
    sandbox.control("POST", f"/profiles/{dana.profile_id}/disconnect", unnoticed)
    assert dana.call("GET", "/profiles").json()["profiles"][0]["profile_connected"] is True
    batch = [entry(dana, "POST", {"event_id": "b1", **event()})]
    answers = dana.call("POST", "/batch", json={"batch": batch}).json()["batch"]
    assert [each["status"] for each in answers] == [423]
    assert dana.call("GET", "/profiles").json()["profiles"][0]["profile_connected"] is False


def test_an_invitation_is_answered(dana: Caller, sandbox: RunningSandbox) -> None:
    me = {"email": "dana@google.example", "display_name": "Dana", "status": "needs_action"}
    uid = dana.owner_makes(attendees=[me], participation_status="needs_action")
    plain = dana.owner_makes(start=at(3), end=at(3, 10))
    path = f"/calendars/{dana.calendar_id}/events/{{}}/participation_status"
    accepted = {"status": "accepted"}
    assert dana.call("POST", path.format(uid), json=accepted).status_code == 403
    scope = "read_events change_participation_status"
    dana.tokens = sandbox.authorise(scope=scope)
    assert dana.call("POST", path.format(uid), json=accepted).status_code == 202
    assert dana.read()[0]["participation_status"] == "accepted"
    assert dana.read()[0]["attendees"][0]["status"] == "accepted"
    assert dana.call("POST", path.format(uid), json={"status": "perhaps"}).status_code == 422
    assert dana.call("POST", path.format(plain), json=accepted).status_code == 403
    assert dana.call("POST", path.format("unknown"), json=accepted).status_code == 404


def test_a_declined_invitation_leaves_an_exchange_calendar(sandbox: RunningSandbox) -> None:
    scope = "read_events change_participation_status"
    dana = Caller(sandbox, sandbox.authorise("dana@office365.example", scope))
    uid = dana.owner_makes(attendees=[{"email": "dana@office365.example"}])
    path = f"/calendars/{dana.calendar_id}/events/{uid}/participation_status"
    assert dana.call("POST", path, json={"status": "declined"}).status_code == 202
    assert dana.read() == []


def test_guests_cost_mails_and_nothing_else_does(dana: Caller, sandbox: RunningSandbox) -> None:
    dana.upsert()
    assert sandbox.control("GET", "/state")["mails_sent"] == 0
    kim = {"email": "kim@firm.example", "display_name": "Kim"}
    dana.upsert(attendees={"invite": [kim]})
    assert dana.read(only_managed="true")[0]["attendees"][0]["email"] == "kim@firm.example"
    dana.upsert(attendees={"reject": [kim]})
    assert dana.read(only_managed="true")[0]["attendees"] == []
    assert sandbox.control("GET", "/state")["mails_sent"] == 2


def test_a_lagging_write_is_accepted_now_and_seen_later(
    dana: Caller, sandbox: RunningSandbox
) -> None:
    sandbox.control("PATCH", "/settings", {"lag": 5})
    assert dana.upsert("e1", summary="late").status_code == 202
    assert dana.upsert("e1", summary=7).status_code == 422
    assert dana.read(only_managed="true") == []
    assert sandbox.control("GET", "/state")["pending_writes"] == 1
    sandbox.control("PATCH", "/settings", {"lag": 0})
    dana.upsert("e1", summary="last")
    assert sandbox.control("GET", "/state")["pending_writes"] == 2
    sandbox.control("POST", "/clock", {"shift": 10})
    wait_until(lambda: dana.summaries(only_managed="true") == ["last"])
    assert sandbox.control("GET", "/state")["pending_writes"] == 0


def test_a_lagging_write_that_became_impossible_fails_in_silence(
    dana: Caller, sandbox: RunningSandbox
) -> None:
    sandbox.control("PATCH", "/settings", {"lag": 5})
    assert dana.upsert().status_code == 202
    sandbox.control("PATCH", f"/calendars/{dana.calendar_id}", {"readonly": True})
    sandbox.control("POST", "/clock", {"shift": 10})
    wait_until(lambda: sandbox.control("GET", "/state")["pending_writes"] == 0)
    assert dana.read(only_managed="true") == []


def test_writing_can_return_the_userinfo(dana: Caller) -> None:
    answer = dana.upsert(include_userinfo=True)
    assert answer.status_code == 202
    assert answer.json()["userinfo"]["sub"] == dana.sub


def test_many_threads_write_and_read_at_once(dana: Caller) -> None:
    def work(number: int) -> set[int]:
        codes = {dana.upsert(f"{number}-{index}").status_code for index in range(10)}
        return codes | {len(dana.read(only_managed="true")) and 200}

    with ThreadPoolExecutor(8) as pool:
        assert set().union(*pool.map(work, range(8))) == {200, 202}
    assert len(dana.read(only_managed="true")) == 80
