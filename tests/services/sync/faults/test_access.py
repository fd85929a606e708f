"""What goes wrong with the access to a mailbox, and who can see it (F24 to F35)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from calsync.core.integration import Stop
from calsync.cronofy.oauth import CronofyOAuth
from calsync.db.models import LinkedAccount
from calsync.services.accounts import disconnect
from calsync.services.erasure import erase_account
from tests.services.sync.faults.conftest import Status
from tests.services.sync.faults.striking import Died, before_the_write, striking
from tests.services.sync.office import ON_SQLITE, Office
from tests.witness import Witness

pytestmark = ON_SQLITE

MINUTE = timedelta(minutes=1)
CREATED = ("out", "create", "done", None)
Link = Callable[..., str]


def count_calls(office: Office) -> int:
    counts = office.sandbox.control("GET", "/requests")["requests"]
    return sum(int(each["count"]) for each in counts if each["path"].startswith("/v1/"))


def test_a_token_that_has_expired_is_renewed_once_and_the_sync_goes_on(
    office: Office, witness: Witness, status: Status
):
    office.add("Lunch")
    office.sandbox.control("POST", "/tokens/expire")
    office.sync()
    assert office.log() == [CREATED]
    assert len(witness.logged("token renewed", account_id=office.account_id)) == 1
    assert witness.counted("token_refresh_total", result="renewed") == 1
    assert witness.counted("provider_requests_total", code="401") == 1
    assert status() == ""


def test_a_token_that_was_lost_with_its_process_asks_the_user_to_reconnect(
    office: Office, witness: Witness, status: Status, link: Link
):
    refresh = CronofyOAuth.refresh

    def die(self: CronofyOAuth, token: str) -> Any:
        refresh(self, token)
        raise Died

    office.sandbox.control("POST", "/tokens/expire")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Died):
        patch.setattr(CronofyOAuth, "refresh", die)
        office.run_once()
    office.clock.move(6 * MINUTE)
    office.add("Lunch")
    office.run_once()
    assert office.integration.stop is Stop.NOT_CONNECTED
    assert "Access was removed." in status()
    assert "access revoked" in witness.warnings
    assert witness.counted("token_refresh_total", result="revoked") == 1
    assert witness.counted("integrations", state="not_connected") == 1
    link("dana@google.example", office.person)
    office.sync()
    assert office.summaries() == ["Lunch"]


def test_an_access_that_was_withdrawn_stops_all_calls_until_the_user_reconnects(
    office: Office, witness: Witness, status: Status, link: Link
):
    office.add("Lunch")
    office.put("Dentist")
    office.sync()
    office.sandbox.fault("token_revoked")
    office.add("Tea")
    office.run_once()
    assert office.integration.stop is Stop.NOT_CONNECTED
    assert "Access was removed." in status()
    assert "access revoked" in witness.warnings
    assert witness.counted("token_refresh_total", result="revoked") == 1
    assert witness.counted("integrations", state="not_connected") == 1
    assert witness.counted("linked_accounts", status="not_connected") == 1
    calls = count_calls(office)
    office.run_once()
    assert count_calls(office) == calls
    assert office.subjects() == ["Dentist", "Lunch", "Tea"]
    link("dana@google.example", office.person)
    office.sync()
    assert office.summaries() == office.subjects() == ["Dentist", "Lunch", "Tea"]
    assert status() == ""


def test_a_permission_that_is_missing_is_named_and_removes_nothing(
    office: Office, witness: Witness, status: Status
):
    item_id = office.add("Lunch")
    office.sync()
    office.change(item_id, subject="Brunch")
    with striking(office, "html_error", path="/v1/batch", times=None, status=403):
        office.run_once()
    assert office.integration.stop is Stop.PERMISSION_MISSING
    assert "You allowed less than the sync needs." in status()
    assert witness.logged("sync ended", state="stopped", error="PermissionMissing")
    assert witness.counted("provider_requests_total", op="batch", code="403") == 1
    assert witness.counted("integrations", state="permission_missing") == 1
    assert (office.summaries(), office.subjects()) == (["Lunch"], ["Brunch"])
    office.sync()
    assert office.summaries() == ["Brunch"]
    assert status() == ""


def test_a_mailbox_that_is_disconnected_there_pauses_its_sync_and_goes_on_without_doubles(
    office: Office, witness: Witness, status: Status
):
    office.add("Lunch")
    office.sync()
    mailboxes = office.sandbox.control("GET", "/state")["mailboxes"]
    profile = next(m["profile_id"] for m in mailboxes if m["address"] == "dana@google.example")
    office.sandbox.control("POST", f"/profiles/{profile}/disconnect")
    office.check_account()
    office.add("Tea")
    office.run_once()
    assert office.integration.stop is Stop.NOT_CONNECTED
    assert "Sign-in expired." in status()
    assert witness.logged("account checked")
    assert witness.counted("integrations", state="not_connected") == 1
    office.sandbox.control("POST", f"/profiles/{profile}/reconnect")
    office.check_account()
    office.sync()
    assert office.summaries() == office.subjects() == ["Lunch", "Tea"]
    assert office.log() == [CREATED, CREATED]
    assert status() == ""


def test_a_calendar_that_was_deleted_stops_its_sync_and_leaves_my_calendar_alone(
    office: Office, witness: Witness, status: Status
):
    office.add("Lunch")
    office.put("Dentist")
    office.sync()
    logged = office.log()
    office.sandbox.control("PATCH", f"/calendars/{office.calendar_id}", {"deleted": True})
    office.add("Tea")
    office.run_once()
    assert office.integration.stop is Stop.CALENDAR_GONE
    assert "The calendar was deleted." in status()
    assert office.subjects() == ["Dentist", "Lunch", "Tea"]
    assert office.log() == logged
    assert witness.logged("sync ended", state="stopped", error="NotFound")
    assert witness.counted("integrations", state="calendar_gone") == 1


def test_a_calendar_that_becomes_read_only_keeps_changes_here_with_the_reason(
    office: Office, witness: Witness, status: Status
):
    item_id = office.add("Lunch")
    office.sync()
    office.set_calendar(readonly=True)
    office.change(item_id, subject="Brunch")
    office.put("Dentist")
    office.sync()
    assert office.subjects() == ["Brunch", "Dentist"]
    assert office.summaries() == ["Dentist", "Lunch"]
    assert office.reasons() == ["read_only"]
    assert witness.counted("sync_reasons_total", reason="read_only") == 1
    assert status() == ""


def test_a_mailbox_that_its_user_disconnects_in_the_middle_of_a_sync_is_asked_nothing_more(
    office: Office, witness: Witness, status: Status
):
    office.add("Lunch")
    before_the_write(office, lambda: disconnect(office.tools, office.person.who, office.account_id))
    calls = count_calls(office)
    office.clock.move(MINUTE)
    with office.tools.db.read() as session:
        assert session.query(LinkedAccount).count() == 0
    assert office.integration.account_id is None
    assert count_calls(office) == calls
    assert "The account was disconnected." in status()
    assert witness.logged("account disconnected")
    assert witness.counted("integrations", state="not_connected") == 1
    assert office.subjects() == ["Lunch"]


def test_a_mailbox_that_is_forgotten_in_the_middle_of_a_sync_leaves_no_orphan(
    office: Office, witness: Witness
):
    office.add("Lunch")
    account_id, tenant_id = office.account_id, office.person.who.tenant_id
    before_the_write(office, lambda: erase_account(office.tools, tenant_id, account_id))
    with office.tools.db.read() as session:
        assert session.query(LinkedAccount).count() == 0
        assert session.connection().exec_driver_sql("PRAGMA foreign_key_check").all() == []
    assert (office.links(), office.runs(), office.log()) == ([], [], [])
    assert "account erased" in witness.warnings
    assert witness.counted("sync_passes_total", result="overtaken") == 1
    assert office.subjects() == ["Lunch"]


def test_another_mailbox_that_is_connected_instead_takes_nothing_over(
    office: Office, witness: Witness, status: Status, link: Link
):
    office.add("Lunch")
    office.sync()
    assert disconnect(office.tools, office.person.who, office.account_id)
    link("dana@office365.example", office.person)
    assert office.integration.account_id is None
    assert "The account was disconnected." in status()
    assert witness.logged("account disconnected")
    assert witness.counted("integrations", state="not_connected") == 1
    assert (office.subjects(), office.log()) == (["Lunch"], [CREATED])
