"""The bench of the sync says no where a limit is broken: each has seen what it is there for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import text

from bench.counting import counting
from bench.figures import Bound, Figure, median_ratio
from bench.lists import Answer
from bench.lists import judge as judge_list
from bench.sync import latency, product, rate, storm
from bench.sync.contenders import Costs, run_floor, run_ours
from bench.sync.costs import Cost, peak_kib
from bench.sync.growth import count_questions, measure_growth
from bench.sync.opening import open_product
from bench.sync.provider import Provider, open_provider
from bench.sync.query_plans import look_at_plans
from bench.sync.volumes import judge_cpu, judge_requests, measure_volumes
from calsync.db.due_rows import Claim
from calsync.db.links import list_all_links
from calsync.jobs.inprocess import DueLoop
from calsync.jobs.performers import perform_sync
from calsync.services.tools import Tools

AMOUNT = 60


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with open_provider() as started:
        yield started


@pytest.fixture
def costs(provider: Provider) -> Costs:
    """Return what each step costs of a few."""
    return run_ours(provider, AMOUNT)


def broken(figures: list[Figure]) -> set[str]:
    return {figure.what.partition(",")[0] for figure in figures if figure.is_broken}


@pytest.mark.parametrize(
    ("bound", "well", "ill"),
    [(Bound.MOST, 1.0, 1.01), (Bound.LEAST, 1.0, 0.99), (Bound.EXACTLY, 1.0, 0.5)],
)
def test_a_figure_on_the_wrong_side_of_its_limit_is_broken(
    bound: Bound, well: float, ill: float
) -> None:
    assert not Figure("B0", "calls", well, 1.0, bound).is_broken
    assert Figure("B0", "calls", ill, 1.0, bound).is_broken
    assert "BROKEN" in Figure("B0", "calls", ill, 1.0, bound).line


def test_what_could_not_be_measured_is_named_and_is_not_broken() -> None:
    figure = Figure("B1", "calls", None, 1.0, why="vdirsyncer is not installed")
    assert not figure.is_broken
    assert "skipped: vdirsyncer is not installed" in figure.line


def test_one_slow_round_does_not_decide() -> None:
    assert median_ratio([2.0, 90.0, 2.2], [1.0, 1.0, 1.0]) == 2.2


def test_a_sync_of_a_few_makes_as_few_calls_as_there_can_be(costs: Costs) -> None:
    assert broken(judge_requests(costs, AMOUNT, 100)) == set()


def test_a_further_request_is_noticed(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask_twice(tools: Tools, claim: Claim) -> None:
        requests.get(f"{provider.url}/v1/events?calendar_ids[]=none", timeout=5)
        perform_sync(tools, claim)

    monkeypatch.setattr(product, "perform_sync", ask_twice)
    found = broken(judge_requests(run_ours(provider, AMOUNT), AMOUNT, 100))
    assert {"no change: requests", "pull: requests / fewest", "1 % there: requests / fewest"} <= (
        found
    )


def test_a_slow_sync_is_noticed(provider: Provider) -> None:
    floor = run_floor(provider, AMOUNT)
    steps = ("push", "pull", "rest", "local", "remote", "both", "after")
    swift = {step: floor.get(step, floor["local"]) for step in steps}
    slow = {step: Cost(5 * cost.cpu, cost.wall) for step, cost in swift.items()}
    peer = {step: Cost(1_000 * cost.cpu, cost.wall) for step, cost in swift.items()}
    peer["start"] = Cost(0.0, 0.0)
    beside = {"floor": floor, "vdirsyncer": peer}
    assert broken(judge_cpu([{"ours": swift, **beside}])) == set()
    found = broken(judge_cpu([{"ours": slow, **beside}]))
    assert found == {f"{step}: CPU / floor" for step in floor}
    slow = {step: Cost(500 * cost.cpu, cost.wall) for step, cost in swift.items()}
    found = broken(judge_cpu([{"ours": slow, **beside}]))
    assert {f"{step}: CPU / vdirsyncer" for step in peer if step not in ("start", "after")} <= found


def test_without_a_peer_its_ratios_are_skipped_by_name(provider: Provider) -> None:
    figures, rounds = measure_volumes(provider, AMOUNT, 1, None)
    skipped = [figure for figure in figures if figure.value is None]
    assert len(skipped) == 6
    assert all("vdirsyncer is not installed" in figure.line for figure in skipped)
    assert set(rounds[0]) == {"ours", "floor"}


def test_a_question_for_each_row_is_noticed(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_at_each(tools: Tools, claim: Claim) -> None:
        perform_sync(tools, claim)
        with tools.db.read() as session:
            for row in list_all_links(session, claim.tenant_id, claim.subject_id):
                session.execute(text("SELECT 1 WHERE :name <> ''"), {"name": row.id})

    with open_product(provider) as opened:
        opened.add_items(AMOUNT, linked=True)
        assert broken(count_questions(opened)) == set()
        monkeypatch.setattr(product, "perform_sync", look_at_each)
        assert broken(count_questions(opened)) == {
            "no change: statements",
            "no change: statements that read links or items",
        }


def count_statements(provider: Provider, amount: int, *, is_pull: bool) -> int:
    """Return how many statements it takes to bring so many events in, or to send them."""
    with open_product(provider, is_read=not is_pull) as opened:
        if is_pull:
            provider.seed(amount)
            opened.ask_to_retrieve()
        else:
            opened.add_items(amount)
        with counting(opened.tools.db.engine) as statements:
            opened.sync()
    return len(statements)


@pytest.mark.parametrize("is_pull", [True, False])
def test_each_event_costs_at_most_one_question_of_its_own(
    provider: Provider, is_pull: bool
) -> None:
    # On one page, and in one batch: what a page costs by itself is in both.
    few, many = (count_statements(provider, amount, is_pull=is_pull) for amount in (10, 50))
    assert many - few <= 1.1 * 40


def test_a_sync_that_takes_longer_the_more_there_is_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def walk_all(tools: Tools, claim: Claim) -> None:
        perform_sync(tools, claim)
        with tools.db.read() as session:
            list(list_all_links(session, claim.tenant_id, claim.subject_id))

    monkeypatch.setattr(product, "perform_sync", walk_all)
    monkeypatch.setattr("bench.sync.growth.EDITS", 1)
    assert "no change: CPU at 2000 / at 20" in broken(measure_growth((20, 2_000), 1))


def test_memory_that_was_in_use_for_a_moment_counts() -> None:
    before = peak_kib()
    block = bytearray(256 << 20)
    block[:: 1 << 12] = b"x" * (len(block) >> 12)
    del block
    assert peak_kib() > before + (64 << 10)


def test_a_loop_that_waits_for_one_answer_after_another_is_noticed(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work_alone(tools: Tools, performers: object, *, workers: int) -> DueLoop:
        assert workers == 8
        return DueLoop(tools, performers, workers=1)  # type: ignore[arg-type]

    monkeypatch.setattr(latency, "DueLoop", work_alone)
    monkeypatch.setattr(latency, "LATENCY", 0.05)
    assert broken(latency.measure_latency(provider, 16)) == {"wall / (requests x 0.2 s / threads)"}


@pytest.mark.parametrize(
    ("ours", "theirs", "found"),
    [
        (500, 50, "share of the calls answered 429"),
        (50, 500, "share of the allowed rate used"),
    ],
)
def test_another_rate_than_the_allowed_one_is_noticed(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, ours: int, theirs: int, found: str
) -> None:
    monkeypatch.setattr(rate, "SCALE", 60.0)
    assert found in broken(rate.measure_share(provider, 1, ours, theirs))
    provider.reset(None)


def test_a_sync_for_each_notification_is_noticed() -> None:
    folded, each, none = [1, 2], [1, 10], [1, 0]
    for syncs, found in (
        (folded, set()),
        (each, {"syncs of a link in its burst"}),
        (none, {"syncs of a link in its burst"}),
    ):
        assert broken(storm.judge(syncs, [2.0, 3.0], 2, 0.1)) == found
    lost = storm.judge(folded, [2.0, 3.0], 3, 0.1)
    assert broken(lost) == {"notifications that got lost"}


def test_a_list_that_asks_more_of_more_rows_is_noticed() -> None:
    few = Answer(0.010, 5)
    for many, found in (
        (Answer(0.060, 5), set()),
        (Answer(0.060, 6), {"list: statements at 1000 / at 10"}),
        (Answer(0.130, 5), {"list: CPU at 1000 / at 10"}),
    ):
        assert broken(judge_list("list", [(few, many)] * 5, 12.0)) == found


def test_another_plan_is_noticed(tmp_path: Path) -> None:
    well, ill = tmp_path / "test_well.py", tmp_path / "test_ill.py"
    well.write_text("def test_plan(): pass")
    ill.write_text("def test_plan(): assert False")
    by_index, by_scan = look_at_plans((str(well), str(ill)))
    assert not by_index.is_broken
    assert by_scan.is_broken


def test_work_that_was_not_done_has_no_figure(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(product, "perform_sync", lambda _tools, _claim: None)
    with pytest.raises(RuntimeError, match="Not everything was sent"):
        run_ours(provider, AMOUNT)
