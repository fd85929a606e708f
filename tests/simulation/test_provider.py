"""What the provider does beyond the contract: where Cronofy may choose, it does the worst."""

from dataclasses import asdict, replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random

import pytest
from sqlalchemy import create_engine

from calsync.core.event import EventDraft, ExternalEdit, Timed, UnreadableEvent
from calsync.cronofy.batch import Upsert
from calsync.cronofy.queries import EventQuery
from calsync.db.database import Database
from calsync.errors import AccessRevoked, NotFound, PageExpired, PermissionMissing, RateLimited
from tests.simulation.ports import REDIRECT
from tests.simulation.provider import API_URL
from tests.simulation.snapshots import Shown
from tests.simulation.stages import EVERYTHING, ProviderStage, read
from tests.simulation.temper import Losses, Temper, draw_temper

HOUR = timedelta(hours=1)
#: Any temper that may be drawn is one that the simulator can meet.
TEMPERS = [draw_temper(Random(seed)) for seed in range(300)]


def draft(stage: ProviderStage, title: str = "Visit", event_id: str = "a", **fields) -> EventDraft:
    start = fields.pop("start", stage.now())
    return EventDraft(event_id, title, Timed(start, start + HOUR, "Europe/London"), **fields)


def owner_makes(stage: ProviderStage, title: str = "Check-up", **fields) -> str:
    return stage.create(title, stage.now() + HOUR, stage.now() + 2 * HOUR, **fields)


def the_event(stage: ProviderStage, **wanted: object) -> Shown:
    found = stage.provider.snapshot()
    (one,) = [e for e in found if all(getattr(e, k) == v for k, v in wanted.items())]
    return one


class TestWrites:
    def test_a_lag_is_at_most_as_long_as_it_may_be(self):
        stage = ProviderStage(temper=Temper(lagging=1.0))
        client = stage.client()
        for n in range(50):
            client.upsert_event(stage.work, draft(stage, event_id=f"item-{n}"))
        lags = [write.due - write.accepted_at for write in stage.provider.world.writing.accepted]
        assert 0 <= min(lags) < 5 < 15 < max(lags) <= 20
        stage.move_clock(20)
        assert len(stage.provider.snapshot()) == 50

    @pytest.mark.parametrize(("keeps_order", "outcomes"), [(True, {"B"}), (False, {"A", "B"})])
    def test_two_writes_to_one_event_may_land_in_either_order(self, keeps_order, outcomes):
        seen = set()
        for seed in range(30):
            temper = Temper(lagging=1.0, keeps_order=keeps_order)
            stage = ProviderStage(temper=temper, seed=seed)
            client = stage.client()
            client.upsert_event(stage.work, draft(stage, "A"))
            client.upsert_event(stage.work, draft(stage, "B"))
            stage.move_clock(30)
            seen.add(the_event(stage).title)
        assert seen == outcomes

    def test_a_write_may_never_land(self):
        stage = ProviderStage(temper=Temper(never=1.0))
        stage.client().upsert_event(stage.work, draft(stage))
        stage.move_clock(365 * 86_400)
        assert stage.provider.snapshot() == ()
        (write,) = stage.provider.world.writing.accepted
        assert write.due is None

    def test_a_write_may_land_long_after_everybody_gave_up(self):
        stage = ProviderStage(temper=Temper(late=1.0))
        stage.client().upsert_event(stage.work, draft(stage))
        stage.move_clock(20)
        assert stage.provider.snapshot() == ()
        assert stage.provider.next_due() > stage.provider.now()
        stage.move_clock(7200)
        assert the_event(stage).title == "Visit"

    def test_a_late_write_lands_over_what_the_owner_did_meanwhile(self):
        stage = ProviderStage(temper=Temper(lagging=1.0), draws={"write:1": 0.0})
        client = stage.client()
        client.upsert_event(stage.work, draft(stage, "old"))
        client.upsert_event(stage.work, draft(stage, "ours"))
        stage.edit(the_event(stage).uid, title="theirs")
        assert the_event(stage).title == "theirs"
        stage.move_clock(21)
        assert the_event(stage).title == "ours"
        landed = stage.provider.world.writing.landed[-1]
        assert (landed.before["summary"], landed.after["summary"]) == ("theirs", "ours")

    @pytest.mark.parametrize("moves", [True, False])
    def test_our_writes_may_leave_updated_as_it_was(self, moves):
        stage = ProviderStage(temper=Temper(own_writes_move_updated=moves))
        client = stage.client()
        client.upsert_event(stage.work, draft(stage))
        stage.move_clock(10)
        client.upsert_event(stage.work, draft(stage, "Again"))
        shown = the_event(stage)
        assert shown.title == "Again"
        assert (shown.updated > shown.created) is moves
        since = EventQuery(changed_since=stage.now(), only_managed=True)
        assert bool(read(client, since)) is moves

    def test_what_an_edit_leaves_out_may_be_lost(self):
        stage = ProviderStage(temper=Temper(keeps_omitted=False))
        stage.set_calendar(stage.work, permission="unrestricted")
        uid = owner_makes(stage, text="Bring the card", guests=["kim@firm.example"])
        times = Timed(stage.now(), stage.now() + HOUR)
        stage.client().upsert_event(stage.work, ExternalEdit(uid, "Doctor", times))
        shown = the_event(stage)
        assert (shown.title, shown.text) == ("Doctor", "")
        assert shown.guests == ("kim@firm.example",)

    def test_what_the_client_never_sends_is_refused(self):
        stage = ProviderStage()
        token = stage.client()._caller._tokens.current()
        times = {"start": "2026-03-03T09:00:00Z", "end": "2026-03-03T10:00:00Z"}
        whole = {"event_id": "a", "summary": "x", **times}
        for change in (
            {"summary": "x" * 1025},
            {"description": "x" * 4097},
            {"summary": None},
            {"start": "2026-03-03T09:00:00.5Z"},
            {"end": "2026-03-03T08:00:00Z"},
            {"end": "2026-03-04"},
            {"tzid": "Mars"},
            {"description": "\ud800"},
            {"event_id": None},
            {"reminders": [{"minutes": n} for n in range(6)]},
        ):
            answer = stage.provider.send(
                "POST",
                f"{API_URL}/v1/calendars/{stage.work}/events",
                headers={"Authorization": f"Bearer {token}"},
                json=whole | change,
            )
            assert answer.status == 422, change


