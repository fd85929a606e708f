"""The log: what syncs did, found by filters, page by page, as a file, and tried again."""

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from calsync.core.content import Content, dump_content
from calsync.core.item import Kind
from calsync.core.link import Act, Link, LinkState, Origin, Side
from calsync.core.run import Result, Trigger
from calsync.db.links import link_of
from calsync.db.models import Assignment, Item, LogEntry
from calsync.services.tools import Tools
from tests.browsing import LogIn, post
from tests.cast import Person
from tests.clocks import FakeClock
from tests.services.hearing import add_integration
from tests.services.integrating import (
    TIMES,
    add_entry,
    add_item,
    add_link,
    add_run,
    get_link,
)
from tests.web.test_calendar_sync import HOSTILE

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MINUTE = timedelta(minutes=1)
LUNCH, DINNER = Content("Lunch", TIMES), Content("Dinner", TIMES, place="Pub", free=True)


class Log:
    """The log of an integration of Dana's, as she reads it."""

    def __init__(self, browser: FlaskClient, tools: Tools, dana: Person, clock: FakeClock) -> None:
        self.browser, self.tools, self.dana, self.clock = browser, tools, dana, clock
        self.integration_id = add_integration(tools, dana).id
        self.where = f"/calendar-sync/{self.integration_id}/logs"

    def run(self, trigger: Trigger = Trigger.MANUAL, **values: Any) -> str:
        self.clock.move(MINUTE)
        return add_run(self.tools, self.dana, self.integration_id, trigger, **values)

    def note(self, run_id: str, title: str, **values: Any) -> str:
        self.clock.move(timedelta(seconds=1))
        return add_entry(self.tools, self.dana, run_id, title=title, **values)

    def get(self, **query: str) -> str:
        answer = self.browser.get(self.where, query_string=query)
        assert answer.status_code == 200
        return answer.text

    def titles(self, **query: str) -> list[str]:
        """Return the titles that a page shows, in their order."""
        return re.findall(r"<p>(?:<a [^>]*>)?<bdi>([^<]*)</bdi>", self.get(**query))

    def rows(self, **query: str) -> list[dict[str, str]]:
        """Return what the file has."""
        answer = self.browser.get(f"{self.where}.csv", query_string=query)
        assert answer.status_code == 200
        assert answer.mimetype == "text/csv"
        return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


@pytest.fixture
def log(tools: Tools, dana: Person, logged_in: LogIn, clock: FakeClock) -> Log:
    return Log(logged_in(dana), tools, dana, clock)


def fill(log: Log) -> None:
    """Write down one thing of each kind."""
    manual, scheduled = log.run(), log.run(Trigger.SCHEDULED)
    real = log.run(Trigger.REAL_TIME_IN)
    todo = add_item(log.tools, log.dana, Kind.TODO)
    log.note(manual, "A sent", item_id=todo)
    log.note(manual, "A change", action="update", side=Side.IN)
    log.note(scheduled, "A deletion", action="delete")
    log.note(scheduled, "Left alone", action="none", result=Result.DECLINED, reason="past")
    log.note(real, "Refused", action="create", result=Result.FAILED, reason="refused")
    log.note(real, "Waiting", action="delete", result=Result.HELD, reason="brake")


def test_a_log_shows_manual_syncs_at_first_and_others_by_a_filter(log: Log):
    fill(log)
    assert log.titles() == ["A change", "A sent"]
    assert log.titles(started="real_time") == ["Waiting", "Refused"]
    assert log.titles(started="scheduled") == ["Left alone", "A deletion"]
    everything = log.titles(started="all")
    assert everything == ["Waiting", "Refused", "Left alone", "A deletion", "A change", "A sent"]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({"direction": "in"}, ["A change"]),
        ({"result": "created"}, ["A sent"]),
        ({"result": "updated"}, ["A change"]),
        ({"result": "deleted"}, ["A deletion"]),
        ({"result": "declined"}, ["Left alone"]),
        ({"result": "failed"}, ["Refused"]),
        ({"result": "held"}, ["Waiting"]),
        ({"kind": "todo"}, ["A sent"]),
        ({"kind": "task"}, []),
        ({"text": "CHANGE"}, ["A change"]),
        ({"text": "%"}, []),
        ({"result": "deleted", "direction": "in"}, []),
    ],
)
def test_every_filter_finds_its_own_and_the_file_has_the_same(
    log: Log, query: dict[str, str], titles: list[str]
):
    fill(log)
    assert log.titles(started="all", **query) == titles
    assert [row["Item"] for row in log.rows(started="all", **query)] == titles
    number = f"{len(titles)} entr"
    assert number in log.get(started="all", **query)


