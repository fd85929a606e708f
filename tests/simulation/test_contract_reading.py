"""The contract of both Cronofys: reading events."""

from datetime import timedelta

import pytest

from calsync.core.event import AllDay
from calsync.cronofy.batch import Upsert
from calsync.cronofy.queries import BusyQuery, EventQuery
from calsync.errors import (
    PageExpired,
    PermissionMissing,
    Refused,
)
from tests.simulation.conftest import MakeStage
from tests.simulation.contract import DAY, HOUR, at, draft, find, here, owner_makes, timed, titles
from tests.simulation.stages import by_title, read


class TestReading:
    """Section 5."""

    @pytest.mark.parametrize(("days", "readable"), [(-43, False), (-42, True), (200, True)])
    def test_the_window_is_42_days_back_and_201_ahead(self, stage, days, readable):  # 5.1, 8.1
        client = stage.client()
        owner_makes(stage, days=days)
        owner_makes(stage, "far", days=201, hour=0)
        assert titles(stage, client) == ({"Check-up"} if readable else set())

    def test_a_wider_window_is_refused(self, stage):  # 5.1
        client, today = stage.client(), stage.now().date()
        for field, query in (
            ("from", here(stage, start=today - 43 * DAY)),
            ("to", here(stage, end=today + 202 * DAY)),
        ):
            with pytest.raises(Refused) as raised:
                read(client, query)
            assert list(raised.value.fields) == [field]
        assert titles(stage, client, start=today - 42 * DAY, end=today + 201 * DAY) == set()

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

    def test_a_page_tells_the_time_by_the_clock_that_its_events_go_by(self, stage):
        client = stage.client()
        for seconds in (0, 86_400):
            stage.move_clock(seconds)
            uid = owner_makes(stage, str(seconds))
            (page,) = client.read_events(here(stage))
            updated = find(list(page.events), uid=uid).updated
            assert timedelta(0) <= page.answered_at - updated <= timedelta(seconds=30)

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
