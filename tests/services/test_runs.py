"""Asking for a sync, and reading what syncs did."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from calsync.core.content import Part
from calsync.core.integration import Refusal
from calsync.core.item import Kind
from calsync.core.link import Declined, Link, LinkState, Origin, Side
from calsync.core.run import Result, RunState, Trigger
from calsync.core.window import PastRange
from calsync.db import due_rows
from calsync.db.models import DueKind, JudgedEvent, Run
from calsync.errors import NotPossible, NotThere
from calsync.services.explanations import explain
from calsync.services.integration_end import delete_integration
from calsync.services.integration_views import get_integration_view
from calsync.services.integrations import activate, deactivate
from calsync.services.items import delete_item
from calsync.services.runs import LogFilter, get_run, list_log, list_runs, request_sync
from calsync.services.tools import Tools
from tests.cast import Person
from tests.clocks import FakeClock
from tests.services.integrating import (
    EVERYTHING,
    add_entry,
    add_item,
    add_link,
    add_run,
    due_at,
    get_link,
    integrate,
)

MakeLink = Callable[..., str]
BULK = replace(EVERYTHING, past=PastRange.ONE_WEEK, sends=True)


def begin(tools: Tools, run_id: str) -> None:
    """Let a run be under way, as the engine does."""
    with tools.db.begin() as session:
        run = session.get(Run, run_id)
        assert run
        run.state = RunState.RUNNING


def test_a_sync_that_was_asked_for_is_due_at_once_and_has_its_row(
    tools: Tools, dana: Person, link: MakeLink, clock: FakeClock
) -> None:
    integration_id = integrate(tools, dana, link(), options=BULK)
    with tools.db.begin() as session:
        due_rows.drop(session, dana.who.tenant_id, DueKind.SYNC, integration_id)
    run = get_run(tools, dana.who, request_sync(tools, dana.who, integration_id, bulk=True))
    assert (run.trigger, run.state) == (Trigger.MANUAL, RunState.WAITING)
    assert run.bulk == {"retrieve": True, "send": True}
    assert due_at(tools, integration_id) == clock.now()


def test_one_sync_waits_and_one_is_under_way_at_most(
    tools: Tools, dana: Person, link: MakeLink
) -> None:
    integration_id = integrate(tools, dana, link(), options=BULK)
    first = request_sync(tools, dana.who, integration_id, bulk=False)
    assert request_sync(tools, dana.who, integration_id, bulk=True) == first
    assert get_run(tools, dana.who, first).bulk == {"retrieve": True, "send": True}
    begin(tools, first)
    second = request_sync(tools, dana.who, integration_id, bulk=False)
    assert second != first
    assert request_sync(tools, dana.who, integration_id, bulk=False) == second
    view = get_integration_view(tools, dana.who, integration_id)
    assert {run.id for run in view.open_runs} == {first, second}
    assert view.is_running


def test_whoever_asks_at_once_gets_the_same_sync_and_one_integration(
    tools: Tools, dana: Person, link: MakeLink
) -> None:
    account_id = link()

    def make(_: int) -> str | None:
        try:
            return integrate(tools, dana, account_id)
        except NotPossible as error:
            return None if error.reason == Refusal.ALREADY_LINKED else error.reason

    with ThreadPoolExecutor(4) as pool:
        [integration_id] = filter(None, pool.map(make, range(4)))

        def ask(_: int) -> str:
            return request_sync(tools, dana.who, integration_id, bulk=False)

        assert len(set(pool.map(ask, range(4)))) == 1


def test_an_inactive_integration_is_not_synced_by_hand_either(
    tools: Tools, dana: Person, link: MakeLink
) -> None:
    integration_id = integrate(tools, dana, link())
    deactivate(tools, dana.who, integration_id)
    with pytest.raises(NotPossible) as error:
        request_sync(tools, dana.who, integration_id, bulk=False)
    assert error.value.reason == Refusal.NOT_ACTIVE
    assert due_at(tools, integration_id) is None
    activate(tools, dana.who, integration_id)
    assert request_sync(tools, dana.who, integration_id, bulk=False)


def test_runs_are_listed_the_latest_first_and_by_what_began_them(
    tools: Tools, dana: Person, link: MakeLink, clock: FakeClock
) -> None:
    integration_id = integrate(tools, dana, link())
    made = []
    for trigger in (Trigger.MANUAL, Trigger.SCHEDULED, Trigger.REAL_TIME_IN):
        made.append(add_run(tools, dana, integration_id, trigger))
        clock.move(timedelta(minutes=1))
    found, has_more = list_runs(tools, dana.who, integration_id, limit=2)
    assert ([run.id for run in found], has_more) == (made[:0:-1], True)
    before = (found[-1].began_at, found[-1].id)
    found, has_more = list_runs(tools, dana.who, integration_id, before=before, limit=2)
    assert ([run.id for run in found], has_more) == (made[:1], False)
    found, _ = list_runs(tools, dana.who, integration_id, triggers=[Trigger.MANUAL])
    assert [run.id for run in found] == made[:1]
    last = get_integration_view(tools, dana.who, integration_id).last_run
    assert last
    assert last.id == made[-1]


def test_the_log_is_found_by_every_filter(
    tools: Tools, dana: Person, link: MakeLink, clock: FakeClock
) -> None:
    integration_id = integrate(tools, dana, link())
    manual = add_run(tools, dana, integration_id, Trigger.MANUAL)
    scheduled = add_run(tools, dana, integration_id)
    todo = add_item(tools, dana, Kind.TODO)
    first = add_entry(tools, dana, manual, item_id=todo, title="Ärger im Büro")
    clock.move(timedelta(minutes=1))
    second = add_entry(tools, dana, scheduled, side=Side.IN, result=Result.DECLINED, reason="past")

    def find(**wanted: object) -> list[str]:
        entries, _ = list_log(tools, dana.who, integration_id, LogFilter(**wanted))  # type: ignore[arg-type]
        return [view.entry.id for view in entries]

    assert find() == [second, first]
    assert find(run=manual) == [first]
    assert find(triggers=[Trigger.SCHEDULED]) == [second]
    assert find(side=Side.OUT) == [first]
    assert find(result=Result.DECLINED) == [second]
    assert find(kind=Kind.TODO) == [first]
    assert find(kind=Kind.TASK) == []
    assert find(since=clock.now()) == [second]
    assert find(until=clock.now()) == [first]
    assert find(text="ärger") == [first]
    assert find(text="%") == []
    entries, has_more = list_log(tools, dana.who, integration_id, limit=1)
    assert ([view.entry.id for view in entries], has_more) == ([second], True)
    before = (entries[0].entry.at, entries[0].entry.id)
    entries, has_more = list_log(tools, dana.who, integration_id, before=before, limit=1)
    assert ([view.entry.id for view in entries], has_more) == ([first], False)


def test_what_became_of_an_item_is_told_by_any_of_its_ids(
    tools: Tools, dana: Person, link: MakeLink, clock: FakeClock
) -> None:
    integration_id = integrate(tools, dana, link())
    item_id = add_item(tools, dana)
    declined = {Part.TITLE: Declined(Side.IN, "update_off", "Other")}
    row_id = add_link(
        tools, dana, integration_id, item_id, link=Link(Origin.SENT, declined=declined)
    )
    row = get_link(tools, row_id)
    run_id = add_run(tools, dana, integration_id)
    entry_id = add_entry(tools, dana, run_id, item_id=item_id, event_uid=row.event_uid)
    for what in (item_id, row.event_id, row.event_uid):
        explained = explain(tools, dana.who, what or "")
        [trace] = explained.links
        assert trace.link.declined == declined
        assert trace.integration
        assert trace.integration.id == integration_id
        assert [entry.id for entry in explained.entries] == [entry_id]
    with tools.db.begin() as session:
        session.add(
            JudgedEvent(
                tenant_id=dana.who.tenant_id,
                integration_id=integration_id,
                event_uid="evt_old",
                reason="baseline",
                judged_at=clock.now(),
            )
        )
    assert [j.reason for j in explain(tools, dana.who, "evt_old").judgements] == ["baseline"]
    delete_item(tools, dana.who, item_id)
    assert explain(tools, dana.who, item_id).links[0].row.state is LinkState.LIVE
    with pytest.raises(NotThere):
        explain(tools, dana.who, "evt_unknown")


def test_what_is_danas_is_nothing_to_others(
    tools: Tools, dana: Person, sam: Person, mallory: Person, link: MakeLink
) -> None:
    integration_id = integrate(tools, dana, link())
    item_id = add_item(tools, dana)
    add_link(tools, dana, integration_id, item_id)
    run_id = request_sync(tools, dana.who, integration_id, bulk=False)
    for person in (sam, mallory):
        for read in (list_runs, list_log):
            with pytest.raises(NotThere):
                read(tools, person.who, integration_id)
        with pytest.raises(NotThere):
            request_sync(tools, person.who, integration_id, bulk=False)
        with pytest.raises(NotThere):
            get_run(tools, person.who, run_id)
        with pytest.raises(NotThere):
            explain(tools, person.who, item_id)
    delete_integration(tools, dana.who, integration_id)
    with pytest.raises(NotThere):
        get_run(tools, dana.who, run_id)
