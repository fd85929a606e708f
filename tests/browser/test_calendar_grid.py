"""The calendar in a browser: reading, adding, keys, touch, dragging, and without script."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from calsync.clock import SystemClock
from calsync.config import Settings
from tests.browser.axe import axe_violations
from tests.browser.conftest import OpenPage
from tests.browser.console import Console
from tests.browser.fitness import assert_is_fit
from tests.browser.mouse import drag, drag_block, middle
from tests.browser.serving import serve
from tests.web.preview_calendar import BASE, add_preview, make_samples

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

VIEWS = ["month", "week", "day", "agenda"]
TUESDAY = "Tuesday 24 November 2026"
KINDS = ["Appointment", "Todo", "Task", "CRM Activity", "Service Call"]


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A window in which the whole calendar is to be seen: nothing scrolls under the pointer."""
    return open_page(viewport={"width": 1280, "height": 1900})


class Site:
    """The calendar's pages on a port, and the moves that were asked for."""

    def __init__(self, url: str, moves: list[dict[str, str]]) -> None:
        self._url = url
        self.moves = moves

    def open(self, page: Page, view: str = "month", day: str = "2026-11-24") -> None:
        page.goto(f"{self._url}{BASE}/{view}/{day}")


@pytest.fixture
def site(settings: Settings, make_app: Callable[..., Flask], console: Console) -> Iterator[Site]:
    app = make_app(settings, SystemClock())
    moves = add_preview(app, make_samples())
    with serve(app) as url:
        yield Site(url, moves)
        console.stop_listening()


def cell(page: Page, name: str = TUESDAY) -> Locator:
    return page.get_by_role("gridcell", name=name)


def chip(page: Page, title: str) -> Locator:
    return page.locator("#calendar").get_by_role("link", name=title).first


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_accessible_and_fits(page: Page, site: Site, view: str) -> None:
    site.open(page, view)
    assert_is_fit(page)
    page.emulate_media(forced_colors="active")
    assert axe_violations(page) == []


def test_the_open_menu_is_accessible(page: Page, site: Site) -> None:
    site.open(page)
    cell(page).click(button="right", position={"x": 80, "y": 20})
    expect(page.get_by_role("menu")).to_be_visible()
    assert_is_fit(page)


def test_calendar_sync_is_at_the_top_right(page: Page, site: Site) -> None:
    site.open(page)
    link = page.get_by_role("main").get_by_role("link", name="Calendar Sync")
    box, width = link.bounding_box(), page.evaluate("innerWidth")
    assert box
    assert box["x"] > width * 2 / 3
    assert box["y"] < 200
    assert link.get_attribute("href") == "/calendar-sync"


