"""What both Cronofys of the tests have to do, each rule with its section of cronofy-api.md.

All of it goes through the product's own client: what holds here is what the engine meets,
in the simulator as over HTTP.
"""

from datetime import UTC, datetime, timedelta

import pytest

from calsync.core.account import UNRESTRICTED
from calsync.core.event import AllDay, Event, EventDraft, ExternalEdit, Participation, Timed
from calsync.cronofy.batch import Delete, Upsert
from calsync.cronofy.notifications import is_genuine, read_notification
from calsync.cronofy.queries import BusyQuery, EventQuery
from calsync.errors import (
    AccessRevoked,
    NotFound,
    PageExpired,
    PermissionMissing,
    ProfileLocked,
    RateLimited,
    Refused,
    WrongCredentials,
)
from tests.simulation.conftest import MakeStage
from tests.simulation.stages import REDIRECT, Stage, by_title, read

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def at(stage: Stage, days: int = 1, hour: int = 9) -> datetime:
    """Return an hour in UTC, so many days from today."""
    today = stage.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return today + days * DAY + hour * HOUR


def timed(stage: Stage, days: int = 1, hour: int = 9) -> Timed:
    return Timed(at(stage, days, hour), at(stage, days, hour) + HOUR, "Europe/London")


def draft(stage: Stage, title: str = "Visit", event_id: str = "item-1", **fields) -> EventDraft:
    return EventDraft(event_id, title, fields.pop("times", timed(stage)), **fields)


def owner_makes(stage: Stage, title: str = "Check-up", days: int = 1, hour: int = 9, **fields):
    start = at(stage, days, hour)
    return stage.create(title, start, start + HOUR, **fields)


def find(events: list[Event], **wanted: object) -> Event:
    """Return the one event with these values."""
    (found,) = [e for e in events if all(getattr(e, k) == v for k, v in wanted.items())]
    return found


def here(stage: Stage, **options) -> EventQuery:
    """Return a query for the calendar that is empty at first, unless others are named."""
    return EventQuery(**{"calendar_ids": (stage.work,), **options})


def titles(stage: Stage, client, **options) -> set[str]:
    return {event.title for event in read(client, here(stage, **options))}


class TestTokens:
    """Section 2."""

    def test_a_code_works_once(self, stage):  # 2.4
        code = stage.consent()
        grant = stage.oauth().exchange(code)
        assert grant.profile_id == stage.profile_id
        assert grant.userinfo.account_id == grant.sub
        with pytest.raises(AccessRevoked):
            stage.oauth().exchange(code)

    def test_a_refresh_token_works_once(self, stage):  # 2.3
        first = stage.oauth().exchange(stage.consent()).tokens
        second = stage.oauth().refresh(first.refresh_token)
        assert second.refresh_token != first.refresh_token
        with pytest.raises(AccessRevoked):
            stage.oauth().refresh(first.refresh_token)

    def test_an_expired_access_token_is_renewed_and_the_call_goes_on(self, stage):  # 2.3
        client = stage.client()
        stage.expire_tokens()
        assert client.userinfo().account_id

    def test_a_token_lives_as_long_as_it_says(self, stage):  # 2.3
        client = stage.client()
        token = client._caller._tokens.current()
        stage.move_clock(3599 - 60)
        client.userinfo()
        assert client._caller._tokens.current() == token
        stage.move_clock(120)
        client.userinfo()
        assert client._caller._tokens.current() != token

    def test_after_a_revoke_calls_and_refreshes_are_refused(self, stage):  # 2.5
        client = stage.client()
        tokens = client._caller._tokens
        stage.oauth().revoke(tokens.pair.refresh_token)
        stage.oauth().revoke(tokens.pair.refresh_token)
        with pytest.raises(AccessRevoked):
            client.userinfo()

    def test_a_wrong_secret_is_told_from_an_ended_consent(self, stage):  # 2.4
        tokens = stage.oauth().exchange(stage.consent()).tokens
        with pytest.raises(WrongCredentials):
            stage.oauth("wrong").refresh(tokens.refresh_token)
        assert stage.oauth().refresh(tokens.refresh_token)

    def test_two_consents_to_one_mailbox_are_two_grants_of_one_account(self, stage):  # 2.2
        first, second = stage.client(), stage.client()
        assert first.userinfo().account_id == second.userinfo().account_id
        stage.oauth().revoke(first._caller._tokens.pair.refresh_token)
        with pytest.raises(AccessRevoked):
            first.userinfo()
        assert second.userinfo()

    def test_a_revoked_account_has_no_channels(self, stage):  # 2.5
        client = stage.client()
        client.create_channel(stage.hook)
        stage.oauth().revoke(client._caller._tokens.pair.refresh_token)
        assert stage.client().list_channels() == ()

    def test_a_profile_can_leave_its_account(self, stage):  # 2.5
        client = stage.client()
        client.revoke_profile(stage.profile_id)
        client.revoke_profile(stage.profile_id)
        assert client.profiles() == ()
        with pytest.raises(NotFound):
            client.upsert_event(stage.work, draft(stage))

    def test_a_link_token_is_given(self, stage):  # 2.6
        assert stage.client().link_token()

    def test_permission_is_asked_for_on_a_page(self, stage):  # 2.7
        client = stage.client()
        assert client.request_permissions([stage.work], REDIRECT).startswith("http")
        levels = {each.calendar_id: each.permission_level for each in client.list_calendars()}
        assert levels[stage.work] == "sandbox"
        stage.set_calendar(stage.work, permission=UNRESTRICTED)
        levels = {each.calendar_id: each.permission_level for each in client.list_calendars()}
        assert levels[stage.work] == UNRESTRICTED