class TestLosses:
    def test_seconds_go(self):
        stage = ProviderStage(temper=Temper(losses=Losses(seconds=True)))
        start = stage.now() + timedelta(seconds=59)
        stage.client().upsert_event(stage.work, draft(stage, start=start))
        assert the_event(stage).starts_at == stage.now().timestamp()

    def test_zones_go(self):
        stage = ProviderStage(temper=Temper(losses=Losses(zones=True)))
        client = stage.client()
        client.upsert_event(stage.work, draft(stage))
        (event,) = read(client, EventQuery(only_managed=True, localized_times=True))
        assert event.times.zone == "Etc/UTC"

    def test_texts_are_read_back_as_text(self):
        stage = ProviderStage(temper=Temper(losses=Losses(html=True)))
        text = " <p>Bring  the <b>card</b> &amp; a pen</p>\r\nline 2  \n"
        stage.client().upsert_event(stage.work, draft(stage, text=text))
        assert the_event(stage).text == "Bring the card & a pen\nline 2"

    def test_texts_are_cut_where_the_application_writes(self):
        stage = ProviderStage(temper=Temper(losses=Losses(title_length=255, text_length=1000)))
        fields = {"title": "t" * 1000, "text": "d" * 4000}
        stage.client().upsert_event(stage.work, draft(stage, **fields))
        uid = owner_makes(stage, **fields)
        assert list(map(len, (the_event(stage, event_id="a")[8:10]))) == [255, 1000]
        assert list(map(len, (the_event(stage, uid=uid)[8:10]))) == [1000, 4000]

    @pytest.mark.parametrize(
        "text", ["a < b > c", "&amp;lt;b&amp;gt;", "<<b>b>", "\r\r\n x ", "&#60;i>"]
    )
    def test_what_was_lost_once_is_not_lost_again(self, text):
        losses = Losses(html=True, text_length=5)
        once = losses.lose({"description": text})
        assert losses.lose(once) == once


