"""The plan of what is answered in the wizard: worked out, kept, shown, forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest

from calsync.core.answers import Answers, Step, mark_of
from calsync.core.integration import Copies, Refusal
from calsync.core.item import Kind
from calsync.core.link import Side
from calsync.core.options import Options
from calsync.core.plan import Direction, Head, Tick, count_key, head_of
from calsync.core.run import Result
from calsync.core.window import FutureRange
from calsync.db.models import DueKind, PlannedAction, Run, StoredPlan
from calsync.db.plans import lock_plan
from calsync.errors import NotPossible, NotThere, TemporaryError
from calsync.jobs.inprocess import DueLoop
from calsync.jobs.performers import PERFORMERS
from calsync.services import previews
from calsync.services.draft_views import DraftView
from calsync.services.drafts import begin_setup, save_edit, save_setup
from calsync.services.finishing import Confirmed, finish_setup, save_settings
from calsync.services.foresight import Foreseen, foresee
from calsync.services.integrations import deactivate
from calsync.services.previews import (
    find_preview,
    get_view,
    make_preview,
    page_plan,
)
from tests.cast import Person
from tests.services.sync.conftest import clock, make_office, office
from tests.services.sync.moving_clock import MovingClock
from tests.services.sync.office import EVERYTHING, ON_SQLITE, Office

__all__ = ["clock", "make_office", "office"]

RETRIEVING = replace(EVERYTHING, future=FutureRange.SIX_MONTHS, sends=True)


def set_up(office: Office, calendar: str = "Personal", options: Options = RETRIEVING) -> str:
    """Answer a set-up of a further calendar of the mailbox, and return the draft's id."""
    draft_id = begin_setup(office.tools, office.person.who, office.account_id)
    calendar_id = office.sandbox.calendars()[calendar]
    answers = Answers(calendar_id, options, retrieves=options.retrieves)
    step = Step.CONFIRMATION
    save_setup(office.tools, office.person.who, draft_id, answers, step=step, furthest=step)
    return draft_id


def view_of(office: Office, draft_id: str = "") -> DraftView:
    place = {"draft_id": draft_id} if draft_id else {"integration_id": office.integration_id}
    return get_view(office.tools, office.person.who, **place)


def make(office: Office, draft_id: str = ""):
    return make_preview(office.tools, office.person.who, view_of(office, draft_id))


def answer(office: Office, **changes: object) -> None:
    """Change settings of the office's integration, without saving them."""
    answers = replace(view_of(office).answers, **changes)
    step = Step.CONFIRMATION
    save_edit(office.tools, office.person.who, office.integration_id, answers, step=step)


def count_requests(office: Office) -> int:
    counts = office.sandbox.control("GET", "/requests")["requests"]
    return sum(int(each["count"]) for each in counts)


def heads_of(run: Run) -> dict[str, int]:
    """Return what a run came to, under the heads of a plan."""
    found: dict[str, int] = {}
    for name, count in run.counts.items():
        side, action, result = name.split("_")
        if side == "braked":
            continue
        key = count_key(Direction(side), head_of(action, Result(result)))
        found[key] = found.get(key, 0) + count
    return found


def test_the_plan_of_a_set_up_comes_to_what_finishing_it_does(office: Office):
    personal = office.sandbox.calendars()["Personal"]
    office.add("Lunch")
    office.add("Rest", kind=Kind.TODO)
    office.sandbox.control(
        "POST", "/events", {"calendar_id": personal, "summary": "Gym", **office.moved(5)}
    )
    draft_id = set_up(office)
    writes = office.writes()
    preview = make(office, draft_id)
    assert preview.plan
    assert preview.plan.counts["out_create"] == 2
    assert preview.ticks == ()
    assert office.writes() == writes
    mark = Confirmed(_mark(office, draft_id))
    done = finish_setup(office.tools, office.person.who, draft_id, mark)
    fresh = replace(office, integration_id=done.integration_id, calendar_id=personal)
    fresh.run_once()
    [run] = [run for run in office.runs() if run.id == done.run_id]
    assert heads_of(run) == preview.plan.counts


