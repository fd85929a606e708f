"""Calendars that take no writes, or are gone."""

from datetime import timedelta

from calsync.cronofy.limiter import Lane
from calsync.services.accounts import check_account
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import ON_SQLITE, Office

pytestmark = ON_SQLITE


def test_what_a_read_only_calendar_kept_out_is_sent_once_it_takes_writes(
    office: Office, sandbox: RunningSandbox
):
    def let(*, readonly: bool) -> None:
        sandbox.control("PATCH", f"/calendars/{office.calendar_id}", {"readonly": readonly})
        check_account(office.tools, office.person.who.tenant_id, office.account_id, Lane.USER)

    let(readonly=True)
    office.add("Lunch")
    office.put("Dentist")
    office.sync()
    assert office.summaries() == ["Dentist"]
    assert "Dentist" in office.subjects()
    assert "read_only" in office.reasons()
    let(readonly=False)
    office.clock.move(timedelta(hours=25))
    office.sync()
    assert office.summaries() == ["Dentist", "Lunch"]