class TestReads:
    def test_managed_events_may_be_kept_to_the_window(self):
        stage = ProviderStage(temper=Temper(managed_escape=False))
        client = stage.client()
        client.upsert_event(stage.work, draft(stage, start=stage.now() - timedelta(days=100)))
        assert read(client) == []
        assert len(read(client, EventQuery(only_managed=True))) == 1

    def test_answers_may_not_tell_the_time(self):
        stage = ProviderStage(temper=Temper(dates_answers=False))
        (page,) = stage.client().read_events(EVERYTHING)
        assert page.answered_at is None

    def test_a_delta_shows_what_a_scan_would(self):
        stage = ProviderStage(temper=Temper(own_writes_move_updated=False))
        client, stream = stage.client(), Random(1)
        uids = [owner_makes(stage, f"Event {n}") for n in range(20)]
        for n in range(60):
            stage.move_clock(1)
            if n % 3:
                stage.edit(stream.choice(uids), title=f"Edit {n}")
            else:
                client.upsert_event(stage.work, draft(stage, f"Visit {n}", f"item-{n % 5}"))
        everything = stage.provider.snapshot()
        for seconds in range(0, 70, 7):
            since = stage.now() - timedelta(seconds=seconds)
            changed = read(client, replace(EVERYTHING, changed_since=since))
            wanted = {each.uid for each in everything if each.updated >= since.timestamp()}
            assert {event.uid for event in changed} == wanted

    @pytest.mark.parametrize("order", ["start", "number", "newest"])
    def test_a_read_is_in_any_order(self, order):
        stage = ProviderStage(temper=Temper(order=order))
        for hour in (3, 1, 2):
            start = stage.now() + hour * HOUR
            stage.create(str(hour), start, start + HOUR)
        shown = [event.title for event in read(stage.client())]
        assert shown == {"start": ["1", "2", "3"], "number": ["3", "1", "2"]}.get(
            order, ["2", "1", "3"]
        )

    @pytest.mark.parametrize("seconds", [600, 601])
    def test_a_further_page_is_known_for_ten_minutes(self, seconds):
        stage = ProviderStage(page_size=1)
        owner_makes(stage, "one")
        owner_makes(stage, "two")
        pages = stage.client().read_events(EVERYTHING)
        next(pages)
        stage.move_clock(seconds)
        if seconds > 600:
            with pytest.raises(PageExpired):
                next(pages)
        else:
            assert len(list(pages)) == 1

    def test_a_read_before_the_first_pull_may_show_a_part(self):
        stage = ProviderStage(temper=Temper(shown_before_initial_sync=2))
        for n in range(40):
            owner_makes(stage, str(n))
        stage.set_initial_sync(required=True)
        assert 0 < len(read(stage.client())) < 40

    def test_the_events_of_a_deleted_calendar_may_be_shown_as_deleted(self):
        stage = ProviderStage(temper=Temper(deleted_calendar_shows_tombstones=True))
        client = stage.client()
        gone, kept = owner_makes(stage, "gone"), owner_makes(stage, "kept")
        stage.delete(gone)
        stage.service.delete_calendar(stage.work)
        assert {event.uid for event in read(client) if event.deleted} == {gone, kept}
        stage.service.restore_calendar(stage.work)
        assert {event.uid for event in read(client) if event.deleted} == {gone}

    def test_two_accounts_do_not_see_each_other(self):
        stage = ProviderStage()
        other = stage.service.add_mailbox("sam@gsuite.example")
        stage.owner.create_event(
            other.shelf.calendar_id, "Sam's", date(2026, 3, 3), date(2026, 3, 4)
        )
        assert read(stage.client()) == []