def _mark(office: Office, draft_id: str = "") -> str:
    return mark_of(view_of(office, draft_id).answers)


@ON_SQLITE
def test_settings_that_have_copies_removed_are_asked_about_with_their_number(office: Office):
    for number in range(12):
        office.add(f"Item {number:02}", times=office.at(number / 2))
    office.add("Rest", kind=Kind.TODO)
    office.sync()
    without = replace(EVERYTHING, kinds=EVERYTHING.kinds - {Kind.APPOINTMENT})
    answer(office, options=without, unticked=Copies.GO)
    preview = make(office)
    assert preview.plan
    assert preview.plan.counts == {"out_delete": 12}
    assert preview.ticks == (Tick(Direction.OUT, 12, 0),)
    answer(office, options=without, unticked=Copies.STAY)
    assert make(office).plan is not None
    assert find_preview(office.tools, office.person.who, view_of(office)).ticks == ()


@ON_SQLITE
def test_a_swap_tells_of_both_calendars(office: Office):
    office.add("Lunch")
    office.put("Dentist")
    office.sync()
    answer(office, calendar_id=office.sandbox.calendars()["Personal"], swapped=Copies.GO)
    preview = make(office)
    assert preview.plan
    assert preview.plan.counts == {"out_create": 1, "former_delete": 1}
    assert [(each.direction, each.head, each.title) for each in preview.first] == [
        (Direction.OUT, Head.CREATE, "Lunch"),
        (Direction.FORMER, Head.DELETE, "Lunch"),
    ]


@ON_SQLITE
def test_the_brakes_deletions_are_asked_about_and_confirmed_ones_are_done(office: Office):
    items = [office.add(f"Item {n:02}", times=office.at(n / 2)) for n in range(30)]
    office.sync()
    for item in items[:12]:
        office.delete(item)
    preview = make(office)
    assert preview.ticks == (Tick(Direction.OUT, 12, 12),)
    confirmed = Confirmed(_mark(office), deletions={Side.OUT: 12})
    done = save_settings(office.tools, office.person.who, office.integration_id, confirmed)
    office.run_once()
    [run] = [run for run in office.runs() if run.id == done.run_id]
    assert preview.plan
    assert heads_of(run) == preview.plan.counts == {"out_delete": 12}


@pytest.fixture
def away(office: Office) -> Office:
    """Return an office whose user was away: eleven own events and twelve copies are to go."""
    office.set_calendar(permission_level="unrestricted")
    for number in range(11):
        office.put(f"Own {number:02}", **office.moved(number))
    for number in range(30):
        office.add(f"Sent {number:02}", times=office.at(number / 2))
    office.sync()
    for item in office.items()[:23]:
        office.delete(item.id)
    office.be_absent()
    return office


@ON_SQLITE
def test_what_waits_after_an_absence_anyway_is_not_confirmed_along_with_the_rest(away: Office):
    preview = make(away)
    assert preview.plan
    assert preview.plan.counts == {"out_delete": 12, "out_skipped": 11}
    assert preview.ticks == (Tick(Direction.OUT, 12, 12),)
    confirmed = Confirmed(_mark(away), deletions={Side.OUT: 12})
    save_settings(away.tools, away.person.who, away.integration_id, confirmed)
    away.run_once()
    assert away.reasons() == ["absence"] * 11
    assert len(away.summaries()) == 29, "the twelve copies went, as the page had said"


def test_no_more_can_be_confirmed_than_the_page_has_shown():
    with pytest.raises(ValueError, match="than the page has shown"):
        Tick(Direction.OUT, number=2, counted=13)


