"""Clients and the contacts at them: dispatchers change them, everybody of the tenant reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from calsync.core.item import Fault, UnfitItem, has_unfit_characters
from calsync.core.ticket import call_subject
from calsync.db.clients import (
    find_client,
    find_client_by_external_id,
    find_client_by_name,
    is_client_used,
    list_contacts_at,
    lock_calls_for,
    lock_client,
)
from calsync.db.database import Session
from calsync.db.joined import JoinedDatabase
from calsync.db.models import Client, Contact, Role, User
from calsync.db.subjects import hold_syncs_of_client
from calsync.db.users import get_user
from calsync.errors import AlreadyThere, InUse, NotAllowed, NotThere, StaleVersion
from calsync.ids import new_id
from calsync.services.item_checks import Taken
from calsync.services.item_history import Change, note_change
from calsync.services.item_rows import fields_of, put_fields
from calsync.services.tools import Tools, Who

LONGEST_NAME = LONGEST_ID = 200


@dataclass(frozen=True)
class ClientView:
    """A client with its contacts, by name."""

    client: Client
    contacts: tuple[Contact, ...]


def create_client(tools: Tools, who: Who, name: str, external_id: str | None = None) -> str:
    """Make a client and return its id.

    Raises NotAllowed but for a dispatcher, UnfitItem, and Taken for a name or an external
    id that there is.
    """
    with _refuse_taken(), tools.db.begin() as session:
        get_dispatcher(session, who)
        client = Client(id=new_id(), tenant_id=who.tenant_id, version=1)
        _put(session, client, name, external_id)
        session.add(client)
        return client.id


def change_client(
    tools: Tools,
    who: Who,
    client_id: str,
    name: str,
    external_id: str | None = None,
    *,
    version: int | None = None,
) -> None:
    """Call a client otherwise, and its service calls with it.

    Raises NotThere, StaleVersion and what ``create_client`` does; nothing has changed then.
    """
    with _refuse_taken(), tools.db.begin() as session:
        actor = get_dispatcher(session, who)
        hold_syncs_of_client(session, who.tenant_id, client_id)
        client = _lock(session, who, client_id, version)
        was = client.name
        _put(session, client, name, external_id)
        client.version += 1
        session.flush()
        if client.name != was:
            _rename_calls(tools, session, actor, client)


def put_client(
    tools: Tools,
    who: Who,
    name: str,
    external_id: str,
    *,
    version: int | None = None,
    must_exist: bool = False,
) -> tuple[str, bool]:
    """Make or change the client with an external id; return its id and whether it is new."""
    with tools.db.begin() as session:
        joined = replace(tools, db=JoinedDatabase(session))
        found = find_client_by_external_id(session, who.tenant_id, external_id)
        if found is None and must_exist:
            raise StaleVersion(0)
        if found is None:
            return create_client(joined, who, name, external_id), True
        change_client(joined, who, found.id, name, external_id, version=version)
        return found.id, False


def delete_client(tools: Tools, who: Who, client_id: str, *, version: int | None = None) -> None:
    """Remove a client with its contacts. Raises InUse where a ticket or an item needs it."""
    with tools.db.begin() as session:
        get_dispatcher(session, who)
        client = _lock(session, who, client_id, version)
        if is_client_used(session, who.tenant_id, client_id):
            raise InUse
        session.delete(client)


def get_client_view(tools: Tools, who: Who, client_id: str) -> ClientView:
    """Return a client of the tenant with its contacts. Raises NotThere."""
    with tools.db.read() as session:
        client = find_client(session, who.tenant_id, client_id)
        if client is None:
            raise NotThere
        return ClientView(client, tuple(list_contacts_at(session, who.tenant_id, client_id)))


def find_client_known_as(tools: Tools, who: Who, external_id: str) -> Client | None:
    """Return the client that somebody else's software knows by this id."""
    with tools.db.read() as session:
        return find_client_by_external_id(session, who.tenant_id, external_id)


def get_dispatcher(session: Session, who: Who) -> User:
    """Return who asks. Raises NotAllowed where that is no dispatcher."""
    actor = get_user(session, who.tenant_id, who.user_id)
    if actor.role is Role.MEMBER:
        raise NotAllowed
    return actor


def refuse_unfit_name(name: str, external_id: str | None) -> None:
    """Raise UnfitItem where these cannot be the name and external id of a client or contact."""
    faults = []
    if not name.strip():
        faults.append(Fault("name", "missing"))
    texts = {"name": (name.strip(), LONGEST_NAME), "external_id": (external_id or "", LONGEST_ID)}
    faults += [Fault(at, "too_long") for at, (text, most) in texts.items() if len(text) > most]
    faults += [
        Fault(at, "unreadable") for at, (text, _) in texts.items() if has_unfit_characters(text)
    ]
    if faults:
        raise UnfitItem(tuple(faults))


def _lock(session: Session, who: Who, client_id: str, version: int | None) -> Client:
    client = lock_client(session, who.tenant_id, client_id)
    if client is None:
        raise NotThere
    if version not in (None, client.version):
        raise StaleVersion(client.version)
    return client


@contextmanager
def _refuse_taken() -> Iterator[None]:
    """Raise Taken also where somebody else has just taken what was free when we looked."""
    try:
        yield
    except Taken:
        raise
    except AlreadyThere:
        raise Taken("name") from None


def _put(session: Session, client: Client, name: str, external_id: str | None) -> None:
    refuse_unfit_name(name, external_id)
    name, external_id = name.strip(), external_id or None
    same_name = find_client_by_name(session, client.tenant_id, name)
    if same_name is not None and same_name.id != client.id:
        raise Taken("name")
    if external_id:
        same_id = find_client_by_external_id(session, client.tenant_id, external_id)
        if same_id is not None and same_id.id != client.id:
            raise Taken("external_id")
    client.name, client.external_id = name, external_id


def _rename_calls(tools: Tools, session: Session, actor: User, client: Client) -> None:
    """Give the service calls for a client its new name, those in the bin too."""
    for call, ticket in lock_calls_for(session, client.tenant_id, client.id):
        before = fields_of(call)
        subject = call_subject(ticket.number, ticket.title, client.name)
        after = replace(before, subject=subject)
        if after != before:
            put_fields(call, after)
            call.version += 1
            call.updated_at = tools.clock.now()
            note_change(tools, session, actor, Change(call, "changed", before, after))
