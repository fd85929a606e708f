"""From what is answered in the wizard to the lines of its plan."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from calsync.core.integration import Copies, Refusal
from calsync.core.link import Side
from calsync.core.plan import (
    Direction,
    Head,
    Tick,
    count_key,
    direction_of,
    head_of,
    needs_tick,
)
from calsync.core.run import find_times
from calsync.db.models import PlannedAction
from calsync.errors import NotPossible
from calsync.services.draft_numbers import find_numbers
from calsync.services.draft_views import DraftView
from calsync.services.finishing import change_integration, make_integration
from calsync.services.sync.rehearsal import Rehearsal, rehearse
from calsync.services.tools import Tools, Who

_DIRECTIONS, _HEADS = list(Direction), list(Head)


@dataclass(frozen=True)
class Foreseen:
    """What finishing would do: the lines in their order, and what they come to.

    ``guests`` is how many people the provider may write to; ``is_off`` says that nothing
    is synced, as the integration is not active.
    """

    actions: Sequence[PlannedAction] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    ticks: Mapping[Direction, Tick] = field(default_factory=dict)
    guests: int = 0
    is_off: bool = False


def foresee(tools: Tools, who: Who, view: DraftView) -> Foreseen:
    """Work out what finishing a set-up, or saving settings, would do; nothing is done.

    Of an integration that is not active that is nothing but what becomes of copies in a
    calendar that another one takes the place of: nobody is asked for anything else. Raises
    NotThere, NotPossible with a Refusal, and CronofyError.
    """
    is_off = view.integration is not None and not view.integration.is_active
    if is_off and not _has_former(view):
        return Foreseen(is_off=True)
    if view.linked is None:
        raise NotPossible(Refusal.NOT_CONNECTED)

    def put_in_force(inside: Tools) -> list[str]:
        return _put_in_force(inside, who, view)

    calendar_ids = {each.calendar_id for each in (view.answers, view.live) if each is not None}
    rehearsals = rehearse(tools, who, view.linked.account.id, calendar_ids, put_in_force)
    actions = sorted(_list_actions(rehearsals), key=_sorting)
    counts = Counter(count_key(each.direction, each.head) for each in actions)
    guests = frozenset[str]().union(*(each.guests for each in rehearsals))
    ticks = {tick.direction: tick for tick in _list_ticks(rehearsals, counts)}
    return Foreseen(actions, counts, ticks, len(guests), is_off)


def _put_in_force(inside: Tools, who: Who, view: DraftView) -> list[str]:
    """Do what finishing does, inside of what is thrown away; return what is synced then."""
    answers, live = view.answers, view.live
    if view.integration is None or live is None:
        account_id = view.linked.account.id if view.linked else None
        return [make_integration(inside, who, account_id, answers)]
    numbers = find_numbers(inside, who, view, of_kept_out=answers.flows_kept_out)
    made = change_integration(
        inside,
        who,
        view.integration,
        live,
        answers,
        copies=numbers.count_going(live, answers),
        kept_out=numbers.kept_out,
    )
    return [made, view.integration.id] if _has_former(view) else [made]


def _has_former(view: DraftView) -> bool:
    """Tell whether copies are to go in a calendar that another one takes the place of."""
    is_swapped = view.live is not None and view.answers.calendar_id != view.live.calendar_id
    return is_swapped and view.answers.swapped is Copies.GO


def _list_actions(rehearsals: Sequence[Rehearsal]) -> Iterator[PlannedAction]:
    for at, rehearsal in enumerate(rehearsals):
        for entry in rehearsal.entries:
            direction = direction_of(entry.side, is_former=at > 0)
            yield PlannedAction(
                direction=direction,
                head=head_of(entry.action, entry.result),
                result=entry.result,
                reason=entry.reason,
                kind=rehearsal.kinds.get(entry.item_id or ""),
                item_id=entry.item_id,
                title=entry.title,
                times=find_times(entry.side, entry.before, entry.after),
                before=entry.before,
                after=entry.after,
            )


def _sorting(action: PlannedAction) -> tuple[int, int, str, str]:
    start = str((action.times or {}).get("start", ""))
    place = _DIRECTIONS.index(action.direction), _HEADS.index(action.head)
    return *place, start, action.title


def _list_ticks(rehearsals: Sequence[Rehearsal], counts: Mapping[str, int]) -> Iterator[Tick]:
    for at, rehearsal in enumerate(rehearsals):
        for side in Side:
            direction = direction_of(side, is_former=at > 0)
            number = counts.get(count_key(direction, Head.DELETE), 0)
            counted = rehearsal.unconfirmed.get(side, 0)
            if number and needs_tick(number, counted, rehearsal.limit):
                yield Tick(direction, number, counted)