class TestIdentity:
    """Sections 3 and 4."""

    def test_userinfo_tells_everything_at_once(self, stage):  # 3.1
        client = stage.client()
        account = client.userinfo()
        (profile,) = account.profiles
        assert account.account_id == client.account().account_id
        assert account.authorization == "active"
        assert (profile.profile_id, profile.connected) == (stage.profile_id, True)
        assert {each.calendar_id for each in profile.calendars} == {
            each.calendar_id for each in client.list_calendars()
        }

    def test_a_relink_page_is_there_only_while_disconnected(self, stage):  # 3.4
        client = stage.client()
        assert client.profiles()[0].relink_url is None
        stage.disconnect()
        (profile,) = client.profiles()
        assert (profile.connected, bool(profile.relink_url)) == (False, True)
        stage.reconnect()
        (profile,) = client.profiles()
        assert (profile.connected, profile.relink_url) == (True, None)

    def test_a_deleted_calendar_stays_in_the_list_and_shows_no_living_event(self, stage):  # 4.1
        client = stage.client()
        owner_makes(stage)
        stage.set_calendar(stage.work, deleted=True)
        (work,) = [each for each in client.list_calendars() if each.calendar_id == stage.work]
        assert (work.deleted, work.readonly) == (True, True)
        assert titles(stage, client) == set()

    def test_a_calendar_is_made_once_by_its_name_and_with_every_right(self, stage):  # 4.2
        client = stage.client("read_events create_event delete_event create_calendar")
        made = client.create_calendar(stage.profile_id, "Shop")
        assert made.permission_level == UNRESTRICTED
        with pytest.raises(Refused) as raised:
            client.create_calendar(stage.profile_id, "Shop")
        assert raised.value.fields == {"name": ("errors.duplicate_calendar_name",)}


