"""The boxes by which a user confirms how much will be deleted."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import request

from calsync.core.link import Side
from calsync.core.plan import Direction, Tick
from calsync.services.draft_views import DraftView
from calsync.services.previews import find_preview
from calsync.web.current import tools, who
from calsync.web.plan_page import PREVIEW, box_of
from calsync.web.plan_words import say_outrun, say_unticked


@dataclass(frozen=True)
class Ticked:
    """What the boxes said: the deletions that pass the brake, by direction, and what is wrong.

    ``wrong`` has the text for each box, by its name, that was to be ticked and was not, or
    for another number than is planned by now.
    """

    deletions: Mapping[Side, int] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)


def read_ticks(view: DraftView) -> Ticked:
    """Return what the form that was sent says of the deletions that are planned.

    Where no plan was shown there is nothing to be ticked, and the brake holds as ever.
    """
    preview = find_preview(tools(), who(), view)
    if preview.is_outrun and any(box_of(direction) in request.form for direction in Direction):
        # Of what was ticked some may be done by now, and others would go in its place.
        return Ticked(wrong={PREVIEW: say_outrun()})
    ticks = preview.ticks
    wrong = {box_of(tick.direction): say_unticked(tick) for tick in ticks if not _is_ticked(tick)}
    deletions = {
        Side(tick.direction.value): tick.counted
        for tick in ticks
        if tick.counted and tick.direction is not Direction.FORMER
    }
    return Ticked(deletions, wrong)


def _is_ticked(tick: Tick) -> bool:
    return request.form.get(box_of(tick.direction)) == str(tick.number)
