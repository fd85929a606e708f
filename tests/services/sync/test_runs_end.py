"""No sync stays under way, or waits, that nobody is going to carry out."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from calsync.core.integration import Refusal, Stop
from calsync.core.options import Options
from calsync.core.run import RunState, Trigger
from calsync.cronofy.limiter import Lane
from calsync.db.models import Run
from calsync.services.accounts import check_account, disconnect
from calsync.services.integrations import activate, deactivate
from calsync.services.runs import cancel_run, request_sync
from calsync.services.sync import running
from calsync.services.sync.catching_up import CatchUp
from calsync.services.sync.running import run_sync
from tests.services.sync.office import EVERYTHING, ON_SQLITE, MakeOffice, Office

pytestmark = ON_SQLITE


class Killed(BaseException):
    """The process ends here."""


def die_in_the_middle(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a sync end without a word while it reads, and its claim run out."""

    def die(_: CatchUp) -> int:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(CatchUp, "read_changes", die)
        with pytest.raises(Killed):
            run_sync(office.tools, office.claim())
    office.clock.move(timedelta(minutes=6))


def states(office: Office) -> list[tuple[RunState, str | None]]:
    return [(run.state, run.error) for run in office.runs()]


def ask(office: Office, *, bulk: bool = False) -> str:
    return request_sync(office.tools, office.person.who, office.integration_id, bulk=bulk)


def test_a_sync_that_is_switched_off_in_the_middle_ends_and_is_not_taken_up_again(
    make_office: MakeOffice, monkeypatch: pytest.MonkeyPatch
):
    office = make_office(options=Options(takes_update=True))
    office.add("Old")
    office.sync()
    office.options(kinds=EVERYTHING.kinds, sends=True)
    office.sync()
    ask(office, bulk=True)
    read_changes = CatchUp.read_changes

    def switch_off(catch_up: CatchUp) -> int:
        deactivate(office.tools, office.person.who, office.integration_id)
        return read_changes(catch_up)

    with monkeypatch.context() as patch:
        patch.setattr(CatchUp, "read_changes", switch_off)
        run_sync(office.tools, office.claim())
    assert states(office)[-1] == (RunState.STOPPED, Refusal.NOT_ACTIVE)
    activate(office.tools, office.person.who, office.integration_id)
    office.sync()
    assert office.summaries() == []


def test_a_sync_ends_whose_account_is_disconnected_in_the_middle(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    ask(office)
    die_in_the_middle(office, monkeypatch)
    assert states(office)[-1] == (RunState.RUNNING, None)
    disconnect(office.tools, office.person.who, office.integration.account_id or "")
    assert states(office)[-1] == (RunState.STOPPED, Refusal.NOT_CONNECTED)


@pytest.mark.parametrize("has_begun", [False, True])
def test_a_sync_ends_that_cannot_be_carried_out_any_more(
    office: Office, monkeypatch: pytest.MonkeyPatch, *, has_begun: bool
):
    ask(office)
    if has_begun:
        die_in_the_middle(office, monkeypatch)
    office.sandbox.fault("token_revoked")
    account_id = office.integration.account_id or ""
    check_account(office.tools, office.person.who.tenant_id, account_id, Lane.POLL)
    assert office.integration.stop is Stop.NOT_CONNECTED
    office.run_once()
    assert states(office)[-1] == (RunState.STOPPED, Refusal.NOT_CONNECTED)


def test_a_sync_waits_while_cronofy_reads_the_mailbox_for_the_first_time(office: Office):
    ask(office)
    with office.tools.db.begin() as session:
        session.merge(office.integration).stop = Stop.BEING_READ
    office.run_once()
    assert states(office)[-1] == (RunState.WAITING, None)


def test_a_sync_that_waits_behind_one_that_died_comes_at_once_after_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    first = ask(office)
    die_in_the_middle(office, monkeypatch)
    second = ask(office)
    assert second != first
    office.run_once()
    assert office.due_at is not None
    assert office.due_at <= office.now
    office.run_once()
    assert [state for state, _ in states(office)] == [RunState.FINISHED] * 2


def test_what_is_asked_for_while_a_sync_begins_is_done_by_it(
    make_office: MakeOffice, monkeypatch: pytest.MonkeyPatch
):
    office = make_office(options=Options(takes_update=True))
    office.add("Old")
    office.options(kinds=EVERYTHING.kinds, sends=True)
    office.sync()
    first = ask(office)
    begin: Callable[..., None] = running._begin

    def ask_meanwhile(*started: object) -> None:
        assert ask(office, bulk=True) == first
        begin(*started)

    with monkeypatch.context() as patch:
        patch.setattr(running, "_begin", ask_meanwhile)
        run_sync(office.tools, office.claim())
    assert office.summaries() == ["Old"]
    with office.tools.db.read() as session:
        row = session.get(Run, first)
    assert row is not None
    assert row.bulk == {"send": True}


def test_what_a_sync_does_that_was_cancelled_as_it_began_was_not_done_by_hand(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    office.add("Lunch")
    asked = ask(office)
    begin: Callable[..., None] = running._begin

    def cancel_meanwhile(*started: object) -> None:
        cancel_run(office.tools, office.person.who, asked)
        begin(*started)

    with monkeypatch.context() as patch:
        patch.setattr(running, "_begin", cancel_meanwhile)
        run_sync(office.tools, office.claim())
    assert office.summaries() == ["Lunch"]
    found = {run.trigger: run for run in office.runs()}
    assert len(office.runs()) == 2
    assert found[Trigger.MANUAL].id == asked
    assert found[Trigger.MANUAL].counts == {}
    [own] = found.keys() - {Trigger.MANUAL}
    assert found[own].counts["out_create_done"] == 1