class TestReading:
    """Section 5."""

    @pytest.mark.parametrize(("days", "readable"), [(-44, False), (-41, True), (200, True)])
    def test_the_window_is_42_days_back_and_201_ahead(self, stage, days, readable):  # 5.1, 8.1
        client = stage.client()
        owner_makes(stage, days=days)
        owner_makes(stage, "far", days=203)
        assert titles(stage, client) == ({"Check-up"} if readable else set())

    def test_a_wider_window_is_refused(self, stage):  # 5.1
        client, today = stage.client(), stage.now().date()
        for field, query in (
            ("from", here(stage, start=today - 44 * DAY)),
            ("to", here(stage, end=today + 203 * DAY)),
        ):
            with pytest.raises(Refused) as raised:
                read(client, query)
            assert list(raised.value.fields) == [field]

    def test_the_end_is_exclusive_and_the_start_takes_what_still_runs(self, stage):  # 5.1
        client, day = stage.client(), at(stage, 5).date()
        midnight = at(stage, 5, 0)
        stage.create("before", midnight - HOUR, midnight - HOUR / 2)
        stage.create("until", midnight - HOUR, midnight)
        stage.create("inside", midnight, midnight + HOUR)
        stage.create("after", midnight + DAY, midnight + DAY + HOUR)
        assert titles(stage, client, start=day, end=day + DAY) == {"until", "inside"}

    def test_the_zone_decides_where_a_day_begins(self, stage):  # 5.1
        client, day = stage.client(), at(stage, 5).date()
        stage.create("late", at(stage, 5, 20), at(stage, 5, 21))
        stage.create("holiday", day + DAY, day + 2 * DAY)
        tomorrow = {"start": day + DAY, "end": day + 2 * DAY}
        assert titles(stage, client, **tomorrow) == {"holiday"}
        # At eight in the evening in London it is tomorrow in Tokyo; a day is a day anywhere.
        assert titles(stage, client, zone="Asia/Tokyo", **tomorrow) == {"late", "holiday"}

    def test_last_modified_is_inclusive(self, stage):  # 5.1
        client = stage.client()
        owner_makes(stage)
        updated = find(read(client), title="Check-up").updated
        assert titles(stage, client, changed_since=updated) == {"Check-up"}
        assert titles(stage, client, changed_since=updated + timedelta(seconds=1)) == set()

    def test_deleted_events_come_only_when_asked_for(self, stage):  # 5.1
        client = stage.client()
        stage.delete(owner_makes(stage))
        assert titles(stage, client) == set()
        assert find(read(client, here(stage, include_deleted=True)), title="Check-up").deleted

    def test_managed_events_come_only_when_asked_for(self, stage):  # 5.1
        client = stage.client()
        owner_makes(stage)
        client.upsert_event(stage.work, draft(stage))
        assert titles(stage, client) == {"Check-up"}
        assert titles(stage, client, include_managed=True) == {"Check-up", "Visit"}
        assert titles(stage, client, only_managed=True) == {"Visit"}

    def test_managed_events_of_any_time_come_without_a_window(self, stage):  # 5.1
        client = stage.client()
        client.upsert_event(stage.work, draft(stage, "old", "a", times=timed(stage, -400)))
        client.upsert_event(stage.work, draft(stage, "far", "b", times=timed(stage, 400)))
        assert titles(stage, client, only_managed=True) == {"old", "far"}
        assert titles(stage, client, include_managed=True) == {"old", "far"}
        windowed = {"only_managed": True, "start": stage.now().date()}
        assert titles(stage, client, **windowed) == set()

    def test_only_managed_needs_no_right_to_read(self, stage):  # 2.1
        client = stage.client("create_event")
        client.upsert_event(stage.work, draft(stage))
        assert titles(stage, client, only_managed=True) == {"Visit"}
        with pytest.raises(PermissionMissing):
            titles(stage, client, include_managed=True)

    def test_what_moved_out_of_the_window_comes_only_when_asked_for(self, stage):  # 5.1, 8.1
        client = stage.client()
        uid = owner_makes(stage)
        owner_makes(stage, "never inside", days=230)
        stage.edit(uid, start=at(stage, 230), end=at(stage, 230) + HOUR)
        assert titles(stage, client) == set()
        assert titles(stage, client, include_moved=True) == {"Check-up"}

    def test_an_event_slides_into_the_window_without_a_change(self, stage):  # 8.1
        client = stage.client()
        owner_makes(stage, days=203)
        assert titles(stage, client) == set()
        stage.move_clock(5 * 86_400)
        assert titles(stage, client) == {"Check-up"}
        recent = stage.now() - timedelta(days=1)
        assert titles(stage, client, changed_since=recent) == set()

    def test_calendars_can_be_chosen_and_have_to_be_known(self, stage):  # 5.1
        client = stage.client()
        owner_makes(stage, "here")
        owner_makes(stage, "there", calendar_id=stage.personal)
        chosen = read(client, EventQuery(calendar_ids=(stage.personal,)))
        assert "there" in by_title(chosen)
        assert "here" not in by_title(chosen)
        with pytest.raises(Refused) as raised:
            read(client, EventQuery(calendar_ids=("cal_none_none",)))
        assert raised.value.fields == {"calendar_ids": ("errors.invalid_calendar_ids",)}

    @pytest.mark.parametrize("size", [1, 3, 50])
    def test_pages_are_followed_to_the_end(self, make_stage: MakeStage, size):  # 5.2
        stage = make_stage(page_size=size)
        client = stage.client()
        drafts = [draft(stage, f"Visit {n}", f"item-{n}") for n in range(7)]
        client.batch([Upsert(stage.work, each) for each in drafts])
        pages = list(client.read_events(here(stage, only_managed=True)))
        assert len(pages) == -(-7 // size)
        assert len({event.uid for page in pages for event in page.events}) == 7

    def test_a_page_that_is_no_longer_known_is_missed(self, make_stage: MakeStage):  # 5.2
        stage = make_stage(page_size=1)
        client = stage.client()
        for n in range(3):
            client.upsert_event(stage.work, draft(stage, event_id=f"item-{n}"))
        reading = client.read_events(here(stage, only_managed=True))
        next(reading)
        stage.expire_pages()
        with pytest.raises(PageExpired):
            next(reading)

    def test_reads_before_the_first_pull_are_incomplete(self, stage):  # 3.4
        client = stage.client()
        owner_makes(stage)
        stage.set_initial_sync(required=True)
        assert client.profiles()[0].initial_sync_required
        assert titles(stage, client) == set()
        stage.set_initial_sync(required=False)
        assert not client.profiles()[0].initial_sync_required
        assert titles(stage, client) == {"Check-up"}

    def test_an_id_of_ours_and_the_rights_tell_whose_an_event_is(self, stage):  # 5.3
        client = stage.client()
        uid = owner_makes(stage, "theirs")
        client.upsert_event(stage.work, draft(stage, "ours"))
        found = by_title(read(client, here(stage, include_managed=True)))
        assert found["ours"].event_id == "item-1"
        assert found["ours"].options.update
        assert found["ours"].options.delete
        assert (found["theirs"].event_id, found["theirs"].uid) == (None, uid)
        assert not found["theirs"].options.update

    def test_what_the_owner_writes_is_read_whole(self, stage):  # 5.3
        client = stage.client()
        text = "<b>\N{GRINNING FACE} caf\u00e9</b>\n" * 300
        uid = owner_makes(stage, "t" * 1500, text=text, place="High St 3", free=True)
        found = find(read(client), uid=uid)
        assert (len(found.title), found.text) == (1500, text)
        assert (found.place, found.free) == ("High St 3", True)

    def test_updated_moves_with_every_change_of_the_owner(self, stage):  # 12.8
        client = stage.client()
        uid = owner_makes(stage)
        first = find(read(client), uid=uid)
        stage.move_clock(10)
        stage.edit(uid, title="Doctor")
        second = find(read(client), uid=uid)
        stage.move_clock(10)
        stage.delete(uid)
        third = find(read(client), uid=uid)
        assert first.updated < second.updated < third.updated
        assert first.created == second.created
        assert third.updated.microsecond == 0

    def test_days_stay_days_and_end_the_day_after(self, stage):  # 5.4
        client, day = stage.client(), at(stage, 3).date()
        stage.create("fair", day, day + 2 * DAY)
        client.upsert_event(stage.work, draft(stage, "trip", times=AllDay(day, day + DAY)))
        for localized in (False, True):
            query = here(stage, include_managed=True, localized_times=localized)
            found = by_title(read(client, query))
            assert found["fair"].times == AllDay(day, day + 2 * DAY)
            assert found["trip"].times == AllDay(day, day + DAY)

    def test_localized_times_are_the_same_instants_with_a_zone(self, stage):  # 5.4
        client = stage.client()
        client.upsert_event(stage.work, draft(stage))
        plain = find(read(client, here(stage, only_managed=True)), event_id="item-1").times
        query = here(stage, only_managed=True, localized_times=True)
        localized = find(read(client, query), event_id="item-1").times
        assert (plain.start, plain.zone) == (localized.start, "Etc/UTC")
        assert localized.zone == "Europe/London"

    def test_busy_times_tell_when_and_not_what(self, stage):  # 5.5
        client, calendars = stage.client(), (stage.work,)
        owner_makes(stage)
        owner_makes(stage, hour=11, free=True)
        (busy,) = client.free_busy(BusyQuery(calendar_ids=calendars))
        assert (busy.status, busy.times.start) == ("busy", at(stage))


class TestWriting:
    """Section 6."""

    def test_the_first_write_creates_and_the_second_updates(self, stage):  # 6.1
        client = stage.client()
        client.upsert_event(stage.work, draft(stage, "first", text="t", place="p"))
        client.upsert_event(stage.work, draft(stage, "second", text="u", place="q"))
        (found,) = read(client, here(stage, only_managed=True))
        assert (found.title, found.text, found.place) == ("second", "u", "q")

    def test_the_same_id_in_another_calendar_is_another_event(self, stage):  # 6.1
        client = stage.client()
        client.upsert_event(stage.work, draft(stage, "here"))
        client.upsert_event(stage.personal, draft(stage, "there"))
        both = {"calendar_ids": (stage.work, stage.personal)}
        assert titles(stage, client, only_managed=True, **both) == {"here", "there"}

    def test_a_write_is_accepted_now_and_done_later(self, make_stage: MakeStage):  # 6.1, 9
        stage = make_stage(lag=600.0)
        client = stage.client()
        client.upsert_event(stage.work, draft(stage))
        assert titles(stage, client, only_managed=True) == set()
        stage.move_clock(601)
        assert titles(stage, client, only_managed=True) == {"Visit"}

    def test_a_write_that_became_impossible_fails_in_silence(self, make_stage):  # 9
        stage = make_stage(lag=600.0)
        client = stage.client()
        client.upsert_event(stage.work, draft(stage))
        stage.set_calendar(stage.work, readonly=True)
        stage.move_clock(601)
        assert titles(stage, client, only_managed=True) == set()

    @pytest.mark.parametrize("private", [True, False])
    def test_private_is_honoured_at_creation_only(self, stage, private):  # 6.1
        client = stage.client()
        client.upsert_event(stage.work, draft(stage, private=private))
        client.upsert_event(stage.work, draft(stage, "Again", private=not private))
        found = find(read(client), event_id="item-1")
        assert (found.title, found.private) == ("Again", private)

    def test_days_are_free_and_hours_are_busy(self, stage):  # 6.1
        client, day = stage.client(), at(stage).date()
        client.upsert_event(stage.work, draft(stage, "hours", "a"))
        client.upsert_event(stage.work, draft(stage, "days", "b", times=AllDay(day, day + DAY)))
        client.upsert_event(stage.work, draft(stage, "free", "c", free=True))
        found = by_title(read(client, here(stage, only_managed=True)))
        assert {title: event.free for title, event in found.items()} == {
            "hours": False,
            "days": True,
            "free": True,
        }

    def test_a_date_out_of_bounds_is_refused(self, stage):  # 6.1
        start = datetime(2150, 1, 1, tzinfo=UTC)
        with pytest.raises(Refused):
            stage.client().upsert_event(stage.work, draft(stage, times=Timed(start, start + HOUR)))

    def test_an_unknown_zone_is_refused(self, stage):  # 6.1
        times = Timed(at(stage), at(stage) + HOUR, "Mars/Olympus")
        with pytest.raises(Refused) as raised:
            stage.client().upsert_event(stage.work, draft(stage, times=times))
        assert list(raised.value.fields) == ["tzid"]

    @pytest.mark.parametrize(
        ("rights", "error"),
        [({"readonly": True}, PermissionMissing), ({"deleted": True}, NotFound)],
    )
    def test_calendars_that_take_no_writes_say_why(self, stage, rights, error):  # 4.1, 9
        client = stage.client()
        stage.set_calendar(stage.work, **rights)
        with pytest.raises(error):
            client.upsert_event(stage.work, draft(stage))
        with pytest.raises(error):
            client.delete_event(stage.work, event_id="item-1")

    def test_an_unknown_calendar_is_not_found(self, stage):  # 6.4
        client = stage.client()
        with pytest.raises(NotFound):
            client.upsert_event("cal_none_none", draft(stage))
        with pytest.raises(NotFound):
            client.delete_event("cal_none_none", event_id="item-1")

    def test_each_right_is_a_scope(self, stage):  # 2.1
        with pytest.raises(PermissionMissing):
            stage.client("read_events delete_event").upsert_event(stage.work, draft(stage))
        with pytest.raises(PermissionMissing):
            stage.client("read_events create_event").delete_event(stage.work, event_id="a")

    def test_deleting_leaves_a_tombstone_and_twice_is_no_error(self, stage):  # 6.4
        client = stage.client()
        client.upsert_event(stage.work, draft(stage))
        client.delete_event(stage.work, event_id="item-1")
        client.delete_event(stage.work, event_id="item-1")
        client.delete_event(stage.work, event_id="never there")
        assert find(read(client), event_id="item-1").deleted

    def test_a_bulk_deletion_takes_only_ours_and_only_there(self, stage):  # 6.5
        client = stage.client()
        owner_makes(stage)
        client.upsert_event(stage.work, draft(stage, "here"))
        client.upsert_event(stage.personal, draft(stage, "there"))
        client.bulk_delete([stage.work])
        everywhere = {"calendar_ids": (), "only_managed": True}
        assert titles(stage, client) == {"Check-up"}
        assert titles(stage, client, **everywhere) == {"there"}
        client.bulk_delete_all()
        assert titles(stage, client, **everywhere) == set()

    def test_a_batch_answers_for_each_entry_in_order(self, stage):  # 6.7
        client = stage.client()
        written = client.batch(
            [
                Upsert(stage.work, draft(stage, "first", "a")),
                Upsert("cal_none_none", draft(stage)),
                Upsert(stage.work, draft(stage, "second", "b")),
                Delete(stage.work, event_id="a"),
                Upsert(stage.work, ExternalEdit("evt_external_none", "x", timed(stage))),
            ]
        )
        assert [each.is_accepted for each in written] == [True, False, True, True, False]
        assert isinstance(written[1].error, NotFound)
        assert isinstance(written[4].error, PermissionMissing)
        assert titles(stage, client, only_managed=True) == {"second"}

    def test_a_disconnected_profile_takes_no_writes(self, stage):  # 9
        client = stage.client()
        stage.disconnect(noticed=False)
        assert client.profiles()[0].connected
        with pytest.raises(ProfileLocked):
            client.upsert_event(stage.work, draft(stage))
        # The write was how Cronofy noticed (3.4).
        assert not client.profiles()[0].connected
        stage.reconnect()
        client.upsert_event(stage.work, draft(stage))


class TestExternalEvents:
    """Sections 6.2 to 6.4."""

    def test_they_are_changed_only_where_the_calendar_is_unrestricted(self, stage):  # 6.2
        client = stage.client()
        uid = owner_makes(stage)
        edit = ExternalEdit(uid, "Doctor", timed(stage, 2))
        with pytest.raises(PermissionMissing):
            client.upsert_event(stage.work, edit)
        with pytest.raises(PermissionMissing):
            client.delete_event(stage.work, event_uid=uid)
        stage.set_calendar(stage.work, permission=UNRESTRICTED)
        assert find(read(client), uid=uid).options.update
        client.upsert_event(stage.work, edit)
        found = find(read(client), uid=uid)
        assert (found.title, found.times.start) == ("Doctor", at(stage, 2))
        assert not found.is_managed

    def test_what_an_edit_leaves_out_stays(self, stage):  # 6.1, omitted fields
        client = stage.client()
        stage.set_calendar(stage.work, permission=UNRESTRICTED)
        uid = owner_makes(stage, text="Bring the card", place="High St 3", private=True)
        client.upsert_event(stage.work, ExternalEdit(uid, "Doctor", timed(stage)))
        found = find(read(client), uid=uid)
        assert (found.text, found.place, found.private) == ("Bring the card", "High St 3", True)

    def test_a_deleted_one_cannot_be_made_again_but_deleted_again(self, stage):  # 6.2, 6.4
        client = stage.client()
        stage.set_calendar(stage.work, permission=UNRESTRICTED)
        uid = owner_makes(stage)
        client.delete_event(stage.work, event_uid=uid)
        client.delete_event(stage.work, event_uid=uid)
        assert find(read(client), uid=uid).deleted
        with pytest.raises(NotFound):
            client.upsert_event(stage.work, ExternalEdit(uid, "Doctor", timed(stage)))

    def test_a_uid_of_ours_is_no_external_one(self, stage):  # 6.2
        client = stage.client()
        stage.set_calendar(stage.work, permission=UNRESTRICTED)
        client.upsert_event(stage.work, draft(stage))
        uid = find(read(client), event_id="item-1").uid
        with pytest.raises(Refused) as raised:
            client.upsert_event(stage.work, ExternalEdit(uid, "x", timed(stage)))
        assert raised.value.fields == {"event_uid": ("errors.must_be_external_event_uid",)}

    def test_an_invitation_is_answered(self, stage):  # 6.3
        client = stage.client("read_events change_participation_status")
        me = client.userinfo().profiles[0].name
        uid = owner_makes(stage, guests=[me, "kim@firm.example"])
        assert find(read(client), uid=uid).options.rsvp
        client.change_participation_status(stage.work, uid, Participation.DECLINED)
        found = find(read(client), uid=uid)
        assert found.participation_status is Participation.DECLINED
        answers = {each.email: each.status for each in found.attendees}
        assert answers[me] is Participation.DECLINED
        assert answers["kim@firm.example"] is Participation.NEEDS_ACTION

    def test_a_series_is_single_instances_that_nobody_may_write(self, stage):  # 8.4, 6.2
        client = stage.client()
        stage.set_calendar(stage.work, permission=UNRESTRICTED)
        series = stage.create_series("Stand-up", at(stage), at(stage) + HOUR, 3)
        found = [event for event in read(client) if event.series_id == series]
        assert len({event.uid for event in found}) == 3
        assert all(event.recurring and not event.options.update for event in found)
        edit = ExternalEdit(found[0].uid, "x", timed(stage))
        with pytest.raises(PermissionMissing):
            client.upsert_event(stage.work, edit)
        with pytest.raises(PermissionMissing):
            client.delete_event(stage.work, event_uid=found[0].uid)

    def test_an_instance_is_changed_and_a_series_deleted_by_its_owner(self, stage):  # 8.4
        client = stage.client()
        series = stage.create_series("Stand-up", at(stage), at(stage) + HOUR, 3)
        first, *rest = sorted(
            (event for event in read(client) if event.series_id == series),
            key=lambda event: event.times.start,
        )
        stage.edit(first.uid, title="Retrospective")
        changed = find(read(client), uid=first.uid)
        assert (changed.title, changed.series_id) == ("Retrospective", series)
        stage.delete_series(series)
        events = {event.uid: event for event in read(client)}
        assert all(events[each.uid].deleted for each in (first, *rest))


class TestManagedEventsThatTheOwnerTouches:
    """Section 8.3."""

    def test_an_edit_keeps_the_id(self, stage):
        client = stage.client()
        client.upsert_event(stage.work, draft(stage, text="t"))
        before = find(read(client), event_id="item-1")
        stage.move_clock(10)
        stage.edit(before.uid, title="Later", start=at(stage, 2), end=at(stage, 2) + HOUR)
        after = find(read(client), event_id="item-1")
        assert (after.title, after.text) == ("Later", "t")
        assert after.times.start == at(stage, 2)
        assert after.updated > before.updated

    def test_a_deletion_keeps_the_id_and_a_write_makes_it_again(self, stage):
        client = stage.client()
        client.upsert_event(stage.work, draft(stage))
        stage.delete(find(read(client), event_id="item-1").uid)
        assert find(read(client), event_id="item-1").deleted
        client.upsert_event(stage.work, draft(stage, "Again"))
        living = [e for e in read(client) if e.event_id == "item-1" and not e.deleted]
        assert [event.title for event in living] == ["Again"]

    def test_our_write_wins_over_an_edit(self, stage):
        client = stage.client()
        client.upsert_event(stage.work, draft(stage))
        stage.edit(find(read(client), event_id="item-1").uid, title="Mine")
        client.upsert_event(stage.work, draft(stage, "Ours"))
        assert find(read(client), event_id="item-1").title == "Ours"

    def test_one_that_is_moved_is_deleted_here_and_external_there(self, stage):
        client = stage.client()
        client.upsert_event(stage.work, draft(stage, text="footer"))
        moved = stage.move(find(read(client), event_id="item-1").uid, stage.personal)
        assert find(read(client), event_id="item-1").deleted
        found = find(read(client), uid=moved)
        assert (found.event_id, found.calendar_id, found.text) == (
            None,
            stage.personal,
            "footer",
        )


class TestNotifications:
    """Section 7."""

    def test_an_identical_channel_is_the_same(self, stage):  # 7.1
        client = stage.client()
        first = client.create_channel(stage.hook, [stage.work])
        assert client.create_channel(stage.hook, [stage.work]) == first
        other = client.create_channel(stage.hook)
        assert {each.channel_id for each in client.list_channels()} == {
            first.channel_id,
            other.channel_id,
        }
        stage.heard("verification", "verification")

    def test_a_closed_channel_is_gone(self, stage):  # 7.2
        client = stage.client()
        channel = client.create_channel(stage.hook)
        client.close_channel(channel.channel_id)
        client.close_channel(channel.channel_id)
        assert client.list_channels() == ()

    def test_unknown_calendars_make_no_channel(self, stage):  # 7.1
        with pytest.raises(Refused):
            stage.client().create_channel(stage.hook, ["cal_none_none"])

    def test_channels_need_the_right_to_read_unless_only_managed(self, stage):  # 7.1
        client = stage.client("create_event")
        with pytest.raises(PermissionMissing):
            client.create_channel(stage.hook)
        assert client.create_channel(stage.hook, only_managed=True).only_managed

    def test_the_owners_change_is_announced_and_found_by_its_time(self, stage):  # 7.4
        client = stage.client()
        client.create_channel(stage.hook, [stage.work])
        stage.heard("verification")
        uid = owner_makes(stage)
        note = stage.heard("verification", "change")[-1]
        told = read_notification(note.body)
        assert told.channel_id == client.list_channels()[0].channel_id
        changed = read(client, here(stage, changed_since=told.changes_since))
        assert find(changed, uid=uid)

    def test_our_own_writes_are_not_announced(self, stage):  # 7.4
        client = stage.client()
        client.create_channel(stage.hook)
        client.upsert_event(stage.work, draft(stage))
        client.delete_event(stage.work, event_id="item-1")
        owner_makes(stage)
        stage.heard("verification", "change")

    def test_filters_are_kept_to(self, stage):  # 7.4
        client = stage.client()
        client.create_channel(stage.hook, [stage.work], only_managed=True)
        client.upsert_event(stage.work, draft(stage))
        owner_makes(stage)
        owner_makes(stage, calendar_id=stage.personal)
        stage.edit(find(read(client), event_id="item-1").uid, title="Mine")
        stage.heard("verification", "change")

    def test_every_active_secret_signs_the_exact_bytes(self, stage):  # 7.5
        client = stage.client()
        stage.use_secrets("new", "old")
        client.create_channel(stage.hook)
        (note,) = stage.heard("verification")
        assert is_genuine(note.signature, note.body, ["new"])
        assert is_genuine(note.signature, note.body, ["old"])
        assert not is_genuine(note.signature, note.body, ["other"])
        assert not is_genuine(note.signature, note.body + b" ", ["new", "old"])

    def test_a_channel_that_is_refused_for_a_day_is_closed(self, stage):  # 7.6
        client = stage.client()
        stage.answer_hooks(503)
        client.create_channel(stage.hook)
        stage.heard("verification")
        assert len(client.list_channels()) == 1
        stage.move_clock(86_500)
        client = stage.client()
        stage.wait_until(lambda: client.list_channels() == ())

    def test_a_refused_notification_is_tried_again(self, stage):  # 7.6
        client = stage.client()
        stage.answer_hooks(500)
        client.create_channel(stage.hook)
        stage.heard("verification")
        stage.answer_hooks(204)
        stage.move_clock(60)
        stage.heard("verification", "verification")
        assert len(client.list_channels()) == 1

    def test_a_profile_that_comes_and_goes_is_announced(self, stage):  # 7.4, 3.4
        stage.client().create_channel(stage.hook)
        stage.heard("verification")
        stage.disconnect()
        stage.heard("verification", "profile_disconnected")
        stage.reconnect()
        stage.heard("verification", "profile_disconnected", "change")

    def test_the_end_of_the_first_pull_is_announced(self, stage):  # 7.4
        stage.set_initial_sync(required=True)
        stage.client().create_channel(stage.hook)
        stage.set_initial_sync(required=False)
        stage.heard("verification", "profile_initial_sync_completed")


def test_too_many_calls_are_refused(stage):  # 10
    client = stage.client()
    stage.limit_rate()
    with pytest.raises(RateLimited):
        for _ in range(501):
            client.account()
