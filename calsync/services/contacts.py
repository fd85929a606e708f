"""Contacts: the people at clients."""

from dataclasses import replace

from calsync.core.item import Fault, UnfitItem
from calsync.db.clients import (
    find_contact,
    find_contact_by_external_id,
    hold_client,
    is_contact_used,
    lock_contact,
)
from calsync.db.database import Session
from calsync.db.joined import JoinedDatabase
from calsync.db.models import Contact
from calsync.errors import InUse, NotThere, StaleVersion
from calsync.ids import new_id
from calsync.services.clients import get_dispatcher, refuse_unfit_name
from calsync.services.item_checks import Taken
from calsync.services.tools import Tools, Who


def create_contact(
    tools: Tools, who: Who, client_id: str, name: str, external_id: str | None = None
) -> str:
    """Make a contact at a client and return its id.

    Raises NotAllowed but for a dispatcher, UnfitItem, and Taken for an external id that
    there is.
    """
    with tools.db.begin() as session:
        get_dispatcher(session, who)
        contact = Contact(id=new_id(), tenant_id=who.tenant_id, version=1)
        _put(session, contact, client_id, name, external_id)
        session.add(contact)
        return contact.id


def change_contact(
    tools: Tools,
    who: Who,
    contact_id: str,
    client_id: str,
    name: str,
    external_id: str | None = None,
    *,
    version: int | None = None,
) -> None:
    """Call a contact otherwise, or have it at another client.

    Raises NotThere, StaleVersion, InUse where an item has it with its present client, and
    what ``create_contact`` does; nothing has changed then.
    """
    with tools.db.begin() as session:
        get_dispatcher(session, who)
        contact = _lock(session, who, contact_id, version)
        moves = contact.client_id != client_id
        if moves and is_contact_used(session, who.tenant_id, contact_id):
            raise InUse
        _put(session, contact, client_id, name, external_id)
        contact.version += 1


def put_contact(
    tools: Tools,
    who: Who,
    client_id: str,
    name: str,
    external_id: str,
    *,
    version: int | None = None,
    must_exist: bool = False,
) -> tuple[str, bool]:
    """Make or change the contact with an external id; return its id and whether it is new."""
    with tools.db.begin() as session:
        joined = replace(tools, db=JoinedDatabase(session))
        found = find_contact_by_external_id(session, who.tenant_id, external_id)
        if found is None and must_exist:
            raise StaleVersion(0)
        if found is None:
            return create_contact(joined, who, client_id, name, external_id), True
        change_contact(joined, who, found.id, client_id, name, external_id, version=version)
        return found.id, False


def delete_contact(tools: Tools, who: Who, contact_id: str, *, version: int | None = None) -> None:
    """Remove a contact. Raises InUse where an item names it."""
    with tools.db.begin() as session:
        get_dispatcher(session, who)
        contact = _lock(session, who, contact_id, version)
        if is_contact_used(session, who.tenant_id, contact_id):
            raise InUse
        session.delete(contact)


def get_contact(tools: Tools, who: Who, contact_id: str) -> Contact:
    """Return a contact of the tenant. Raises NotThere."""
    with tools.db.read() as session:
        contact = find_contact(session, who.tenant_id, contact_id)
    if contact is None:
        raise NotThere
    return contact


def find_contact_known_as(tools: Tools, who: Who, external_id: str) -> Contact | None:
    """Return the contact that somebody else's software knows by this id."""
    with tools.db.read() as session:
        return find_contact_by_external_id(session, who.tenant_id, external_id)


def _lock(session: Session, who: Who, contact_id: str, version: int | None) -> Contact:
    contact = lock_contact(session, who.tenant_id, contact_id)
    if contact is None:
        raise NotThere
    if version not in (None, contact.version):
        raise StaleVersion(contact.version)
    return contact


def _put(
    session: Session, contact: Contact, client_id: str, name: str, external_id: str | None
) -> None:
    refuse_unfit_name(name, external_id)
    if hold_client(session, contact.tenant_id, client_id) is None:
        raise UnfitItem((Fault("client_id", "unknown"),))
    if external_id:
        same = find_contact_by_external_id(session, contact.tenant_id, external_id)
        if same is not None and same.id != contact.id:
            raise Taken("external_id")
    contact.client_id, contact.name = client_id, name.strip()
    contact.external_id = external_id or None
