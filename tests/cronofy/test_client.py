"""Each endpoint: what is sent, and what comes of the answer."""

from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from calsync.core.event import EventDraft, Participation, Timed, UnreadableEvent
from calsync.cronofy.batch import Delete, Upsert
from calsync.cronofy.queries import BusyQuery, EventQuery
from calsync.errors import NotFound, Refused, TemporaryError, UnreadableAnswer
from tests.cronofy.stage import API, NOW, TOKEN, event, one_page

EVENTS = f"{API}/v1/calendars/cal_1/events"
DRAFT = EventDraft("item-1", "Visit", Timed(NOW, NOW))
CALENDAR = {"calendar_id": "cal_1", "calendar_name": "Work", "profile_id": "pro_1"}
USERINFO = {
    "sub": "acc_1",
    "email": "kim@firm.example",
    "cronofy.type": "account",
    "cronofy.data": {
        "authorization": {"scope": "read_write", "status": "active"},
        "profiles": [
            {
                "provider_name": "exchange",
                "provider_service": "office365",
                "profile_id": "pro_1",
                "profile_name": "kim@firm.example",
                "profile_connected": False,
                "profile_relink_url": "https://app.cronofy.com/relink/1",
                "profile_calendars": [CALENDAR | {"permission_level": "unrestricted"}],
            }
        ],
    },
}


def test_userinfo_brings_account_profiles_and_calendars(stage, requests_mock):
    requests_mock.get(f"{API}/v1/userinfo", json=USERINFO)
    account = stage.client.userinfo()
    (profile,) = account.profiles
    assert (account.account_id, account.authorization) == ("acc_1", "active")
    assert (profile.provider, profile.service) == ("exchange", "office365")
    assert (profile.connected, profile.relink_url) == (False, "https://app.cronofy.com/relink/1")
    assert account.calendars[0].is_unrestricted
    assert account.calendars[0].profile_id == "pro_1"


def test_every_call_carries_the_token_and_a_time_out(stage, requests_mock):
    requests_mock.get(f"{API}/v1/userinfo", json=USERINFO)
    stage.client.userinfo()
    request = requests_mock.last_request
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.timeout == (5.0, 30.0)
    assert request.verify


def test_an_account_without_a_name_is_read(stage, requests_mock):
    account = {"account_id": "acc_1", "name": None, "default_tzid": "Europe/London"}
    requests_mock.get(f"{API}/v1/account", json={"account": account})
    found = stage.client.account()
    assert (found.account_id, found.name, found.zone) == ("acc_1", None, "Europe/London")


def test_profiles_without_a_word_on_their_state_are_connected(stage, requests_mock):
    requests_mock.get(f"{API}/v1/profiles", json={"profiles": [{"profile_id": "pro_1"}]})
    assert stage.client.profiles()[0].connected


@pytest.mark.parametrize("status", [202, 404])
def test_a_profile_that_is_gone_is_revoked(stage, requests_mock, status):
    requests_mock.post(f"{API}/v1/profiles/pro_1/revoke", status_code=status)
    stage.client.revoke_profile("pro_1")
    assert requests_mock.call_count == 1


def test_deleted_calendars_stay_in_the_list(stage, requests_mock):
    gone = CALENDAR | {"calendar_deleted": True, "calendar_readonly": True}
    requests_mock.get(f"{API}/v1/calendars", json={"calendars": [CALENDAR, gone]})
    assert [c.is_writable for c in stage.client.list_calendars()] == [True, False]


@pytest.mark.parametrize("broken", [{"calendar_name": "x"}, CALENDAR | {"calendar_deleted": "no"}])
def test_a_bad_calendar_is_not_left_out_as_if_it_were_deleted(stage, requests_mock, broken):
    requests_mock.get(f"{API}/v1/calendars", json={"calendars": [CALENDAR, broken]})
    with pytest.raises(UnreadableAnswer):
        stage.client.list_calendars()


def test_a_calendar_is_made(stage, requests_mock):
    requests_mock.post(f"{API}/v1/calendars", json={"calendar": CALENDAR})
    assert stage.client.create_calendar("pro_1", "Work", "#3366CC").calendar_id == "cal_1"
    assert requests_mock.last_request.json() == {
        "profile_id": "pro_1",
        "name": "Work",
        "color": "#3366CC",
    }


