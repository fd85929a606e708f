"""Answers of Cronofy that are not what its documentation promises, as a whole."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from calsync.core.run import RunState
from calsync.errors import CronofyError
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import ON_SQLITE, Office

pytestmark = ON_SQLITE
READS, PAGES, WRITES = "/v1/events", "/v1/events/pages", "/v1/batch"
MINUTE = timedelta(minutes=1)
#: Longer than the engine is patient with one call.
ALWAYS: dict[str, Any] = {"times": None}

READ_SPOILS: dict[str, tuple[str, dict[str, Any]]] = {
    "broken json": ("invalid_json", {"path": READS}),
    "an html page": ("html_error", {"path": READS, "status": 200}),
    "an html error": ("html_error", {"path": READS, "status": 502}),
    "no events": ("altered_answer", {"path": READS, "answer": {"events": None}}),
    "events that are a number": ("altered_answer", {"path": READS, "answer": {"events": 7}}),
    "events that are an object": (
        "altered_answer",
        {"path": READS, "answer": {"events": {"evt_1": {"deleted": True}}}},
    ),
    "pages that are a list": ("altered_answer", {"path": READS, "answer": {"pages": [1]}}),
    "a next page that is none": (
        "altered_answer",
        {"path": READS, "answer": {"pages": {"next_page": [True]}}},
    ),
    "a next page elsewhere": ("foreign_next_page", {}),
    "a last page too early": ("truncated_paging", {}),
    "more pages than come": ("altered_answer", {"path": READS, "answer": {"pages": {"total": 9}}}),
    "page 2 fails": ("server_error", {"path": PAGES, "status": 500}),
    "page 2 is html": ("html_error", {"path": PAGES, "status": 200}),
    "page 2 is no more": ("html_error", {"path": PAGES, "status": 404}),
    "page 2 is refused": ("html_error", {"path": PAGES, "status": 418}),
}


@pytest.fixture
def many(office: Office, sandbox: RunningSandbox) -> str:
    """Return an item among others on both sides, read in pages of two from now on."""
    item = office.add("Kept")
    for number in range(4):
        office.add(f"Mine {number}")
        office.put(f"Theirs {number}")
    office.sync()
    sandbox.control("PATCH", "/settings", {"page_size": 2})
    return item


@pytest.mark.parametrize("spoil", READ_SPOILS)
def test_a_read_that_is_spoilt_ends_cleanly_removes_nothing_and_is_made_up_for(
    office: Office, sandbox: RunningSandbox, many: str, spoil: str
):
    kind, options = READ_SPOILS[spoil]
    before = office.subjects(), office.summaries()
    for number in range(4):
        office.edit(office.uid(f"Theirs {number}"), summary=f"New {number}")
    office.edit(office.uid("Kept"), location={"description": "Pub"})
    cursor = office.integration.cursor
    fault = sandbox.fault(kind, **ALWAYS, **options)
    office.ask()
    with suppress(CronofyError):
        office.run_once()
    assert sandbox.fired(fault) > 0
    assert office.integration.cursor == cursor
    assert office.integration.is_active
    run = office.runs()[-1]
    assert (run.state, run.error is not None) == (RunState.STOPPED, True)
    assert len(office.subjects()) == len(before[0])
    assert len(office.summaries()) == len(before[1])
    sandbox.control("DELETE", "/faults")
    office.sync()
    assert {f"New {number}" for number in range(4)} < set(office.subjects())
    assert office.item(many).location == "Pub"
    assert len(office.subjects()) == len(before[0])
    assert len(office.summaries()) == len(before[1])


WRITE_SPOILS: dict[str, tuple[str, dict[str, Any]]] = {
    "broken json": ("invalid_json", {}),
    "an html page": ("html_error", {"status": 200}),
    "an html error": ("html_error", {"status": 502}),
    "a redirect": ("html_error", {"status": 302}),
    "no entries": ("altered_answer", {"answer": {"batch": []}}),
    "entries that are a number": ("altered_answer", {"answer": {"batch": 7}}),
    "entries without a status": ("altered_answer", {"answer": {"batch": [{}, {}]}}),
    "a status in words": (
        "altered_answer",
        {"answer": {"batch": [{"status": "202"}, {"status": True}]}},
    ),
    "a status that there is not": (
        "altered_answer",
        {"answer": {"batch": [{"status": 99}, {"status": 700}]}},
    ),
    "entries of the wrong type": ("altered_answer", {"answer": {"batch": [7, None]}}),
}


@pytest.mark.parametrize("spoil", WRITE_SPOILS)
def test_a_write_whose_answer_is_spoilt_is_made_once_in_the_end(
    office: Office, sandbox: RunningSandbox, spoil: str
):
    kind, options = WRITE_SPOILS[spoil]
    item = office.add("Lunch")
    office.sync()
    office.change(item, subject="Dinner")
    office.add("Tea")
    fault = sandbox.fault(kind, path=WRITES, **ALWAYS, **options)
    with suppress(CronofyError):
        office.run_once()
    assert sandbox.fired(fault) > 0
    sandbox.control("DELETE", "/faults")
    for _ in range(3):
        office.clock.move(office.due_at - office.now if office.due_at else 5 * MINUTE)
        office.sync()
    assert office.summaries() == office.subjects() == ["Dinner", "Tea"]
    assert len({event["event_id"] for event in office.events()}) == 2


def test_a_spoilt_userinfo_ends_cleanly_and_removes_nothing(
    office: Office, sandbox: RunningSandbox
):
    office.add("Lunch")
    office.add("Tea")
    office.sync()
    office.remove(office.uid("Lunch"))
    fault = sandbox.fault("invalid_json", path="/v1/userinfo", **ALWAYS)
    with suppress(CronofyError):
        office.run_once()
    assert sandbox.fired(fault) > 0
    # Whether the account works is not known, so nothing was removed.
    assert office.subjects() == ["Lunch", "Tea"]
    sandbox.control("DELETE", "/faults")
    office.sync()
    assert office.subjects() == ["Tea"]
