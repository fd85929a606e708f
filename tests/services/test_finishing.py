"""Finishing the wizard: all of it or nothing, once, however often it is pressed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from calsync.core.answers import Answers, Step, mark_of
from calsync.core.integration import Copies, Refusal
from calsync.core.item import Kind
from calsync.core.options import Options
from calsync.db.models import Integration, LinkedCalendar, Run
from calsync.errors import NotPossible, NotThere, StorageUnavailable
from calsync.services import finishing
from calsync.services.accounts import disconnect
from calsync.services.draft_views import get_settings, get_setup, list_drafts
from calsync.services.drafts import Discarded, begin_setup, discard_setup, save_edit, save_setup
from calsync.services.finishing import Confirmed, Finished, finish_setup, save_settings
from calsync.services.tools import Tools
from tests.cast import Person
from tests.services.integrating import EVERYTHING, calendar_of, due_at, integrate

Link = Callable[..., str]
SENDING = Options(takes_create=True, kinds=frozenset({Kind.APPOINTMENT}), sends=True)


def answer(tools: Tools, person: Person, account_id: str, options: Options = SENDING) -> str:
    """Answer everything in a set-up with the calendar Work, and return its id."""
    draft_id = begin_setup(tools, person.who, account_id)
    answers = Answers(calendar_of(tools, person, account_id), options)
    step = Step.CONFIRMATION
    save_setup(tools, person.who, draft_id, answers, step=step, furthest=step)
    return draft_id


def finish(tools: Tools, person: Person, draft_id: str) -> Finished:
    """Press Finish on the page as it is now."""
    mark = mark_of(get_setup(tools, person.who, draft_id).answers)
    return finish_setup(tools, person.who, draft_id, Confirmed(mark))


def count(tools: Tools, table: type[Integration] | type[Run]) -> int:
    with tools.db.read() as session:
        return session.query(table).count()


def test_finish_makes_the_integration_and_its_run_together(
    tools: Tools, dana: Person, link: Link
) -> None:
    draft_id = answer(tools, dana, link())
    made = finish(tools, dana, draft_id)
    assert made.run_id
    assert due_at(tools, made.integration_id) == tools.clock.now()
    assert list_drafts(tools, dana.who) == []
    assert finish(tools, dana, draft_id) == made
    assert (count(tools, Integration), count(tools, Run)) == (1, 1)


def test_finish_pressed_in_two_windows_at_once_makes_one_of_each(
    tools: Tools, dana: Person, link: Link
) -> None:
    draft_id = answer(tools, dana, link())
    start = Barrier(4)

    def press() -> Finished:
        start.wait()
        return finish(tools, dana, draft_id)

    with ThreadPoolExecutor(4) as pool:
        made = [each.result() for each in [pool.submit(press) for _ in range(4)]]
    assert len(set(made)) == 1
    assert (count(tools, Integration), count(tools, Run)) == (1, 1)


def test_where_the_run_cannot_be_asked_for_no_integration_is_left_behind(
    tools: Tools, dana: Person, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft_id = answer(tools, dana, link())

    def fail(*_args: object, **_kwargs: object) -> None:
        raise StorageUnavailable("full")

    with monkeypatch.context() as patch, pytest.raises(StorageUnavailable):
        patch.setattr(finishing, "request_sync", fail)
        finish(tools, dana, draft_id)
    assert count(tools, Integration) == 0
    assert finish(tools, dana, draft_id).run_id


def spoil_calendar(tools: Tools, **columns: bool) -> None:
    with tools.db.begin() as session:
        for calendar in session.query(LinkedCalendar).filter_by(name="Work"):
            for column, value in columns.items():
                setattr(calendar, column, value)


@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [
        (lambda tools, *_: spoil_calendar(tools, is_deleted=True), Refusal.CALENDAR_GONE),
        (lambda tools, *_: spoil_calendar(tools, is_read_only=True), Refusal.READ_ONLY),
        (integrate, Refusal.ALREADY_LINKED),
        (
            lambda tools, person, account: disconnect(tools, person.who, account),
            Refusal.NOT_CONNECTED,
        ),
    ],
    ids=["gone", "read only", "linked", "disconnected"],
)
def test_what_became_impossible_meanwhile_is_said_and_loses_no_answer(
    tools: Tools, dana: Person, link: Link, spoil: Callable[..., object], refusal: Refusal
) -> None:
    account_id = link()
    draft_id = answer(tools, dana, account_id)
    before = get_setup(tools, dana.who, draft_id).answers
    spoil(tools, dana, account_id)
    integrations = count(tools, Integration)
    with pytest.raises(NotPossible) as refused:
        finish(tools, dana, draft_id)
    assert refused.value.reason == refusal
    assert count(tools, Integration) == integrations
    assert get_setup(tools, dana.who, draft_id).answers == before


def test_nobody_finishes_what_is_another_ones(
    tools: Tools, dana: Person, sam: Person, mallory: Person, link: Link
) -> None:
    account_id = link()
    draft_id = answer(tools, dana, account_id)
    integration_id = integrate(tools, dana, account_id, "Personal")
    for stranger in (sam.who, mallory.who):
        with pytest.raises(NotThere):
            finish_setup(tools, stranger, draft_id, Confirmed(""))
        with pytest.raises(NotThere):
            save_settings(tools, stranger, integration_id, Confirmed(""))


def test_a_finished_set_up_is_not_changed_or_discarded_any_more(
    tools: Tools, dana: Person, link: Link
) -> None:
    draft_id = answer(tools, dana, link())
    finish(tools, dana, draft_id)
    before = get_setup(tools, dana.who, draft_id).answers
    step = Step.OPTIONS
    save_setup(tools, dana.who, draft_id, Answers("other"), step=step, furthest=step)
    assert get_setup(tools, dana.who, draft_id).answers == before
    assert discard_setup(tools, dana.who, draft_id) is Discarded.NOTHING


def test_a_calendar_that_is_refused_takes_no_other_ones_place(
    tools: Tools, dana: Person, link: Link
) -> None:
    account_id = link()
    integration_id = integrate(tools, dana, account_id)
    live = get_settings(tools, dana.who, integration_id).answers
    personal = calendar_of(tools, dana, account_id, "Personal")
    changed = replace(live, calendar_id=personal, swapped=Copies.GO, options=SENDING)
    save_edit(tools, dana.who, integration_id, changed, step=Step.CONFIRMATION)
    with pytest.raises(NotPossible) as refused:
        save_settings(tools, dana.who, integration_id, Confirmed(mark_of(changed), copies=7))
    assert refused.value.reason == Refusal.NUMBER_CHANGED
    view = get_settings(tools, dana.who, integration_id)
    assert (view.answers, view.live) == (changed, live)
    assert live.options == EVERYTHING
    made = save_settings(tools, dana.who, integration_id, Confirmed(mark_of(changed), copies=0))
    assert get_settings(tools, dana.who, made.integration_id).answers.options == SENDING