def test_every_parameter_of_a_read_is_sent_as_cronofy_names_it(stage, requests_mock):
    requests_mock.get(f"{API}/v1/events", json=one_page())
    query = EventQuery(
        zone="Europe/London",
        calendar_ids=("cal_1", "cal_2"),
        start=date(2026, 1, 20),
        end=date(2026, 9, 1),
        changed_since=datetime(2026, 3, 1, 9, 0, 0, 999999, UTC),
        include_deleted=True,
        include_moved=True,
        include_managed=True,
        only_managed=True,
        localized_times=True,
        include_geo=True,
        google_event_ids=True,
    )
    list(stage.client.read_events(query))
    assert parse_qsl(urlsplit(requests_mock.last_request.url).query) == [
        ("tzid", "Europe/London"),
        ("from", "2026-01-20"),
        ("to", "2026-09-01"),
        ("last_modified", "2026-03-01T09:00:00Z"),
        ("include_deleted", "true"),
        ("include_moved", "true"),
        ("include_managed", "true"),
        ("only_managed", "true"),
        ("localized_times", "true"),
        ("include_geo", "true"),
        ("google_event_ids", "true"),
        ("calendar_ids[]", "cal_1"),
        ("calendar_ids[]", "cal_2"),
    ]


def test_a_read_asks_for_nothing_that_was_not_wanted(stage, requests_mock):
    requests_mock.get(f"{API}/v1/events", json=one_page())
    list(stage.client.read_events(EventQuery()))
    assert parse_qsl(urlsplit(requests_mock.last_request.url).query) == [("tzid", "Etc/UTC")]


def test_one_bad_event_does_not_stop_a_read(stage, requests_mock):
    requests_mock.get(f"{API}/v1/events", json=one_page(event(), event(start=7), event()))
    (page,) = stage.client.read_events(EventQuery())
    assert [isinstance(e, UnreadableEvent) for e in page.events] == [False, True, False]


def test_busy_times_are_read(stage, requests_mock):
    busy = {"calendar_id": "c", "start": "2026-03-01", "end": "2026-03-02"}
    requests_mock.get(
        f"{API}/v1/free_busy",
        json={"pages": {}, "free_busy": [busy | {"free_busy_status": "tentative"}]},
    )
    (found,) = stage.client.free_busy(BusyQuery(start=date(2026, 3, 1), include_managed=True))
    assert found.status == "tentative"


@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_write_that_is_taken_in_any_way_is_taken(stage, requests_mock, status):
    requests_mock.post(EVENTS, status_code=status)
    stage.client.upsert_event("cal_1", DRAFT)
    assert requests_mock.last_request.json()["event_id"] == "item-1"


def test_a_deletion_names_its_event_in_the_body(stage, requests_mock):
    requests_mock.delete(EVENTS, status_code=202)
    stage.client.delete_event("cal_1", event_id="item-1")
    assert requests_mock.last_request.json() == {"event_id": "item-1"}
    stage.client.delete_event("cal_1", event_uid="evt_external_1")
    assert requests_mock.last_request.json() == {"event_uid": "evt_external_1"}


def test_a_deletion_in_an_unknown_calendar_is_not_taken_for_done(stage, requests_mock):
    requests_mock.delete(EVENTS, status_code=404)
    with pytest.raises(NotFound):
        stage.client.delete_event("cal_1", event_id="item-1")


@pytest.mark.parametrize("ids", [{}, {"event_id": "a", "event_uid": "b"}, {"event_id": ""}])
def test_a_deletion_names_exactly_one_event(stage, requests_mock, ids):
    with pytest.raises(ValueError, match="exactly one"):
        stage.client.delete_event("cal_1", **ids)
    assert requests_mock.call_count == 0


def test_a_bulk_deletion_never_means_everything_by_accident(stage, requests_mock):
    requests_mock.delete(f"{API}/v1/events", status_code=202)
    with pytest.raises(ValueError, match="names"):
        stage.client.bulk_delete([])
    stage.client.bulk_delete(["cal_1"])
    assert requests_mock.last_request.json() == {"calendar_ids": ["cal_1"]}
    stage.client.bulk_delete_all()
    assert requests_mock.last_request.json() == {"delete_all": True}


def test_an_invitation_is_answered(stage, requests_mock):
    requests_mock.post(f"{EVENTS}/evt_1/participation_status", status_code=202)
    stage.client.change_participation_status("cal_1", "evt_1", Participation.ACCEPTED)
    assert requests_mock.last_request.json() == {"status": "accepted"}
    with pytest.raises(ValueError, match="accepted"):
        stage.client.change_participation_status("cal_1", "evt_1", Participation.UNKNOWN)


@pytest.mark.parametrize("status", [200, 202])
def test_the_page_for_permissions_is_returned(stage, requests_mock, status):
    url = "https://app.cronofy.com/permissions/abc"
    requests_mock.post(
        f"{API}/v1/permissions", status_code=status, json={"permissions_request": {"url": url}}
    )
    assert stage.client.request_permissions(["cal_1"], "https://us.example/done") == url


