"""Calendar Sync where something asks for the user: settings, syncs that go on or stop, holds."""

from dataclasses import replace

from playwright.sync_api import Page, expect

from calsync.core.link import Deed, Link, LinkState, Side
from calsync.core.run import CANCELLED, Result, RunState, Trigger
from calsync.db.links import link_of, put_link
from calsync.db.models import Integration, LinkRow, LogEntry, Run
from tests.browser.guide_steps import go_on, row_of, tick
from tests.pictures.camera import BRIGHT, USUAL, Camera
from tests.pictures.stage import Stage
from tests.services.integrating import add_entry, add_run
from tests.services.test_linking import profile_of


def tour_settings(page: Page, stage: Stage, camera: Camera) -> None:
    """Show what settings ask about copies that stand there, and the box for many of them."""
    listing = f"{stage.url}/calendar-sync"
    page.goto(listing)
    row_of(page, "Work").get_by_role("link", name="Settings").click()
    page.get_by_label("Calendar to link").select_option(label="Personal")
    camera.take(page, "sync-settings-other-calendar", BRIGHT)
    page.get_by_label("Calendar to link").select_option(label="Work")
    go_on(page, "Your Calendar")
    tick(page, ["Appointments"], [])
    page.get_by_role("radio", name="Remove them").check()
    camera.take(page, "sync-settings-unticked", BRIGHT)
    go_on(page, "Sync Options")
    go_on(page, "Confirmation")
    expect(page.get_by_text("As of")).to_be_visible(timeout=30_000)
    camera.take(page, "sync-settings-tick", BRIGHT)
    page.get_by_role("button", name="Save and sync").click()
    expect(page.get_by_role("alert")).to_be_visible()
    camera.take(page, "sync-settings-tick-errors")
    page.get_by_role("button", name="Discard changes").click()
    page.wait_for_url("**/linked-calendar")


def tour_syncs(page: Page, stage: Stage, camera: Camera) -> None:
    """Show a sync on its way, one that stopped and one that was cancelled, and their log."""
    work = _find_work(stage)
    counts = {"out_update_done": 1, "out_update_failed": 1}
    under_way = {
        "state": RunState.RUNNING,
        "ended_at": None,
        "done": 2,
        "total": 5,
        "counts": counts,
    }
    run_id = add_run(stage.tools, stage.dana, work, Trigger.MANUAL, **under_way)
    where = f"{stage.url}/calendar-sync/{work}"
    page.goto(f"{where}/runs/{run_id}")
    camera.take(page, "sync-run-progress", (*USUAL, "forced"))
    page.goto(f"{stage.url}/calendar-sync")
    camera.take(page, "sync-listing-progress")
    for name, error in {"cancelled": CANCELLED, "stopped": "RateLimited"}.items():
        with stage.tools.db.begin() as session:
            run = session.get_one(Run, run_id)
            run.state, run.error, run.ended_at = RunState.STOPPED, error, stage.tools.clock.now()
        if error != CANCELLED:
            _let_one_fail(stage, work, run_id)
        page.goto(f"{where}/runs/{run_id}")
        camera.take(page, f"sync-run-{name}", BRIGHT if error == CANCELLED else USUAL)
    page.goto(f"{where}/logs")
    for summary in page.locator(".log-lines summary").all()[:3]:
        summary.click()
    camera.take(page, "sync-logs-details")
    page.goto(f"{where}/logs?text=nothing+of+this+name")
    camera.take(page, "sync-logs-none", BRIGHT)


def tour_waiting(page: Page, stage: Stage, camera: Camera) -> None:
    """Show what waits for an answer, and the pages of an account that was lost."""
    work = _find_work(stage)
    _hold_some(stage, work)
    listing = f"{stage.url}/calendar-sync"
    page.goto(listing)
    camera.take(page, "sync-listing-held")
    page.goto(f"{listing}/{work}/held")
    camera.take(page, "sync-held")
    profile = profile_of(stage.sandbox, "dana@google.example")
    stage.sandbox.control("POST", f"/profiles/{profile}/disconnect")
    page.goto(listing)
    page.get_by_role("button", name="Check now").first.click()
    expect(row_of(page, "Work").get_by_text("Not Connected")).to_be_visible()
    page.goto(listing)
    camera.take(page, "sync-listing-lost", (*USUAL, "forced"))
    for name in ("Settings", "Delete"):
        page.goto(listing)
        row_of(page, "Work").get_by_role("link", name=name).click()
        page.wait_for_load_state()
        camera.take(page, f"sync-{name.lower()}-lost", BRIGHT)


def _find_work(stage: Stage) -> str:
    with stage.tools.db.read() as session:
        return session.query(Integration).filter_by(calendar_name="Work").one().id


def _let_one_fail(stage: Stage, integration_id: str, run_id: str) -> None:
    """Write down a change that the calendar refused three times, and another that was made."""
    with stage.tools.db.begin() as session:
        sent = session.query(LogEntry).filter_by(
            integration_id=integration_id, action="create", side=Side.OUT
        )
        refused, made = sent.filter(LogEntry.link_id.is_not(None)).limit(2).all()
        row = session.get_one(LinkRow, refused.link_id)
        put_link(row, replace(link_of(row), state=LinkState.SET_ASIDE, tries=3))
    moved = {"theirs": {**made.after["theirs"], "place": "Room 2"}}
    failed = {"result": Result.FAILED, "reason": "refused", "link_id": refused.link_id}
    for entry, values in (
        (made, {"before": made.after, "after": moved}),
        (refused, {"after": refused.after, **failed}),
    ):
        known = {"title": entry.title, "item_id": entry.item_id}
        add_entry(stage.tools, stage.dana, run_id, action="update", **known, **values)


def _hold_some(stage: Stage, integration_id: str) -> None:
    """Let what came of a dozen links wait for a word."""
    with stage.tools.db.begin() as session:
        rows = session.query(LinkRow).filter_by(integration_id=integration_id, is_present=True)
        for row in rows.limit(12):
            link: Link = link_of(row)
            held = frozenset({Deed.DELETE_THERE})
            put_link(row, replace(link, state=LinkState.HELD, held=held, held_for="brake"))
