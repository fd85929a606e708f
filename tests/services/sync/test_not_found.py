"""Events that are not found there, copies that the database forgot, and restores by a rule."""

from datetime import timedelta

from calsync.core.link import LinkState
from calsync.db.models import LinkRow
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import ON_SQLITE, MakeOffice, Office

pytestmark = ON_SQLITE


def sweep_in_vain(office: Office, sandbox: RunningSandbox) -> None:
    """Let two complete sweeps show nothing of what stands there."""
    for _ in range(2):
        sandbox.fault("empty_read", times=9)
        office.sweep()
        sandbox.control("DELETE", "/faults")


def states(office: Office) -> set[LinkState]:
    return {link.state for link in office.links()}


def test_what_two_sweeps_do_not_show_is_not_deleted_and_found_again_later(
    office: Office, sandbox: RunningSandbox
):
    office.add("Lunch")
    office.put("Dentist")
    office.sync()
    sweep_in_vain(office, sandbox)
    assert states(office) == {LinkState.NOT_FOUND}
    assert office.subjects() == ["Dentist", "Lunch"]
    office.sweep()
    assert states(office) == {LinkState.LIVE}
    assert office.summaries() == ["Dentist", "Lunch"]


def test_an_edit_of_a_copy_that_was_not_found_sends_it_and_leaves_the_users_own_event_alone(
    office: Office, sandbox: RunningSandbox
):
    lunch = office.add("Lunch")
    office.put("Dentist")
    office.sync()
    sandbox.control(
        "PATCH", f"/calendars/{office.calendar_id}", {"permission_level": "unrestricted"}
    )
    office.check_account()
    sweep_in_vain(office, sandbox)
    dentist = next(item.id for item in office.items() if item.subject == "Dentist")
    office.change(dentist, subject="Surgery")
    office.change(lunch, subject="Dinner")
    office.sync()
    assert office.summaries() == ["Dentist", "Dinner"]


def test_a_copy_that_the_database_forgot_is_known_by_its_id_and_not_doubled(office: Office):
    office.add("Lunch")
    office.sync()
    with office.tools.db.begin() as session:
        session.query(LinkRow).delete()
    office.sweep()
    assert office.subjects() == office.summaries() == ["Lunch"]
    assert states(office) == {LinkState.LIVE}
    office.edit(office.uid("Lunch"), summary="Dinner")
    office.sync()
    assert office.subjects() == ["Dinner"]


def test_what_an_edit_there_brought_back_here_comes_back_in_the_other_calendar_too(
    make_office: MakeOffice,
):
    work = make_office()
    other = make_office(calendar="Personal")
    item = work.add("Lunch")
    work.sync()
    other.sync()
    work.clock.move(timedelta(minutes=1))
    work.delete(item)
    work.edit(work.uid("Lunch"), summary="Dinner")
    other.sync()
    assert "Lunch" not in other.summaries()
    work.sync()
    assert work.subjects() == work.summaries() == ["Dinner"]
    other.sync()
    assert "Dinner" in other.summaries()
