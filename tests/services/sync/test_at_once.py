"""What somebody does while a sync commits: on PostgreSQL neither waits for the other for ever."""

from collections.abc import Callable
from dataclasses import replace
from threading import Thread

import pytest

from calsync.core.integration import Copies
from calsync.core.item import Kind
from calsync.db.accounts import lock_account
from calsync.db.database import Session
from calsync.db.integrations import (
    find_integration,
    lock_integration,
    lock_integration_of_tenant,
)
from calsync.db.items import lock_item
from calsync.db.joined import JoinedDatabase
from calsync.db.links import list_links
from calsync.db.models import Integration, LinkedAccount, LinkRow
from calsync.errors import CalsyncError, NotThere
from calsync.services import integration_end
from calsync.services.accounts import disconnect
from calsync.services.clients import change_client, create_client
from calsync.services.erasure import erase_account
from calsync.services.integration_end import delete_integration
from calsync.services.integrations import deactivate
from calsync.services.runs import request_sync
from calsync.services.swapping import swap_calendar
from calsync.services.sync.fence import Fence
from calsync.services.sync.rehearsal import preview
from calsync.services.tickets import TicketFields, change_ticket, create_ticket
from tests.cast import Person
from tests.postgres import wait_for_a_lock
from tests.services.sync.office import Office

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def while_a_sync_commits(
    office: Office, deed: Callable[[], object], touch: Callable[[Session], object]
) -> None:
    """Begin a deed while a sync has begun to commit what it then touches; both must end well."""
    errors: list[CalsyncError] = []

    def do() -> None:
        try:
            deed()
        except CalsyncError as error:
            errors.append(error)

    office.wake()
    thread = Thread(target=do)
    with Fence(office.tools, office.claim()).begin() as session:
        thread.start()
        wait_for_a_lock(office.tools.db.engine)
        touch(session)
        session.flush()
    thread.join()
    assert errors == []


@pytest.mark.parametrize(
    "deed", ["request", "options", "deactivate", "delete", "disconnect", "erase"]
)
def test_an_integration_is_changed_while_a_sync_commits(office: Office, deed: str):
    office.add("Lunch")
    office.sync()
    tools, who, integration_id = office.tools, office.person.who, office.integration_id
    account_id = office.integration.account_id or ""
    deeds: dict[str, Callable[[], object]] = {
        "request": lambda: request_sync(tools, who, integration_id, bulk=True),
        "options": lambda: office.options(takes_delete=False),
        "deactivate": lambda: deactivate(tools, who, integration_id),
        "delete": lambda: delete_integration(tools, who, integration_id),
        "disconnect": lambda: disconnect(tools, who, account_id),
        "erase": lambda: erase_account(tools, who.tenant_id, account_id),
    }

    def touch(session: Session) -> None:
        row = session.get(Integration, integration_id)
        assert row is not None
        row.poll_seconds += 1

    while_a_sync_commits(office, deeds[deed], touch)


def test_an_item_is_changed_while_a_sync_commits_what_it_took_in_for_it(office: Office):
    item_id = office.add("Lunch")
    office.sync()

    def touch(session: Session) -> None:
        assert lock_item(session, office.person.who.tenant_id, item_id)

    while_a_sync_commits(office, lambda: office.change(item_id, subject="Dinner"), touch)
    assert office.item(item_id).subject == "Dinner"


def test_a_ticket_is_renamed_while_a_sync_commits_what_it_took_in_for_its_call(office: Office):
    tools, who = office.tools, office.person.who
    ticket_id = create_ticket(tools, who, TicketFields("Replace firewall"))
    call_id = office.add("", kind=Kind.SERVICE_CALL, ticket_id=ticket_id)
    office.sync()
    while_a_sync_commits(
        office,
        lambda: change_ticket(tools, who, ticket_id, TicketFields("Replace switch")),
        lambda session: lock_item(session, who.tenant_id, call_id),
    )


def test_a_client_is_renamed_while_a_sync_commits_what_it_took_in_for_a_call(
    office: Office, sam: Person
):
    tools, who = office.tools, office.person.who
    client_id = create_client(tools, sam.who, "Acme")
    ticket_id = create_ticket(tools, who, TicketFields("Replace firewall", client_id=client_id))
    call_id = office.add("", kind=Kind.SERVICE_CALL, ticket_id=ticket_id)
    office.sync()
    while_a_sync_commits(
        office,
        lambda: change_client(tools, sam.who, client_id, "Acme Ltd"),
        lambda session: lock_item(session, who.tenant_id, call_id),
    )
    assert "Acme Ltd" in office.item(call_id).subject


def test_a_preview_does_not_wait_for_a_sync_that_commits(office: Office):
    office.add("Lunch")
    office.sync()
    office.edit(office.uid("Lunch"), summary="Dinner")
    tools, who, integration_id = office.tools, office.person.who, office.integration_id
    planned = []
    thread = Thread(target=lambda: planned.extend(preview(tools, who, integration_id, bulk=True)))
    office.wake()
    with Fence(tools, office.claim()).begin() as session:
        assert list_links(session, who.tenant_id, [row.id for row in session.query(LinkRow)])
        thread.start()
        thread.join()
    assert [(entry.action, entry.title) for entry in planned] == [("update", "Lunch")]


def test_a_calendar_is_swapped_while_its_integration_is_deleted_in_another_window(office: Office):
    tools, who = office.tools, office.person.who
    personal = office.sandbox.calendars()["Personal"]
    errors: list[CalsyncError] = []

    def swap() -> None:
        try:
            place = {"account_id": office.account_id, "calendar_id": personal}
            swap_calendar(tools, who, office.integration_id, **place)
        except CalsyncError as error:
            errors.append(error)

    thread = Thread(target=swap)
    with tools.db.begin() as session:
        # As whoever deletes or finishes does: the account first.
        assert lock_account(session, who.tenant_id, office.account_id)
        thread.start()
        wait_for_a_lock(tools.db.engine)
        inside = replace(tools, db=JoinedDatabase(session), wake=lambda: None)
        delete_integration(inside, who, office.integration_id)
    thread.join()
    assert [type(error) for error in errors] == [NotThere]


def test_what_was_read_before_it_was_locked_is_read_again(office: Office):
    tools, who, integration_id = office.tools, office.person.who, office.integration_id
    with tools.db.begin() as session:
        seen = find_integration(session, who.tenant_id, who.user_id, integration_id)
        assert seen is not None
        deactivate(tools, who, integration_id)
        assert lock_integration(session, who.tenant_id, who.user_id, integration_id) is seen
        assert not seen.is_active
        assert lock_integration_of_tenant(session, who.tenant_id, integration_id) is seen


def test_of_two_windows_that_delete_an_integration_at_once_one_finds_it_gone(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    tools, who, integration_id = office.tools, office.person.who, office.integration_id
    lock_both = integration_end._lock_both

    def delete_meanwhile(
        session: Session, tenant_id: str, integration_id: str
    ) -> tuple[LinkedAccount | None, Integration | None]:
        with monkeypatch.context() as patch:
            patch.setattr(integration_end, "_lock_both", lock_both)
            delete_integration(tools, who, integration_id)
        return lock_both(session, tenant_id, integration_id)

    monkeypatch.setattr(integration_end, "_lock_both", delete_meanwhile)
    with pytest.raises(NotThere):
        delete_integration(tools, who, integration_id, copies=Copies.STAY)
