"""My Calendar, tickets and the account: each page in each of its states."""

from datetime import date, timedelta

from playwright.sync_api import Page

from tests.pictures.camera import USUAL, Camera
from tests.pictures.stage import Stage


def tour_login(page: Page, stage: Stage, camera: Camera) -> None:
    """Show the way in, and log Dana in."""
    page.goto(f"{stage.url}/login")
    camera.take(page, "login")
    page.get_by_role("button", name="Log in").click()
    camera.take(page, "login-errors")
    stage.log_in(page)


def tour_calendar(page: Page, stage: Stage, camera: Camera) -> None:
    """Show My Calendar in every view, and its items."""
    for view in ("month", "week", "day", "agenda"):
        page.goto(f"{stage.url}/calendar")
        page.get_by_role("link", name=view.capitalize(), exact=True).click()
        page.wait_for_url(f"**/calendar/{view}/*")
        if view == "day":
            page.goto(f"{stage.url}/calendar/day/{_find_day_of_work(stage)}")
        camera.take(page, f"calendar-{view}", (*USUAL, "forced"))
    page.goto(f"{stage.url}/calendar")
    page.get_by_role("link", name="Month", exact=True).click()
    page.wait_for_url("**/calendar/month/*")
    page.get_by_role("gridcell").nth(10).click(button="right", position={"x": 20, "y": 60})
    camera.take(page, "calendar-menu", ("light", "dark"))
    for name, path in {
        "item-new": "/calendar/new",
        "item-bin": "/calendar/bin",
        "item-undated": "/calendar/undated",
        "calendar-files": "/calendar/files",
        "calendar-import": "/calendar/import",
    }.items():
        page.goto(stage.url + path)
        camera.take(page, name)
    page.goto(f"{stage.url}/calendar/new")
    page.locator("button.button", has_text="Add").click()
    camera.take(page, "item-new-errors")
    _tour_item(page, stage, camera)


def _find_day_of_work(stage: Stage) -> date:
    """Return the first day from today on that is none of a weekend, when little is planned."""
    today = stage.tools.clock.now().date()
    days = (today + timedelta(days=number) for number in range(3))
    return next(day for day in days if day.weekday() < 5)


def _tour_item(page: Page, stage: Stage, camera: Camera) -> None:
    page.goto(f"{stage.url}/calendar")
    page.get_by_role("link", name="Agenda", exact=True).click()
    page.wait_for_url("**/calendar/agenda/*")
    page.locator("a[href*='/calendar/item/']").first.click()
    page.wait_for_url("**/calendar/item/*")
    camera.take(page, "item")
    where = page.url.partition("?")[0]
    for name in ("edit", "move", "delete"):
        page.goto(f"{where}/{name}")
        camera.take(page, f"item-{name}")


def tour_tickets(page: Page, stage: Stage, camera: Camera) -> None:
    """Show tickets and clients."""
    page.goto(f"{stage.url}/tickets")
    camera.take(page, "tickets")
    page.locator("main a[href^='/tickets/']").filter(has_text="Replace firewall").first.click()
    camera.take(page, "ticket")
    for name, path in {"ticket-new": "/tickets/new", "clients": "/clients"}.items():
        page.goto(stage.url + path)
        camera.take(page, name)


def tour_account(page: Page, stage: Stage, camera: Camera) -> None:
    """Show what belongs to the account, and what happens to an address of nothing."""
    for name, path in {
        "account": "/account",
        "account-tokens": "/account/tokens",
        "not-there": "/nothing/here",
    }.items():
        page.goto(stage.url + path)
        camera.take(page, name)
