"""How often a linked calendar is asked when nobody tells of a change."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from calsync.core.integration import LONGEST_POLL, POLL_EVERY, next_poll

minutes = st.integers(0, 10_000).map(lambda n: timedelta(minutes=n))


@given(minutes, st.booleans(), st.booleans())
def test_there_is_always_a_next_time_and_it_is_never_now(
    present: timedelta, changed: bool, proven: bool
):
    following = next_poll(present, has_changed=changed, is_channel_proven=proven)
    assert POLL_EVERY <= following <= LONGEST_POLL


def test_a_calendar_whose_notifications_are_not_proven_is_asked_every_five_minutes():
    following = next_poll(timedelta(hours=3), has_changed=False, is_channel_proven=False)
    assert following == POLL_EVERY


def test_a_quiet_calendar_whose_notifications_come_is_asked_less_and_less():
    present, times = POLL_EVERY, 0
    while present < LONGEST_POLL:
        present = next_poll(present, has_changed=False, is_channel_proven=True)
        times += 1
    assert times < 20
    assert next_poll(present, has_changed=True, is_channel_proven=True) == POLL_EVERY
