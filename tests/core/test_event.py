from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from calsync.core.event import AllDay, Event, EventDraft, Timed

NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_times_without_a_zone_are_no_times():
    naive = NINE.replace(tzinfo=None)
    with pytest.raises(ValueError, match="UTC"):
        Timed(naive, naive)


def test_times_in_another_zone_than_utc_are_refused():
    berlin = timezone(timedelta(hours=1))
    with pytest.raises(ValueError, match="UTC"):
        Timed(NINE.astimezone(berlin), NINE.astimezone(berlin))


def test_an_event_may_take_no_time_at_all():
    assert Timed(NINE, NINE).start == NINE


def test_an_event_never_ends_before_it_starts():
    with pytest.raises(ValueError, match="no earlier"):
        Timed(NINE, NINE - timedelta(seconds=1))


def test_an_all_day_event_ends_on_a_later_day():
    with pytest.raises(ValueError, match="later day"):
        AllDay(date(2026, 3, 1), date(2026, 3, 1))


def test_an_all_day_event_is_made_of_dates_not_of_midnights():
    with pytest.raises(ValueError, match="dates"):
        AllDay(NINE, NINE + timedelta(days=1))


def test_the_words_of_an_event_stay_out_of_its_repr():
    times = Timed(NINE, NINE)
    event = Event("evt_1", None, "cal_1", "canary", "canary", "canary", times)
    draft = EventDraft("id-1", "canary", times, "canary", "canary")
    assert "canary" not in repr(event) + repr(draft)


def test_an_event_with_our_id_is_ours():
    times = Timed(NINE, NINE)
    assert Event("evt_1", "id-1", "cal_1", "", "", "", times).is_managed
    assert not Event("evt_1", None, "cal_1", "", "", "", times).is_managed