class TestOwner:
    def test_a_restored_event_is_the_same_one(self):
        stage = ProviderStage()
        client = stage.client()
        client.upsert_event(stage.work, draft(stage))
        uid = the_event(stage).uid
        stage.delete(uid)
        stage.owner.restore_event(uid)
        (event,) = read(client)
        assert (event.uid, event.event_id, event.deleted) == (uid, "a", False)

    def test_guests_can_be_added_to_ours_and_outlive_our_writes(self):
        stage = ProviderStage()
        client = stage.client()
        client.upsert_event(stage.work, draft(stage))
        stage.owner.add_guests(the_event(stage).uid, "kim@firm.example")
        client.upsert_event(stage.work, draft(stage, "Again"))
        assert the_event(stage).guests == ("kim@firm.example",)
        stage.owner.remove_guests(the_event(stage).uid)
        assert the_event(stage).guests == ()

    def test_an_event_can_be_closed_to_us_in_an_unrestricted_calendar(self):
        stage = ProviderStage()
        stage.set_calendar(stage.work, permission="unrestricted")
        uid = owner_makes(stage)
        stage.owner.set_options(uid, update=False)
        times = Timed(stage.now(), stage.now() + HOUR)
        with pytest.raises(PermissionMissing):
            stage.client().upsert_event(stage.work, ExternalEdit(uid, "x", times))
        stage.client().delete_event(stage.work, event_uid=uid)
        assert the_event(stage).deleted

    def test_a_series_may_be_made_anew_when_it_is_changed(self):
        stage = ProviderStage()
        series = stage.create_series("Stand-up", stage.now(), stage.now() + HOUR, 3)
        before = stage.owner.instances(series)
        stage.owner.edit_series(series, shift=1800, title="Later")
        assert stage.owner.instances(series) == before
        stage.owner.edit_series(series, keeps_uids=False)
        assert not set(stage.owner.instances(series)) & set(before)
        shown = [each for each in stage.provider.snapshot() if not each.deleted]
        assert {each.title for each in shown} == {"Later"}
        assert {each.series for each in shown} == {series}

    def test_a_series_keeps_its_hour_across_the_clock_change(self):
        stage = ProviderStage()
        stage.create_series("Stand-up", stage.now(), stage.now() + HOUR, 5)
        starts = [each.starts_at for each in stage.provider.snapshot()]
        # London's clocks go forward on 29 March, between the fourth and the fifth.
        assert [b - a for a, b in pairwise(starts)] == [
            *[7 * 86_400] * 3,
            7 * 86_400 - 3600,
        ]

    @pytest.mark.parametrize(
        "oddity",
        [{"start": ...}, {"end": "never"}, {"deleted": "no"}, {"summary": 7}, {"event_uid": None}],
    )
    def test_one_event_can_be_unreadable_at_every_read(self, oddity):
        stage = ProviderStage()
        client = stage.client()
        bad, good = owner_makes(stage, "bad"), owner_makes(stage, "good")
        stage.owner.distort(bad, **oddity)
        for _ in range(2):
            events = [event for page in client.read_events(EVERYTHING) for event in page.events]
            assert sum(isinstance(event, UnreadableEvent) for event in events) == 1
            assert any(event.uid == good for event in events)
        stage.owner.distort(bad)
        assert len(read(client)) == 2

    def test_texts_of_any_bytes_can_be_read(self):
        stage = ProviderStage()
        uid = owner_makes(stage, "\x00\ud800\U0001f600", text="\u202e</script>\r\n" * 2000)
        (event,) = read(stage.client())
        assert event.uid == uid
        assert event.title.endswith("\U0001f600")

    def test_everything_can_go_at_once(self):
        stage = ProviderStage()
        owner_makes(stage)
        stage.client().upsert_event(stage.work, draft(stage))
        stage.owner.delete_everything(stage.work)
        assert list(stage.provider.living(stage.work)) == []
        assert all(event.deleted for event in read(stage.client()))


class TestService:
    def test_one_event_can_be_refused_whenever_it_is_written(self):
        stage = ProviderStage()
        client = stage.client()
        stage.service.refuse_writes("bad")
        drafts = [draft(stage, event_id=event_id) for event_id in ("good", "bad")]
        for _ in range(2):
            written = client.batch([Upsert(stage.work, each) for each in drafts])
            assert [each.is_accepted for each in written] == [True, False]
        stage.service.take_writes()
        client.upsert_event(stage.work, drafts[1])

    def test_a_scope_can_be_lost(self):
        stage = ProviderStage()
        client = stage.client()
        stage.service.set_scope(stage.service.sub_of(stage.profile_id), "read_events")
        assert read(client) == []
        with pytest.raises(PermissionMissing):
            client.upsert_event(stage.work, draft(stage))

    def test_a_calendar_can_vanish(self):
        stage = ProviderStage()
        client = stage.client()
        owner_makes(stage)
        stage.service.withdraw_calendar(stage.work)
        assert [each.calendar_id for each in client.list_calendars()] == [stage.personal]
        assert read(client) == []
        with pytest.raises(NotFound):
            client.upsert_event(stage.work, draft(stage))

    def test_a_calendar_can_be_renamed(self):
        stage = ProviderStage()
        stage.service.rename_calendar(stage.work, "Private")
        assert "Private" in {each.name for each in stage.client().list_calendars()}

    def test_permissions_that_were_asked_for_are_given(self):
        stage = ProviderStage()
        client = stage.client()
        client.request_permissions([stage.work], REDIRECT)
        stage.service.accept_permissions()
        levels = {each.calendar_id: each.permission_level for each in client.list_calendars()}
        assert levels == {stage.work: "unrestricted", stage.personal: "sandbox"}