def test_right_click_on_a_day_opens_the_menu_and_escape_goes_back(page: Page, site: Site) -> None:
    site.open(page)
    cell(page).click(button="right", position={"x": 80, "y": 20})
    menu = page.get_by_role("menu", name=TUESDAY)
    assert [text.strip() for text in menu.get_by_role("menuitem").all_inner_texts()] == KINDS
    expect(menu.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(cell(page)).to_be_focused()


def test_the_month_and_the_menu_work_by_keyboard_alone(page: Page, site: Site) -> None:
    site.open(page)
    cell(page).focus()
    page.keyboard.press("ArrowRight")
    expect(cell(page, "Wednesday 25 November 2026")).to_be_focused()
    page.keyboard.press("Shift+F10")
    expect(page.get_by_role("menu")).to_be_visible()
    page.keyboard.press("Tab")
    expect(cell(page, "Wednesday 25 November 2026")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Todo")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/new?kind=todo&date=2026-11-25")


def test_the_keys_of_the_menu_go_round(page: Page, site: Site) -> None:
    site.open(page)
    cell(page).focus()
    page.keyboard.press("Enter")
    for key, name in [
        ("ArrowUp", "Service Call"),
        ("ArrowDown", "Appointment"),
        ("End", "Service Call"),
        ("Home", "Appointment"),
        ("t", "Todo"),
        ("t", "Task"),
        ("c", "CRM Activity"),
    ]:
        page.keyboard.press(key)
        expect(page.get_by_role("menuitem", name=name)).to_be_focused()


def test_the_keys_of_the_month_lead_over_its_edges(page: Page, site: Site) -> None:
    site.open(page)
    cell(page).focus()
    for key, name in [
        ("Home", "Monday 23 November 2026"),
        ("End", "Sunday 29 November 2026"),
        ("ArrowDown", "Sunday 6 December 2026"),
        ("ArrowDown", "Sunday 13 December 2026"),
        ("PageDown", "Wednesday 13 January 2027"),
        ("PageUp", "Sunday 13 December 2026"),
        ("ArrowUp", "Sunday 6 December 2026"),
    ]:
        page.keyboard.press(key)
        expect(cell(page, name)).to_be_focused()
    expect(page.get_by_role("heading", name="December 2026", exact=True)).to_be_visible()


def test_the_month_is_one_stop_and_then_the_items_of_its_day(page: Page, site: Site) -> None:
    site.open(page)
    stops = page.evaluate(
        "[...document.querySelectorAll('.month td, .month a')].filter(e => e.tabIndex === 0)"
        ".map(e => e.dataset.date || e.className.split(' ')[0])"
    )
    assert stops == ["2026-11-24", "day-link", "day-link", "chip", "chip", "more"]


def test_shift_leaves_the_browsers_own_menu_alone_and_items_keep_theirs(
    page: Page, site: Site
) -> None:
    site.open(page)
    cell(page).click(button="right", position={"x": 80, "y": 20}, modifiers=["Shift"])
    expect(page.get_by_role("menu")).to_be_hidden()
    chip(page, "Renew certificates").click(button="right")
    expect(page.get_by_role("menu")).to_be_hidden()


def test_right_click_in_a_week_knows_the_half_hour(page: Page, site: Site) -> None:
    site.open(page, "week")
    slot = page.locator('[data-date="2026-11-26"] [data-time="10:00"]')
    slot.click(button="right")
    menu = page.get_by_role("menu", name="Thursday 26 November 2026 at 10:00")
    menu.get_by_role("menuitem", name="Service Call").click()
    page.wait_for_url("**/new?kind=service_call&date=2026-11-26&time=10%3A00")


def test_a_finger_opens_the_menu_by_link_and_by_resting(open_page: OpenPage, site: Site) -> None:
    page = open_page(has_touch=True, is_mobile=True, viewport={"width": 900, "height": 900})
    site.open(page)
    link = cell(page).get_by_role("link", name=f"Add to {TUESDAY}")
    expect(link).to_have_css("opacity", "1")
    link.tap()
    menu = page.get_by_role("menu", name=TUESDAY)
    expect(menu).to_be_visible()
    page.get_by_role("heading", name="My Calendar").tap()
    expect(menu).to_be_hidden()
    rest(page, page.locator('td[data-date="2026-11-18"]'), 900)
    expect(page.get_by_role("menu", name="Wednesday 18 November 2026")).to_be_visible()
    page.get_by_role("heading", name="My Calendar").tap()
    expect(page.get_by_role("menu")).to_be_hidden()


def rest(page: Page, place: Locator, milliseconds: int) -> None:
    """Put a finger down for a while."""
    x, y = middle(place)
    devtools = page.context.new_cdp_session(page)
    touch = {"touchPoints": [{"x": x, "y": y}]}
    devtools.send("Input.dispatchTouchEvent", {"type": "touchStart", **touch})
    page.wait_for_timeout(milliseconds)
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize("width", [320, 1280])
def test_without_script_each_day_has_a_link_to_the_form(
    open_page: OpenPage, site: Site, width: int
) -> None:
    page = open_page(java_script_enabled=False, viewport={"width": width, "height": 700})
    site.open(page)
    link = page.get_by_role("link", name=f"Add to {TUESDAY}")
    expect(link).to_be_visible()
    expect(link).to_have_css("opacity", "1")
    link.click()
    page.wait_for_url("**/new?date=2026-11-24")


@pytest.mark.parametrize("has_script", [True, False])
def test_every_view_is_reached_by_a_link_that_says_where_one_is(
    open_page: OpenPage, site: Site, *, has_script: bool
) -> None:
    page = open_page(java_script_enabled=has_script)
    site.open(page)
    views = page.get_by_role("navigation", name="View")
    for name in ("Week", "Day", "Agenda", "Month"):
        views.get_by_role("link", name=name).click()
        page.wait_for_url(f"**{BASE}/{name.lower()}/2026-11-24")
        expect(views.locator("[aria-current=page]")).to_have_text(name)


def test_going_on_and_back_changes_address_title_and_status(page: Page, site: Site) -> None:
    site.open(page)
    page.get_by_role("link", name="Next month").click()
    expect(page).to_have_url(re.compile("/month/2026-12-01$"))
    expect(page).to_have_title("December 2026 - My Calendar - calsync")
    expect(page.locator("#status")).to_have_text("December 2026")
    expect(page.get_by_role("link", name="Next month")).to_be_focused()
    page.go_back()
    expect(page.get_by_role("heading", name="November 2026", exact=True)).to_be_visible()
    expect(cell(page)).to_have_count(1)
    cell(page).click(button="right", position={"x": 80, "y": 20})
    expect(page.get_by_role("menu", name=TUESDAY)).to_be_visible()


def test_an_item_speaks_its_kind_and_its_times(page: Page, site: Site) -> None:
    site.open(page, "week")
    expect(chip(page, "Service Call: 13:00 to 15:00 Replace switch in rack 4")).to_be_visible()
    busy = page.locator(".kind-busy")
    assert " ".join(busy.inner_text().split()).endswith("Busy")


def test_the_kinds_can_be_filtered_and_the_titles_searched(page: Page, site: Site) -> None:
    site.open(page, "agenda")
    page.get_by_label("Show").select_option("Service Call")
    page.get_by_label("Search").fill("switch")
    page.get_by_role("button", name="Find").click()
    page.wait_for_url("**?kind=service_call&q=switch")
    expect(page.locator(".chip")).to_have_count(1)


def test_a_day_of_a_narrow_month_shows_its_list(open_page: OpenPage, site: Site) -> None:
    page = open_page(viewport={"width": 320, "height": 700})
    site.open(page)
    page.locator('td[data-date="2026-11-26"] .day-pick').click()
    chosen = page.get_by_role("region", name="Thursday 26 November 2026")
    expect(chosen.get_by_role("link", name="Migration on site")).to_be_visible()
    chosen.get_by_role("link", name="Add to Thursday 26 November 2026").click()
    expect(page.get_by_role("menu", name="Thursday 26 November 2026")).to_be_visible()


def test_an_item_is_dragged_to_another_day_of_the_month(page: Page, site: Site) -> None:
    site.open(page)
    drag(
        page,
        middle(chip(page, "Patch night")),
        middle(page.locator('td[data-date="2026-11-12"]')),
    )
    expect(page).to_have_title("Moved")
    assert site.moves == [
        {"item": "patch-night", "key": "", "version": "0", "date": "2026-11-12", "time": "18:00",
         "end_date": "", "end_time": "", "next": f"{BASE}/month/2026-11-24"}
    ]  # fmt: skip


def test_a_bar_keeps_its_length_wherever_it_is_held(page: Page, site: Site) -> None:
    site.open(page)
    bar = chip(page, "Conference").bounding_box()
    assert bar
    start = (bar["x"] + bar["width"] * 0.5, bar["y"] + 8)
    drag(page, start, middle(page.locator('td[data-date="2026-11-26"]')))
    expect(page).to_have_title("Moved")
    assert (site.moves[0]["item"], site.moves[0]["date"]) == ("conference", "2026-11-25")


def test_a_bar_is_dragged_longer_by_its_end(page: Page, site: Site) -> None:
    site.open(page)
    grip = chip(page, "Conference").locator(".grip")
    drag(page, middle(grip), middle(page.locator('td[data-date="2026-11-28"]')))
    expect(page).to_have_title("Moved")
    (move,) = site.moves
    assert (move["date"], move["time"], move["end_date"]) == ("2026-11-23", "", "2026-11-28")


def test_an_item_is_dragged_to_another_time(page: Page, site: Site) -> None:
    site.open(page, "week")
    slot = page.locator('[data-date="2026-11-25"] [data-time="15:30"]')
    drag_block(page, chip(page, "Quarterly review"), slot)
    expect(page).to_have_title("Moved")
    (move,) = site.moves
    assert (move["date"], move["time"], move["end_time"]) == ("2026-11-25", "15:30", "")


@pytest.mark.parametrize("view", ["week", "day"])
def test_an_item_is_dragged_longer_by_its_foot(page: Page, site: Site, view: str) -> None:
    site.open(page, view)
    grip = chip(page, "Quarterly review").locator(".grip")
    slot = page.locator('[data-date="2026-11-24"] [data-time="12:00"]')
    drag(page, middle(grip), middle(slot))
    expect(page).to_have_title("Moved")
    (move,) = site.moves
    assert (move["time"], move["end_date"], move["end_time"]) == ("10:00", "2026-11-24", "12:30")


def test_escape_ends_a_drag_and_a_short_one_is_a_click(page: Page, site: Site) -> None:
    site.open(page)
    page.mouse.move(*middle(chip(page, "Patch night")))
    page.mouse.down()
    page.mouse.move(*middle(page.locator('td[data-date="2026-11-12"]')), steps=3)
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator(".is-dragged, .is-target")).to_have_count(0)
    assert site.moves == []
    site.open(page)
    chip(page, "Patch night").click()
    page.wait_for_url("**/item/patch-night")


def test_today_is_marked_by_a_border_where_colours_are_forced(
    open_page: OpenPage, site: Site
) -> None:
    page = open_page(forced_colors="active")
    site.open(page)
    expect(page.locator("td.is-today")).to_have_css("border-block-start-width", "3px")
    expect(page.locator("td.is-chosen.is-today")).to_have_attribute("aria-current", "date")


def test_on_paper_there_is_the_calendar_alone(page: Page, site: Site) -> None:
    site.open(page)
    page.emulate_media(media="print")
    expect(page.get_by_role("table").or_(page.get_by_role("grid"))).to_be_visible()
    expect(page.get_by_role("heading", name="November 2026", exact=True)).to_be_visible()
    for name in ("Calendar Sync", "New", "Today", "Month"):
        expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)


def test_in_a_mirrored_page_the_arrows_go_where_they_point(page: Page, site: Site) -> None:
    site.open(page)
    page.evaluate("document.documentElement.dir = 'rtl'")
    cell(page).focus()
    page.keyboard.press("ArrowLeft")
    expect(cell(page, "Wednesday 25 November 2026")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