@ON_SQLITE
def test_a_number_that_a_sync_has_settled_since_is_to_be_confirmed_anew(away: Office):
    assert make(away).ticks
    away.clock.move(timedelta(seconds=5))
    away.sync()
    assert away.reasons().count("brake") == 12
    ended = find_preview(away.tools, away.person.who, view_of(away))
    assert (ended.plan, ended.ticks, ended.is_outrun) == (None, (), True)
    away.clock.move(timedelta(seconds=5))
    again = make(away)
    assert again.plan
    assert (again.ticks, again.is_outrun) == ((), False), "they wait for an answer elsewhere"


@ON_SQLITE
def test_what_is_not_active_is_said_to_do_nothing_and_nobody_is_asked(office: Office):
    office.add("Lunch")
    deactivate(office.tools, office.person.who, office.integration_id)
    before = count_requests(office)
    preview = make(office)
    assert preview.plan
    assert preview.plan.is_off
    assert preview.plan.counts == {}
    assert count_requests(office) == before


@ON_SQLITE
def test_of_a_swap_while_it_is_off_the_copies_in_the_old_calendar_go_and_nothing_else(
    office: Office,
):
    office.add("Lunch")
    office.sync()
    deactivate(office.tools, office.person.who, office.integration_id)
    answer(office, calendar_id=office.sandbox.calendars()["Personal"], swapped=Copies.GO)
    preview = make(office)
    assert preview.plan
    assert preview.plan.is_off
    assert preview.plan.counts == {"former_delete": 1}
    confirmed = Confirmed(_mark(office), copies=1)
    save_settings(office.tools, office.person.who, office.integration_id, confirmed)
    office.sync()
    assert office.summaries() == []


@ON_SQLITE
def test_changes_that_were_kept_out_so_far_are_foreseen_where_they_are_to_flow(office: Office):
    office.options(takes_update=False)
    office.add("Lunch")
    office.sync()
    office.edit(office.uid("Lunch"), summary="Brunch")
    office.sync()
    with_updates = replace(EVERYTHING, takes_update=True)
    answer(office, options=with_updates)
    assert make(office).plan.counts == {}
    answer(office, options=with_updates, flows_kept_out=True)
    preview = make(office)
    assert preview.plan.counts == {"in_update": 1}
    [action] = preview.first
    assert action.item_id == office.items()[0].id
    assert (action.before["mine"]["title"], action.after["mine"]["title"]) == ("Lunch", "Brunch")


@ON_SQLITE
def test_other_answers_are_not_shown_an_older_plan(office: Office):
    office.add("Lunch")
    draft_id = set_up(office)
    assert make(office, draft_id).plan
    save_setup(
        office.tools,
        office.person.who,
        draft_id,
        replace(view_of(office, draft_id).answers, retrieves=False),
        step=Step.CONFIRMATION,
        furthest=Step.CONFIRMATION,
    )
    view = view_of(office, draft_id)
    assert find_preview(office.tools, office.person.who, view).plan is None
    page = page_plan(office.tools, office.person.who, view)
    assert not page.is_current


@ON_SQLITE
def test_settings_that_were_changed_by_hand_since_make_a_plan_stale(office: Office):
    make(office)
    office.options(takes_delete=False)
    assert find_preview(office.tools, office.person.who, view_of(office)).plan is None


@ON_SQLITE
def test_asking_again_makes_it_anew_but_not_for_each_of_a_few_clicks(
    office: Office, clock: MovingClock
):
    before = count_requests(office)
    assert [make(office).is_of_before for _ in range(3)] == [False, True, True]
    assert count_requests(office) - before == 2
    office.add("Lunch")
    clock.move(timedelta(seconds=6))
    again = make(office)
    assert not again.is_of_before
    assert again.plan.counts == {"out_create": 1}
    assert count_requests(office) - before == 4


def test_of_one_user_one_is_made_at_a_time(office: Office, monkeypatch: pytest.MonkeyPatch):
    draft_id = set_up(office)
    found = []

    def foresee_while_another_is_asked_for(*given: object) -> Foreseen:
        monkeypatch.undo()
        before = count_requests(office)
        found.append(make(office, draft_id))
        assert count_requests(office) == before
        return foresee(*given)

    monkeypatch.setattr(previews, "foresee", foresee_while_another_is_asked_for)
    assert make(office).plan
    [meanwhile] = found
    assert (meanwhile.plan, meanwhile.is_being_made) == (None, True)
    assert make(office, draft_id).plan


