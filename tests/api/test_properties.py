"""An item that was made over the API is read back as it was sent."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import Program

LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
ZONES = st.sampled_from(["Europe/London", "America/New_York", "Asia/Kathmandu", "Etc/UTC"])
STARTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - made UTC below
OWN: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "appointment": {
        "busy": st.booleans(),
        "reminder_minutes": st.none() | st.integers(0, 40_320),
        "rule": st.sampled_from([None, "FREQ=WEEKLY;COUNT=3", "FREQ=DAILY"]),
    },
    "crm_activity": {
        "activity_type": st.sampled_from(["call", "meeting", "email", "other"]),
        "outcome": LINES,
    },
    "task": {
        "project": LINES,
        "priority": st.sampled_from(["low", "normal", "high", "urgent"]),
        "percent_done": st.integers(0, 100),
        "due_on": st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1)).map(date.isoformat),
    },
    "todo": {},
}


@st.composite
def times(draw: Callable[..., Any]) -> dict[str, Any]:
    start = draw(STARTS).replace(microsecond=0, tzinfo=UTC)
    if draw(st.booleans()):
        days = timedelta(days=draw(st.integers(1, 30)))
        end = (start.date() + days).isoformat()
        return {"all_day": True, "start": start.date().isoformat(), "end": end}
    end = start + timedelta(seconds=draw(st.integers(0, 86_400)))
    written = [moment.isoformat().replace("+00:00", "Z") for moment in (start, end)]
    return {"all_day": False, "start": written[0], "end": written[1]}


@st.composite
def sent_items(draw: Callable[..., Any]) -> dict[str, Any]:
    kind = draw(st.sampled_from(sorted(OWN)))
    return {
        "kind": kind,
        "subject": draw(LINES.filter(lambda text: bool(text.strip()))),
        "description": draw(LINES),
        "location": draw(LINES),
        "private": draw(st.booleans()),
        "time_zone": draw(ZONES),
        "status": draw(st.sampled_from(["open", "done", "cancelled"])),
        **draw(times()),
        **{name: draw(values) for name, values in OWN[kind].items()},
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_sent_is_what_is_read(psa: Program):
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(sent_items())
    def send_and_read(sent: dict[str, Any]) -> None:
        answer = psa.post("/items", sent)
        assert answer.status_code == 201, answer.text
        read = psa.get(answer.headers["Location"]).json
        assert {name: read[name] for name in sent} == sent

    send_and_read()
