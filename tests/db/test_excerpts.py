"""What concerns one user, copied to be worked on and thrown away."""

from typing import Any

from calsync.core.item import ItemFields, Kind
from calsync.core.link import Act, Origin
from calsync.db.base import Base
from calsync.db.database import Session, is_in_transaction
from calsync.db.excerpts import try_out
from calsync.db.judged import Judgement, note_judged
from calsync.db.links import mark_items
from calsync.db.models import (
    Item,
    ItemChange,
    LinkedAccount,
    LinkRow,
    PushChannel,
    Ticket,
    User,
)
from calsync.db.tenants import add_tenant, find_tenant
from calsync.services.items import create_item
from calsync.services.tickets import TicketFields, create_ticket
from calsync.services.tools import Tools
from tests.cast import Person
from tests.clocks import FakeClock
from tests.plenty import fill_tenant, number
from tests.services.hearing import add_channel, add_integration
from tests.services.integrating import TIMES, add_item, add_link

#: What a sync does not look at.
NOT_COPIED = {
    "api_tokens",
    "contacts",
    "feeds",
    "log_entries",
    "login_sessions",
    "plans",
    "planned_actions",
    "webhook_deliveries",
    "webhook_endpoints",
}


def dump(session: Session) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each table that has any, without secrets."""
    found = {}
    for table in Base.metadata.sorted_tables:
        shown = [
            c
            for c in table.c
            if c.name not in ("password_hash", "token") and c.key[-6:] != "_token"
        ]
        rows = [
            dict(row._mapping) for row in session.execute(table.select().with_only_columns(*shown))
        ]
        if rows:
            found[table.name] = sorted(rows, key=repr)
    return found


def test_what_a_sync_looks_at_is_copied_as_it_is(tools: Tools, dana: Person):
    fill_tenant(tools, dana.who, 20)
    integration = add_integration(tools, dana, number("account"))
    add_channel(tools, integration)
    of = dana.who.tenant_id, integration.id
    now = tools.clock.now()
    with tools.db.begin() as session:
        mark_items(session, of[0], of[1:], [number("item")], {Act.CREATED}, now)
        note_judged(session, *of, [Judgement("evt_1", "past", "like")], now)
    with tools.db.read() as session:
        expected = dump(session)
        expected["tenants"] = [each for each in expected["tenants"] if each["id"] == of[0]]
        expected["users"] = [each for each in expected["users"] if each["tenant_id"] == of[0]]
        expected["tickets"] = [
            each for each in expected["tickets"] if each["id"] == number("ticket")
        ]
    with try_out(tools.db, dana.who.tenant_id, dana.who.user_id) as session:
        copied = dump(session)
    assert {name for name in expected if name not in copied} == NOT_COPIED
    for name, rows in copied.items():
        assert rows == expected[name], name


def test_of_other_people_only_what_is_shared_is_copied(
    tools: Tools, dana: Person, sam: Person, mallory: Person
):
    theirs = add_integration(tools, sam)
    ticket = create_ticket(tools, sam.who, TicketFields("Replace firewall"))
    people = [dana.who.user_id, sam.who.user_id]
    fields = ItemFields(Kind.SERVICE_CALL, times=TIMES, ticket_id=ticket)
    shared = create_item(tools, sam.who, fields, people)
    add_link(tools, sam, theirs.id, shared, origin=Origin.BROUGHT, is_source=True)
    lone = add_item(tools, sam)
    add_link(tools, sam, theirs.id, lone)
    create_ticket(tools, sam.who, TicketFields("Nobody's"))
    add_item(tools, mallory)
    with try_out(tools.db, dana.who.tenant_id, dana.who.user_id) as session:
        assert [item.id for item in session.query(Item)] == [shared]
        assert [change.item_id for change in session.query(ItemChange)] == [shared]
        assert [link.item_id for link in session.query(LinkRow)] == [shared]
        assert [each.title for each in session.query(Ticket)] == ["Replace firewall"]
        assert {user.tenant_id for user in session.query(User)} == {dana.who.tenant_id}


def test_no_secret_is_copied(tools: Tools, dana: Person):
    add_channel(tools, add_integration(tools, dana))
    with try_out(tools.db, dana.who.tenant_id, dana.who.user_id) as session:
        [account] = session.query(LinkedAccount)
        assert (account.access_token, account.refresh_token) == ("", "")
        assert [channel.token for channel in session.query(PushChannel)] == [""]
        assert {user.password_hash for user in session.query(User)} == {""}


def test_what_is_tried_out_is_seen_inside_and_not_kept(tools: Tools, dana: Person):
    with try_out(tools.db, dana.who.tenant_id, dana.who.user_id) as session:
        add_tenant(session, "northwind", "Northwind", FakeClock().now())
        assert find_tenant(session, "northwind")
        assert find_tenant(session, "acme")
        assert is_in_transaction()
    with tools.db.read() as session:
        assert find_tenant(session, "northwind") is None
