"""Each fault strikes as it says, where it can, and leaves behind what it says."""

import json
from datetime import timedelta
from random import Random

import pytest

from calsync.core.event import Event, EventDraft, Timed
from calsync.cronofy.batch import Upsert
from calsync.cronofy.queries import EventQuery
from calsync.errors import (
    AccessRevoked,
    CronofyError,
    IncompleteRead,
    PageExpired,
    RateLimited,
    TemporaryError,
    Unreachable,
    UnreadableAnswer,
    UntrustedAnswer,
)
from tests.simulation.faults import Crash, Fault, FaultKind, FaultPlan, possible_at, read_plan
from tests.simulation.stages import EVERYTHING, ProviderStage

K = FaultKind
HOUR = timedelta(hours=1)
FAR = 1_000_000

#: What goes wrong before anything was done, and after everything was.
BEFORE = (
    K.CRASH_BEFORE,
    K.TIMEOUT_BEFORE,
    K.RESET_BEFORE,
    K.NO_CONNECTION,
    K.SERVER_ERROR,
    K.RATE_LIMITED,
    K.UNAUTHORISED,
    K.HTML_PAGE,
)
AFTER = (K.CRASH_AFTER, K.TIMEOUT_AFTER, K.RESET_AFTER, K.SERVER_ERROR_AFTER)
ERRORS: dict[FaultKind, type[BaseException]] = {
    K.CRASH_BEFORE: Crash,
    K.CRASH_AFTER: Crash,
    K.TIMEOUT_BEFORE: Unreachable,
    K.TIMEOUT_AFTER: Unreachable,
    K.RESET_BEFORE: Unreachable,
    K.RESET_AFTER: Unreachable,
    K.NO_CONNECTION: Unreachable,
    K.SERVER_ERROR: TemporaryError,
    K.SERVER_ERROR_AFTER: TemporaryError,
    K.RATE_LIMITED: RateLimited,
    K.UNAUTHORISED: AccessRevoked,
    K.HTML_PAGE: TemporaryError,
}


def always(kind: FaultKind, *, since: int = 1, pick: float = 0.0) -> FaultPlan:
    """Return a plan by which a fault strikes at every boundary from ``since`` on."""
    return FaultPlan({number: Fault(kind, pick) for number in range(since, since + 50)})


def once(kind: FaultKind, number: int = 1, pick: float = 0.0) -> FaultPlan:
    return FaultPlan({number: Fault(kind, pick)})


def draft(stage: ProviderStage, event_id: str = "a", title: str = "Visit") -> EventDraft:
    return EventDraft(event_id, title, Timed(stage.now(), stage.now() + HOUR))


def filled(plan: FaultPlan, *, events: int = 5, page_size: int = 2) -> ProviderStage:
    """Return a stage with events of the owner, and a plan that has counted nothing yet."""
    stage = ProviderStage(faults=plan, page_size=page_size)
    for n in range(events):
        start = stage.now() + n * HOUR
        stage.create(f"Event {n}", start, start + HOUR)
    return stage


def read(stage: ProviderStage) -> list[object]:
    return [event for page in stage.client().read_events(EVERYTHING) for event in page.events]


@pytest.mark.parametrize("kind", [*BEFORE, *AFTER])
def test_a_write_is_done_or_not_as_the_fault_says(kind):
    plan = always(kind)
    stage = ProviderStage(faults=plan)
    with pytest.raises(ERRORS[kind]):
        stage.client().upsert_event(stage.work, draft(stage))
    assert set(plan.fired.values()) == {Fault(kind)}
    assert len(stage.provider.snapshot()) == (kind in AFTER)


@pytest.mark.parametrize("kind", [*BEFORE, *AFTER])
def test_the_same_call_goes_through_once_the_fault_is_over(kind):
    plan = once(kind)
    stage = ProviderStage(faults=plan)
    client = stage.client()
    for _ in range(2):
        try:
            client.upsert_event(stage.work, draft(stage))
        except (CronofyError, Crash):
            stage.move_clock(60)
    assert plan.fired == {1: Fault(kind)}
    assert len(stage.provider.snapshot()) == 1


