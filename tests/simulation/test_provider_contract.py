"""The contract of both Cronofys: tokens, accounts, calendars and notifications."""

import pytest

from calsync.core.account import UNRESTRICTED
from calsync.cronofy.notifications import is_genuine, read_notification
from calsync.errors import (
    AccessRevoked,
    NotFound,
    PermissionMissing,
    RateLimited,
    Refused,
    WrongCredentials,
)
from tests.simulation.contract import draft, find, here, owner_makes, titles
from tests.simulation.ports import REDIRECT
from tests.simulation.stages import read


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
        # Cronofy cannot see what happens there now.
        owner_makes(stage)
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