@ON_SQLITE
def test_a_plan_that_is_being_made_is_not_made_twice(office: Office):
    who, tools = office.person.who, office.tools
    make(office)
    with tools.db.begin() as session:
        plan = lock_plan(session, who.tenant_id, who.user_id, integration_id=office.integration_id)
        assert plan
        plan.maker, plan.made_until = "another", office.now + timedelta(minutes=1)
        plan.mark = "of other answers"
    before = count_requests(office)
    preview = make(office)
    assert preview.is_being_made
    assert preview.plan is None
    assert count_requests(office) == before
    office.clock.move(timedelta(minutes=2))
    assert make(office).plan, "whoever was making it has died"


@ON_SQLITE
def test_where_it_cannot_be_worked_out_the_next_try_begins_anew(office: Office):
    office.sandbox.control("POST", "/faults", {"fault": "server_error", "times": 9})
    with pytest.raises(TemporaryError):
        make(office)
    office.sandbox.control("DELETE", "/faults")
    assert make(office).plan


@ON_SQLITE
def test_a_calendar_that_is_linked_already_is_refused(office: Office):
    draft_id = set_up(office, "Work")
    with pytest.raises(NotPossible) as refused:
        make(office, draft_id)
    assert refused.value.reason == Refusal.ALREADY_LINKED


@ON_SQLITE
def test_a_plan_is_forgotten_after_a_day(office: Office, clock: MovingClock):
    office.add("Lunch")
    draft_id = set_up(office)
    make(office, draft_id)
    loop = DueLoop(office.tools, PERFORMERS)
    who = office.person.who

    def purge() -> int:
        with office.tools.db.read() as session:
            plans = [plan.id for plan in session.query(StoredPlan)]
        for plan_id in plans:
            loop.perform_at_once(who.tenant_id, DueKind.PURGE, plan_id)
        with office.tools.db.read() as session:
            return session.query(PlannedAction).count()

    clock.move(timedelta(hours=23))
    make(office, draft_id)
    clock.move(timedelta(hours=2))
    assert purge() > 0, "it was made anew since"
    clock.move(timedelta(hours=23))
    with pytest.raises(NotThere):
        page_plan(office.tools, who, view_of(office, draft_id))
    assert purge() == 0
    with office.tools.db.read() as session:
        assert session.query(StoredPlan).count() == 0


@ON_SQLITE
def test_a_long_plan_is_shown_page_by_page(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("calsync.services.previews.A_PAGE", 4)
    for number in range(9):
        office.add(f"Item {number}", times=office.at(number))
    draft_id = set_up(office, options=replace(RETRIEVING, future=FutureRange.NONE))
    make(office, draft_id)
    view, who = view_of(office, draft_id), office.person.who
    pages = [
        page_plan(office.tools, who, view, direction=Direction.OUT, number=n) for n in (1, 2, 3)
    ]
    assert [len(page.actions) for page in pages] == [4, 4, 1]
    titles = [action.title for page in pages for action in page.actions]
    assert titles == [f"Item {number}" for number in range(9)]
    assert page_plan(office.tools, who, view, number=99).number == 3
    everything = page_plan(office.tools, who, view, number=None)
    assert len(everything.actions) == everything.total == 9
    none = page_plan(office.tools, who, view, head=Head.DELETE)
    assert (none.total, list(none.actions), none.number) == (0, [], 1)


def test_nobody_elses_plan_is_found(office: Office, sam: Person, mallory: Person):
    draft_id = set_up(office)
    make(office, draft_id)
    view = view_of(office, draft_id)
    for other in (sam, mallory):
        assert find_preview(office.tools, other.who, view).plan is None
        with pytest.raises(NotThere):
            get_view(office.tools, other.who, draft_id=draft_id)
