"""A plan as pages show it: heads with their numbers and first lines, or a page of all lines."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import url_for

from calsync.core.answers import Step
from calsync.core.integration import Refusal
from calsync.core.plan import Direction, Head, count_key
from calsync.db.models import LinkedAccount, PlannedAction
from calsync.services.draft_views import DraftView
from calsync.services.previews import PlanPage, Preview, find_preview
from calsync.web.current import current_login, tools, who
from calsync.web.i18n import _, _n
from calsync.web.kinds import KIND_ICONS, name_kind
from calsync.web.plan_words import (
    HEAD_WORDS,
    name_place,
    say_changes,
    say_guests,
    say_head,
    say_tick,
    say_title,
    say_when,
)
from calsync.web.sync_words import say_reason
from calsync.web.words import LONGEST_NAME

#: The element of the last tab that shows the plan.
PREVIEW = "sync-preview"


@dataclass(frozen=True)
class PlanLine:
    """One thing that would be done or declined."""

    direction: str
    head: str
    title: str
    when: str
    kind: str
    icon: str
    reason: str
    changes: Sequence[str]


@dataclass(frozen=True)
class Tile:
    """How much stands under one head, the first of it, and where the rest is."""

    head: Head
    number: int
    label: str
    summary: str
    lines: Sequence[PlanLine]
    url: str

    @property
    def has_more(self) -> bool:
        return self.number > len(self.lines)


@dataclass(frozen=True)
class Section:
    """What would be done in one place."""

    direction: Direction
    place: str
    tiles: Sequence[Tile]


@dataclass(frozen=True)
class TickBox:
    """A box that is to be ticked, under the name that the form sends it by."""

    name: str
    label: str
    number: int
    #: What is said where it was not.
    error: str


@dataclass(frozen=True)
class PreviewPage:
    """What the last tab shows of a plan; ``trouble`` is why there is none.

    ``unticked`` has what is wrong with boxes, by their names.
    """

    view: DraftView
    preview: Preview
    zone: str
    trouble: str = ""
    refusal: Refusal | None = None
    unticked: Mapping[str, str] = field(default_factory=dict)

    @property
    def plan(self) -> Any:
        """Give the plan, None where there is none of these answers."""
        return self.preview.plan

    @property
    def is_to_be_made(self) -> bool:
        """Whether nobody has begun to make it, so that the page asks for it by itself."""
        return self.plan is None and not self.preview.is_being_made and not self.trouble

    @property
    def why_as_before(self) -> str:
        """Give why a plan that is shown was not made anew, or is not yet."""
        if self.plan is not None and self.preview.is_being_made:
            return _("A preview is being worked out at this moment.")
        return _("Worked out a moment ago.") if self.preview.is_of_before else ""

    @property
    def sections(self) -> list[Section]:
        """Give what would be done where; places in which nothing can be are left out."""
        return [self._section(direction) for direction in Direction if self._has(direction)]

    @property
    def changes(self) -> int:
        """Give how many things would be done."""
        return sum(self._number(d, h) for d in Direction for h in Head if h is not Head.SKIPPED)

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be done or declined at all."""
        return not any(self.plan.counts.values())

    @property
    def leaves_existing(self) -> bool:
        """Whether what stands on both sides is left as it is, so that they need not match."""
        return self.view.integration is None and not self.view.answers.syncs_at_once

    @property
    def all_words(self) -> str:
        """Give what the link to all lines says."""
        if not self.changes:
            return _("See all that is skipped")
        return _n("See the %(num)d change", "See all %(num)d changes", self.changes)

    @property
    def guests(self) -> str:
        return say_guests(self.plan, self.view)

    @property
    def ticks(self) -> list[TickBox]:
        """Give the boxes that are to be ticked."""
        return [
            TickBox(name, say_tick(tick, self.view), tick.number, self.unticked.get(name, ""))
            for tick in self.preview.ticks
            for name in [box_of(tick.direction)]
        ]

    @property
    def confirmation_url(self) -> str:
        return confirmation_url(self.view)

    @property
    def account(self) -> LinkedAccount | None:
        """Give the account that is to be connected again, if that is what helps."""
        is_lost = self.refusal is Refusal.NOT_CONNECTED or not self.view.is_connected
        return self.view.linked.account if self.view.linked and is_lost else None

    @property
    def calendars_url(self) -> str | None:
        """Give where another calendar is chosen, if that is what helps."""
        if self.refusal not in (Refusal.CALENDAR_GONE, Refusal.ALREADY_LINKED, Refusal.READ_ONLY):
            return None
        return tab_url(self.view, Step.LINKED_CALENDAR)

    def url(self, name: str, **query: str) -> str:
        """Return the address of one of the pages about this plan."""
        return plan_url(self.view, name, **query)

    def _has(self, direction: Direction) -> bool:
        is_always = direction is not Direction.FORMER and not self.plan.is_off
        return is_always or any(self._number(direction, head) for head in Head)

    def _section(self, direction: Direction) -> Section:
        tiles = [self._tile(direction, head) for head in Head]
        return Section(direction, name_place(self.view, direction), tiles)

    def _tile(self, direction: Direction, head: Head) -> Tile:
        number = self._number(direction, head)
        first = [a for a in self.preview.first if (a.direction, a.head) == (direction, head)]
        return Tile(
            head,
            number,
            str(HEAD_WORDS[head]),
            say_head(head, number),
            list_plan_lines(first, self.view, self.zone, self.preview.hidden),
            self.url("show", direction=direction.value, action=head.value),
        )

    def _number(self, direction: Direction, head: Head) -> int:
        return int(self.plan.counts.get(count_key(direction, head), 0))


