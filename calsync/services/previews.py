"""What finishing would do: worked out by the engine, kept for a day, and shown page by page.

It is of the answers as they were when it was made; of any others it says nothing. A sync that
has run since has done or held what it counts, so that no number of it can be confirmed.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from calsync.core.answers import mark_of
from calsync.core.plan import Direction, Head, Tick, count_key, dump_ticks, load_ticks
from calsync.db import due_rows, plans
from calsync.db.database import Session
from calsync.db.expiry import forget_expired
from calsync.db.models import DueKind, PlannedAction, StoredPlan
from calsync.db.runs import has_ended_since
from calsync.db.users import hold_user
from calsync.errors import AlreadyThere, CalsyncError, NotThere
from calsync.ids import new_id
from calsync.logs import Log
from calsync.services.draft_views import DraftView, get_settings, get_setup
from calsync.services.foresight import Foreseen, foresee
from calsync.services.tools import Tools, Who

#: How long a plan is kept.
KEPT = timedelta(days=1)
#: So young a plan is shown as it is, so that a hasty finger asks Cronofy once.
_FRESH = timedelta(seconds=5)
#: Whoever has begun to make one and has not ended by then has died.
_LONGEST = timedelta(minutes=5)
#: What is shown of each head at first, and of a list at once.
MOST_AT_FIRST = 10
A_PAGE = 50

log = Log("calsync.previews")


@dataclass(frozen=True)
class Preview:
    """The plan for some answers, with the first lines of each head; None where there is none."""

    plan: StoredPlan | None
    first: Sequence[PlannedAction] = ()
    #: The items that have become somebody else's private ones since, as in the log.
    hidden: Collection[str] = ()
    #: Another window of the user's is making one, of these answers or others, at this moment.
    is_being_made: bool = False
    #: It was asked for, and had been made so short a time before that it is shown as it was.
    is_of_before: bool = False
    #: There was one, and a sync has run since.
    is_outrun: bool = False

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """Give the deletions that are to be confirmed."""
        return load_ticks(self.plan.ticks) if self.plan is not None else ()


@dataclass(frozen=True)
class PlanPage:
    """Some of the lines of a plan, of which there are ``total``."""

    plan: StoredPlan
    actions: Sequence[PlannedAction]
    total: int
    number: int = 1
    is_current: bool = True
    #: The items that have become somebody else's private ones since, as in the log.
    hidden: Collection[str] = ()

    @property
    def last(self) -> int:
        """Give the number of the last page."""
        return max(1, -(-self.total // A_PAGE))


def get_view(tools: Tools, who: Who, *, draft_id: str = "", integration_id: str = "") -> DraftView:
    """Return the answers that a plan is of: a set-up, or an integration's settings.

    Raises NotThere.
    """
    if draft_id:
        return get_setup(tools, who, draft_id)
    return get_settings(tools, who, integration_id)


def make_preview(tools: Tools, who: Who, view: DraftView) -> Preview:
    """Work out what finishing would do, unless that was just done or a window is doing it.

    Of one user one is made at a time, whatever its answers, as each holds a whole account
    in memory. Raises NotThere, NotPossible with a Refusal, and CronofyError.
    """
    maker, began_at = new_id(), tools.clock.now()
    with suppress(AlreadyThere):  # another window has begun at this very moment
        if _begin(tools, who, view, maker):
            try:
                foreseen = foresee(tools, who, view)
            except BaseException:
                with suppress(CalsyncError):
                    _give_up(tools, who, view, maker)
                raise
            _store(tools, who, view, maker, foreseen, began_at)
            return find_preview(tools, who, view)
    found = find_preview(tools, who, view)
    return replace(found, is_of_before=found.plan is not None and not found.is_being_made)


def find_preview(tools: Tools, who: Who, view: DraftView) -> Preview:
    """Return the plan of answers as they are, if it was made."""
    now = tools.clock.now()
    with tools.db.read() as session:
        plan = plans.find_plan(session, who.tenant_id, who.user_id, **_place_of(view))
        is_being_made = plans.is_one_made(session, who.tenant_id, who.user_id, now)
        if plan is None or not _is_of(plan, view):
            return Preview(None, is_being_made=is_being_made)
        if plan.made_at is None or plan.expires_at <= now:
            return Preview(None, is_being_made=is_being_made)
        if _is_outrun(session, plan):
            return Preview(None, is_being_made=is_being_made, is_outrun=True)
        first = plans.list_first_actions(session, plan, MOST_AT_FIRST)
        hidden = plans.list_hidden_items(session, plan)
    return Preview(plan, first, hidden, is_being_made)


def page_plan(
    tools: Tools,
    who: Who,
    view: DraftView,
    *,
    direction: Direction | None = None,
    head: Head | None = None,
    number: int | None = 1,
) -> PlanPage:
    """Return a page of the plan that was made last, or all of it where ``number`` is None.

    Of one direction or head where it is given; a page behind the last is the last. Raises
    NotThere where there is no plan.
    """
    with tools.db.read() as session:
        plan = plans.find_plan(session, who.tenant_id, who.user_id, **_place_of(view))
        if plan is None or plan.made_at is None or plan.expires_at <= tools.clock.now():
            raise NotThere
        found = PlanPage(plan, (), _count(plan, direction, head), is_current=_is_of(plan, view))
        at = min(max(number or 1, 1), found.last)
        actions = plans.list_actions(
            session,
            plan,
            direction=direction,
            head=head,
            skip=0 if number is None else (at - 1) * A_PAGE,
            limit=None if number is None else A_PAGE,
        )
        hidden = plans.list_hidden_items(session, plan)
    return replace(found, actions=actions, number=at, hidden=hidden)


def purge_plan(tools: Tools, tenant_id: str, plan_id: str) -> datetime | None:
    """Forget a plan whose time is over; return when to come again where it is not yet."""
    with tools.db.begin() as session:
        plan = plans.lock_plan_of_tenant(session, tenant_id, plan_id)
        return forget_expired(session, plan, tools.clock.now())


def _begin(tools: Tools, who: Who, view: DraftView, maker: str) -> bool:
    """Claim the making of a plan; False where it was just made, or one is made at this moment."""
    now = tools.clock.now()
    with tools.db.begin() as session:
        hold_user(session, who.tenant_id, who.user_id)
        if plans.is_one_made(session, who.tenant_id, who.user_id, now):
            return False
        plans.forget_old_plans(session, who.tenant_id, who.user_id, now)
        plan = plans.lock_plan(session, who.tenant_id, who.user_id, **_place_of(view))
        if plan is None:
            plan = _add(session, who, view)
        elif _is_settled(session, plan, view, now):
            return False
        plan.maker, plan.made_until, plan.expires_at = maker, now + _LONGEST, now + KEPT
        due_rows.wake(session, who.tenant_id, DueKind.PURGE, plan.id, plan.expires_at)
    return True


def _is_settled(session: Session, plan: StoredPlan, view: DraftView, now: datetime) -> bool:
    """Tell whether a plan was made a moment ago, and says what is still true."""
    is_young = plan.made_at is not None and now - plan.made_at < _FRESH
    return is_young and _is_of(plan, view) and not _is_outrun(session, plan)


def _is_outrun(session: Session, plan: StoredPlan) -> bool:
    """Tell whether a sync of the integration has done or declined anything since."""
    if plan.integration_id is None or plan.made_at is None:
        return False
    return has_ended_since(session, plan.tenant_id, plan.integration_id, plan.made_at)


def _add(session: Session, who: Who, view: DraftView) -> StoredPlan:
    place = {name: value for name, value in _place_of(view).items() if value}
    plan = StoredPlan(
        id=new_id(), tenant_id=who.tenant_id, user_id=who.user_id, mark=mark_of_view(view), **place
    )
    session.add(plan)
    return plan


def _give_up(tools: Tools, who: Who, view: DraftView, maker: str) -> None:
    """Let the next who asks make the plan, unless somebody else makes it now."""
    with tools.db.begin() as session:
        _take_from_maker(session, who, view, maker)


def _take_from_maker(session: Session, who: Who, view: DraftView, maker: str) -> StoredPlan | None:
    """Return a plan that nobody is making any more; None where somebody else is."""
    plan = plans.lock_plan(session, who.tenant_id, who.user_id, **_place_of(view))
    if plan is None or plan.maker != maker:
        return None
    plan.maker = plan.made_until = None
    return plan


def _store(
    tools: Tools, who: Who, view: DraftView, maker: str, made: Foreseen, began_at: datetime
) -> None:
    """Keep what was worked out of how things were then, unless somebody else makes it now."""
    with tools.db.begin() as session:
        plan = _take_from_maker(session, who, view, maker)
        if plan is None:
            return
        plan.mark, plan.made_at = mark_of_view(view), began_at
        plan.expires_at = tools.clock.now() + KEPT
        plan.is_off, plan.guests = made.is_off, made.guests
        plan.counts, plan.ticks = dict(made.counts), dump_ticks(made.ticks)
        plans.replace_actions(session, plan, made.actions)
    log.info("plan made", tenant_id=who.tenant_id, user_id=who.user_id, counts=dict(made.counts))


def _is_of(plan: StoredPlan, view: DraftView) -> bool:
    """Tell whether a plan is of the answers as they are, upon the settings as they are."""
    is_off = view.integration is not None and not view.integration.is_active
    return plan.mark == mark_of_view(view) and plan.is_off == is_off


def mark_of_view(view: DraftView) -> str:
    """Return what tells these answers, upon these settings, from any others."""
    version = view.integration.version if view.integration is not None else 0
    return f"{mark_of(view.answers)}.{version}"


def _place_of(view: DraftView) -> dict[str, str]:
    """Return what a plan is found by: the integration of settings, or the draft of a set-up."""
    if view.integration is not None:
        return {"integration_id": view.integration.id}
    if view.draft is None:
        raise NotThere
    return {"draft_id": view.draft.id}


def _count(plan: StoredPlan, direction: Direction | None, head: Head | None) -> int:
    return sum(
        plan.counts.get(count_key(each, its_head), 0)
        for each in Direction
        for its_head in Head
        if direction in (None, each) and head in (None, its_head)
    )
