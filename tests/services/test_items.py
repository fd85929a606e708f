"""Making, changing, deleting and restoring items, and who may."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from calsync.core.item import Fault, ItemFields, Kind, UnfitItem
from calsync.core.permission import Right
from calsync.db.database import Session
from calsync.db.models import Item, ItemChange, Role, User
from calsync.db.users import list_users
from calsync.errors import CalsyncError, InUse, NotAllowed, NotThere, StaleVersion
from calsync.services import item_checks
from calsync.services.clients import create_client
from calsync.services.contacts import change_contact, create_contact, get_contact
from calsync.services.item_access import (
    find_item_view,
    find_view_by_external_id,
    list_colleagues,
    list_deleted,
    list_history,
)
from calsync.services.items import Scope, change_item, create_item, delete_item, restore_item
from calsync.services.people import set_disabled
from calsync.services.tickets import TicketFields, create_ticket
from calsync.services.tools import Tools, Who
from tests.cast import Person
from tests.clocks import FakeClock
from tests.services.makings import (
    MONDAY,
    add_colleague,
    add_weekly,
    appointment,
    at_once,
    call,
    hour,
    look,
    task,
)

#: Everything that can be asked of a given item.
SERVICES: dict[str, Callable[[Tools, Who, str], Any]] = {
    "find": find_item_view,
    "history": list_history,
    "change": lambda tools, who, item: change_item(tools, who, item, appointment("Mine now")),
    "change one": lambda tools, who, item: change_item(
        tools, who, item, appointment("Mine now"), scope=Scope.THIS, key="2026-03-09T09:00"
    ),
    "change the following": lambda tools, who, item: change_item(
        tools, who, item, appointment("Mine now"), scope=Scope.FOLLOWING, key="2026-03-09T09:00"
    ),
    "delete": delete_item,
    "delete one": lambda tools, who, item: delete_item(
        tools, who, item, scope=Scope.THIS, key="2026-03-09T09:00"
    ),
    "restore": restore_item,
}
READING = {"find", "history"}


def count_rows(tools: Tools) -> tuple[int, int, int]:
    """Return how many items and changes there are, and the sum of the versions."""
    with tools.db.read() as session:
        return (
            session.scalars(select(func.count()).select_from(Item)).one(),
            session.scalars(select(func.count()).select_from(ItemChange)).one(),
            session.scalars(select(func.coalesce(func.sum(Item.version), 0))).one(),
        )


def faults_of(action: Callable[[], object]) -> set[tuple[str, str]]:
    """Return what an action is refused for."""
    with pytest.raises(UnfitItem) as caught:
        action()
    return {(fault.field, str(fault.code)) for fault in caught.value.faults}


@pytest.mark.parametrize("service", SERVICES)
def test_a_stranger_finds_nothing_there(
    tools: Tools, dana: Person, mallory: Person, service: str
) -> None:
    item = add_weekly(tools, dana.who)
    before = count_rows(tools)
    with pytest.raises(NotThere):
        SERVICES[service](tools, mallory.who, item)
    with pytest.raises(NotThere):
        SERVICES[service](tools, dana.who, "0000000000000000")
    assert count_rows(tools) == before


@pytest.mark.parametrize("service", SERVICES)
def test_a_colleague_finds_nothing_of_somebody_elses_calendar(
    tools: Tools, dana: Person, service: str
) -> None:
    item = add_weekly(tools, dana.who)
    tom = add_colleague(tools, "Tom")
    before = count_rows(tools)
    with pytest.raises(NotThere):
        SERVICES[service](tools, tom.who, item)
    assert count_rows(tools) == before


@pytest.mark.parametrize("service", SERVICES.keys() - {"find"})
def test_a_dispatcher_sees_that_a_private_item_is_there_and_no_more(
    tools: Tools, dana: Person, sam: Person, service: str
) -> None:
    item = add_weekly(tools, dana.who, subject="Dentist", location="Upper Street", is_private=True)
    before = count_rows(tools)
    with pytest.raises(NotAllowed):
        SERVICES[service](tools, sam.who, item)
    assert count_rows(tools) == before
    view = find_item_view(tools, sam.who, item, "2026-03-09T09:00")
    assert view.is_hidden
    assert view.rights == {Right.SEE}
    assert view.fields == ItemFields(
        Kind.APPOINTMENT,
        times=hour(MONDAY + timedelta(days=7)),
        time_zone="Europe/London",
        is_private=True,
    )


@pytest.mark.parametrize("service", SERVICES.keys() - READING)
def test_a_colleague_reads_a_service_call_and_cannot_change_it(
    tools: Tools, dana: Person, service: str
) -> None:
    ticket = create_ticket(tools, dana.who, TicketFields("Printer"))
    item = create_item(tools, dana.who, call(ticket))
    tom = add_colleague(tools, "Tom")
    before = count_rows(tools)
    with pytest.raises(NotAllowed):
        SERVICES[service](tools, tom.who, item)
    assert count_rows(tools) == before
    assert find_item_view(tools, tom.who, item).fields.subject == "T-1001 Printer"


def test_ids_of_another_tenant_are_refused_as_unknown_ones(
    tools: Tools, dana: Person, mallory: Person
) -> None:
    ticket = create_ticket(tools, mallory.who, TicketFields("Theirs"))
    client = create_client(tools, mallory.who, "Theirs")
    theirs = [dana.who.user_id, mallory.who.user_id]
    before = count_rows(tools)
    assert faults_of(lambda: create_item(tools, dana.who, call(ticket))) == {
        ("ticket_id", "unknown")
    }
    for kind in (Kind.CRM_ACTIVITY,):
        fields = replace(appointment(), kind=kind, client_id=client, contact_id=client)
        assert faults_of(lambda f=fields: create_item(tools, dana.who, f)) == {  # type: ignore[misc]
            ("client_id", "unknown"),
            ("contact_id", "unknown"),
        }
    assert faults_of(lambda: create_item(tools, dana.who, appointment(), theirs)) == {
        ("assignees", "unknown")
    }
    assert count_rows(tools) == before


def test_an_item_is_not_taken_to_another_tenants_people_or_tickets(
    tools: Tools, dana: Person, mallory: Person
) -> None:
    ours = create_ticket(tools, dana.who, TicketFields("Ours"))
    theirs = create_ticket(tools, mallory.who, TicketFields("Theirs"))
    item = create_item(tools, dana.who, call(ours))
    before = count_rows(tools)
    people = [mallory.who.user_id]
    assert faults_of(
        lambda: change_item(tools, dana.who, item, call(theirs), assignees=people)
    ) == {("ticket_id", "unknown"), ("assignees", "unknown")}
    assert count_rows(tools) == before


def test_a_member_puts_nothing_on_somebody_elses_calendar_but_service_calls(
    tools: Tools, dana: Person, sam: Person
) -> None:
    both = [dana.who.user_id, sam.who.user_id]
    ticket = create_ticket(tools, dana.who, TicketFields("Printer"))
    with pytest.raises(NotAllowed):
        create_item(tools, dana.who, appointment(), both)
    item = create_item(tools, dana.who, appointment())
    with pytest.raises(NotAllowed):
        change_item(tools, dana.who, item, appointment("Changed"), assignees=both)
    assert find_item_view(tools, dana.who, item).fields.subject == "Standup"
    assert create_item(tools, dana.who, call(ticket), both)
    assert create_item(tools, sam.who, appointment(), both)


def test_a_member_can_leave_an_item_that_a_dispatcher_shared(
    tools: Tools, dana: Person, sam: Person
) -> None:
    item = create_item(tools, sam.who, appointment(), [dana.who.user_id, sam.who.user_id])
    change_item(tools, dana.who, item, appointment(), assignees=[sam.who.user_id])
    assert not look(tools, dana.who)
    assert look(tools, sam.who)


def test_an_item_of_somebody_who_left_can_still_be_changed(
    tools: Tools, dana: Person, sam: Person
) -> None:
    tom = add_colleague(tools, "Tom")
    both = [dana.who.user_id, tom.who.user_id]
    item = create_item(tools, sam.who, appointment(), both)
    set_disabled(tools, "acme", tom.email, is_disabled=True)
    change_item(tools, dana.who, item, appointment("Retro"), assignees=both)
    assert find_item_view(tools, dana.who, item).fields.subject == "Retro"
    assert faults_of(lambda: create_item(tools, sam.who, appointment(), [tom.who.user_id])) == {
        ("assignees", "unknown")
    }
    assert [user.name for user in list_colleagues(tools, dana.who)] == [dana.name, sam.name]


def test_a_contact_stays_at_its_client_while_an_item_takes_it(
    tools: Tools, dana: Person, sam: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = (create_client(tools, sam.who, name) for name in ("Here", "There"))
    contact = create_contact(tools, sam.who, here, "Ann")
    caught: list[Exception] = []

    def move() -> None:
        try:
            change_contact(tools, sam.who, contact, there, "Ann")
        except InUse as error:
            caught.append(error)

    moving = threading.Thread(target=move)

    def meanwhile(session: Session, tenant_id: str) -> list[User]:
        moving.start()
        moving.join(0.3)
        return list_users(session, tenant_id)

    monkeypatch.setattr(item_checks, "list_users", meanwhile)
    activity = ItemFields(
        Kind.CRM_ACTIVITY, "Call Ann", hour(), time_zone="Europe/London", contact_id=contact
    )
    item = create_item(tools, dana.who, activity)
    moving.join()
    assert len(caught) == 1
    assert find_item_view(tools, dana.who, item).fields.client_id == here
    assert get_contact(tools, dana.who, contact).client_id == here


def test_what_was_private_stays_so_in_the_history_when_the_item_is_opened(
    tools: Tools, dana: Person, sam: Person
):
    item = create_item(tools, dana.who, appointment("Therapy", is_private=True))
    change_item(tools, dana.who, item, appointment("Clinic", is_private=True))
    change_item(tools, dana.who, item, appointment("Standup"))
    change_item(tools, dana.who, item, appointment("Retro"))
    whole = list_history(tools, dana.who, item)
    assert [row.before.get("subject") for row in whole] == ["Standup", "Clinic", "Therapy", None]
    people = [dana.who.user_id, sam.who.user_id]
    # To put oneself on it afterwards does not help.
    change_item(tools, sam.who, item, appointment("Retro"), assignees=people)
    seen = {row.version: (row.before, row.after) for row in list_history(tools, sam.who, item)}
    assert sorted(seen) == [1, 2, 3, 4, 5]
    assert seen[4] == ({"subject": "Standup"}, {"subject": "Retro"})
    assert seen[3] == ({"is_private": True}, {"is_private": False})
    assert "Therapy" not in str(seen)
    assert "Clinic" not in str(seen)


def test_every_change_raises_the_version_and_is_in_the_history_once(
    tools: Tools, dana: Person, sam: Person, clock: FakeClock
) -> None:
    item = create_item(tools, dana.who, appointment())
    clock.move(timedelta(minutes=1))
    both = [dana.who.user_id, sam.who.user_id]
    change_item(tools, sam.who, item, appointment("Retro"), assignees=both)
    clock.move(timedelta(minutes=1))
    delete_item(tools, dana.who, item)
    clock.move(timedelta(minutes=1))
    restore_item(tools, dana.who, item)
    history = list_history(tools, dana.who, item)
    assert [(row.version, row.action, row.user_name) for row in history] == [
        (4, "restored", "Dana Reyes"),
        (3, "deleted", "Dana Reyes"),
        (2, "changed", "Sam Okafor"),
        (1, "created", "Dana Reyes"),
    ]
    assert len({row.at for row in history}) == 4
    changed = history[2]
    assert changed.user_id == sam.who.user_id
    assert changed.before == {"subject": "Standup", "assignees": [dana.who.user_id]}
    assert changed.after == {"subject": "Retro", "assignees": sorted(both)}
    assert history[3].before == {"assignees": []}
    assert history[3].after["subject"] == "Standup"
    assert history[1].before["subject"] == "Retro"
    assert find_item_view(tools, dana.who, item).version == 4


def test_a_stale_version_changes_nothing(tools: Tools, dana: Person) -> None:
    item = create_item(tools, dana.who, appointment())
    change_item(tools, dana.who, item, appointment("Second"), version=1)
    before = count_rows(tools)
    with pytest.raises(StaleVersion) as caught:
        change_item(tools, dana.who, item, appointment("Third"), version=1)
    assert caught.value.version == 2
    with pytest.raises(StaleVersion):
        delete_item(tools, dana.who, item, version=1)
    assert count_rows(tools) == before
    assert find_item_view(tools, dana.who, item).fields.subject == "Second"


def test_of_two_changes_at_once_one_is_stale(tools: Tools, dana: Person) -> None:
    item = create_item(tools, dana.who, appointment())
    results = at_once(
        lambda: change_item(tools, dana.who, item, appointment("Mine"), version=1),
        lambda: change_item(tools, dana.who, item, appointment("Yours"), version=1),
    )
    assert {type(result) for result in results} == {str, StaleVersion}
    won = ("Mine", "Yours")[results.index(item)]
    view = find_item_view(tools, dana.who, item)
    assert (view.version, view.fields.subject) == (2, won)
    assert len(list_history(tools, dana.who, item)) == 2


def test_a_deletion_and_a_change_at_once_do_not_both_happen(tools: Tools, dana: Person) -> None:
    item = create_item(tools, dana.who, appointment())
    results = at_once(
        lambda: change_item(tools, dana.who, item, appointment("Mine"), version=1),
        lambda: delete_item(tools, dana.who, item, version=1),
    )
    errors = [result for result in results if isinstance(result, CalsyncError)]
    assert len(errors) == 1
    assert isinstance(errors[0], StaleVersion | NotThere)


def test_what_is_unfit_is_refused_at_every_field_at_once(tools: Tools, dana: Person) -> None:
    fields = task(
        "",
        rule="FREQ=DAILY",
        percent_done=101,
        description="a\x00b",
        location="\ud800",
        time_zone="Mars/Olympus",
    )
    assert faults_of(lambda: create_item(tools, dana.who, fields, [])) == {
        ("subject", "missing"),
        ("description", "unreadable"),
        ("location", "unreadable"),
        ("time_zone", "unknown"),
        ("percent_done", "out_of_range"),
        ("rule", "not_of_this_kind"),
        ("assignees", "missing"),
    }
    assert count_rows(tools) == (0, 0, 0)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.APPOINTMENT])
def test_only_appointments_repeat(tools: Tools, dana: Person, kind: Kind) -> None:
    ticket = create_ticket(tools, dana.who, TicketFields("Printer"))
    ticket_id = ticket if kind is Kind.SERVICE_CALL else None
    fields = replace(appointment(rule="FREQ=DAILY"), kind=kind, ticket_id=ticket_id)
    assert faults_of(lambda: create_item(tools, dana.who, fields)) == {("rule", "not_of_this_kind")}


def test_an_external_id_that_is_taken_is_said_at_the_field(
    tools: Tools, dana: Person, mallory: Person
) -> None:
    item = create_item(tools, dana.who, appointment(external_id="psa-1"))
    other = create_item(tools, dana.who, appointment())
    taken = {("external_id", "taken")}
    before = count_rows(tools)
    assert (
        faults_of(lambda: create_item(tools, dana.who, appointment(external_id="psa-1"))) == taken
    )
    fields = appointment("Second", external_id="psa-1")
    assert faults_of(lambda: change_item(tools, dana.who, other, fields)) == taken
    assert count_rows(tools) == before
    assert create_item(tools, mallory.who, appointment(external_id="psa-1"))
    found = find_view_by_external_id(tools, dana.who, "psa-1")
    assert found
    assert found.id == item
    # An empty text is no id, so there may be many.
    for _ in range(2):
        assert create_item(tools, dana.who, appointment(external_id=""))


def test_of_two_items_with_one_external_id_at_once_one_is_made(tools: Tools, dana: Person) -> None:
    fields = appointment(external_id="psa-1")
    results = at_once(*[lambda: create_item(tools, dana.who, fields)] * 2)
    errors = [result for result in results if isinstance(result, UnfitItem)]
    assert [error.faults for error in errors] == [(Fault("external_id", "taken"),)]
    assert count_rows(tools)[0] == 1


def test_somebody_elses_item_is_not_found_by_its_external_id(
    tools: Tools, dana: Person, mallory: Person
) -> None:
    create_item(tools, dana.who, appointment(external_id="psa-1"))
    tom = add_colleague(tools, "Tom", Role.MEMBER)
    assert find_view_by_external_id(tools, tom.who, "psa-1") is None
    assert find_view_by_external_id(tools, mallory.who, "psa-1") is None
    assert find_view_by_external_id(tools, dana.who, "psa-2") is None


def test_what_was_deleted_is_in_the_bin_for_thirty_days(
    tools: Tools, dana: Person, sam: Person, clock: FakeClock
) -> None:
    item = create_item(tools, dana.who, appointment())
    delete_item(tools, dana.who, item)
    assert not look(tools, dana.who)
    with pytest.raises(NotThere):
        find_item_view(tools, dana.who, item)
    with pytest.raises(NotThere):
        delete_item(tools, dana.who, item)
    assert [view.id for view in list_deleted(tools, dana.who)] == [item]
    assert not list_deleted(tools, sam.who)
    clock.move(timedelta(days=30))
    restore_item(tools, dana.who, item)
    assert not list_deleted(tools, dana.who)
    assert len(look(tools, dana.who)) == 1
    with pytest.raises(NotThere):
        restore_item(tools, dana.who, item)


def test_after_thirty_days_it_is_gone(tools: Tools, dana: Person, clock: FakeClock) -> None:
    item = create_item(tools, dana.who, appointment())
    delete_item(tools, dana.who, item)
    clock.move(timedelta(days=30, seconds=1))
    assert not list_deleted(tools, dana.who)
    for service in (restore_item, list_history):
        with pytest.raises(NotThere):
            service(tools, dana.who, item)


def test_a_time_is_kept_in_the_zone_of_its_item(tools: Tools, dana: Person) -> None:
    item = create_item(tools, dana.who, appointment(times=hour(zone="America/New_York")))
    view = find_item_view(tools, dana.who, item)
    assert view.fields.times == replace(hour(zone="America/New_York"), zone="Europe/London")