def test_days_are_those_of_the_readers_zone(log: Log):
    run_id = log.run()
    late = log.clock.now().replace(month=7, day=1, hour=22, minute=30)
    # In London it is half past eleven in the evening, and half past midnight two hours later.
    for hours, title in ((0, "First of July"), (1, "Second of July")):
        log.note(run_id, title, at=late + timedelta(hours=hours))
    assert log.titles(to="2026-07-01") == ["First of July"]
    assert log.titles(**{"from": "2026-07-02"}) == ["Second of July"]
    assert log.rows(to="2026-07-01")[0]["Time (Europe/London)"] == "2026-07-01 23:30:00"
    assert log.rows(to="2026-07-01")[0]["Time (UTC)"] == "2026-07-01T22:30:00+00:00"


@pytest.mark.parametrize(
    "query",
    [
        {"started": "x", "direction": "x", "result": "x", "kind": "x", "from": "x", "to": "x"},
        {"from": "0001-01-01", "to": "9999-12-31"},
        {"before": "x", "after": "9" * 40 + "-a"},
        {"before": "99999999999999999-a"},
        {"before": "²-a"},
        {"run": "x" * 4000, "text": "y" * 4000},
    ],
)
def test_what_an_address_says_wrongly_does_no_harm(log: Log, query: dict[str, str]):
    fill(log)
    log.get(**query)
    log.rows(**query)


def test_fifty_lines_are_a_page_and_newer_and_older_lead_to_the_others(log: Log):
    run_id = log.run()
    for number in range(120):
        log.note(run_id, f"Item {number:03}")
    seen, page = [], log.get(result="created")
    while True:
        seen.append(re.findall(r"<bdi>(Item \d+)</bdi></p>", page))
        older = re.search(r'rel="next" href="([^"]+)"', page)
        if not older:
            break
        page = log.browser.get(older.group(1).replace("&amp;", "&")).text
    assert [len(each) for each in seen] == [50, 50, 20]
    assert [title for each in seen for title in each] == [
        f"Item {number:03}" for number in reversed(range(120))
    ]
    newer = re.search(r'rel="prev" href="([^"]+)"', page)
    assert newer
    page = log.browser.get(newer.group(1).replace("&amp;", "&")).text
    assert re.findall(r"<bdi>(Item \d+)</bdi></p>", page) == seen[1]
    assert 'rel="prev"' in page
    assert "result=created" in newer.group(1)


def test_a_run_is_headed_by_what_began_it_its_totals_and_how_long_it_took(log: Log):
    ended = log.clock.now() + 3 * MINUTE
    counts = {"out_create_done": 16, "in_none_declined": 2}
    run_id = log.run(counts=counts, ended_at=ended)
    log.note(run_id, "Visit")
    page = log.get()
    assert "16 created, 2 skipped. It took 2 minutes." in page
    assert f"/runs/{run_id}" in page
    assert "kept for 90 days" in page


def test_a_manual_sync_that_had_nothing_to_do_is_listed_too(log: Log):
    with_entry, empty = log.run(), log.run()
    log.run(Trigger.SCHEDULED)
    log.note(with_entry, "Visit")
    page = log.get()
    assert f"/runs/{empty}" in page
    assert "nothing to do" in page
    assert f"/runs/{empty}" not in log.get(result="created")


