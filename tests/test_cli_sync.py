"""`calsync integration` and `calsync sync`."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from click.testing import Result as Answer

from calsync.core.content import Content, Part
from calsync.core.link import Declined, Deed, Link, LinkState, Origin, Seen, Side, Wish
from calsync.core.run import Result, RunState
from calsync.db import leases
from calsync.db.due_rows import Claim
from calsync.db.links import put_link
from calsync.db.models import DueKind, JudgedEvent, LinkRow, Run
from calsync.jobs.performers import PERFORMERS
from calsync.services.integration_views import list_integration_views
from calsync.services.integrations import deactivate
from calsync.services.tools import Tools
from tests.cast import Person
from tests.cli_tools import run_on
from tests.clocks import FakeClock
from tests.sandbox_server import RunningSandbox
from tests.services.integrating import (
    TIMES,
    add_entry,
    add_item,
    add_link,
    add_run,
    get_link,
    get_row,
)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DANA = ("acme", "dana@acme.example")
RunCommand = Callable[..., Answer]


@pytest.fixture
def run(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> RunCommand:
    return run_on(tools, monkeypatch, "held", "integrations", "syncing")


@pytest.fixture
def integration_id(run: RunCommand, link: Callable[..., str]) -> str:
    """Return an integration that was made by the command."""
    link()
    answer = run("integration", "add", *DANA, "Work")
    assert answer.exit_code == 0, answer.output
    return answer.output.strip()


def perform_as(state: RunState, seen: list[Claim]) -> Callable[[Tools, Claim], datetime]:
    """Return an engine that ends every run it finds in this state."""

    def perform(tools: Tools, claim: Claim) -> datetime:
        seen.append(claim)
        with tools.db.begin() as session:
            for run in session.query(Run).filter_by(integration_id=claim.subject_id):
                run.state, run.ended_at = state, tools.clock.now()
                run.counts, run.error = {"out_create_done": 3}, "RateLimited"
        return tools.clock.now() + timedelta(minutes=5)

    return perform


def test_an_integration_is_made_shown_changed_switched_and_deleted(
    run: RunCommand, integration_id: str, tools: Tools, dana: Person
) -> None:
    [line] = run("integration", "list", *DANA).output.splitlines()
    assert line.split("\t") == [
        integration_id, "Work", "dana@google.example", "active", "Connected", "never",
    ]  # fmt: skip
    answer = run(
        "integration", "options", *DANA, integration_id,
        "--take", "create,delete", "--kinds", "task", "--past", "1w", "--policy", "ask",
        "--send-existing",
    )  # fmt: skip
    assert answer.exit_code == 0, answer.output
    shown = run("integration", "show", *DANA, integration_id).output
    for line in ("take\tcreate,delete", "kinds\ttask", "past\t1w", "send-existing\tyes"):
        assert line in shown.splitlines(), "Options are shown by the names that change them."
    assert run("integration", "deactivate", *DANA, integration_id).exit_code == 0
    assert "not active" in run("integration", "list", *DANA).output
    assert "Turn Active on first." in run("sync", "run", *DANA, integration_id).output
    assert run("integration", "activate", *DANA, integration_id).exit_code == 0
    answer = run("integration", "delete", *DANA, integration_id)
    assert "Its copies stay." in answer.output
    assert list_integration_views(tools, dana.who) == []


def test_copies_go_only_after_a_question_that_names_their_number(
    run: RunCommand, integration_id: str, tools: Tools, dana: Person
) -> None:
    link_id = add_link(tools, dana, integration_id, add_item(tools, dana))
    change = ("integration", "options", *DANA, integration_id, "--kinds", "none", "--copies", "go")
    answer = run(*change, typed="n\n")
    assert "1 copy will be deleted" in answer.output
    assert answer.exit_code == 1
    assert get_link(tools, link_id).state is LinkState.LIVE
    assert run(*change, "--yes").exit_code == 0
    assert get_link(tools, link_id).wish
    answer = run("integration", "delete", *DANA, integration_id, "--copies", "go", typed="y\n")
    assert "Its copies go now." in answer.output


def test_changes_kept_out_flow_only_after_a_question_that_names_their_number(
    run: RunCommand, integration_id: str, tools: Tools, dana: Person
) -> None:
    content = Content("Server room", TIMES)
    kept_out = Link(
        Origin.SENT,
        here=content,
        there=content,
        seen=Seen(replace(content, title="Other")),
        declined={Part.TITLE: Declined(Side.IN, "update_off", "Other")},
    )
    link_id = add_link(tools, dana, integration_id, add_item(tools, dana), link=kept_out)
    change = ("integration", "options", *DANA, integration_id, "--kept-out")
    answer = run(*change, typed="n\n")
    assert "1 change kept out so far will flow" in answer.output
    assert get_link(tools, link_id).wish is None
    assert run(*change, "--yes").exit_code == 0
    assert get_link(tools, link_id).wish is Wish.FLOW


def test_what_waits_is_said_and_answered_in_its_number(
    run: RunCommand, integration_id: str, tools: Tools, dana: Person
) -> None:
    asked = ("sync", "held", *DANA, integration_id)
    assert run(*asked).output == "Nothing waits.\n"
    link_id = add_link(tools, dana, integration_id, add_item(tools, dana))
    waiting = Link(
        Origin.SENT, LinkState.HELD, held=frozenset({Deed.DELETE_THERE}), held_for="brake"
    )
    with tools.db.begin() as session:
        put_link(session.get_one(LinkRow, link_id), waiting)
    said = run(*asked).output
    assert "copy_deletion\t1\tWe did not delete 1 event from Work. That is more" in said
    refused = run(*asked, "--do", "copy_deletion", "2")
    assert refused.exit_code != 0
    assert "another number" in refused.output
    assert get_link(tools, link_id).wish is None
    assert run(*asked, "--keep", "copy_deletion", "1").output.startswith("Kept.")
    assert get_link(tools, link_id).wish is Wish.KEEP


def test_nothing_is_asked_where_nothing_was_kept_out_and_no_copy_is_there(
    run: RunCommand, integration_id: str
) -> None:
    change = ("integration", "options", *DANA, integration_id, "--kept-out", "--copies", "go")
    answer = run(*change)
    assert answer.output == "The options are changed.\n"


def test_of_an_item_whose_copy_went_it_is_not_said_that_it_was_deleted(
    run: RunCommand, integration_id: str, tools: Tools, dana: Person
) -> None:
    item_id = add_item(tools, dana)
    add_link(tools, dana, integration_id, item_id, state=LinkState.DELETED_HERE)
    said = run("sync", "why", *DANA, item_id).output
    assert "Copy in Work: The copy was deleted; the entry here stays." in said


def test_a_mistake_is_named_in_a_sentence(run: RunCommand, integration_id: str) -> None:
    assert integration_id
    for words, complaint in (
        (("add", *DANA, "Work"), "This calendar is linked already."),
        (("add", *DANA, "Nowhere"), "no linked calendar called Nowhere"),
        (("add", *DANA, "Personal", "--take", "none", "--kinds", "none"), "Nothing would flow."),
        (("add", *DANA, "Personal", "--kinds", "tasks"), "tasks is none of"),
        (("add", *DANA, "Holidays"), "The calendar is read only"),
        (("show", *DANA, "0000000000000000"), "There is no such integration."),
        (("delete", "evil", "mallory@evil.example", integration_id), "no such integration"),
        (("show", *DANA, "\udcff"), "What was given is no text."),
    ):
        answer = run("integration", *words)
        assert answer.exit_code != 0, words
        assert complaint in answer.output
        assert "Traceback" not in answer.output


def test_a_sync_is_done_here_where_no_server_does_it(
    run: RunCommand, integration_id: str, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Claim] = []
    monkeypatch.setitem(PERFORMERS, DueKind.SYNC, perform_as(RunState.FINISHED, seen))
    answer = run("sync", "run", *DANA, integration_id)
    assert answer.output == "Finished: 3 created.\n"
    assert [claim.subject_id for claim in seen] == [integration_id]
    with tools.db.read() as session:
        assert not leases.is_held(session, leases.SCHEDULER, tools.clock.now())
    monkeypatch.setitem(PERFORMERS, DueKind.SYNC, perform_as(RunState.STOPPED, seen))
    answer = run("sync", "run", *DANA, integration_id)
    assert answer.exit_code == 1
    assert "It ended early (RateLimited) and is tried again." in answer.output


def test_a_sync_that_is_switched_off_meanwhile_says_so(
    run: RunCommand,
    integration_id: str,
    tools: Tools,
    dana: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def switch_off(*_: object) -> None:
        deactivate(tools, dana.who, integration_id)

    monkeypatch.setitem(PERFORMERS, DueKind.SYNC, switch_off)
    answer = run("sync", "run", *DANA, integration_id)
    assert answer.exit_code == 1
    assert "Error: The sync is not active." in answer.output


def test_the_command_puts_an_item_into_the_linked_calendar(
    run: RunCommand, integration_id: str, tools: Tools, dana: Person, sandbox: RunningSandbox
) -> None:
    assert run("sync", "run", *DANA, integration_id).output == "Finished: nothing to do.\n"
    item_id = add_item(tools, dana, subject="Patch the switch")
    assert run("sync", "run", *DANA, integration_id).output == "Finished: 1 created.\n"
    work = sandbox.calendars()["Work"]
    shown = sandbox.control("GET", f"/calendars/{work}/events")["events"]
    assert [event["summary"] for event in shown] == ["Patch the switch"]
    said = run("sync", "why", *DANA, item_id).output
    assert "Copy in Work: In step: changes flow." in said
    assert "Sent, Create, Done" in said
    [event] = shown
    asked = run("sync", "why", *DANA, event["event_id"]).output
    assert asked == said, "The event is explained as its item is."


def test_the_log_tells_of_each_sync_by_ids_and_counts_alone(
    run: RunCommand,
    integration_id: str,
    tools: Tools,
    dana: Person,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Costs a sync of one item."""
    caplog.set_level(logging.INFO, "calsync.sync")
    add_item(tools, dana, subject="Patch the switch")
    run("sync", "run", *DANA, integration_id)
    [line] = [vars(each) for each in caplog.records if each.getMessage() == "sync ended"]
    told = line["fields"]
    assert (told["integration_id"], told["state"]) == (integration_id, "finished")
    assert (told["trigger"], told["counts"]) == ("manual", {"out_create_done": 1})
    assert "Patch" not in repr(line)


