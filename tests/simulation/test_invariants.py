"""The invariants can fail: the engine is broken on purpose, and the history tells.

What no break of the engine shows in so short a history is written on the tape by hand.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from calsync.core import merge, table
from calsync.core.brake import Brake
from calsync.core.event import Event
from calsync.core.link import Link, Seen
from calsync.core.newcomers import Verdict as Judged
from calsync.core.run import Result
from calsync.core.table import Fate, Verdict
from calsync.db.links import list_all_links
from calsync.db.models import DueKind, DueRow, LinkRow
from calsync.services.sync import arriving, bringing, deciding, reading, sending
from calsync.services.sync.catching_up import CatchUp
from calsync.services.sync.journal import Journal
from tests.simulation.invariants import find_violations, judge
from tests.simulation.invariants.story import tell
from tests.simulation.plans import Plan, Step
from tests.simulation.records import Call, Change, Commit
from tests.simulation.scenario import History, play

WAIT: Step = ("wait", (4000,))
PLAIN: tuple[Step, ...] = (
    *(("put", ("T0", 5)), WAIT, ("add", ("T1", 9)), WAIT),
    *(("change", (1, "T2")), ("edit", (1, "T3")), WAIT),
    *(("edit", (0, "T4")), WAIT),
)


def plan_of(*steps: Step, switches: str = "cud", policy: str = "newest") -> Plan:
    seat = ("dana", switches, policy)
    return Plan(1, steps, (seat,), kindly=True, faults={}, turns={}, draws={})


@contextmanager
def played(plan: Plan, folder: Path, template: Path) -> Iterator[History]:
    history = play(plan, folder, template)
    try:
        yield history
    finally:
        history.office.close()


Break = Callable[[pytest.MonkeyPatch], None]


def fails_to_send(patch: pytest.MonkeyPatch) -> None:
    known = deciding.decide

    def decide(*given: Any) -> Any:
        decision = known(*given)
        is_made = decision.link.there is not None
        return replace(decision, actions=()) if is_made else decision

    patch.setattr(deciding, "decide", decide)


def gives_another_reason(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(merge, "find_bar_in", lambda *_: "update_off")


def lets_the_older_edit_win(patch: pytest.MonkeyPatch) -> None:
    known = merge.wins_here
    patch.setattr(merge, "wins_here", lambda *given: not known(*given))


def logs_nothing_that_was_there(patch: pytest.MonkeyPatch) -> None:
    known = Journal._add

    def add(self: Journal, session: Any, entry: Any) -> None:
        entry.before = {}
        known(self, session, entry)

    patch.setattr(Journal, "_add", add)


def makes_titles_up(patch: pytest.MonkeyPatch) -> None:
    known = arriving.item_of_event

    def item_of(event: Event, zone: str, base_url: str) -> Any:
        fields = known(event, zone, base_url)
        return replace(fields, subject="Made up") if fields else None

    patch.setattr(arriving, "item_of_event", item_of)


def sends_again_what_was_removed(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(table.VERDICTS, (Fate.KEPT, Fate.GONE), Verdict.SEND_AGAIN)


def brings_in_whatever_is_chosen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(bringing, "judge", lambda *_: Judged.BRING)


def looks_at_everything(patch: pytest.MonkeyPatch) -> None:
    def top_up(self: CatchUp, session: Any) -> None:
        for row in list_all_links(session, self.course.subject.tenant_id, self.course.subject.id):
            row.looks += 1

    patch.setattr(CatchUp, "_top_up", top_up)


def forgets_what_it_declined(patch: pytest.MonkeyPatch) -> None:
    for can_go_out in (False, True):
        patch.setitem(merge.COURSES, (False, True, can_go_out, False), merge.Course.REST)
    looks_at_everything(patch)


def writes_without_end(patch: pytest.MonkeyPatch) -> None:
    looks_at_everything(patch)
    known = deciding.decide

    def decide(pair: Any, now: Any) -> Any:
        decision = known(pair, now)
        mine, link = pair.here.content, pair.link
        is_idle = link.there is not None and link.is_ours and link.flight is None
        if is_idle and mine is not None and not decision.actions and pair.here.absence is None:
            return replace(decision, actions=(deciding.Write(mine, frozenset()),))
        return decision

    patch.setattr(deciding, "decide", decide)


def takes_an_event_for_deleted(patch: pytest.MonkeyPatch) -> None:
    known = reading.seen_of

    def seen_of(event: Event, *given: Any) -> Any:
        return replace(known(event, *given), is_deleted=event.title == "T4")

    patch.setattr(reading, "seen_of", seen_of)


def passes_events_over(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(bringing.Bringer, "bring", lambda *_, **__: 0)


def moves_the_cursor_too_far(patch: pytest.MonkeyPatch) -> None:
    known = CatchUp.note_cursor

    def note_cursor(self: CatchUp, row: Any, session: Any) -> None:
        known(self, row, session)
        row.cursor += timedelta(hours=1)

    patch.setattr(CatchUp, "note_cursor", note_cursor)


def overlooks_an_edit(patch: pytest.MonkeyPatch) -> None:
    known = reading.observe

    def observe(link: Link, seen: Seen, now: datetime) -> Link:
        is_it = seen.content is not None and seen.content.title == "T4"
        return link if is_it else known(link, seen, now)

    patch.setattr(reading, "observe", observe)


def removes_what_was_edited(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(table.VERDICTS, (Fate.EDITED, Fate.GONE), Verdict.REMOVE_HERE)


def gives_each_attempt_another_id(patch: pytest.MonkeyPatch) -> None:
    known, numbers = sending.draft_of, count()

    def draft_of(entry: Any, event_id: str, *given: Any, **named: Any) -> Any:
        return known(entry, f"{event_id}{next(numbers)}", *given, **named)

    patch.setattr(sending, "draft_of", draft_of)


def has_no_brake(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Brake, "trips", lambda *_: False)


def writes_to_another_calendar(patch: pytest.MonkeyPatch) -> None:
    known = sending.order_of

    def order_of(*given: Any) -> Any:
        order = known(*given)
        elsewhere = order.write.calendar_id[:-1] + "3"
        return replace(order, write=replace(order.write, calendar_id=elsewhere))

    patch.setattr(deciding, "order_of", order_of)


MANY: tuple[Step, ...] = (
    *(("put", (f"T{number}", number)) for number in range(12)),
    WAIT,
    *(("remove", (0,)) for _ in range(12)),
    WAIT,
)
BREAKS: Mapping[str, tuple[Break, str, Plan]] = {
    "an edit is not sent": (fails_to_send, "I2", plan_of(*PLAIN)),
    "a reason is not so": (
        gives_another_reason,
        "I2 update_off was said",
        plan_of(*PLAIN),
    ),
    "the older edit wins": (
        lets_the_older_edit_win,
        "I3",
        plan_of(("add", ("T1", 9)), WAIT, ("change", (0, "T2")), ("edit", (0, "T3")), WAIT),
    ),
    "what was replaced is not logged": (
        logs_nothing_that_was_there,
        "I3",
        plan_of(("add", ("T1", 9)), WAIT, ("change", (0, "T2")), ("edit", (0, "T3")), WAIT),
    ),
    "a title is made up": (makes_titles_up, "I4", plan_of(*PLAIN)),
    "a title stands twice": (
        lambda _: None,
        "I5",
        plan_of(("put", ("T0", 5)), ("put", ("T0", 9)), WAIT),
    ),
    "each attempt makes another event": (
        gives_each_attempt_another_id,
        "I5 entry",
        plan_of(("add", ("T1", 9)), WAIT, WAIT),
    ),
    "an item goes that was edited": (
        removes_what_was_edited,
        "I21",
        plan_of(("add", ("T1", 9)), WAIT, ("change", (0, "T2")), ("remove", (0,)), WAIT),
    ),
    "an edit there is overlooked": (overlooks_an_edit, "I14 'T4' was changed", plan_of(*PLAIN)),
    "a removed copy is sent again": (
        sends_again_what_was_removed,
        "I6",
        plan_of(("add", ("T1", 9)), WAIT, ("remove", (0,)), WAIT),
    ),
    "an event comes in although Create is off": (
        brings_in_whatever_is_chosen,
        "I7",
        plan_of(*PLAIN, switches="ud"),
    ),
    "a declined change flows when a switch is turned on": (
        forgets_what_it_declined,
        "I8",
        plan_of(("add", ("T1", 9)), WAIT, ("edit", (0, "T3")), WAIT, switches="cd"),
    ),
    "idle syncs write": (writes_without_end, "I9", plan_of(*PLAIN)),
    "an edit is written several times": (writes_without_end, "I10", plan_of(*PLAIN)),
    "an item goes although nobody said that its event was deleted": (
        takes_an_event_for_deleted,
        "I14",
        plan_of(*PLAIN),
    ),
    "a task is unscheduled although nobody said that its event was deleted": (
        takes_an_event_for_deleted,
        "I14 unschedule",
        plan_of(("make", ("T4", 14)), WAIT),
    ),
    "an event is passed over until no read shows it any more": (
        passes_events_over,
        "I2 'T0' was never brought in",
        plan_of(("put", ("T0", 5)), WAIT, *(("wait", (2_000_000,)) for _ in range(3))),
    ),
    "the cursor is past what was read": (moves_the_cursor_too_far, "I17", plan_of(*PLAIN)),
    "everything goes at once": (has_no_brake, "I15", plan_of(*MANY)),
    "a calendar is written to that nobody linked": (
        writes_to_another_calendar,
        "I16",
        plan_of(("add", ("T1", 9)), WAIT),
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_an_engine_that_was_broken_is_found_out(
    name: str, tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
):
    breaks, wanted, plan = BREAKS[name]
    breaks(monkeypatch)
    with played(plan, tmp_path, sqlite_template) as history:
        found = find_violations(history)
    assert any(sentence.startswith(wanted) for sentence in found), found


@pytest.mark.parametrize("plan", [plan_of(*PLAIN), plan_of(*MANY)], ids=["plain", "many"])
def test_of_the_engine_as_it_is_nothing_is_found(plan: Plan, tmp_path: Path, sqlite_template: Path):
    with played(plan, tmp_path, sqlite_template) as history:
        assert find_violations(history) == []


@pytest.fixture
def history(tmp_path: Path, sqlite_template: Path) -> Iterator[History]:
    """Give a history that went well, to be spoilt."""
    with played(plan_of(*PLAIN), tmp_path, sqlite_template) as history:
        assert judge(tell(history)) == []
        yield history


def test_a_commit_after_the_claim_was_taken_over_is_found_out(history: History):
    sync = history.office.desks[0].integration_id
    entry = {
        **next(each.of("log_entries")[0].row for each in logging_commits(history)),
        "reason": None,
        "result": Result.DONE,
    }
    now = history.office.clock.now()
    taken = Commit(now, (Change("log_entries", None, entry),), {sync: 9}, {sync: 8})
    history.tape.records.append(taken)
    assert any(sentence.startswith("I18") for sentence in judge(tell(history)))


def logging_commits(history: History) -> Iterator[Commit]:
    return (commit for commit in history.tape.of(Commit) if commit.of("log_entries"))


@pytest.mark.parametrize("times", [0, 2])
def test_a_write_that_is_not_in_the_log_or_twice_is_found_out(history: History, times: int):
    records = history.tape.records
    index, change = next(
        (index, change)
        for index, commit in enumerate(records)
        if isinstance(commit, Commit)
        for change in commit.of("log_entries")
        if change.row["side"] == "out" and change.row["result"] == "done"
    )
    commit = records[index]
    assert isinstance(commit, Commit)
    rest = tuple(each for each in commit.changes if each is not change)
    records[index] = replace(commit, changes=(*rest, *(change,) * times))
    assert any(sentence.startswith("I25") for sentence in judge(tell(history)))


def test_a_sync_that_is_put_off_for_long_is_found_out(history: History):
    office = history.office
    with office.tools.db.begin() as session:
        row = session.query(DueRow).filter(DueRow.kind == DueKind.SYNC).one()
        row.due_at = office.clock.now() + timedelta(days=30)
    assert any(sentence.startswith("I20") for sentence in judge(tell(history)))


def test_a_call_for_an_account_that_was_given_up_is_found_out(history: History):
    calls = [call for call in history.tape.of(Call) if call.path == "/v1/events"]
    account = next(row for row in history.tape.rows.values() if "disconnection" in row)
    gone = Change("linked_accounts", account, None)
    history.tape.records.append(Commit(history.office.clock.now(), (gone,)))
    later = history.office.provider.now() + 3600
    history.tape.records.append(replace(calls[-1], at=later))
    assert any(sentence.startswith("I23") for sentence in judge(tell(history)))


def test_a_write_without_an_intent_is_found_out(history: History):
    body = {"batch": [{"method": "DELETE", "data": {"event_id": "calsync.nobody"}}]}
    calls = [call for call in history.tape.of(Call) if call.path == "/v1/batch"]
    history.tape.records.append(replace(calls[-1], body=body, accepted=()))
    assert any("written undecided" in sentence for sentence in judge(tell(history)))


def test_a_write_that_never_ends_is_found_out(history: History):
    office = history.office
    with office.tools.db.begin() as session:
        session.execute(update(LinkRow).values(flight_at=office.clock.now()))
    assert any(sentence.startswith("I1 ") for sentence in judge(tell(history)))