def test_what_was_never_sent_is_told_from_what_may_have_been():
    for kind, maybe_sent in (
        (K.NO_CONNECTION, False),
        (K.RESET_BEFORE, True),
        (K.TIMEOUT_BEFORE, True),
        (K.TIMEOUT_AFTER, True),
    ):
        with pytest.raises(Unreachable) as raised:
            ProviderStage(faults=always(kind)).client().userinfo()
        assert raised.value.maybe_sent is maybe_sent


def test_a_time_out_takes_its_time():
    stage = ProviderStage(faults=once(K.TIMEOUT_AFTER))
    began = stage.now()
    with pytest.raises(Unreachable):
        stage.client().userinfo()
    assert stage.now() - began == timedelta(seconds=30)


def test_a_wait_is_asked_for_in_some_of_the_refusals():
    waits = set()
    for pick in (0.0, 0.3, 0.5, 0.7, 0.9):
        with pytest.raises(RateLimited) as raised:
            ProviderStage(faults=always(K.RATE_LIMITED, pick=pick)).client().userinfo()
        waits.add(raised.value.retry_after)
    assert None in waits
    assert timedelta(seconds=30) in waits


def test_a_crash_is_nothing_that_the_product_can_catch():
    assert not issubclass(Crash, Exception)


@pytest.mark.parametrize("kind", [K.CRASH_BEFORE, K.CRASH_AFTER, K.TIMEOUT_AFTER, K.INVALID_JSON])
def test_a_refresh_can_be_cut_off_before_and_after_the_token_was_spent(kind):
    plan = once(kind)
    stage = ProviderStage(faults=plan)
    tokens = stage.service.authorise(stage.profile_id)
    with pytest.raises((Crash, CronofyError)):
        stage.oauth().refresh(tokens["refresh_token"])
    assert plan.fired
    if kind is K.CRASH_BEFORE:
        assert stage.oauth().refresh(tokens["refresh_token"])
    else:
        with pytest.raises(AccessRevoked):
            stage.oauth().refresh(tokens["refresh_token"])


@pytest.mark.parametrize("pick", [n / 10 for n in range(10)])
@pytest.mark.parametrize(
    "kind", [K.INVALID_JSON, K.MISSING_FIELDS, K.WRONG_TYPES, K.UNKNOWN_FIELDS]
)
def test_a_bad_answer_costs_one_event_or_the_read_and_never_the_rest(kind, pick):
    plan = once(kind, pick=pick)
    stage = filled(plan, page_size=100)
    try:
        events = read(stage)
    except UnreadableAnswer:
        events = []
        assert kind is K.INVALID_JSON
    else:
        unreadable = [event for event in events if not isinstance(event, Event)]
        assert len(events) == 5
        assert len(unreadable) <= (kind is not K.UNKNOWN_FIELDS)
    assert plan.fired


def test_a_bad_answer_can_spoil_every_other_call():
    for kind in (K.INVALID_JSON, K.MISSING_FIELDS, K.WRONG_TYPES):
        stage = ProviderStage(faults=once(kind))
        with pytest.raises(UnreadableAnswer):
            stage.client().batch([Upsert(stage.work, draft(stage))])
        # Cronofy took the write all the same.
        assert len(stage.provider.snapshot()) == 1


def test_unknown_fields_are_no_news():
    plan = once(K.UNKNOWN_FIELDS)
    stage = filled(plan, page_size=100)
    odd = read(stage)
    assert plan.fired
    assert odd == read(stage)


def test_an_empty_list_looks_like_a_whole_read():
    plan = once(K.EMPTY_LIST)
    stage = filled(plan)
    assert read(stage) == []
    assert len(read(stage)) == 5


def test_everything_can_look_deleted():
    plan = once(K.ALL_DELETED)
    stage = filled(plan, page_size=100)
    assert all(event.deleted for event in read(stage))
    assert not any(event.deleted for event in read(stage))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_truncated_read_is_seen_to_be_one(number):
    plan = once(K.TRUNCATED, number)
    stage = filled(plan)
    with pytest.raises(IncompleteRead):
        read(stage)
    assert list(plan.fired) == [number]


@pytest.mark.parametrize("pick", [0.0, 0.3, 0.5, 0.7, 0.9])
def test_a_page_elsewhere_is_not_fetched(pick):
    stage = filled(once(K.FOREIGN_NEXT_PAGE, pick=pick))
    with pytest.raises(UntrustedAnswer):
        read(stage)
    assert stage.provider.traffic.total == 1