def test_the_copies_of_a_series_are_told_apart(
    run: RunCommand, integration_id: str, tools: Tools, dana: Person
) -> None:
    """Costs a sync of two occurrences."""
    item_id = add_item(tools, dana, rule="FREQ=DAILY;COUNT=2")
    assert run("sync", "run", *DANA, integration_id).output == "Finished: 2 created.\n"
    said = run("sync", "why", *DANA, item_id).output
    copies = [line for line in said.splitlines() if line.startswith("Copy of 2026-03-")]
    assert len(copies) == len(set(copies)) == 2, said
    with tools.db.read() as session:
        event_ids = [row.event_id for row in session.query(LinkRow)]
    for event_id in event_ids:
        said = run("sync", "why", *DANA, str(event_id)).output
        assert said.count("Sent, Create, Done") == 1, "Of the other one nothing is told."


def test_the_status_says_so_where_nothing_was_synced_yet(
    run: RunCommand, integration_id: str
) -> None:
    assert integration_id
    assert run("sync", "status", *DANA).output.endswith("\tIt was not synced yet.\n")


def test_a_sync_is_left_to_the_server_that_does_due_work(
    run: RunCommand,
    integration_id: str,
    tools: Tools,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Claim] = []
    monkeypatch.setitem(PERFORMERS, DueKind.SYNC, perform_as(RunState.FINISHED, seen))
    until = clock.now() + timedelta(hours=1)
    with tools.db.begin() as session:
        leases.hold(session, leases.SCHEDULER, owner="server", until=until, now=clock.now())
    answer = run("sync", "run", *DANA, integration_id, "--wait", "2")
    assert "It has not ended yet." in answer.output
    assert seen == []
    shown = run("sync", "status", *DANA).output
    assert "Manual\tWaiting" in shown


