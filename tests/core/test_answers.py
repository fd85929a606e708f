"""Answers of the wizard: what is wrong with them, and that none is lost on the way."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.core.answers import (
    Answers,
    Fault,
    Fitness,
    Step,
    answers_of,
    dump_answers,
    find_first_fault,
    judge,
    load_answers,
    mark_of,
    strip,
)
from calsync.core.integration import Copies, Meanwhile
from calsync.core.item import Kind
from calsync.core.options import Options, find_faults
from calsync.core.window import FutureRange, PastRange

CALENDARS = {
    "work": Fitness.FREE,
    "holidays": Fitness.READ_ONLY,
    "linked": Fitness.LINKED,
    "gone": Fitness.GONE,
}
TASKS = Options(kinds=frozenset({Kind.TASK}))

options = st.builds(
    Options,
    takes_create=st.booleans(),
    takes_update=st.booleans(),
    takes_delete=st.booleans(),
    kinds=st.frozensets(st.sampled_from(Kind)),
    past=st.sampled_from(PastRange),
    future=st.sampled_from(FutureRange),
    sends=st.booleans(),
)
answers = st.builds(
    Answers,
    calendar_id=st.sampled_from(["", *CALENDARS]),
    options=options,
    retrieves=st.booleans(),
    swapped=st.sampled_from(Copies),
    unticked=st.sampled_from(Copies),
    meanwhile=st.sampled_from(Meanwhile),
    flows_kept_out=st.booleans(),
)


@pytest.mark.parametrize(
    ("calendar_id", "faults"),
    [
        ("work", ()),
        ("", (Fault.NO_CALENDAR,)),
        ("holidays", (Fault.READ_ONLY,)),
        ("linked", (Fault.ALREADY_LINKED,)),
        ("gone", (Fault.CALENDAR_GONE,)),
        ("never heard of", (Fault.CALENDAR_GONE,)),
    ],
)
def test_only_a_calendar_that_can_be_written_and_is_not_linked_yet_can_be_chosen(
    calendar_id: str, faults: tuple[Fault, ...]
) -> None:
    assert judge(Answers(calendar_id), Step.LINKED_CALENDAR, CALENDARS) == faults


def test_nothing_to_send_is_fine_as_long_as_something_is_brought_in() -> None:
    nothing = Answers("work", Options())
    assert judge(nothing, Step.YOUR_CALENDAR, CALENDARS) == (Fault.NOTHING_FLOWS,)
    for flowing in (
        replace(nothing, options=TASKS),
        replace(nothing, options=Options(takes_delete=True)),
        replace(nothing, options=Options(past=PastRange.ONE_WEEK), retrieves=True),
    ):
        assert judge(flowing, Step.YOUR_CALENDAR, CALENDARS) == ()


def test_a_range_counts_only_where_retrieve_is_chosen() -> None:
    week = Answers("work", Options(past=PastRange.ONE_WEEK))
    assert not week.in_force.retrieves
    assert judge(week, Step.YOUR_CALENDAR, CALENDARS) == (Fault.NOTHING_FLOWS,)
    assert replace(week, retrieves=True).in_force.past is PastRange.ONE_WEEK


def test_retrieve_wants_a_range_and_send_wants_a_kind() -> None:
    empty = Answers("work", Options(takes_create=True, sends=True), retrieves=True)
    faults = judge(empty, Step.OPTIONS, CALENDARS)
    assert faults == (Fault.NO_RANGE, Fault.NOTHING_TO_SEND)
    right = Answers("work", replace(TASKS, sends=True, future=FutureRange.ONE_MONTH), True)
    assert judge(right, Step.OPTIONS, CALENDARS) == ()


@given(answers)
def test_answers_without_a_fault_are_options_that_an_integration_takes(given: Answers) -> None:
    if find_first_fault(given, CALENDARS) is None:
        assert find_faults(given.in_force) == ()
        assert CALENDARS[given.calendar_id] is Fitness.FREE


@given(answers)
def test_no_answer_is_lost_in_a_draft(given: Answers) -> None:
    assert load_answers(dump_answers(given)) == given


@given(answers, answers)
def test_other_answers_have_another_mark(one: Answers, other: Answers) -> None:
    assert (mark_of(one) == mark_of(other)) == (one == other)


@given(options)
def test_what_an_integration_stands_for_is_in_force_as_it_is(given: Options) -> None:
    assert answers_of("work", given).in_force == given


@given(answers, options)
def test_what_counts_for_nothing_makes_no_difference_to_what_is_in_force(
    given: Answers, live: Options
) -> None:
    before = answers_of("work", live)
    stripped = strip(given, before)
    assert strip(stripped, before) == stripped
    assert stripped.in_force == given.in_force
    same = replace(given, calendar_id="work", options=live, retrieves=live.retrieves)
    assert strip(replace(same, flows_kept_out=False), before) == before


def test_a_question_that_is_asked_is_not_stripped_of_its_answer() -> None:
    before = answers_of("work", TASKS)
    fewer = replace(before, options=Options(takes_create=True), unticked=Copies.GO)
    other = replace(before, calendar_id="home", swapped=Copies.GO)
    more = replace(before, options=Options(kinds=frozenset(Kind)), meanwhile=Meanwhile.FLOWS)
    tick = replace(before, flows_kept_out=True)
    for asked in (fewer, other, more, tick):
        assert strip(asked, before) == asked


def test_the_tabs_lead_from_one_to_the_next_and_back() -> None:
    steps = list(Step)
    assert [step.following for step in steps] == [*steps[1:], steps[-1]]
    assert [step.preceding for step in steps] == [steps[0], *steps[:-1]]
    assert [step.number for step in steps] == [1, 2, 3, 4]
