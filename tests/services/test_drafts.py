"""Drafts: what was begun in the wizard is there when its user comes back, and nobody else's."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from calsync.core.answers import Answers, DraftKind, Fitness, Step
from calsync.core.item import Kind
from calsync.core.options import Options
from calsync.db.models import Draft, DueKind
from calsync.errors import NotThere
from calsync.jobs.inprocess import DueLoop
from calsync.jobs.performers import PERFORMERS
from calsync.services.accounts import disconnect, list_linked
from calsync.services.draft_views import get_settings, get_setup, list_drafts
from calsync.services.drafts import (
    Discarded,
    begin_setup,
    discard_edit,
    discard_setup,
    save_edit,
    save_setup,
)
from calsync.services.erasure import erase_account
from calsync.services.integration_end import delete_integration
from calsync.services.tools import Tools
from tests.cast import Person
from tests.clocks import FakeClock
from tests.services.integrating import EVERYTHING, calendar_of, integrate

Link = Callable[..., str]
TASKS = Options(takes_create=True, kinds=frozenset({Kind.TASK}))


def test_what_was_answered_is_there_when_its_user_comes_back(
    tools: Tools, dana: Person, link: Link
) -> None:
    draft_id = begin_setup(tools, dana.who, link())
    answers = Answers("cal", TASKS, retrieves=True)
    furthest = Step.OPTIONS
    save_setup(tools, dana.who, draft_id, answers, step=Step.YOUR_CALENDAR, furthest=furthest)
    view = get_setup(tools, dana.who, draft_id)
    assert (view.answers, view.furthest) == (answers, furthest)
    [begun] = list_drafts(tools, dana.who)
    assert (begun.id, begun.step) == (draft_id, Step.YOUR_CALENDAR)


def test_going_back_does_not_close_what_was_reached(tools: Tools, dana: Person, link: Link) -> None:
    draft_id = begin_setup(tools, dana.who, link())
    for furthest in (Step.CONFIRMATION, Step.YOUR_CALENDAR):
        save_setup(tools, dana.who, draft_id, Answers(), step=furthest, furthest=furthest)
    assert get_setup(tools, dana.who, draft_id).furthest is Step.CONFIRMATION


def test_connecting_again_goes_on_with_what_was_begun(
    tools: Tools, dana: Person, link: Link
) -> None:
    account_id = link()
    assert begin_setup(tools, dana.who, account_id) == begin_setup(tools, dana.who, account_id)
    assert len(list_drafts(tools, dana.who)) == 1


def test_answers_survive_that_the_account_is_disconnected_and_linked_anew(
    tools: Tools, dana: Person, link: Link
) -> None:
    account_id = link()
    draft_id = begin_setup(tools, dana.who, account_id)
    step = Step.YOUR_CALENDAR
    save_setup(tools, dana.who, draft_id, Answers("c", TASKS), step=step, furthest=step)
    disconnect(tools, dana.who, account_id)
    view = get_setup(tools, dana.who, draft_id)
    assert (view.linked, view.profile_name) == (None, "dana@google.example")
    assert begin_setup(tools, dana.who, link("dana@icloud.example")) != draft_id
    assert begin_setup(tools, dana.who, link()) == draft_id
    view = get_setup(tools, dana.who, draft_id)
    assert view.is_connected
    assert view.answers.options == TASKS


def test_after_thirty_days_a_draft_is_gone(
    tools: Tools, dana: Person, link: Link, clock: FakeClock
) -> None:
    account_id = link()
    draft_id = begin_setup(tools, dana.who, account_id)
    clock.move(timedelta(days=29))
    assert list_drafts(tools, dana.who)
    clock.move(timedelta(days=1))
    assert list_drafts(tools, dana.who) == []
    with pytest.raises(NotThere):
        get_setup(tools, dana.who, draft_id)
    assert begin_setup(tools, dana.who, account_id) != draft_id


def test_a_draft_is_nobody_elses(
    tools: Tools, dana: Person, sam: Person, mallory: Person, link: Link
) -> None:
    account_id = link()
    draft_id = begin_setup(tools, dana.who, account_id)
    integration_id = integrate(tools, dana, account_id)
    for stranger in (sam.who, mallory.who):
        for attempt in (
            lambda who=stranger: begin_setup(tools, who, account_id),
            lambda who=stranger: get_setup(tools, who, draft_id),
            lambda who=stranger: get_settings(tools, who, integration_id),
            lambda who=stranger: discard_setup(tools, who, draft_id),
            lambda who=stranger: discard_edit(tools, who, integration_id),
            lambda who=stranger: save_setup(
                tools, who, draft_id, Answers(), step=Step.OPTIONS, furthest=Step.OPTIONS
            ),
            lambda who=stranger: save_edit(
                tools, who, integration_id, Answers(), step=Step.OPTIONS
            ),
        ):
            with pytest.raises(NotThere):
                attempt()
        assert list_drafts(tools, stranger) == []
    assert len(list_drafts(tools, dana.who)) == 1


def test_discarding_the_only_use_of_an_account_ends_our_access(
    tools: Tools, dana: Person, link: Link
) -> None:
    draft_id = begin_setup(tools, dana.who, link())
    assert not get_setup(tools, dana.who, draft_id).is_shared
    assert discard_setup(tools, dana.who, draft_id) is Discarded.ACCESS_TOO
    assert list_linked(tools, dana.who) == []
    assert list_drafts(tools, dana.who) == []


def test_discarding_leaves_an_account_alone_that_an_integration_needs(
    tools: Tools, dana: Person, link: Link
) -> None:
    account_id = link()
    integrate(tools, dana, account_id)
    draft_id = begin_setup(tools, dana.who, account_id)
    assert get_setup(tools, dana.who, draft_id).is_shared
    assert discard_setup(tools, dana.who, draft_id) is Discarded.DRAFT
    assert len(list_linked(tools, dana.who)) == 1


def test_a_calendar_can_be_chosen_unless_it_is_read_only_gone_or_linked(
    tools: Tools, dana: Person, link: Link
) -> None:
    account_id = link()
    integration_id = integrate(tools, dana, account_id)
    work = calendar_of(tools, dana, account_id)
    view = get_setup(tools, dana.who, begin_setup(tools, dana.who, account_id))
    fitness = {view.name_calendar(key): value for key, value in view.calendars.items()}
    assert fitness["Work"] is Fitness.LINKED
    assert fitness["Holidays"] is Fitness.READ_ONLY
    assert fitness["Old projects"] is Fitness.GONE
    assert get_settings(tools, dana.who, integration_id).calendars[work] is Fitness.FREE


def test_settings_are_what_is_in_force_until_something_else_is_answered(
    tools: Tools, dana: Person, link: Link
) -> None:
    integration_id = integrate(tools, dana, link())
    view = get_settings(tools, dana.who, integration_id)
    assert view.draft is None
    assert view.answers.options == EVERYTHING
    save_edit(tools, dana.who, integration_id, view.answers, step=Step.OPTIONS)
    assert get_settings(tools, dana.who, integration_id).draft is None
    fewer = replace(view.answers, options=TASKS)
    for _ in range(2):
        save_edit(tools, dana.who, integration_id, fewer, step=Step.OPTIONS)
    edited = get_settings(tools, dana.who, integration_id)
    assert (edited.answers, edited.live) == (fewer, view.answers)
    assert list_drafts(tools, dana.who) == [], "only set-ups are unfinished business"
    save_edit(tools, dana.who, integration_id, view.answers, step=Step.OPTIONS)
    assert get_settings(tools, dana.who, integration_id).draft is None


def test_changes_that_were_begun_go_with_a_discard_and_with_the_integration(
    tools: Tools, dana: Person, link: Link
) -> None:
    account_id = link()
    integration_id = integrate(tools, dana, account_id)
    fewer = replace(get_settings(tools, dana.who, integration_id).answers, options=TASKS)
    save_edit(tools, dana.who, integration_id, fewer, step=Step.OPTIONS)
    discard_edit(tools, dana.who, integration_id)
    assert get_settings(tools, dana.who, integration_id).draft is None
    save_edit(tools, dana.who, integration_id, fewer, step=Step.OPTIONS)
    integrate(tools, dana, account_id, "Personal")
    delete_integration(tools, dana.who, integration_id)
    assert integrate(tools, dana, account_id) == integration_id
    assert get_settings(tools, dana.who, integration_id).draft is None


def test_a_mailbox_that_asks_to_be_forgotten_is_forgotten_in_drafts_too(
    tools: Tools, dana: Person, link: Link
) -> None:
    account_id = link()
    begin_setup(tools, dana.who, account_id)
    disconnect(tools, dana.who, account_id)
    erase_account(tools, dana.who.tenant_id, link())
    assert list_drafts(tools, dana.who) == []


def test_what_was_begun_is_forgotten_although_its_user_never_comes_again(
    tools: Tools, dana: Person, link: Link, clock: FakeClock
) -> None:
    account_id = link()
    integration_id = integrate(tools, dana, account_id)
    draft_id = begin_setup(tools, dana.who, account_id)
    fewer = replace(get_settings(tools, dana.who, integration_id).answers, options=TASKS)
    save_edit(tools, dana.who, integration_id, fewer, step=Step.OPTIONS)

    def purge() -> list[DraftKind]:
        loop = DueLoop(tools, PERFORMERS)
        with tools.db.read() as session:
            known = {draft.id: draft.kind for draft in session.query(Draft)}
        for each in known:
            loop.perform_at_once(dana.who.tenant_id, DueKind.PURGE, each)
        with tools.db.read() as session:
            return sorted(draft.kind for draft in session.query(Draft))

    clock.move(timedelta(days=20))
    step = Step.OPTIONS
    save_setup(tools, dana.who, draft_id, Answers(), step=step, furthest=step)
    clock.move(timedelta(days=11))
    assert purge() == [DraftKind.SETUP], "it was gone on with since"
    clock.move(timedelta(days=20))
    assert purge() == []
