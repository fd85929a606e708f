"""Texts of any bytes, both ways."""

from typing import Any

import pytest

from calsync.core.event import LONGEST_TEXT
from tests.services.sync.office import ON_SQLITE, Office

pytestmark = ON_SQLITE

HOSTILE = {
    "nul": "be\x00fore",
    "controls": "\x07\x1b[31mred\x1b[0m\x7f",
    "rtl marks": "\u202eevil\u202c \u200f\u05e9\u05dc\u05d5\u05dd\u200e",
    "emoji of four bytes": "party \U0001f389 \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "combining": "e\u0301 vs \u00e9",
    "html": "<b>bold</b> &amp; <i>it</i> &lt;b&gt;",
    "script": "<script>alert('x')</script><img src=x onerror=alert(1)>",
    "crlf": "one\r\ntwo\rthree\nfour",
    "separators": "one\u2028two\u2029three\x85four\vfive",
    "sql": "Robert'); DROP TABLE items;--",
    "template": "{{ 7*7 }} {% raw %} ${7*7} %s {0}",
    "header": "x\r\nBcc: everybody@firm.example",
    "noncharacters": "a\ufffeb\uffffc",
}
EACH = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
HALVES = ["half \ud83d pair", "half \ude00 pair"]


def settle_and_count(office: Office) -> int:
    """Sync twice more and return how many writes that made."""
    before = office.writes()
    office.sync()
    office.sync()
    return office.writes() - before


@EACH
def test_an_events_text_comes_in_once_and_never_goes_back(office: Office, text: str):
    uid = office.put(f"Title {text}", description=f"Text {text}", location={"description": text})
    before = _texts_of(office, uid)
    office.sync()
    (item,) = office.items()
    for told in (item.subject, item.description, item.location):
        assert "\x00" not in told
        assert told == told.encode(errors="replace").decode()
    assert "\n" not in item.subject
    assert item.subject.startswith("Title ")
    assert settle_and_count(office) == 0
    assert _texts_of(office, uid) == before
    assert [each.subject for each in office.items()] == [item.subject]


@EACH
def test_an_items_text_goes_out_once_and_never_comes_back(office: Office, text: str):
    # The forms refuse what no database holds.
    text = text.replace("\x00", "?")
    item = office.add(f"Title {text}", description=f"Text {text}", location=f"Place {text}")
    typed = office.item(item)
    before = (typed.subject, typed.description, typed.location)
    office.sync()
    (event,) = office.events()
    assert event["summary"].startswith("Title ")
    assert event["description"].startswith("Text")
    assert settle_and_count(office) == 0
    after = office.item(item)
    assert (after.subject, after.description, after.location) == before


@EACH
def test_a_text_that_its_user_changes_there_is_taken_in_once(office: Office, text: str):
    item = office.add("Lunch", description="With Sam")
    office.sync()
    event = office.event("Lunch")
    footer = event["description"].rpartition("\n\n")[2]
    office.edit(event["event_uid"], description=f"Now {text}\n\n{footer}")
    office.sync()
    assert office.item(item).description.startswith("Now")
    assert "My Calendar: http" not in office.item(item).description
    assert settle_and_count(office) == 0


@pytest.mark.parametrize("text", HALVES, ids=["high", "low"])
def test_half_a_character_is_replaced_here_and_left_alone_there(office: Office, text: str):
    office.add("Lunch")
    office.put("Dentist")
    office.sync()
    for summary in office.summaries():
        office.edit(office.uid(summary), location={"description": "Pub"})
    # No control endpoint takes it, so it is put straight into the answer.
    altered = {"event": {"summary": text, "description": text}}
    fault = office.sandbox.world.faults.add("altered_answer", options=altered)
    office.sync(settle=False)
    assert fault.fired == 1
    assert office.subjects() == ["half \ufffd pair"] * 2
    assert {item.location for item in office.items()} == {"Pub"}


@pytest.mark.parametrize("length", [1_000, 4_000, 4_096, 5_000])
def test_a_long_text_of_the_users_own_event_is_brought_in_whole(office: Office, length: int):
    text = "x" * length
    office.put("Minutes", description=text)
    office.sync()
    (item,) = office.items()
    assert item.description == text
    assert settle_and_count(office) == 0


def test_a_text_that_is_too_long_to_be_written_back_is_not_cut_in_the_users_own_event(
    office: Office,
):
    office.set_calendar(permission_level="unrestricted")
    text = "x" * (LONGEST_TEXT + 900)
    uid = office.put("Minutes", description=text)
    office.sync()
    (item,) = office.items()
    office.change(item.id, subject="The minutes")
    office.sync()
    assert office.summaries() == ["The minutes"]
    assert _texts_of(office, uid)["description"] == text
    assert office.item(item.id).description == text


def test_an_event_without_a_title_has_one_here_and_stays_without_there(office: Office):
    uid = office.put("")
    office.sync()
    assert office.subjects() == ["(no title)"]
    assert settle_and_count(office) == 0
    assert _texts_of(office, uid)["summary"] == ""


def test_a_copy_whose_title_was_emptied_there_keeps_one_here(office: Office):
    item = office.add("Lunch")
    office.sync()
    office.edit(office.uid("Lunch"), summary="")
    office.sync()
    assert office.item(item).subject
    assert settle_and_count(office) == 0


def _texts_of(office: Office, uid: str) -> dict[str, Any]:
    event = next(each for each in office.events() if each["event_uid"] == uid)
    return {name: event.get(name) for name in ("summary", "description", "location")}