def test_one_sync_alone_is_shown_by_its_id(log: Log):
    fill(log)
    run_id = log.run(Trigger.SCHEDULED)
    log.note(run_id, "The one")
    assert log.titles(run=run_id) == ["The one"]
    assert "Only one sync is shown." in log.get(run=run_id)


def test_empty_logs_say_why(log: Log):
    page = log.get()
    assert "No syncs yet." in page
    assert "The first entries appear after the first sync." in page
    log.note(log.run(Trigger.SCHEDULED), "Visit")
    page = log.get()
    assert "No entries match." in page
    assert "Clear the filters." in page


def test_before_and_after_are_told_in_plain_words(log: Log):
    run_id = log.run()
    mine, theirs = dump_content(LUNCH), dump_content(DINNER)
    log.note(
        run_id,
        "Dinner",
        action="update",
        side=Side.IN,
        before={"mine": mine, "theirs": theirs},
        after={"mine": theirs},
    )
    log.note(
        run_id,
        "Kept out",
        action="none",
        side=Side.IN,
        result=Result.DECLINED,
        reason="update_off",
        before={"mine": {"title": "Lunch"}, "theirs": {"title": "Supper"}},
    )
    log.note(
        run_id,
        "Call",
        action="delete",
        side=Side.IN,
        before={"mine": mine, "theirs": theirs},
        after={"removal": "unassign"},
    )
    page = log.get()
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "Subject Lunch → Dinner" in words
    assert "Location Pub" in words
    assert "→ None" not in words
    assert "Show me as Busy → Free" in words
    assert "My Calendar: Lunch Linked calendar: Supper" in words
    assert "It is not on your calendar any more." in words
    assert "Tue 3 Mar 2026, 09:00 to 10:00" in words
    assert "{&#39;" not in page
    details = [row["Details"] for row in log.rows()]
    assert "Subject: Lunch → Dinner" in details[2]


def test_a_line_says_when_its_entry_takes_place_and_the_day_of_the_sync_once(log: Log):
    run_id = log.run()
    for days in (0, 7):
        start = TIMES.start + timedelta(days=days)
        content = Content("Stand-up", replace(TIMES, start=start, end=start + MINUTE))
        log.note(run_id, "Stand-up", after={"theirs": dump_content(content)})
    tomorrow = log.clock.now() + timedelta(days=1)
    log.note(run_id, "Late", at=tomorrow)
    words = " ".join(re.sub(r"<[^>]+>", " ", log.get()).split())
    assert "Stand-up Tue 3 Mar 2026, 09:00 to 09:01 Sent, 09:01" in words
    assert "Stand-up Tue 10 Mar 2026, 09:00 to 09:01 Sent, 09:01" in words
    assert "Late Sent, 3 Mar 2026, 09:01" in words


def test_a_cell_that_would_be_a_formula_is_none(log: Log):
    run_id = log.run()
    for title in ("=1+1", "@SUM(A1)", "-2", "+3", "\t=4"):
        log.note(run_id, title)
    found = [row["Item"] for row in reversed(log.rows())]
    assert found == ["'=1+1", "'@SUM(A1)", "'-2", "'+3", "'\t=4"]


