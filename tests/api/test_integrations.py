"""Integrations and their runs, for programs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from calsync.core.content import Content, Part
from calsync.core.link import Declined, Deed, Link, LinkState, Origin, Seen, Side, Wish
from calsync.core.run import Result, Trigger
from calsync.db.links import put_link
from calsync.db.models import Assignment, Item, LinkRow
from calsync.services.integrations import deactivate
from calsync.services.tools import Tools
from tests.api.conftest import Program
from tests.cast import Person
from tests.clocks import FakeClock
from tests.services.integrating import (
    TIMES,
    add_entry,
    add_item,
    add_link,
    add_run,
    due_at,
    get_link,
    integrate,
)

MakeProgram = Callable[[Person], Program]


@pytest.fixture
def integration_id(tools: Tools, dana: Person, link: Callable[..., str]) -> str:
    """Return an integration of Dana's."""
    return integrate(tools, dana, link())


def test_a_program_sees_how_its_users_calendars_stand(
    psa: Program, tools: Tools, dana: Person, integration_id: str
):
    add_link(tools, dana, integration_id, add_item(tools, dana), state=LinkState.HELD)
    run_id = add_run(tools, dana, integration_id, counts={"out_create_done": 1})
    [shown] = psa.get("/integrations").json["integrations"]
    assert shown == psa.get(f"/integrations/{integration_id}").json
    assert (shown["calendar"], shown["mailbox"]) == ("Work", "dana@google.example")
    assert (shown["active"], shown["connected"], shown["stop"]) == (True, True, None)
    assert shown["links"] == {"held": 1}
    assert shown["last_run"]["id"] == run_id
    assert set(shown["options"]["kinds"]) >= {"task", "todo"}


def test_a_program_has_a_calendar_synced_and_reads_what_was_done(
    psa: Program, tools: Tools, integration_id: str, clock: FakeClock
):
    asked = psa.call("POST", f"/integrations/{integration_id}/sync?bulk=false")
    assert asked.status_code == 202, asked.text
    run = psa.get(asked.headers["Location"]).json
    assert (run["state"], run["trigger"]) == ("waiting", "manual")
    assert due_at(tools, integration_id) == clock.now()
    again = psa.call("POST", f"/integrations/{integration_id}/sync")
    assert again.json["id"] == run["id"]


def test_what_is_not_active_is_not_synced(
    psa: Program, tools: Tools, dana: Person, integration_id: str
):
    deactivate(tools, dana.who, integration_id)
    refused = psa.call("POST", f"/integrations/{integration_id}/sync")
    assert refused.status_code == 409
    assert refused.json["errors"] == [
        {"field": "", "code": "not_active", "detail": "The sync is not active."}
    ]


def test_a_program_lets_flow_what_was_kept_out_by_its_number(
    psa: Program, tools: Tools, dana: Person, integration_id: str
):
    content = Content("Server room", TIMES)
    declined = {Part.TITLE: Declined(Side.IN, "update_off", "Other")}
    seen = Seen(replace(content, title="Other"))
    link = Link(Origin.SENT, here=content, there=content, seen=seen, declined=declined)
    link_id = add_link(tools, dana, integration_id, add_item(tools, dana), link=link)
    path = f"/integrations/{integration_id}/kept-out"
    assert psa.get(path).json == {"changes": 1}
    refused = psa.call("POST", path, {"changes": 2})
    assert refused.status_code == 409, refused.text
    assert refused.json["errors"][0]["code"] == "number_changed"
    assert get_link(tools, link_id).wish is None
    answer = psa.call("POST", path, {"changes": 1})
    assert (answer.status_code, answer.json) == (200, {"changes": 1})
    assert get_link(tools, link_id).wish is Wish.FLOW


