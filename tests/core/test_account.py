from dataclasses import replace

import pytest

from calsync.core.account import (
    Account,
    Calendar,
    Disconnection,
    Profile,
    Status,
    connection_status,
)

WORK = Calendar("cal_1", "Work", "pro_1")
PROFILE = Profile("pro_1", "kim@firm.example", "google", "gsuite", calendars=(WORK,))
ACCOUNT = Account("acc_1", authorization="active", profiles=(PROFILE,))


def test_a_profile_that_works_is_connected():
    assert connection_status(ACCOUNT, "pro_1") == Status()
    assert connection_status(ACCOUNT, "pro_1").is_connected


def test_an_account_that_refuses_us_has_revoked_access():
    assert connection_status(None, "pro_1").disconnection is Disconnection.ACCESS_REVOKED


def test_an_authorisation_that_is_not_active_does_not_count_as_connected():
    ended = replace(ACCOUNT, authorization="revoked")
    status = connection_status(ended, "pro_1")
    assert status.disconnection is Disconnection.AUTHORIZATION_INACTIVE


def test_silence_about_the_authorisation_is_no_news_of_a_fault():
    assert connection_status(replace(ACCOUNT, authorization=None), "pro_1").is_connected


def test_a_mailbox_taken_out_of_the_account_is_missing():
    status = connection_status(ACCOUNT, "pro_2")
    assert status.disconnection is Disconnection.PROFILE_MISSING


def test_a_disconnected_profile_says_where_it_can_be_mended():
    broken = replace(PROFILE, connected=False, relink_url="https://app.example/relink")
    status = connection_status(replace(ACCOUNT, profiles=(broken,)), "pro_1")
    assert status.disconnection is Disconnection.PROFILE_DISCONNECTED
    assert status.relink_url == "https://app.example/relink"


def test_an_unfinished_first_sync_is_connected_but_says_so():
    fresh = replace(PROFILE, initial_sync_required=True)
    status = connection_status(replace(ACCOUNT, profiles=(fresh,)), "pro_1")
    assert status.is_connected
    assert status.initial_sync_required


def test_calendars_are_found_across_profiles():
    assert ACCOUNT.find_calendar("cal_1") is WORK
    assert ACCOUNT.find_calendar("cal_2") is None


@pytest.mark.parametrize(
    ("calendar", "writable"),
    [
        (WORK, True),
        (replace(WORK, readonly=True), False),
        (replace(WORK, deleted=True), False),
    ],
)
def test_a_readonly_or_deleted_calendar_is_not_written_to(calendar, writable):
    assert calendar.is_writable is writable


def test_only_unrestricted_calendars_let_us_change_the_users_own_events():
    assert replace(WORK, permission_level="unrestricted").is_unrestricted
    assert not replace(WORK, permission_level="sandbox").is_unrestricted
