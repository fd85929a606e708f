"""What cannot be an item, and fields as plain values."""

import json
from dataclasses import fields as fields_of_class
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.core.event import AllDay, Timed
from calsync.core.item import (
    LONGEST_DESCRIPTION,
    LONGEST_SUBJECT,
    OWN_FIELDS,
    ActivityType,
    ItemFields,
    ItemStatus,
    Kind,
    Priority,
    find_faults,
)
from calsync.core.item_record import NAMES, dump_field, dump_fields, find_changes, load_field
from calsync.db.models import Item
from calsync.services.item_rows import fields_of, put_fields
from tests.core.rules import LIMITS, ZONES

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = Timed(START, START + timedelta(hours=1))
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
names = st.one_of(st.none(), st.text("abc123", min_size=1, max_size=16))


@st.composite
def timed(draw: st.DrawFn, zone: str) -> Timed:
    start = draw(st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1)))  # noqa: DTZ001
    start = start.replace(microsecond=0, tzinfo=UTC)
    return Timed(start, start + timedelta(minutes=draw(st.integers(0, 9_999))), zone)


@st.composite
def all_day(draw: st.DrawFn) -> AllDay:
    start = draw(st.dates(date(1970, 1, 2), date(2200, 1, 1)))
    return AllDay(start, start + timedelta(days=draw(st.integers(1, 40))))


@st.composite
def items(draw: st.DrawFn) -> ItemFields:
    zone = draw(st.sampled_from(ZONES))
    times = draw(st.one_of(st.none(), timed(zone), all_day()))
    rules = st.sampled_from([None, "FREQ=DAILY;COUNT=3", "FREQ=WEEKLY"])
    return ItemFields(
        draw(st.sampled_from(Kind)),
        draw(words),
        times,
        zone,
        draw(words),
        draw(words),
        is_private=draw(st.booleans()),
        is_busy=draw(st.booleans()),
        reminder_minutes=draw(st.none() | st.integers(0, 900)),
        rule=draw(rules) if times else None,
        status=draw(st.sampled_from(ItemStatus)),
        priority=draw(st.sampled_from(Priority)),
        percent_done=draw(st.integers(0, 100)),
        due_on=draw(st.none() | st.dates(date(1970, 1, 2), date(2200, 1, 1))),
        project=draw(words),
        activity_type=draw(st.sampled_from(ActivityType)),
        client_id=draw(names),
        contact_id=draw(names),
        outcome=draw(words),
        ticket_id=draw(names),
        site=draw(words),
        external_id=draw(names),
    )


@LIMITS
@given(items())
def test_fields_come_back_from_json_as_they_were(fields: ItemFields) -> None:
    dumped = json.loads(json.dumps(dump_fields(fields)))
    loaded: dict[str, Any] = {name: load_field(name, dumped[name]) for name in NAMES}
    assert ItemFields(**loaded) == fields
    assert {type(loaded[name]) for name in NAMES} == {type(getattr(fields, n)) for n in NAMES}


@LIMITS
@given(items())
def test_fields_come_back_from_a_row_as_they_were(fields: ItemFields) -> None:
    item = Item()
    put_fields(item, fields)
    assert fields_of(item) == fields


@LIMITS
@given(items(), items())
def test_what_changed_is_all_that_has_to_be_put_back(before: ItemFields, after: ItemFields) -> None:
    old, new = find_changes(before, after)
    assert old.keys() == new.keys()
    undone: dict[str, Any] = {name: load_field(name, value) for name, value in old.items()}
    assert replace(after, **undone) == before
    assert find_changes(after, after) == ({}, {})
    assert find_changes(None, after)[0] == {}


def test_every_field_can_be_kept_as_json() -> None:
    assert [field.name for field in fields_of_class(ItemFields)] == list(NAMES)
    assert dump_field("times", None) is None


ORDINARY = ItemFields(Kind.APPOINTMENT, "Review", HOUR)
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"subject": " "}, ("subject", "missing")),
        ({"subject": "x" * (LONGEST_SUBJECT + 1)}, ("subject", "too_long")),
        ({"subject": "a\x00"}, ("subject", "unreadable")),
        ({"description": "\udfff"}, ("description", "unreadable")),
        ({"description": "x" * (LONGEST_DESCRIPTION + 1)}, ("description", "too_long")),
        ({"times": None}, ("start", "missing")),
        ({"times": Timed(LONG_AGO, START)}, ("start", "out_of_range")),
        ({"times": AllDay(date(2026, 1, 1), date(2027, 1, 5))}, ("end", "too_far")),
        ({"time_zone": "Mars/Olympus"}, ("time_zone", "unknown")),
        ({"time_zone": "../etc/passwd"}, ("time_zone", "unknown")),
        ({"time_zone": ""}, ("time_zone", "unknown")),
        ({"rule": "FREQ=HOURLY"}, ("rule", "unsupported")),
        ({"rule": "FREQ=DAILY;UNTIL=20250101"}, ("rule", "until_before_start")),
        ({"rule": ""}, ("rule", "malformed")),
        ({"reminder_minutes": -1}, ("reminder_minutes", "out_of_range")),
        ({"kind": Kind.TASK, "percent_done": 101}, ("percent_done", "out_of_range")),
        ({"kind": Kind.TASK, "due_on": date(1, 1, 1)}, ("due_on", "out_of_range")),
        ({"kind": Kind.TODO, "rule": "FREQ=DAILY"}, ("rule", "not_of_this_kind")),
        ({"kind": Kind.SERVICE_CALL}, ("ticket_id", "missing")),
        ({"kind": Kind.CRM_ACTIVITY, "times": None}, ("start", "missing")),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    faults = find_faults(replace(ORDINARY, **changes))
    assert fault in {(each.field, str(each.code)) for each in faults}


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_has_its_own_fields_and_no_others(kind: Kind) -> None:
    values: dict[str, Any] = {
        "rule": "FREQ=DAILY;COUNT=2",
        "reminder_minutes": 10,
        "is_busy": False,
        "activity_type": ActivityType.EMAIL,
        "client_id": "a",
        "contact_id": "b",
        "outcome": "Sold",
        "ticket_id": "c",
        "site": "Here",
        "project": "Move",
        "due_on": date(2026, 3, 2),
        "priority": Priority.HIGH,
        "percent_done": 50,
    }
    assert values.keys() == frozenset().union(*OWN_FIELDS.values())
    faults = find_faults(replace(ORDINARY, kind=kind, **values))
    assert {each.field for each in faults} == values.keys() - OWN_FIELDS[kind]
    own = {name: values[name] for name in OWN_FIELDS[kind]}
    assert find_faults(replace(ORDINARY, kind=kind, **own)) == ()
