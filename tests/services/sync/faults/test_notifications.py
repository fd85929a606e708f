"""What goes wrong with notifications, and who can see it (F36 to F43)."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from calsync.core.integration import POLL_EVERY
from calsync.core.run import Trigger
from calsync.cronofy.limiter import Lane
from calsync.db.models import PushChannel
from calsync.services.accounts import client_for
from calsync.services.channels import keep_channel
from tests.services.hearing import add_channel, at, deliver, notification, sign
from tests.services.sync.faults.conftest import Status
from tests.services.sync.office import ON_SQLITE, Office
from tests.witness import Witness

pytestmark = ON_SQLITE

CREATED = ("out", "create", "done", None)
BROUGHT = ("in", "create", "done", None)


@pytest.fixture
def token(office: Office) -> str:
    """Return the token of the integration's channel."""
    return add_channel(office.tools, office.integration)


def tell(office: Office, client: FlaskClient, token: str) -> int:
    """Have Cronofy say that something has changed, and return how it was answered."""
    body = notification(changes_since=at(office.now - timedelta(seconds=3)))
    return deliver(client, token, body).status_code


def test_a_change_whose_notification_was_lost_is_found_by_the_next_poll(
    office: Office, witness: Witness, status: Status
):
    office.put("Dentist")
    assert not office.is_due(office.now)
    office.clock.move(POLL_EVERY)
    assert office.is_due(office.now)
    office.run_once()
    assert office.log() == [BROUGHT]
    assert [run.trigger for run in office.runs()] == [Trigger.SCHEDULED]
    assert witness.counted("webhook_total") == 0
    assert witness.counted("sync_lag_seconds_sum") >= POLL_EVERY.total_seconds() - 5
    assert status() == ""


def test_a_hundred_notifications_of_one_change_are_one_read(
    office: Office, client: FlaskClient, token: str, witness: Witness, status: Status
):
    office.put("Dentist")
    assert {tell(office, client, token) for _ in range(100)} == {200}
    office.clock.move(timedelta(seconds=5))
    office.run_once()
    assert office.log() == [BROUGHT]
    assert [run.trigger for run in office.runs()] == [Trigger.REAL_TIME_IN]
    assert witness.counted("webhook_total", type="change", result="woken") == 100
    assert witness.counted("provider_requests_total", op="read_events") == 1
    assert status() == ""


def test_a_notification_of_our_own_write_has_no_effect(
    office: Office, client: FlaskClient, token: str, witness: Witness, status: Status
):
    office.add("Lunch")
    office.sync()
    office.clock.move(timedelta(minutes=1))
    assert tell(office, client, token) == 200
    office.run_once()
    assert office.log() == [CREATED]
    assert office.writes() == 1
    assert witness.counted("webhook_total", type="change", result="woken") == 1
    assert witness.counted("sync_passes_total", result="quiet") >= 1
    assert status() == ""


def test_a_notification_that_is_not_cronofys_is_refused_and_counted(
    office: Office, client: FlaskClient, token: str, witness: Witness, status: Status
):
    body = notification(changes_since=at(office.now))
    for signature in ("", "nonsense", "é", sign(body, "another secret"), ",".join("x" * 50)):
        answer = deliver(client, token, body, Cronofy_HMAC_SHA256=signature)
        assert answer.status_code == 401
    assert not office.is_due(office.now)
    assert witness.counted("webhook_total", result="forged") == 5
    assert witness.logged("notification taken") == []
    assert status() == ""


def test_a_notification_for_a_channel_that_nobody_knows_is_answered_and_counted(
    office: Office, client: FlaskClient, token: str, witness: Witness
):
    assert tell(office, client, token + "x") == 200
    assert not office.is_due(office.now)
    assert witness.counted("webhook_total", type="change", result="unknown") == 1
    assert witness.logged("notification taken") == []


def test_a_channel_that_nothing_has_come_through_keeps_the_fast_poll_and_counts_as_waiting(
    office: Office, witness: Witness, token: str, status: Status
):
    for _ in range(5):
        office.clock.move(timedelta(minutes=10))
        office.run_once()
        assert office.due_at is not None
        assert office.due_at - office.now <= POLL_EVERY
    assert status() == ""
    assert witness.counted("push_channels", state="waiting") == 1


def test_a_channel_that_cronofy_closed_while_we_were_away_is_opened_again_and_all_is_read(
    office: Office, witness: Witness, status: Status
):
    ids = office.person.who.tenant_id, office.integration_id
    keep_channel(office.tools, *ids)
    with office.tools.db.read() as session:
        first = session.query(PushChannel).one().channel_id
    assert first
    office.clock.move(timedelta(hours=25))
    office.put("Dentist")
    client_for(office.tools, ids[0], office.account_id, Lane.POLL).close_channel(first)
    keep_channel(office.tools, *ids)
    assert office.integration.swept_at is None
    office.sync()
    assert office.log() == [BROUGHT]
    [open_now] = office.sandbox.control("GET", "/state")["channels"]
    assert open_now["channel_id"] != first
    assert status() == ""
    assert witness.counted("push_channels", state="waiting") == 1
    assert witness.counted("provider_requests_total", op="create_channel", code="200") == 2
