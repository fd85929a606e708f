"""A mailbox is disconnected, and connected again soon, late, or not at all."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from calsync.core.integration import Stop
from calsync.services.accounts import disconnect
from calsync.services.integrations import activate, deactivate
from tests.cast import Person
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import ON_SQLITE, Office

pytestmark = ON_SQLITE

Link = Callable[..., str]
SOON, LATE = timedelta(hours=20), timedelta(hours=30)


def leave(office: Office) -> None:
    assert disconnect(office.tools, office.person.who, office.account_id)


def change_everything(office: Office, kept: str, gone_here: str) -> None:
    """Change and delete something on each side while nothing flows."""
    office.change(kept, description="Bring cables")
    office.delete(gone_here)
    office.edit(office.uid("Kept"), location={"description": "Pub"})
    office.remove(office.uid("Gone there"))
    office.put("New there")
    office.add("New here")


@pytest.fixture
def three(office: Office) -> tuple[str, str]:
    """Return one item that will be kept and one that will go here; a third goes there."""
    kept, gone_here = office.add("Kept"), office.add("Gone here")
    office.add("Gone there")
    for number in range(5):
        office.add(f"Other {number}")
    office.sync()
    return kept, gone_here


def without_others(texts: list[str]) -> list[str]:
    return [text for text in texts if not text.startswith("Other")]


@pytest.mark.parametrize("away", [SOON, LATE], ids=["soon", "late"])
@pytest.mark.parametrize("how", ["disconnected", "switched off"])
def test_after_a_gap_both_sides_catch_up_and_after_a_long_one_removals_wait(
    office: Office, link: Link, three: tuple[str, str], how: str, away: timedelta
):
    kept, gone_here = three
    if how == "disconnected":
        leave(office)
    else:
        deactivate(office.tools, office.person.who, office.integration_id)
    change_everything(office, kept, gone_here)
    office.clock.move(away)
    if how == "disconnected":
        link("dana@google.example", office.person)
    else:
        activate(office.tools, office.person.who, office.integration_id)
    office.sync()
    event = office.event("Kept")
    assert event["location"]["description"] == office.item(kept).location == "Pub"
    assert event["description"].startswith("Bring cables")
    waits = ["Gone there"] if away is LATE else []
    assert without_others(office.subjects()) == [*waits, "Kept", "New here", "New there"]
    assert without_others(office.summaries()) == ["Kept", "New here", "New there"]
    assert ("absence" in office.reasons()) is bool(waits)


def test_nothing_is_doubled_when_a_mailbox_is_connected_again(
    office: Office, link: Link, three: tuple[str, str]
):
    office.put("Dentist")
    office.sync()
    before = office.subjects(), office.summaries()
    writes = office.writes()
    leave(office)
    office.clock.move(LATE)
    link("dana@google.example", office.person)
    office.sync()
    office.sync()
    assert (office.subjects(), office.summaries()) == before
    assert office.writes() == writes


def test_another_mailbox_takes_nothing_over(office: Office, link: Link, three: tuple[str, str]):
    before = office.subjects()
    integration = office.integration_id
    leave(office)
    link("dana@office365.example", office.person)
    assert office.integration.account_id is None
    assert office.integration.stop is Stop.NOT_CONNECTED
    assert (office.integration_id, office.subjects()) == (integration, before)


def test_a_run_stands_still_while_the_provider_refuses_the_mailbox_and_goes_on_after(
    office: Office, sandbox: RunningSandbox, three: tuple[str, str]
):
    mailboxes = sandbox.control("GET", "/state")["mailboxes"]
    profile = next(m["profile_id"] for m in mailboxes if m["address"] == "dana@google.example")
    sandbox.control("POST", f"/profiles/{profile}/disconnect")
    before = office.subjects(), office.summaries()
    office.add("New here")
    office.check_account()
    assert office.integration.stop is Stop.NOT_CONNECTED
    office.sync(settle=False)
    assert office.summaries() == before[1]
    sandbox.control("POST", f"/profiles/{profile}/reconnect")
    office.check_account()
    office.sync()
    assert "New here" in office.summaries()
    assert set(before[0]) < set(office.subjects())


def test_a_revoked_access_ends_a_run_and_takes_nothing_along(
    office: Office, sandbox: RunningSandbox, link: Link, three: tuple[str, str], dana: Person
):
    before = office.subjects()
    office.add("New here")
    sandbox.fault("token_revoked")
    office.sync(settle=False)
    assert office.integration.stop is Stop.NOT_CONNECTED
    assert set(before) < set(office.subjects())
    link("dana@google.example", dana)
    office.sync()
    assert office.integration.stop is None
    assert "New here" in office.summaries()
    assert len(office.summaries()) == len(before) + 1
