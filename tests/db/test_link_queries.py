"""What a sync asks finds its rows by an index, however many links there are."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from calsync.db import copies, judged, links, subjects, sync_runs
from tests.db.plans import Explainer, Question

AT = datetime(2026, 3, 1, tzinfo=UTC)
SOME = ["a" * 16, "b" * 16, "c" * 16]

HOT: dict[str, Question] = {
    "what a sync works on": lambda s: subjects.find_subject(s, "t", "i"),
    "integrations of some people": lambda s: subjects.list_ids_by_user(s, "t", SOME),
    "links of events": lambda s: links.list_links_of_events(s, "t", "i", SOME, SOME),
    "earlier links of events": lambda s: links.list_earlier_links(s, "t", "i", SOME),
    "links by their ids": lambda s: links.list_links(s, "t", SOME),
    "links of items": lambda s: links.list_links_of_items(s, "t", "i", SOME),
    "links to look at": lambda s: links.list_links_to_look_at(s, "t", "i", "x", 50),
    "links in flight": lambda s: list(links.list_links_in_flight(s, "t", "i", AT)),
    "what is in flight": lambda s: links.list_flights(s, "t", "i"),
    "whether there are looks": lambda s: links.has_looks(s, "t", "i"),
    "items to look at": lambda s: links.list_item_looks(s, "t", "i", 20),
    "marking items": lambda s: links.mark_items(s, "t", [], SOME, (), AT),
    "series that are linked": lambda s: links.find_linked_series(s, "t", "i", SOME),
    "links of series": lambda s: links.list_links_of_series(s, "t", "i", SOME),
    "what came from elsewhere": lambda s: links.find_brought_elsewhere(s, "t", "i", SOME),
    "ids that no copy has had": lambda s: copies.find_free_generations(
        s, "t", "i", [(item_id, "") for item_id in SOME]
    ),
    "links of one item": lambda s: copies.list_links_of_item(s, "t", "x"),
    "events that were judged": lambda s: judged.map_judged(s, "t", "i", SOME),
    "runs that are open": lambda s: sync_runs.list_open_runs(s, "t", "i"),
    "what the brake counted": lambda s: sync_runs.sum_braked(s, "t", "i", AT),
}
#: Asked when everything is read, or before anything is done at all: as many rows as links.
OF_ALL: dict[str, Question] = {
    "all links": lambda s: list(links.list_all_links(s, "t", "i")),
    "idle copies": lambda s: list(links.list_idle_copies(s, "t", "i")),
    "how many are live": lambda s: links.count_live(s, "t", "i"),
}


@pytest.mark.parametrize("question", [*HOT, *OF_ALL])
def test_a_question_of_a_sync_reads_no_table_from_end_to_end(
    explainer: Explainer, question: str
) -> None:
    assert explainer.find_full_scans((HOT | OF_ALL)[question]) == []


@pytest.mark.parametrize(
    ("question", "index"),
    [
        ("what a sync works on", "ix_links_to_look_at"),
        ("what a sync works on", "ix_links_in_flight"),
        ("links to look at", "ix_links_to_look_at"),
        ("links in flight", "ix_links_in_flight"),
        ("what is in flight", "ix_links_in_flight"),
        ("links of events", "uq_links_present_event"),
        ("how many are live", "ix_links_integration_id_state_tenant_id"),
        ("earlier links of events", "ix_links_earlier_event"),
        ("links of series", "ix_links_series"),
    ],
)
def test_a_question_of_a_sync_is_answered_by_the_index_that_is_there_for_it(
    explainer: Explainer, question: str, index: str
) -> None:
    assert index in "\n".join(explainer.explain((HOT | OF_ALL)[question]))


@pytest.mark.parametrize(
    ("question", "columns"),
    [
        ("links of events", "(tenant_id=? AND event_id=?)"),
        ("ids that no copy has had", "(tenant_id=? AND event_id=?)"),
        ("links by their ids", "(tenant_id=? AND id=?)"),
    ],
)
def test_sqlite_finds_a_link_by_its_ids_and_not_by_its_tenant_alone(
    explainers: Callable[[str], Explainer], question: str, columns: str
) -> None:
    assert columns in "\n".join(explainers("sqlite").explain(HOT[question]))


def test_sqlite_counts_the_live_links_by_the_index_alone(
    explainers: Callable[[str], Explainer],
) -> None:
    plan = "\n".join(explainers("sqlite").explain(OF_ALL["how many are live"]))
    assert "COVERING INDEX ix_links_integration_id_state_tenant_id" in plan
    assert "(integration_id=? AND state=? AND tenant_id=?)" in plan
