"""Keeping an item as another program has it, by that program's own id."""

from collections.abc import Sequence
from dataclasses import replace

from calsync.core.item import Fault, ItemFields, UnfitItem
from calsync.core.permission import Right
from calsync.db.database import Session
from calsync.db.items import find_item_by_external_id
from calsync.db.joined import JoinedDatabase
from calsync.db.models import Item
from calsync.errors import AlreadyThere, NotThere, StaleVersion
from calsync.services.item_access import BIN_KEEPS, get_item
from calsync.services.item_purge import purge_item
from calsync.services.items import change_item, create_item, restore_item
from calsync.services.tools import Tools, Who


def put_item(
    tools: Tools,
    who: Who,
    fields: ItemFields,
    *,
    assignees: Sequence[str] | None,
    version: int | None,
    must_exist: bool = False,
) -> tuple[str, bool]:
    """Make or change the item with the fields' external id; return its id and whether it is new.

    An item in the bin is restored first; one whose time there is over is made anew.
    Raises AlreadyThere where the id is that of an item which whoever asks may not see;
    StaleVersion (of 0) where there is none and one must exist; UnfitItem where it is of
    another kind; and what ``create_item`` and ``change_item`` raise.
    """
    with tools.db.begin() as session:
        joined = replace(tools, db=JoinedDatabase(session))
        _purge_overdue(joined, session, who, fields.external_id or "")
        found = find_item_by_external_id(session, who.tenant_id, fields.external_id or "")
        if found is None and must_exist:
            raise StaleVersion(0)
        if found is None:
            try:
                return create_item(joined, who, fields, assignees), True
            except AlreadyThere:  # somebody else was faster, so now there is one to change
                found = find_item_by_external_id(session, who.tenant_id, fields.external_id or "")
                if found is None:
                    raise
        return _change(joined, session, who, found, fields, assignees, version), False


def _change(
    tools: Tools,
    session: Session,
    who: Who,
    found: Item,
    fields: ItemFields,
    assignees: Sequence[str] | None,
    version: int | None,
) -> str:
    try:
        since = tools.clock.now() - BIN_KEEPS
        get_item(session, who, found.id, Right.SEE, bin_since=since)
        if found.kind is not fields.kind:
            raise UnfitItem((Fault("kind", "fixed"),))
        if found.deleted_at is not None:
            restore_item(tools, who, found.id)
            version = None if version is None else version + 1
        return change_item(tools, who, found.id, fields, assignees=assignees, version=version)
    except NotThere:
        raise AlreadyThere("The external id is that of another item.") from None


def _purge_overdue(tools: Tools, session: Session, who: Who, external_id: str) -> None:
    """Remove what should be gone, where nobody has done the due work yet."""
    found = find_item_by_external_id(session, who.tenant_id, external_id)
    if found is not None and found.deleted_at is not None:
        purge_item(tools, who.tenant_id, found.id)