def test_permissions_that_need_no_page_have_none(stage, requests_mock):
    requests_mock.post(f"{API}/v1/permissions", json={"permissions_request": {"accepted": True}})
    assert stage.client.request_permissions(["cal_1"], "https://us.example/done") is None


def test_a_page_for_permissions_is_a_web_address(stage, requests_mock):
    requests_mock.post(
        f"{API}/v1/permissions", json={"permissions_request": {"url": "javascript:alert(1)"}}
    )
    with pytest.raises(UnreadableAnswer):
        stage.client.request_permissions(["cal_1"], "https://us.example/done")


def test_channels_are_opened_and_listed(stage, requests_mock):
    hook = "https://us.example/hooks/canary"
    channel = {"channel_id": "chn_1", "callback_url": hook, "filters": {"calendar_ids": ["cal_1"]}}
    requests_mock.post(f"{API}/v1/channels", json={"channel": channel})
    requests_mock.get(f"{API}/v1/channels", json={"channels": [channel | {"filters": {}}]})
    opened = stage.client.create_channel(hook, ["cal_1"])
    assert requests_mock.last_request.json() == {
        "callback_url": hook,
        "filters": {"calendar_ids": ["cal_1"]},
    }
    (listed,) = stage.client.list_channels()
    assert (opened.channel_id, opened.calendar_ids) == ("chn_1", ("cal_1",))
    assert (listed.callback_url, listed.calendar_ids) == (hook, ())
    assert "canary" not in repr(opened)


@pytest.mark.parametrize("status", [202, 404])
def test_a_channel_that_is_gone_is_closed(stage, requests_mock, status):
    requests_mock.delete(f"{API}/v1/channels/chn_1", status_code=status)
    stage.client.close_channel("chn_1")
    assert requests_mock.call_count == 1


def test_a_link_token_is_handed_out(stage, requests_mock):
    requests_mock.post(f"{API}/v1/link_tokens", json={"link_token": "lt_1"})
    assert stage.client.link_token() == "lt_1"


@pytest.mark.parametrize("calendar_id", ["", ".", ".."])
def test_an_id_that_would_lead_elsewhere_is_refused(stage, requests_mock, calendar_id):
    with pytest.raises(ValueError, match="never"):
        stage.client.upsert_event(calendar_id, DRAFT)
    assert requests_mock.call_count == 0


def test_an_id_stays_within_its_part_of_the_path(stage, requests_mock):
    requests_mock.post(f"{API}/v1/calendars/a%2F..%2Fb%3Fc/events", status_code=202)
    stage.client.upsert_event("a/../b?c", DRAFT)
    assert requests_mock.call_count == 1


def test_every_entry_of_a_batch_is_judged_by_its_own_status(stage, requests_mock):
    refused = {"errors": {"summary": [{"key": "errors.required", "description": "canary"}]}}
    answers = [
        {"status": 200},
        {"status": 422, "data": refused},
        {"status": 402},
        {"status": 502},
        {"status": 202, "data": None},
        {"odd": True},
    ]
    requests_mock.post(f"{API}/v1/batch", status_code=207, json={"batch": answers})
    writes = [Upsert("cal_1", DRAFT)] * 5 + [Delete("cal_1", event_id="item-2")]
    written = stage.client.batch(writes)
    assert [w.is_accepted for w in written] == [True, False, False, False, True, False]
    assert isinstance(written[1].error, Refused)
    assert written[1].error.fields == {"summary": ("errors.required",)}
    assert "canary" not in str(written[1].error)
    assert isinstance(written[3].error, TemporaryError)
    entry = requests_mock.last_request.json()["batch"][5]
    assert entry == {
        "method": "DELETE",
        "relative_url": "/v1/calendars/cal_1/events",
        "data": {"event_id": "item-2"},
    }


def test_a_batch_that_is_not_answered_entry_by_entry_is_unreadable(stage, requests_mock):
    requests_mock.post(f"{API}/v1/batch", status_code=207, json={"batch": [{"status": 202}]})
    with pytest.raises(UnreadableAnswer):
        stage.client.batch([Upsert("cal_1", DRAFT)] * 2)


def test_a_batch_has_at_most_fifty_entries(stage, requests_mock):
    with pytest.raises(ValueError, match="50"):
        stage.client.batch([Upsert("cal_1", DRAFT)] * 51)
    assert stage.client.batch([]) == ()
    assert requests_mock.call_count == 0
