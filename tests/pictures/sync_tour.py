"""Calendar Sync: connecting, the wizard, the listing and what hangs on each integration."""

from datetime import timedelta

from playwright.sync_api import Page, expect

from tests.browser.guide_steps import CHANGES, KINDS, go_on, row_of, tick
from tests.browser.steps import choose, sign_in
from tests.pictures.camera import BRIGHT, USUAL, Camera
from tests.pictures.stage import Stage


def tour_connecting(page: Page, stage: Stage, camera: Camera) -> None:
    """Show the way from the empty listing to the first tab."""
    _fill_mailbox(stage)
    page.goto(f"{stage.url}/calendar-sync")
    camera.take(page, "sync-empty")
    choose(page, "Google")
    sign_in(page, "dana@google.example")
    page.get_by_role("button", name="Deny").click()
    camera.take(page, "sync-refused", BRIGHT)
    choose(page, "Google")
    sign_in(page, "dana@google.example")
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url("**/linked-calendar")


def tour_wizard(page: Page, stage: Stage, camera: Camera) -> None:
    """Show the four tabs, with what can be wrong on each."""
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("alert")).to_be_visible()
    camera.take(page, "wizard-1-errors")
    page.reload()
    camera.take(page, "wizard-1")
    page.get_by_label("Calendar to link").select_option(label="Work")
    _tour_nothing(page, camera)
    _tour_left(page, stage, camera)
    tick(page, CHANGES, CHANGES)
    go_on(page, "Your Calendar")
    camera.take(page, "wizard-2")
    tick(page, [*KINDS], [*KINDS])
    go_on(page, "Sync Options")
    camera.take(page, "wizard-3")
    page.get_by_role("radio", name="Retrieve linked calendar items").check()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("alert")).to_be_visible()
    camera.take(page, "wizard-3-errors")
    page.get_by_text("More options").click()
    camera.take(page, "wizard-3-more", BRIGHT)
    page.goto(page.url)
    page.get_by_role("radio", name="Retrieve linked calendar items").check()
    page.get_by_label("Get Past Items").select_option(label="1 week")
    page.get_by_label("Get Future Items").select_option(label="1 month")
    page.get_by_role("radio", name="Send my calendar items").check()
    camera.take(page, "wizard-3-both")
    go_on(page, "Confirmation")
    expect(page.get_by_text("As of")).to_be_visible(timeout=30_000)
    camera.take(page, "wizard-4")
    _tour_preview(page, camera)


def _tour_nothing(page: Page, camera: Camera) -> None:
    """Show the second tab where nothing comes in and nothing is to go out, and go back."""
    tick(page, CHANGES, ())
    go_on(page, "Your Calendar")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("alert")).to_be_visible()
    camera.take(page, "wizard-2-errors")
    page.get_by_role("button", name="Back").click()
    expect(page.locator("[aria-current=step]")).to_contain_text("Linked calendar")


def _tour_left(page: Page, stage: Stage, camera: Camera) -> None:
    """Show a set-up that was left, and what discarding it says; then go on with it."""
    page.get_by_role("button", name="Save and leave").click()
    page.wait_for_url("**/calendar-sync")
    camera.take(page, "sync-unfinished", BRIGHT)
    page.get_by_role("link", name="Discard").click()
    page.wait_for_url("**/discard")
    camera.take(page, "wizard-discard", BRIGHT)
    page.get_by_role("link", name="Keep it").click()
    page.wait_for_url("**/linked-calendar")


def _tour_preview(page: Page, camera: Camera) -> None:
    confirmation = page.url
    for summary in page.locator("#sync-preview summary").all():
        summary.click()
    camera.take(page, "wizard-4-open")
    page.get_by_role("link", name="See all").first.click()
    page.wait_for_url("**/preview**")
    camera.take(page, "wizard-preview")
    page.goto(confirmation)


def tour_listing(page: Page, stage: Stage, camera: Camera) -> None:
    """Show the listing while and after the first sync, and every page of an integration."""
    page.get_by_role("button", name="Finish").click()
    page.wait_for_url("**/calendar-sync")
    camera.take(page, "sync-listing-running", ("light",))
    expect(row_of(page, "Work").get_by_text("created")).to_be_visible(timeout=30_000)
    # What was said of its beginning is old by now.
    page.reload()
    camera.take(page, "sync-listing", (*USUAL, "forced"))
    _tour_integration(page, camera)


def _tour_integration(page: Page, camera: Camera) -> None:
    listing = page.url
    for name in ("Settings", "Logs", "Delete"):
        page.goto(listing)
        row_of(page, "Work").get_by_role("link", name=name).click()
        page.wait_for_load_state()
        camera.take(page, f"sync-{name.lower()}")
    page.goto(listing)
    row_of(page, "Work").get_by_role("link", name="Logs").click()
    page.get_by_role("link", name="Manual").first.click()
    page.wait_for_url("**/runs/*")
    camera.take(page, "sync-run")
    page.locator("main a[href*='/calendar/item/']").first.click()
    page.wait_for_url("**/calendar/item/*")
    camera.take(page, "item-synced")
    page.goto(listing)
    row_of(page, "Work").get_by_role("switch").click()
    expect(row_of(page, "Work").get_by_role("switch")).to_have_attribute("aria-checked", "false")
    camera.take(page, "sync-listing-off", (*USUAL, "forced"))


def tour_unscripted(page: Page, stage: Stage, camera: Camera) -> None:
    """Show the pages of the sync as they are without scripts."""
    stage.log_in(page)
    page.goto(f"{stage.url}/calendar-sync")
    row_of(page, "Work").get_by_role("switch").click()
    expect(page.get_by_role("status").first).to_contain_text("Work is now")
    camera.take(page, "unscripted-listing", BRIGHT)
    choose(page, "iCloud")
    sign_in(page, "dana@icloud.example")
    page.get_by_role("button", name="Allow").click()
    page.get_by_label("Calendar to link").select_option(label="Work")
    for tab in ("Your Calendar", "Sync Options"):
        go_on(page, tab)
    camera.take(page, "unscripted-wizard-3", BRIGHT)
    go_on(page, "Confirmation")
    camera.take(page, "unscripted-wizard-4", BRIGHT)
    page.get_by_role("link", name="Discard this setup").click()
    page.get_by_role("button", name="Discard and disconnect").click()
    expect(page.get_by_role("status").first).to_contain_text("Setup discarded.")


def _fill_mailbox(stage: Stage) -> None:
    """Put a week of events into the mailbox that is linked."""
    start = stage.tools.clock.now().replace(minute=0, second=0, microsecond=0)
    titles = ("Dentist", "Parents' evening", "Train to Leeds", "Lunch with Ada", "Board games")
    for number, title in enumerate(titles):
        begins = start + timedelta(days=number + 1, hours=number)
        stage.sandbox.control(
            "POST",
            "/events",
            {
                "calendar_id": stage.sandbox.calendars()["Work"],
                "summary": title,
                "tzid": "Europe/London",
                "start": begins.isoformat(),
                "end": (begins + timedelta(hours=1)).isoformat(),
            },
        )
