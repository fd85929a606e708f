"""The words for where an item came from and where it is synced to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from flask import url_for
from flask_babel import format_datetime

from calsync.core.link import Link, LinkState
from calsync.db.models import Integration
from calsync.services.item_places import Place
from calsync.web.i18n import _, _l, _n
from calsync.web.sync_words import COPY_DELETED, PART_WORDS, STATE_WORDS, say_reason
from calsync.web.words import LONGEST_NAME, short_service_name

#: Why an item does not stand in a calendar, where the log says nothing of it.
_MISSING = {
    "not_active": _l("The sync is off."),
    "undated": _l("It has no date."),
    "older": _l("It was here before the sync. Send my calendar items sends it."),
}


@dataclass(frozen=True)
class PlaceLine:
    """One linked calendar, and how the item stands there: a sentence, and what adds to it."""

    text: str = field(repr=False)
    details: tuple[str, ...] = field(repr=False)
    #: The log of what syncs did with it there, if there still is one.
    log_url: str | None
    name: str = field(repr=False)


def list_place_lines(places: Iterable[Place], item_id: str) -> list[PlaceLine]:
    """Return what the page of an item says of each linked calendar, in the order given."""
    return [
        PlaceLine(
            _say_place(place),
            tuple(_list_details(place)),
            _find_log(place.integration, item_id),
            _name(place.integration),
        )
        for place in places
    ]


def _find_log(integration: Integration, item_id: str) -> str | None:
    if integration.deleted_at is not None:
        return None
    return url_for("sync_logs.show", integration_id=integration.id, item=item_id)


def say_source(service: str, calendar: str) -> str:
    """Return where an item came from."""
    return _(
        "From %(service)s, %(calendar)s",
        service=short_service_name(service),
        calendar=calendar[:LONGEST_NAME],
    )


def _say_place(place: Place) -> str:
    name = _name(place.integration)
    if place.is_source:
        return say_source(place.integration.service, place.integration.calendar_name)
    if place.link is None:
        if place.is_waiting:
            return _("Waiting to be sent to %(name)s", name=name)
        return _("Not sent to %(name)s", name=name)
    if place.link.state is not LinkState.LIVE:
        return name
    if place.link.is_unsent or place.link.seen is None:
        return _("Waiting to be sent to %(name)s", name=name)
    if place.synced_at is None:
        return _("Synced to %(name)s", name=name)
    return _("Synced to %(name)s, %(when)s", name=name, when=_at(place.synced_at))


def _list_details(place: Place) -> Iterator[str]:
    if place.link is None:
        if not place.is_waiting and place.reason:
            yield str(_MISSING.get(place.reason) or say_reason(place.reason))
        return
    link = place.link
    if place.count > 1:
        yield _n("%(num)d occurrence", "%(num)d occurrences", place.count)
    if link.state is not LinkState.LIVE:
        yield _say_state(link)
    elif place.is_source and place.synced_at is not None:
        yield _("Last synced %(when)s.", when=_at(place.synced_at))
    if link.seen is not None and (link.flight is not None or place.is_waiting):
        yield _("A change is on its way.")
    if place.count == 1:
        yield from _list_left_out(link)


def _list_left_out(link: Link) -> Iterator[str]:
    """Yield what does not flow of an item that stands there."""
    for part, declined in link.declined.items():
        why = say_reason(declined.reason)
        yield _("%(part)s was kept out. %(why)s", part=PART_WORDS[part], why=why)
    for part in link.conflicts:
        why = say_reason("conflict")
        yield _("%(part)s: %(why)s", part=PART_WORDS[part], why=why)


def _say_state(link: Link) -> str:
    # The page is of an item that stands: what was deleted is its copy alone.
    if link.state is LinkState.DELETED_HERE and link.is_ours:
        return str(COPY_DELETED)
    return str(STATE_WORDS[link.state])


def _name(integration: Integration) -> str:
    return _(
        "%(calendar)s (%(service)s)",
        calendar=integration.calendar_name[:LONGEST_NAME],
        service=short_service_name(integration.service),
    )


def _at(moment: datetime) -> str:
    return str(format_datetime(moment, "d MMM yyyy, HH:mm"))
