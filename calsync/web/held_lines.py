"""What a page shows of what waits for the user's answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from flask import url_for

from calsync.core.holds import Held
from calsync.core.link import Side
from calsync.services.holds import HeldEntry, HeldGroup
from calsync.web.current import current_login
from calsync.web.held_words import (
    say_doing,
    say_heading,
    say_held,
    say_keeping,
    say_why_held,
)
from calsync.web.i18n import _
from calsync.web.item_words import say_times
from calsync.web.sync_words import SIDE_WORDS
from calsync.web.words import LONGEST_NAME


@dataclass(frozen=True, kw_only=True)
class HeldLine:
    """One entry that waits; ``url`` leads to its item, where that is there."""

    id: str
    title: str = field(repr=False)
    times: str
    url: str | None


@dataclass(frozen=True, kw_only=True)
class HeldPanel:
    """Everything over which the same waits, with the words of the question and the buttons."""

    held: Held
    count: int
    direction: str
    heading: str
    text: str
    why: str
    hint: str
    doing: str
    keeping: str
    lines: Sequence[HeldLine]


def list_panels(groups: Iterable[HeldGroup], calendar: str) -> list[HeldPanel]:
    """Return what is asked of each group, in the order given."""
    return [_panel_of(group, calendar[:LONGEST_NAME]) for group in groups]


def list_held_lines(entries: Iterable[HeldEntry]) -> list[HeldLine]:
    """Return a line for each entry, in the order given."""
    zone = ZoneInfo(current_login().user.time_zone)
    return [_line_of(entry, zone) for entry in entries]


def _panel_of(group: HeldGroup, calendar: str) -> HeldPanel:
    held, count = group.held, group.count
    return HeldPanel(
        held=held,
        count=count,
        direction=str(SIDE_WORDS[Side(held.side)]),
        heading=say_heading(held, calendar),
        text=say_held(held, count, calendar),
        why=say_why_held(group),
        hint=_hint(held),
        doing=say_doing(held, count),
        keeping=say_keeping(count),
        lines=list_held_lines(group.entries),
    )


def _hint(held: Held) -> str:
    """Return what doing it means, where the button does not say it all."""
    if held is not Held.REMOVAL_HERE:
        return ""
    return _(
        "Appointments and todos go to the bin, activities and service calls are cancelled or "
        "taken off your calendar, and tasks lose their time."
    )


def _line_of(entry: HeldEntry, zone: ZoneInfo) -> HeldLine:
    content, glimpse = entry.content, entry.glimpse
    title = (content.title if content else "") or _("No subject")
    return HeldLine(
        id=entry.id,
        title=_("Busy") if glimpse.is_hidden else title,
        times=say_times(content.times, zone) if content else "",
        url=url_for("items.show", item_id=entry.item_id) if glimpse.is_there else None,
    )