def test_it_is_said_why_an_item_or_an_event_is_as_it_is(
    run: RunCommand, integration_id: str, tools: Tools, dana: Person
) -> None:
    item_id = add_item(tools, dana)
    declined = {Part.TITLE: Declined(Side.IN, "update_off", "Other")}
    add_link(tools, dana, integration_id, item_id, link=Link(Origin.SENT, declined=declined))
    run_id = add_run(tools, dana, integration_id)
    add_entry(
        tools, dana, run_id, item_id=item_id, action="none", result=Result.DECLINED, reason="past"
    )
    said = run("sync", "why", *DANA, item_id).output
    for words in (
        "Item: Server room",
        "Copy in Work: In step: changes flow.",
        "Subject was kept out. Brought in: Changes in the linked calendar do not come in",
        "Sent, Nothing, Skipped: Past entries stay as they were.",
    ):
        assert words in said
    with tools.db.begin() as session:
        session.add(
            JudgedEvent(
                tenant_id=dana.who.tenant_id,
                integration_id=integration_id,
                event_uid="evt_old",
                reason="baseline",
                judged_at=get_row(tools, integration_id).created_at,
            )
        )
    said = run("sync", "why", *DANA, "evt_old").output
    assert said == "Not brought in from Work: It was there before the sync began.\n"
    assert "Nothing is known of it" in run("sync", "why", *DANA, "evt_unknown").output
    assert run("sync", "why", "evil", "mallory@evil.example", item_id).exit_code == 1


def test_a_preview_says_what_a_sync_would_do_and_does_nothing(
    run: RunCommand, integration_id: str, tools: Tools, dana: Person
) -> None:
    assert (
        run("integration", "options", *DANA, integration_id, "--kinds", "appointment").exit_code
        == 0
    )
    add_item(tools, dana)
    shown = run("sync", "preview", *DANA, integration_id)
    assert shown.exit_code == 0, shown.output
    line, ahead = shown.output.splitlines()
    assert line.endswith("\tServer room, 2026-03-03T09:00:00+00:00\tSent, Create")
    assert ahead == "That would be 1 created. Nothing was changed."
    assert run("sync", "preview", *DANA, "nothing").exit_code != 0