def test_a_file_of_many_entries_is_read_in_parts(log: Log):
    run_id = log.run()
    with log.tools.db.begin() as session:
        for number in range(1001):
            session.add(
                LogEntry(
                    tenant_id=log.dana.who.tenant_id,
                    integration_id=log.integration_id,
                    run_id=run_id,
                    at=log.clock.now() + timedelta(seconds=number // 3),
                    trigger=Trigger.MANUAL,
                    side=Side.OUT,
                    action="create",
                    result=Result.DONE,
                    title=f"Item {number}",
                    before={},
                    after={},
                )
            )
    read: list[str] = []
    engine = log.tools.db.engine
    event.listen(engine, "before_cursor_execute", lambda *told: read.append(told[2]))
    assert len({row["Item"] for row in log.rows()}) == 1001
    parts = [each for each in read if "FROM log_entries" in each and "LIMIT" in each]
    assert len(parts) == 3, "five hundred at a time"


def test_what_became_somebody_elses_private_item_is_not_told(log: Log):
    item_id = add_item(log.tools, log.dana)
    both = {"mine": dump_content(DINNER), "theirs": dump_content(LUNCH)}
    log.note(log.run(), "Redundancies", item_id=item_id, before=both, after=both)
    assert log.titles(text="redundancies") == ["Redundancies"]
    with log.tools.db.begin() as session:
        session.get_one(Item, item_id).is_private = True
        session.query(Assignment).filter_by(item_id=item_id).delete()
    assert log.titles() == ["Busy"]
    assert log.titles(text="redundancies") == []
    for told in (log.get(), str(log.rows())):
        assert "Redundancies" not in told
        assert "Pub" not in told


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_does_no_harm(log: Log, title: str):
    content = dump_content(replace(DINNER, title=title, text=title))
    log.note(log.run(), title, before={}, after={"theirs": content})
    page = log.get(text=title[:100]).partition("<main")[2]
    assert "<script" not in page
    assert "<img" not in page


def set_aside(log: Log, *, tries: int = 3, state: LinkState = LinkState.SET_ASIDE) -> str:
    """Let a copy have been refused three times; return its link."""
    content = Content("Visit", TIMES)
    link = Link(Origin.SENT, here=content, there=content, tries=tries)
    return add_link(
        log.tools, log.dana, log.integration_id, add_item(log.tools, log.dana), link=link,
        state=state,
    )  # fmt: skip


def test_what_was_set_aside_is_tried_again_when_the_user_says_so(log: Log):
    link_id, run_id = set_aside(log), log.run()
    entry_id = log.note(run_id, "Visit", result=Result.FAILED, reason="refused", link_id=link_id)
    log.note(run_id, "Fine")
    page = log.get()
    assert page.count("/again") == 1
    where = f"{log.where}/{entry_id}/again"
    for _ in range(2):
        answer = post(log.browser, where, {"next": f"{log.where}?started=all"})
        assert answer.status_code == 303
        assert answer.location == f"{log.where}?started=all"
    row = get_link(log.tools, link_id)
    assert Act.TRY_AGAIN in link_of(row).acts
    assert row.looks > 0
    elsewhere = post(log.browser, where, {"next": "//evil.example"})
    assert elsewhere.location == log.where


def test_what_failed_is_tried_again_from_the_page_of_its_sync_too(log: Log):
    link_id, run_id = set_aside(log), log.run()
    log.note(run_id, "Visit", result=Result.FAILED, reason="refused", link_id=link_id)
    where = log.where.replace("/logs", f"/runs/{run_id}")
    for address in (where, f"{where}/progress"):
        page = log.browser.get(address).text
        found = re.search(
            rf'action="({log.where}/[^"]+/again)".*?name="next" value="([^"]*)"', page, re.DOTALL
        )
        assert found
        assert found.group(2) == where
    assert post(log.browser, found.group(1), {"next": where}).location == where
    assert Act.TRY_AGAIN in link_of(get_link(log.tools, link_id)).acts


@pytest.mark.parametrize("state", [LinkState.TOMBSTONE, LinkState.REMOVED_THERE, LinkState.HELD])
def test_what_was_given_up_since_is_not_offered_to_be_tried_again(log: Log, state: LinkState):
    link_id = set_aside(log, state=state)
    entry_id = log.note(log.run(), "Visit", result=Result.FAILED, link_id=link_id)
    assert "/again" not in log.get()
    post(log.browser, f"{log.where}/{entry_id}/again")
    assert link_of(get_link(log.tools, link_id)).acts == frozenset()


@pytest.mark.parametrize("started", ["scheduled", "real_time"])
def test_a_manual_sync_that_had_nothing_to_do_is_none_of_the_others(log: Log, started: str):
    empty = log.run()
    assert f"/runs/{empty}" in log.get()
    assert f"/runs/{empty}" in log.get(started="all")
    assert f"/runs/{empty}" not in log.get(started=started)
