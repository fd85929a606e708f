"""Which entries an item is, as the sync sees it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calsync.core.clockwork import Clockwork
from calsync.core.entry import Entry, entries_of
from calsync.core.event import AllDay, Timed
from calsync.core.footer import ItemLink
from calsync.core.item import ItemFields, ItemStatus, Kind
from calsync.core.past import started_at
from calsync.core.recurrence import Override, RuleError, parse_rule
from calsync.core.series import Series, edit_this, remove_this
from calsync.core.window import DAYS_AHEAD, DAYS_BACK, Window
from tests.core.entries import ITEM, NINE, NOW
from tests.core.rules import LIMITS
from tests.core.rules import series as made_up

WINDOW = Window(NOW)
PLAIN = ItemFields(Kind.APPOINTMENT, subject="Stand-up", times=NINE, time_zone="Europe/London")


def a_series(rule: str, *overrides: Override) -> Series:
    return Series(NINE, parse_rule(rule, NINE), overrides)


def list_entries(series: Series, *linked: str, window: Window = WINDOW) -> list[Entry]:
    fields = replace(PLAIN, times=series.times, rule=series.rule.text)
    return entries_of(ITEM, fields, series, window.view, linked=linked)


def keys(entries: list[Entry]) -> list[str | None]:
    return [entry.key for entry in entries]


def test_an_item_that_does_not_repeat_is_one_entry_wherever_it_stands() -> None:
    far = replace(PLAIN, times=Timed(NOW + timedelta(days=900), NOW + timedelta(days=901)))
    nowhere = ItemFields(Kind.TODO, subject="Tidy up")
    for fields in (PLAIN, far, nowhere):
        (entry,) = entries_of(ITEM, fields, None, WINDOW.view, assignee_count=3)
        assert entry == Entry(ITEM, fields, assignee_count=3)
        assert (entry.key, entry.ordinal, entry.has_rule) == (None, None, False)


def test_an_entry_on_no_day_has_nothing_to_show() -> None:
    assert Entry(ITEM, ItemFields(Kind.TODO, subject="Tidy up")).content is None


def test_an_occurrence_knows_its_name_and_its_number() -> None:
    first, second = list_entries(a_series("FREQ=WEEKLY;COUNT=2"))
    assert (first.key, first.ordinal) == ("2026-03-02T09:00", 0)
    assert (second.key, second.ordinal) == ("2026-03-09T09:00", 1)
    assert second.link == ItemLink(ITEM, "2026-03-09T09:00")
    assert second.has_rule


def test_an_endless_series_is_sent_as_far_as_the_window_goes() -> None:
    entries = list_entries(a_series("FREQ=DAILY"))
    assert len(entries) == DAYS_AHEAD
    last = entries[-1].times
    assert last is not None
    assert last.end <= WINDOW.end


def test_tomorrow_tops_a_series_up_by_a_day() -> None:
    series = a_series("FREQ=DAILY")
    today = keys(list_entries(series))
    tomorrow = keys(list_entries(series, window=Window(NOW + timedelta(days=1))))
    assert tomorrow[:-1] == today
    assert tomorrow[-1] == "2026-09-19T09:00"


def test_a_series_of_a_hundred_years_costs_no_more_than_its_window(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    struck = []
    strike = Clockwork.strike
    monkeypatch.setattr(
        Clockwork, "strike", lambda self, day: struck.append(day) or strike(self, day)
    )
    times = Timed(datetime(1970, 1, 1, 9, tzinfo=UTC), datetime(1970, 1, 1, 10, tzinfo=UTC))
    series = Series(times, parse_rule("FREQ=DAILY", times))
    entries = list_entries(series, "1980-01-01T09:00")
    assert len(entries) == DAYS_BACK + DAYS_AHEAD + 1
    assert len(struck) < len(entries) + 20


def test_an_occurrence_changed_by_hand_shows_what_was_made_of_it() -> None:
    series = edit_this(
        a_series("FREQ=WEEKLY;COUNT=3"),
        "2026-03-09T09:00",
        {"subject": "Retrospective", "status": ItemStatus.DONE},
    )
    _, entry, other = list_entries(series)
    assert (entry.fields.subject, entry.status, entry.is_open) == (
        "Retrospective",
        ItemStatus.DONE,
        False,
    )
    assert other.fields.subject == "Stand-up"


def test_a_removed_occurrence_is_no_entry_even_where_it_has_a_link() -> None:
    series = remove_this(a_series("FREQ=WEEKLY;COUNT=2"), "2026-03-09T09:00")
    assert keys(list_entries(series, "2026-03-09T09:00")) == ["2026-03-02T09:00"]


def test_an_occurrence_moved_out_of_the_window_is_not_taken_for_removed() -> None:
    key = "2026-03-09T09:00"
    far = Timed(NOW + timedelta(days=500), NOW + timedelta(days=500, hours=1))
    series = edit_this(a_series("FREQ=WEEKLY;COUNT=2"), key, {"times": far})
    assert keys(list_entries(series)) == ["2026-03-02T09:00"]
    *_, entry = list_entries(series, key)
    assert (entry.key, entry.times) == (key, far)


def test_an_occurrence_that_slid_out_of_the_window_is_not_taken_for_removed() -> None:
    later = Window(NOW + timedelta(days=DAYS_BACK + 4))
    entries = list_entries(a_series("FREQ=WEEKLY;COUNT=2"), "2026-03-02T09:00", window=later)
    assert keys(entries) == ["2026-03-09T09:00", "2026-03-02T09:00"]


def test_a_key_that_is_none_of_the_series_is_no_entry() -> None:
    entries = list_entries(a_series("FREQ=WEEKLY;COUNT=1"), "2026-03-03T09:00", "nonsense", "")
    assert keys(entries) == ["2026-03-02T09:00"]


@settings(LIMITS, max_examples=25)
@given(made=made_up(), days=st.integers(-40, 40), data=st.data())
def test_whatever_was_done_by_hand_each_occurrence_is_one_entry_or_none(
    made: tuple[AllDay | Timed, str], days: int, data: st.DataObject
) -> None:
    times, rule = made
    series = Series(times, parse_rule(rule, times))
    window = Window(started_at(times, "Etc/UTC") + timedelta(days=days))
    untouched = list_entries(series, window=window)
    assume(untouched)
    chosen = data.draw(st.lists(st.sampled_from(untouched), max_size=4, unique=True))
    removed = set()
    for entry in chosen:
        assert entry.key is not None
        assert entry.times is not None
        try:
            if data.draw(st.booleans()):
                series = remove_this(series, entry.key)
                removed.add(entry.key)
            else:
                series = edit_this(
                    series, entry.key, {"times": AllDay(date(2031, 1, 1), date(2031, 1, 2))}
                )
        except RuleError:
            assume(False)
    linked = [entry.key for entry in untouched if entry.key]
    found = keys(list_entries(series, *linked, window=window))
    assert sorted(filter(None, found)) == sorted(set(linked) - removed)