def test_a_further_page_can_be_lost():
    with pytest.raises(PageExpired):
        read(filled(once(K.PAGE_LOST, 2)))
    stage = filled(always(K.PAGE_LOST, since=2, pick=0.9))
    with pytest.raises(TemporaryError):
        read(stage)


def test_pages_can_overlap_and_show_what_was_before():
    plan = once(K.PAGES_OVERLAP, 2)
    stage = filled(plan, events=3)
    client = stage.client()
    pages = client.read_events(EVERYTHING)
    first = next(pages).events
    pages.close()
    stage.move_clock(5)
    stage.edit(first[0].uid, title="Changed")
    plan.number = 1
    events = read(stage)
    assert plan.fired
    assert len(events) == 5
    told = {event.title: event.updated for event in events if event.uid == first[0].uid}
    assert told["Changed"] > told["Event 0"]


def test_pages_can_come_in_another_order():
    events = read(filled(once(K.PAGES_SHUFFLED)))
    assert [event.title for event in events] == [f"Event {n}" for n in (4, 3, 2, 1, 0)]


def test_a_fault_strikes_only_where_it_can():
    plan = always(K.TRUNCATED)
    stage = ProviderStage(faults=plan)
    stage.client().upsert_event(stage.work, draft(stage))
    assert plan.fired == {}
    assert plan.number == 1


def test_what_had_nothing_to_spoil_did_not_strike():
    plan = once(K.ALL_DELETED)
    assert read(ProviderStage(faults=plan)) == []
    assert plan.fired == {}


def test_every_kind_is_possible_somewhere():
    calls = [
        ("GET", "/v1/events"),
        ("GET", "/v1/events/pages/1-2"),
        ("POST", "/v1/batch"),
        ("POST", "/oauth/token"),
    ]
    assert {kind for call in calls for kind in possible_at(*call)} == set(FaultKind)


def test_commits_are_boundaries_too():
    plan = FaultPlan({2: Fault(K.CRASH_AFTER), 3: Fault(K.TRUNCATED)})
    assert plan.take("GET", "/v1/userinfo") is None
    assert plan.cross() == Fault(K.CRASH_AFTER)
    assert plan.cross() is None
    assert (plan.number, list(plan.fired)) == (3, [2])


def test_a_plan_can_be_switched_off_for_the_end_of_a_run():
    plan = always(K.SERVER_ERROR)
    plan.off = True
    assert ProviderStage(faults=plan).client().userinfo()
    assert plan.fired == {}


@pytest.mark.parametrize("rate", [0.0, 0.06, 0.3])
def test_a_seeded_plan_strikes_about_as_often_as_it_says(rate):
    plan = FaultPlan(stream=Random(1), rate=rate)
    for _ in range(2000):
        plan.take("GET", "/v1/events")
    assert abs(len(plan.fired) / 2000 - rate) < 0.03
    if rate:
        assert len({fault.kind for fault in plan.fired.values()}) > 15


def test_what_struck_can_be_written_down_and_strikes_again():
    plan = FaultPlan(stream=Random(7), rate=0.3)
    for number in range(100):
        plan.take("GET" if number % 2 else "POST", "/v1/events")
    written = json.loads(json.dumps(plan.to_json()))
    again = read_plan(written)
    for number in range(100):
        again.take("GET" if number % 2 else "POST", "/v1/events")
    assert again.fired == plan.fired
    assert len(again.fired) > 15


def test_only_the_wanted_kinds_strike():
    wanted = (K.CRASH_BEFORE, K.TRUNCATED)
    plan = FaultPlan(stream=Random(1), rate=1.0, kinds=wanted)
    for _ in range(50):
        plan.take("POST", "/v1/batch")
    assert {fault.kind for fault in plan.fired.values()} == {K.CRASH_BEFORE}


def test_no_token_goes_astray():
    stage = filled(FaultPlan(stream=Random(3), rate=0.5))
    for _ in range(40):
        try:
            list(stage.client().read_events(EventQuery(only_managed=True)))
        except (Crash, CronofyError):
            stage.move_clock(60)
    assert all(call.path.startswith(("/v1/", "/oauth/")) for call in stage.provider.traffic.calls)