def test_a_program_answers_what_waits_by_its_number(
    psa: Program, tools: Tools, dana: Person, integration_id: str
):
    link_id = add_link(tools, dana, integration_id, add_item(tools, dana))
    held = Link(Origin.SENT, LinkState.HELD, held=frozenset({Deed.DELETE_THERE}), held_for="brake")
    with tools.db.begin() as session:
        put_link(session.get_one(LinkRow, link_id), held)
    path = f"/integrations/{integration_id}/held"
    waiting = {"what": "copy_deletion", "number": 1, "reasons": ["brake"]}
    assert psa.get(path).json == {"held": [waiting]}
    said = {"what": "copy_deletion", "number": 2, "answer": "keep"}
    refused = psa.call("POST", path, said)
    assert refused.status_code == 409, refused.text
    assert refused.json["errors"][0]["code"] == "number_changed"
    for wrong in ({"answer": "burn"}, {"what": "x"}, {"number": "1"}):
        assert psa.call("POST", path, {**said, **wrong}).status_code == 422
    assert get_link(tools, link_id).wish is None
    answer = psa.call("POST", path, {**said, "number": 1})
    assert (answer.status_code, answer.json) == (200, {"held": []})
    assert get_link(tools, link_id).wish is Wish.KEEP


def read_all(program: Program, path: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = program.get(f"{path}&limit=2{cursor}").json
        assert len(page[name]) <= 2
        found += page[name]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def test_pages_hold_every_run_and_every_entry_once(
    psa: Program, tools: Tools, dana: Person, integration_id: str, clock: FakeClock
):
    runs = [add_run(tools, dana, integration_id, Trigger.MANUAL) for _ in range(3)]
    clock.move(timedelta(minutes=1))
    other = add_run(tools, dana, integration_id)
    path = f"/integrations/{integration_id}/runs"
    found = read_all(psa, f"{path}?trigger=manual", "runs")
    assert sorted(run["id"] for run in found) == sorted(runs)
    assert psa.get(path).json["runs"][0]["id"] == other
    entries = [
        add_entry(tools, dana, runs[0], side=Side.IN, result=Result.DECLINED, reason="past")
        for _ in range(3)
    ]
    add_entry(tools, dana, runs[0], side=Side.OUT)
    add_entry(tools, dana, other, side=Side.IN)
    found = read_all(psa, f"/runs/{runs[0]}/entries?direction=in", "entries")
    assert sorted(entry["id"] for entry in found) == sorted(entries)
    assert {(entry["result"], entry["reason"]) for entry in found} == {("declined", "past")}
    assert len(psa.get(f"/runs/{runs[0]}/entries?result=done").json["entries"]) == 1


def test_what_became_somebody_elses_private_item_is_told_to_no_program(
    psa: Program, tools: Tools, dana: Person, integration_id: str
):
    run_id, item_id = add_run(tools, dana, integration_id), add_item(tools, dana)
    both = {"mine": {"title": "Redundancies"}}
    add_entry(tools, dana, run_id, title="Redundancies", item_id=item_id, before=both, after=both)
    path = f"/runs/{run_id}/entries"
    assert psa.get(path).json["entries"][0]["title"] == "Redundancies"
    with tools.db.begin() as session:
        session.get_one(Item, item_id).is_private = True
        session.query(Assignment).filter_by(item_id=item_id).delete()
    [entry] = psa.get(path).json["entries"]
    assert (entry["title"], entry["before"], entry["after"]) == ("Busy", {}, {})
    assert (entry["item"], entry["result"]) == (item_id, "done")


def test_nobody_else_sees_an_integration_not_even_a_dispatcher(
    program: MakeProgram, sam: Person, mallory: Person, psa: Program, integration_id: str
):
    run_id = psa.call("POST", f"/integrations/{integration_id}/sync").json["id"]
    for person in (sam, mallory):
        stranger = program(person)
        assert stranger.get("/integrations").json["integrations"] == []
        for method, path in (
            ("GET", f"/integrations/{integration_id}"),
            ("GET", f"/integrations/{integration_id}/runs"),
            ("POST", f"/integrations/{integration_id}/sync"),
            ("GET", f"/integrations/{integration_id}/kept-out"),
            ("GET", f"/integrations/{integration_id}/held"),
            ("GET", f"/runs/{run_id}"),
            ("GET", f"/runs/{run_id}/entries"),
        ):
            answer = stranger.call(method, path)
            assert answer.status_code == 404, path
            assert "Work" not in answer.text
