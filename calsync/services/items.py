"""Making, changing, deleting and restoring items of My Calendar."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import StrEnum

from calsync.core.item import ItemFields
from calsync.core.permission import Right
from calsync.core.recurrence import Override
from calsync.core.series import Series, remove_this, restore_this
from calsync.db.database import Session
from calsync.db.items import find_ticket_id_of, map_exceptions
from calsync.db.models import Item
from calsync.db.tickets import lock_ticket, revive_ticket
from calsync.db.users import get_user
from calsync.errors import NotThere
from calsync.ids import new_id
from calsync.services.item_access import BIN_KEEPS, get_item, occurrence_of
from calsync.services.item_change import Edit, head_of
from calsync.services.item_checks import (
    complete,
    refuse_faults,
    refuse_taken_ids,
    refuse_unfit,
    refuse_unless_assignable,
)
from calsync.services.item_edits import rest_of, spread_to_all
from calsync.services.item_rows import fields_of, series_of, with_series
from calsync.services.tools import Tools, Who


class Scope(StrEnum):
    """Which occurrences of a series a change is for."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


def create_item(
    tools: Tools, who: Who, fields: ItemFields, assignees: Sequence[str] | None = None
) -> str:
    """Make an item for the assignees (else for whoever asks) and return its id.

    Raises UnfitItem where the fields cannot be, NotAllowed where whoever asks may
    not put such an item on somebody else's calendar.
    """
    with refuse_taken_ids(), tools.db.begin() as session:
        actor = get_user(session, who.tenant_id, who.user_id)
        chosen = tuple(dict.fromkeys(assignees if assignees is not None else (who.user_id,)))
        fields = complete(session, who.tenant_id, fields)
        refuse_unfit(session, who.tenant_id, fields, chosen)
        refuse_unless_assignable(actor, fields, chosen)
        now = tools.clock.now()
        item = Item(id=new_id(), tenant_id=who.tenant_id, created_at=now)
        return Edit(tools, session, actor, item, (), chosen).add(fields)


def create_items(
    tools: Tools, who: Who, drafts: Iterable[tuple[ItemFields, tuple[Override, ...]]]
) -> list[str]:
    """Make several items on the calendar of whoever asks, all or none, and return their ids.

    That the tenant has their tickets and clients is for the caller to know. A series comes
    with what was done by hand to single occurrences. Raises UnfitItem.
    """
    with refuse_taken_ids(), tools.db.begin() as session:
        actor = get_user(session, who.tenant_id, who.user_id)
        made = []
        for fields, overrides in drafts:
            refuse_faults(fields)
            series = series_of(fields, ())
            series = replace(series, overrides=overrides) if series else None
            item = Item(id=new_id(), tenant_id=who.tenant_id, created_at=tools.clock.now())
            made.append(Edit(tools, session, actor, item, (), (who.user_id,)).add(fields, series))
        return made


def change_item(
    tools: Tools,
    who: Who,
    item_id: str,
    fields: ItemFields,
    *,
    assignees: Sequence[str] | None = None,
    version: int | None = None,
    scope: Scope = Scope.ALL,
    key: str | None = None,
) -> str:
    """Put the fields in place of the item's, or of the occurrences that ``scope`` says.

    For all of a series, times and rule are the series' own, with its first occurrence;
    of the others, and for other scopes, they are those of the occurrence ``key``, and
    what it had for itself stays its own. Returns the id of the
    item that holds them: another one where a series was split. ``version`` is the one
    that whoever asks has read. Raises NotThere, NotAllowed, StaleVersion or UnfitItem,
    and then nothing has changed.
    """
    with refuse_taken_ids(), tools.db.begin() as session:
        item, actor, present = get_item(session, who, item_id, Right.CHANGE, version=version)
        chosen = tuple(dict.fromkeys(assignees)) if assignees is not None else present
        fields = replace(fields, kind=item.kind)
        fields = complete(session, who.tenant_id, fields, item.ticket_id)
        refuse_unless_assignable(actor, fields, set(chosen) - set(present))
        edit = Edit(tools, session, actor, item, present, chosen, is_by_hand(who))
        series = _series_in(session, item)
        shown = _get_shown(item, series, scope, key)
        if series is not None and scope is Scope.ALL:
            seen = occurrence_of(item, series, key)
            fields = spread_to_all(fields_of(item), seen[0], fields) if seen else fields
        # The rule is the series' own, and need not fit the times of one occurrence.
        judged = replace(fields, rule=None) if shown else fields
        refuse_unfit(session, who.tenant_id, judged, chosen, present)
        if series is None or shown is None:
            return edit.change_all(fields, series)
        if scope is Scope.THIS:
            return edit.change_this(fields, series, *shown)
        return edit.change_following(fields, series, *shown)


