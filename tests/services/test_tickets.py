"""Tickets, their numbers, and their service calls."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select

from calsync.core.item import Fault, ItemStatus, UnfitItem
from calsync.core.ticket import TicketStatus
from calsync.db.items import lock_item
from calsync.db.models import Ticket
from calsync.errors import InUse, NotThere, StaleVersion
from calsync.services import clients
from calsync.services.clients import create_client
from calsync.services.item_access import find_item_view, list_history
from calsync.services.items import change_item, create_item, delete_item
from calsync.services.tickets import (
    LONGEST_TITLE,
    TicketFields,
    change_ticket,
    create_ticket,
    delete_ticket,
    get_ticket_view,
    list_ticket_views,
)
from calsync.services.tools import Tools
from tests.cast import Person
from tests.services.makings import add_colleague, at_once, call


def numbers(tools: Tools, person: Person) -> list[int]:
    with tools.db.read() as session:
        wanted = select(Ticket.number).where(Ticket.tenant_id == person.who.tenant_id)
        return sorted(session.scalars(wanted))


def faults_of(action: Callable[[], object]) -> set[tuple[str, str]]:
    """Return what an action is refused for."""
    with pytest.raises(UnfitItem) as caught:
        action()
    return {(fault.field, str(fault.code)) for fault in caught.value.faults}


def test_a_ticket_stays_while_somebody_opens_a_call_of_it_again(
    tools: Tools, dana: Person, sam: Person
) -> None:
    ticket = create_ticket(tools, dana.who, TicketFields("Printer"))
    item = create_item(tools, dana.who, call(ticket, status=ItemStatus.DONE))
    caught: list[Exception] = []

    def delete() -> None:
        try:
            delete_ticket(tools, sam.who, ticket)
        except InUse as error:
            caught.append(error)

    deleting = threading.Thread(target=delete)
    with tools.db.begin() as session:
        found = lock_item(session, dana.who.tenant_id, item)
        assert found is not None
        found.status = ItemStatus.OPEN
        session.flush()
        deleting.start()
        deleting.join(0.3)
    deleting.join()
    assert len(caught) == 1
    assert get_ticket_view(tools, dana.who, ticket).ticket.deleted_at is None


def test_a_client_that_somebody_else_adds_at_this_moment_is_taken(
    tools: Tools, sam: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_client(tools, sam.who, "Northwind")
    monkeypatch.setattr(clients, "find_client_by_name", lambda *_: None)
    assert faults_of(lambda: create_client(tools, sam.who, "Northwind")) == {("name", "taken")}


def test_tickets_are_numbered_for_each_tenant(
    tools: Tools, dana: Person, sam: Person, mallory: Person
) -> None:
    for person in (dana, mallory, sam):
        create_ticket(tools, person.who, TicketFields("Printer"))
    assert numbers(tools, dana) == [1001, 1002]
    assert numbers(tools, mallory) == [1001]


def test_tickets_made_at_once_have_numbers_of_their_own(tools: Tools, dana: Person) -> None:
    results = at_once(*[lambda: create_ticket(tools, dana.who, TicketFields("Printer"))] * 8)
    assert {type(result) for result in results} == {str}
    assert numbers(tools, dana) == list(range(1001, 1009))


def test_of_two_changes_at_once_one_is_stale(tools: Tools, dana: Person) -> None:
    ticket = create_ticket(tools, dana.who, TicketFields("Printer"))
    results = at_once(
        lambda: change_ticket(tools, dana.who, ticket, TicketFields("Mine"), version=1),
        lambda: change_ticket(tools, dana.who, ticket, TicketFields("Yours"), version=1),
    )
    assert {type(result) for result in results} == {type(None), StaleVersion}
    view = get_ticket_view(tools, dana.who, ticket).ticket
    assert (view.version, view.title) == (2, ("Mine", "Yours")[results.index(None)])


def test_a_call_and_a_new_title_at_once_end_up_with_one_name(tools: Tools, dana: Person) -> None:
    ticket = create_ticket(tools, dana.who, TicketFields("Printer"))
    for at in range(5):
        item, _ = at_once(
            lambda: create_item(tools, dana.who, call(ticket)),
            lambda title=f"Scanner {at}": change_ticket(  # type: ignore[misc]
                tools, dana.who, ticket, TicketFields(title)
            ),
        )
        subject = find_item_view(tools, dana.who, item).fields.subject
        assert subject == f"T-1001 Scanner {at}"


def test_a_changed_call_and_a_new_title_at_once_do_not_wait_for_each_other_for_ever(
    tools: Tools, dana: Person
) -> None:
    ticket = create_ticket(tools, dana.who, TicketFields("Printer"))
    calls = [create_item(tools, dana.who, call(ticket)) for _ in range(3)]
    for at in range(4):
        title, site = f"Scanner {at}", f"Room {at}"
        results = at_once(
            lambda title=title: change_ticket(  # type: ignore[misc]
                tools, dana.who, ticket, TicketFields(title)
            ),
            *[
                lambda item=item, site=site: change_item(
                    tools, dana.who, item, call(ticket, site=site)
                )
                for item in calls
            ],
        )
        assert results == [None, *calls]
        for item in calls:
            fields = find_item_view(tools, dana.who, item).fields
            assert (fields.subject, fields.site) == (f"T-1001 {title}", site)


def test_strangers_and_unknown_tickets_are_not_there(
    tools: Tools, dana: Person, mallory: Person
) -> None:
    ticket = create_ticket(tools, dana.who, TicketFields("Printer"))
    for person, ticket_id in ((mallory, ticket), (dana, "0000000000000000")):
        with pytest.raises(NotThere):
            get_ticket_view(tools, person.who, ticket_id)
        with pytest.raises(NotThere):
            change_ticket(tools, person.who, ticket_id, TicketFields("Mine"))
    assert get_ticket_view(tools, dana.who, ticket).ticket.title == "Printer"
    assert list_ticket_views(tools, mallory.who) == []


def test_a_new_title_renames_the_calls_and_is_in_their_history(
    tools: Tools, dana: Person, sam: Person
) -> None:
    client = create_client(tools, sam.who, "Northwind")
    ticket = create_ticket(tools, dana.who, TicketFields("Printer"))
    calls = [create_item(tools, dana.who, call(ticket)) for _ in range(2)]
    change_ticket(tools, sam.who, ticket, TicketFields("Scanner", client_id=client))
    for item in calls:
        view = find_item_view(tools, dana.who, item)
        assert (view.version, view.fields.subject) == (2, "T-1001 Scanner (Northwind)")
        assert view.fields.client_id == client
        row = list_history(tools, dana.who, item)[0]
        assert (row.version, row.user_name) == (2, sam.name)
        assert row.before["subject"] == "T-1001 Printer"
        assert row.after["subject"] == "T-1001 Scanner (Northwind)"


def test_a_change_that_names_nothing_anew_leaves_the_calls_alone(
    tools: Tools, dana: Person
) -> None:
    ticket = create_ticket(tools, dana.who, TicketFields("Printer"))
    item = create_item(tools, dana.who, call(ticket))
    change_ticket(tools, dana.who, ticket, TicketFields("Printer", status=TicketStatus.DONE))
    assert find_item_view(tools, dana.who, item).version == 1
    assert len(list_history(tools, dana.who, item)) == 1


def test_a_call_takes_the_name_of_the_ticket_it_is_moved_to(tools: Tools, dana: Person) -> None:
    printer, scanner = (
        create_ticket(tools, dana.who, TicketFields(title)) for title in ("Printer", "Scanner")
    )
    item = create_item(tools, dana.who, call(printer, subject="Made up"))
    assert find_item_view(tools, dana.who, item).fields.subject == "T-1001 Printer"
    change_item(tools, dana.who, item, call(scanner, subject="Made up"))
    assert find_item_view(tools, dana.who, item).fields.subject == "T-1002 Scanner"


def test_a_stale_ticket_changes_nothing(tools: Tools, dana: Person) -> None:
    ticket = create_ticket(tools, dana.who, TicketFields("Printer"))
    item = create_item(tools, dana.who, call(ticket))
    with pytest.raises(StaleVersion):
        change_ticket(tools, dana.who, ticket, TicketFields("Scanner"), version=2)
    assert find_item_view(tools, dana.who, item).fields.subject == "T-1001 Printer"


def test_an_unfit_ticket_changes_nothing(tools: Tools, dana: Person, mallory: Person) -> None:
    theirs = create_client(tools, mallory.who, "Northwind")
    ticket = create_ticket(tools, dana.who, TicketFields("Printer"))
    item = create_item(tools, dana.who, call(ticket))
    unfit = {
        TicketFields(" "): ("title", "missing"),
        TicketFields("x" * (LONGEST_TITLE + 1)): ("title", "too_long"),
        TicketFields("a\x00"): ("title", "unreadable"),
        TicketFields("a", client_id=theirs): ("client_id", "unknown"),
        TicketFields("a", external_id="x" * 201): ("external_id", "too_long"),
    }
    for fields, fault in unfit.items():
        assert faults_of(
            lambda fields=fields: change_ticket(tools, dana.who, ticket, fields)  # type: ignore[misc]
        ) == {fault}
        assert faults_of(
            lambda fields=fields: create_ticket(tools, dana.who, fields)  # type: ignore[misc]
        ) == {fault}
    assert numbers(tools, dana) == [1001]
    assert find_item_view(tools, dana.who, item).version == 1


def test_an_external_id_that_is_taken_is_said_at_the_field(
    tools: Tools, dana: Person, mallory: Person
) -> None:
    fields = TicketFields("Printer", external_id="psa-1")
    create_ticket(tools, dana.who, fields)
    other = create_ticket(tools, dana.who, TicketFields("Scanner", external_id=""))
    taken = {("external_id", "taken")}
    assert faults_of(lambda: create_ticket(tools, dana.who, fields)) == taken
    assert faults_of(lambda: change_ticket(tools, dana.who, other, fields)) == taken
    assert create_ticket(tools, mallory.who, fields)
    assert create_ticket(tools, dana.who, TicketFields("Copier", external_id=""))
    # Nor does a refused one use up a number.
    assert numbers(tools, dana) == [1001, 1002, 1003]


def test_of_two_tickets_with_one_external_id_at_once_one_is_made(
    tools: Tools, dana: Person
) -> None:
    fields = TicketFields("Printer", external_id="psa-1")
    results = at_once(*[lambda: create_ticket(tools, dana.who, fields)] * 2)
    errors = [result for result in results if isinstance(result, UnfitItem)]
    assert [error.faults for error in errors] == [(Fault("external_id", "taken"),)]
    assert numbers(tools, dana) == [1001]


def test_a_ticket_shows_its_calls_but_not_the_private_ones_of_others(
    tools: Tools, dana: Person, sam: Person
) -> None:
    ticket = create_ticket(tools, dana.who, TicketFields("Printer"))
    tom = add_colleague(tools, "Tom")
    both = [dana.who.user_id, sam.who.user_id]
    shared = create_item(tools, dana.who, call(ticket), both)
    own = create_item(tools, dana.who, call(ticket, is_private=True))
    gone = create_item(tools, dana.who, call(ticket))
    delete_item(tools, dana.who, gone)
    seen = {
        person.name: {item.id for item, _ in get_ticket_view(tools, person.who, ticket).calls}
        for person in (dana, sam, tom)
    }
    assert seen == {dana.name: {shared, own}, sam.name: {shared}, "Tom": {shared}}
    assert sorted(get_ticket_view(tools, tom.who, ticket).calls[0][1]) == sorted(both)


def test_tickets_are_found_by_words_in_any_alphabet_and_case(tools: Tools, dana: Person) -> None:
    for title in ("Ölwechsel", "Printer"):
        create_ticket(tools, dana.who, TicketFields(title))
    done = create_ticket(tools, dana.who, TicketFields("Ölpumpe", status=TicketStatus.DONE))

    def found(text: str, *, with_done: bool = False) -> list[str]:
        views = list_ticket_views(tools, dana.who, text=text, with_done=with_done)
        return [view.ticket.title for view in views]

    assert found("ölw") == found("ÖLW") == ["Ölwechsel"]
    assert found("öl", with_done=True) == ["Ölpumpe", "Ölwechsel"]
    assert found("%") == []
    assert get_ticket_view(tools, dana.who, done).ticket.status is TicketStatus.DONE