@dataclass(frozen=True)
class PlanListPage:
    """A page of a plan's lines, and what they are chosen by."""

    view: DraftView
    found: PlanPage
    zone: str
    direction: Direction | None = None
    head: Head | None = None

    @property
    def lines(self) -> list[PlanLine]:
        return list_plan_lines(self.found.actions, self.view, self.zone, self.found.hidden)

    @property
    def places(self) -> Mapping[str, str]:
        """Give the places that can be chosen."""
        has_former = any(key.startswith(Direction.FORMER) for key in self.found.plan.counts)
        chosen = [d for d in Direction if has_former or d is not Direction.FORMER]
        return {each.value: name_place(self.view, each) for each in chosen}

    @property
    def heads(self) -> Mapping[str, str]:
        """Give what can be chosen to be done."""
        names = {
            Head.CREATE: _("Create"),
            Head.UPDATE: _("Update"),
            Head.DELETE: _("Delete"),
            Head.SKIPPED: _("Skipped"),
        }
        return {head.value: name for head, name in names.items()}

    @property
    def confirmation_url(self) -> str:
        return confirmation_url(self.view)

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        """Give what lies between the listing and this list."""
        integration = self.view.integration
        name = integration.calendar_name[:LONGEST_NAME] if integration else _("Set up")
        first = tab_url(self.view, Step.LINKED_CALENDAR)
        return [(name, first), (_("Confirmation"), self.confirmation_url)]

    @property
    def is_filtered(self) -> bool:
        return self.direction is not None or self.head is not None

    def url(self, name: str = "show", **more: Any) -> str:
        """Return the address of this list, or of its file, as it was chosen."""
        chosen = {"direction": self.direction or None, "action": self.head or None}
        return plan_url(self.view, name, **chosen, **more)


def look_at_plan(view: DraftView, unticked: Mapping[str, str] | None = None) -> PreviewPage:
    """Return what the last tab shows of the plan, whether or not it was made by now."""
    zone = current_login().user.time_zone
    return PreviewPage(view, find_preview(tools(), who(), view), zone, unticked=unticked or {})


def list_plan_lines(
    actions: Sequence[PlannedAction], view: DraftView, zone: str, hidden: Collection[str]
) -> list[PlanLine]:
    """Return what a page shows of actions, in the order given, but for the hidden items."""
    return [
        PlanLine(
            direction=name_place(view, action.direction),
            head=str(HEAD_WORDS[action.head]),
            title=say_title(action, hidden) or _("No subject"),
            when=say_when(action.times, zone),
            kind=name_kind(action.kind) if action.kind else "",
            icon=KIND_ICONS[action.kind] if action.kind else "link-45deg",
            reason=say_reason(action.reason) if action.reason else "",
            changes=say_changes(action, zone, hidden),
        )
        for action in actions
    ]


def box_of(direction: Direction) -> str:
    """Return the name of the box that confirms the deletions in a direction."""
    return f"confirm_{direction.value}"


def plan_url(view: DraftView, name: str, **query: Any) -> str:
    """Return the address of a page about the plan of these answers."""
    return url_for(f"sync_preview.{name}", **_place_of(view), **query)


def confirmation_url(view: DraftView) -> str:
    """Return the address of the last tab."""
    return tab_url(view, Step.CONFIRMATION)


def tab_url(view: DraftView, step: Step) -> str:
    """Return the address of a tab of these answers."""
    endpoint = "wizard.setup_tab" if view.integration is None else "wizard.settings_tab"
    return url_for(endpoint, tab=step.value, **_place_of(view))


def _place_of(view: DraftView) -> dict[str, Any]:
    if view.integration is not None:
        return {"integration_id": view.integration.id}
    return {"draft_id": view.draft.id if view.draft else ""}