def delete_item(
    tools: Tools,
    who: Who,
    item_id: str,
    *,
    version: int | None = None,
    scope: Scope = Scope.ALL,
    key: str | None = None,
) -> None:
    """Put an item in the bin, or take the occurrences out that ``scope`` says.

    A series of which nothing would be left goes into the bin as it is.
    """
    with tools.db.begin() as session:
        item, actor, present = get_item(session, who, item_id, Right.DELETE, version=version)
        edit = Edit(tools, session, actor, item, present, present, is_by_hand(who))
        series = _series_in(session, item)
        shown = _get_shown(item, series, scope, key)
        if series is not None and shown is not None:
            cut = remove_this if scope is Scope.THIS else head_of
            rest = rest_of(cut, series, shown[1])
            if rest is not None:
                after = with_series(fields_of(item), rest)
                edit.store(after, rest, fields_of(item), after, removed=shown[1])
                return
        edit.bin()


def restore_item(tools: Tools, who: Who, item_id: str, *, version: int | None = None) -> None:
    """Take an item out of the bin, and a service call's ticket with it.

    Raises NotThere where it is not in there any more.
    """
    with tools.db.begin() as session:
        since = tools.clock.now() - BIN_KEEPS
        _revive_ticket_of(tools, session, who, item_id)
        item, actor, _ = get_item(
            session, who, item_id, Right.DELETE, version=version, bin_since=since
        )
        if item.deleted_at is None:
            raise NotThere
        Edit(tools, session, actor, item, (), ()).restore()


def restore_occurrence(tools: Tools, who: Who, item_id: str, key: str) -> None:
    """Let an occurrence that was taken out of its series take place again.

    Raises NotThere where it was not taken out.
    """
    with tools.db.begin() as session:
        item, actor, present = get_item(session, who, item_id, Right.CHANGE)
        series = _series_in(session, item)
        if series is None or not series.is_removed(key):
            raise NotThere
        fields = fields_of(item)
        edit = Edit(tools, session, actor, item, present, present, is_by_hand(who))
        edit.store(fields, restore_this(series, key), fields, fields, occurrence=key)


def _revive_ticket_of(tools: Tools, session: Session, who: Who, item_id: str) -> None:
    # Tickets are locked before their calls, as they are when they are given another title.
    ticket_id = find_ticket_id_of(session, who.tenant_id, item_id)
    ticket = lock_ticket(session, who.tenant_id, ticket_id) if ticket_id else None
    if ticket is not None and ticket.deleted_at is not None:
        revive_ticket(ticket, tools.clock.now())


def _series_in(session: Session, item: Item) -> Series | None:
    if item.rule is None:
        return None
    rows = map_exceptions(session, item.tenant_id, [item.id])[item.id]
    return series_of(fields_of(item), rows)


def _get_shown(
    item: Item, series: Series | None, scope: Scope, key: str | None
) -> tuple[ItemFields, str] | None:
    """Return the occurrence that is to be changed, or None where all of the item is."""
    if scope is Scope.ALL or (series is None and key is None):
        return None
    shown = occurrence_of(item, series, key)
    if shown is None:  # which one of the series was not said
        raise NotThere
    return shown


def is_by_hand(who: Who) -> bool:
    """Tell whether somebody does it in a page, and no program for them."""
    return bool(who.session_id)
