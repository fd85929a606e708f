"""Repeating events of the linked calendar."""

from datetime import timedelta

from calsync.cronofy.limiter import Lane
from calsync.services.accounts import check_account
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import HOUR, ON_SQLITE, Office

pytestmark = ON_SQLITE


def put_series(office: Office) -> str:
    answer = office.sandbox.control(
        "POST",
        "/events",
        {
            "calendar_id": office.calendar_id,
            "summary": "Standup",
            "start": office.wire(office.day),
            "end": office.wire(office.day + HOUR),
            "repeats": "FREQ=DAILY;COUNT=3",
        },
    )
    return str(answer["series_identifier"])


def test_a_series_there_comes_in_instance_by_instance_and_follows_its_changes(
    office: Office, sandbox: RunningSandbox
):
    series = put_series(office)
    office.sync()
    assert office.subjects() == ["Standup"] * 3
    before = {item.id for item in office.items()}
    sandbox.control("PATCH", f"/series/{series}", {"summary": "Daily"})
    office.sync()
    office.clock.move(timedelta(minutes=3))
    office.sync()
    assert office.subjects() == ["Daily"] * 3
    assert {item.id for item in office.items()} == before


def test_instances_of_a_series_cannot_be_changed_from_here(office: Office, sandbox: RunningSandbox):
    sandbox.control(
        "PATCH", f"/calendars/{office.calendar_id}", {"permission_level": "unrestricted"}
    )
    check_account(office.tools, office.person.who.tenant_id, office.account_id, Lane.USER)
    put_series(office)
    office.sync()
    office.change(office.items()[0].id, subject="Mine")
    office.sync()
    assert office.summaries() == ["Standup"] * 3
    assert "series_there" in office.reasons()