class TestNotices:
    def open(self, **temper) -> ProviderStage:
        stage = ProviderStage(temper=Temper(**temper))
        stage.client().create_channel(stage.hook)
        return stage

    def test_changes_may_come_as_one_with_the_earliest_time(self):
        stage = self.open(coalesces=True)
        stage.heard("verification")
        first = int(stage.provider.now())
        for _ in range(3):
            owner_makes(stage)
            stage.move_clock(1)
        stage.heard("verification", "change")
        assert stage.provider.world.channels.notices[-1].since == first

    def test_changes_may_come_twice(self):
        stage = self.open(duplicated=1.0)
        stage.move_clock(1)
        stage.heard("verification", "verification")

    def test_changes_may_never_come(self):
        stage = self.open(dropped=1.0)
        stage.move_clock(86_400)
        stage.heard()
        assert stage.provider.world.channels.notices[0].outcome == "lost"

    def test_changes_may_come_late(self):
        stage = self.open(longest_notice=60.0)
        stage.heard()
        assert stage.provider.next_due() > stage.provider.now()
        stage.move_clock(60)
        stage.heard("verification")

    def test_an_answer_after_five_seconds_is_none(self):
        stage = self.open()
        stage.answer_hooks(200)

        def deliver_slowly(url, headers, body):
            stage.move_clock(5.1)
            return 200

        assert stage.provider.deliver_due(deliver_slowly) == 1
        stage.move_clock(10)
        stage.heard("verification")

    def test_a_silent_receiver_is_tried_again(self):
        stage = self.open()
        assert stage.provider.deliver_due(lambda url, headers, body: None) == 1
        stage.move_clock(10)
        stage.heard("verification")

    def test_an_erasure_is_announced(self):
        stage = self.open()
        stage.service.request_erasure(stage.service.sub_of(stage.profile_id))
        stage.heard("verification", "gdpr_requested")


class TestApplication:
    def test_a_refresh_may_end_the_access_token_before_its_time(self):
        stage = ProviderStage(temper=Temper(refresh_ends_access=True))
        client = stage.client()
        tokens = client._caller._tokens
        tokens.oauth.refresh(tokens.pair.refresh_token)
        with pytest.raises(AccessRevoked):
            client.userinfo()

    @pytest.mark.parametrize("counts", [True, False])
    def test_the_entries_of_a_batch_may_count_against_the_limit(self, counts):
        stage = ProviderStage(temper=Temper(batch_counts_entries=counts))
        stage.limit_rate()
        client = stage.client()
        writes = [Upsert(stage.work, draft(stage, event_id=f"item-{n}")) for n in range(50)]
        client.batch(writes)
        if counts:
            with pytest.raises(RateLimited):
                client.account()
        stage.move_clock(1)
        client.account()

    def test_calls_and_writes_are_counted(self):
        stage = ProviderStage(page_size=1)
        client = stage.client()
        client.batch([Upsert(stage.work, draft(stage, event_id=f"i{n}")) for n in range(3)])
        client.delete_event(stage.work, event_id="i0")
        read(client)
        traffic = stage.provider.traffic
        assert traffic.counts["POST", "/v1/batch"] == 1
        assert traffic.counts["GET", "/v1/events"] == 3
        assert (traffic.total, traffic.writes) == (5, 4)
        assert {call.status for call in traffic.calls} == {207, 202, 200}
        assert {call.sub for call in traffic.calls} == {stage.service.sub_of(stage.profile_id)}

    def test_nobody_calls_inside_a_transaction(self):
        stage = ProviderStage()
        client = stage.client()
        database = Database(create_engine("sqlite://"))
        with database.read(), pytest.raises(RuntimeError):
            client.userinfo()
        with database.read(), pytest.raises(RuntimeError):
            stage.oauth().refresh("any")
        database.engine.dispose()
        assert stage.provider.traffic.total == 0

    def test_a_cronofy_with_another_clock_writes_its_own_times(self):
        stage = ProviderStage()
        stage.provider.skew = 300.0
        owner_makes(stage)
        assert the_event(stage).updated == stage.now().timestamp() + 300

    def test_others_may_run_before_and_after_each_call(self):
        switches: list[int] = []
        stage = ProviderStage(switch=lambda: switches.append(len(stage.provider.snapshot())))
        stage.client().upsert_event(stage.work, draft(stage))
        assert switches == [0, 1]


def test_every_trait_is_drawn_both_ways():
    fixed = {"longest_lag", "latest", "page_lifetime"}
    drawn = [asdict(temper) for temper in TEMPERS]
    for name in set(drawn[0]) - fixed - {"losses"}:
        assert len({each[name] for each in drawn}) > 1, name
    for name in drawn[0]["losses"]:
        assert len({each["losses"][name] for each in drawn}) > 1, name
    assert {each["page_size"] for each in drawn} == {1, 3, 50, 100}
