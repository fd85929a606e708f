"""The user is asked to let us change the events that they made themselves."""

from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from calsync.core.integration import Caution, Refusal
from calsync.db.models import Integration
from calsync.errors import NotPossible, NotThere
from calsync.services.accounts import disconnect
from calsync.services.own_events import ask_permission, trust_again
from calsync.services.sync.kept_out import count_kept_out
from tests.cast import Person
from tests.cli_tools import run_on
from tests.services.sync.office import EVERYTHING, ON_SQLITE, MakeOffice, Office

pytestmark = ON_SQLITE
IN_ONLY = replace(EVERYTHING, kinds=frozenset())


def ask(office: Office) -> str | None:
    return ask_permission(office.tools, office.person.who, office.integration_id)


def answer(page: str | None, words: str) -> None:
    """Let the user answer on Cronofy's page, and be sent back to the page of linked calendars."""
    assert page is not None
    back = requests.post(page, data={"answer": words}, allow_redirects=False, timeout=10)
    assert back.headers["Location"].partition("?")[0].endswith("/calendar-sync")


def test_what_was_kept_out_for_want_of_the_permission_flows_from_the_next_edit_on(office: Office):
    office.put("Dentist")
    office.sync()
    (item,) = office.items()
    office.change(item.id, subject="Dentist, again")
    office.sync()
    assert office.reasons() == ["permission"]
    office.clock.move(timedelta(minutes=5))
    office.sync()
    answer(ask(office), "allow")
    assert ask(office) is None
    office.sync()
    assert office.summaries() == ["Dentist"], "nothing of the past is rewritten"
    ids = office.person.who, office.integration_id
    assert count_kept_out(office.tools, *ids) == 1
    office.change(item.id, location="High Street")
    office.sync()
    assert office.event("Dentist")["location"] == {"description": "High Street"}
    office.change(item.id, subject="Dentist at nine")
    office.sync()
    assert office.summaries() == ["Dentist at nine"]
    assert count_kept_out(office.tools, *ids) == 0


def test_a_user_who_says_no_is_asked_again(office: Office):
    answer(ask(office), "deny")
    assert ask(office) is not None


def test_the_command_says_where_the_user_agrees_and_that_they_have(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    run = run_on(office.tools, monkeypatch, "own_events")
    words = ("integration", "permission", "acme", "dana@acme.example", office.integration_id)
    said = run(*words).output
    assert said.startswith("The user agrees here: http")
    answer(said.split()[-1], "allow")
    assert run(*words).output == "The user's own events may be changed.\n"
    assert "no such integration" in run(*words[:-1], "0000000000000000").output


def test_a_user_goes_on_although_an_event_was_altered_further_than_was_meant(
    office: Office, monkeypatch: pytest.MonkeyPatch, sam: Person
):
    with office.tools.db.begin() as session:
        row = session.get(Integration, office.integration_id)
        assert row is not None
        row.caution = Caution.ALTERED
    with pytest.raises(NotThere):
        trust_again(office.tools, sam.who, office.integration_id)
    run = run_on(office.tools, monkeypatch, "own_events", "integrations")
    shown = run("integration", "list", "acme", "dana@acme.example").output
    assert "Your own events are left alone" in shown
    words = ("permission", "acme", "dana@acme.example", office.integration_id, "--again")
    assert run("integration", *words).exit_code == 0
    assert office.integration.caution is None


def test_nothing_is_asked_of_a_calendar_that_cannot_be_written_to(make_office: MakeOffice):
    office = make_office(calendar="Holidays", options=IN_ONLY)
    with pytest.raises(NotPossible) as refused:
        ask(office)
    assert refused.value.reason == Refusal.READ_ONLY
    disconnect(office.tools, office.person.who, office.account_id)
    with pytest.raises(NotPossible) as refused:
        ask(office)
    assert refused.value.reason == Refusal.NOT_CONNECTED
