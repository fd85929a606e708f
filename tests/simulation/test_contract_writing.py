"""The contract of both Cronofys: writing events, and those that their owner touches."""

from datetime import UTC, datetime

import pytest

from calsync.core.account import UNRESTRICTED
from calsync.core.event import AllDay, ExternalEdit, Participation, Timed
from calsync.cronofy.batch import Delete, Upsert
from calsync.errors import (
    NotFound,
    PermissionMissing,
    ProfileLocked,
    Refused,
)
from tests.simulation.conftest import MakeStage
from tests.simulation.contract import DAY, HOUR, at, draft, find, here, owner_makes, timed, titles
from tests.simulation.stages import by_title, read


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
        client.upsert_event(stage.work, draft(stage, text="old"))
        stage.delete(find(read(client), event_id="item-1").uid)
        dead = find(read(client), event_id="item-1")
        assert dead.deleted
        stage.move_clock(10)
        client.upsert_event(stage.work, draft(stage, "Again"))
        (living,) = [e for e in read(client) if e.event_id == "item-1" and not e.deleted]
        assert (living.title, living.text) == ("Again", "")
        assert living.created > dead.created

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
