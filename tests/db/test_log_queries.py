"""A page of a log costs no more the longer the log is, whatever it is filtered by."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from calsync.core.holds import Held
from calsync.core.item import Kind
from calsync.core.link import Side, Wish
from calsync.core.run import Outcome, Trigger
from calsync.db import holds, log_entries, runs, sync_runs
from calsync.db.log_entries import LogFilter
from tests.db.plans import Explainer, Question

AT = datetime(2026, 3, 1, tzinfo=UTC)
PLACE = (AT, "i")


def page(before: Any = PLACE, after: Any = None, **wanted: Any) -> Question:
    wish = LogFilter(reader="u", **wanted)
    return lambda s: log_entries.list_log(s, "t", "i", wish, before=before, after=after, limit=51)


#: A page is read from an index in its order, and nothing is sorted.
PAGES: dict[str, Question] = {
    "everything": page(),
    "from the start": page(before=None),
    "newer": page(before=None, after=PLACE),
    "manual": page(triggers=[Trigger.MANUAL]),
    "scheduled, newer": page(before=None, after=PLACE, triggers=[Trigger.SCHEDULED]),
    "of one sync": page(run="r"),
    "created": page(outcome=Outcome.CREATED),
    "brought in": page(side=Side.IN),
    "of a kind": page(kind=Kind.TASK),
    "of some days": page(since=AT, until=AT),
    "by words": page(text="lunch"),
    "manual and created, of a kind, by words": page(
        triggers=[Trigger.MANUAL], outcome=Outcome.CREATED, kind=Kind.TASK, text="lunch"
    ),
}
#: These read more than a page, and still no table from end to end.
OTHERS: dict[str, Question] = {
    "real time": page(triggers=[Trigger.REAL_TIME_IN, Trigger.REAL_TIME_OUT]),
    "skipped": page(outcome=Outcome.SKIPPED),
    "how many": lambda s: log_entries.count_log(s, "t", "i", LogFilter(text="x", reader="u")),
    "syncs without entries": lambda s: log_entries.list_empty_runs(
        s, "t", "i", LogFilter(), before=PLACE, limit=51
    ),
    "one entry": lambda s: log_entries.find_entry(s, "t", "i", "e"),
    "syncs by their ids": lambda s: runs.list_runs_of(s, "t", ["a", "b"]),
    "the oldest sync": lambda s: runs.find_first_run_at(s, "t", "i"),
    "old syncs": lambda s: runs.delete_runs_before(s, "t", "i", AT, 9),
    "how far a sync is": lambda s: sync_runs.note_progress(s, "t", "r", done=1, total=2),
    "what a sync has done": lambda s: sync_runs.count_entries(s, "t", "r"),
    "what waits": lambda s: holds.count_held(s, "t", "i"),
    "all that waits": lambda s: holds.list_held(s, "t", "i", Held.OWN_CHANGE, after="x", limit=51),
    "an answer": lambda s: holds.wish_for_held(s, "t", "i", Held.OWN_CHANGE, Wish.KEEP),
}


@pytest.mark.parametrize("question", [*PAGES, *OTHERS])
def test_a_question_about_a_log_reads_no_table_from_end_to_end(
    explainer: Explainer, question: str
) -> None:
    assert explainer.find_full_scans((PAGES | OTHERS)[question]) == []


@pytest.mark.parametrize("question", PAGES)
def test_a_page_of_a_log_sorts_nothing(explainer: Explainer, question: str) -> None:
    assert explainer.find_sorts(PAGES[question]) == []


@pytest.mark.parametrize(
    ("question", "index"),
    [
        ("manual", "ix_log_entries_trigger"),
        ("created", "ix_log_entries_result"),
        ("everything", "ix_log_entries_tenant_id_integration_id_at_id"),
        ("of one sync", "ix_log_entries_tenant_id_run_id_at_id"),
    ],
)
def test_a_filter_of_a_log_has_an_index_of_its_own(
    explainers: Callable[[str], Explainer], question: str, index: str
) -> None:
    assert index in "\n".join(explainers("sqlite").explain(PAGES[question]))
