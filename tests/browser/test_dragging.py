"""Dragging with the real product: each kind moved and resized, and what is refused is put back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from playwright.sync_api import Locator, Page, expect

from calsync.app import tools_of
from calsync.core.event import AllDay, Timed
from calsync.core.item import ItemFields, Kind
from calsync.services.item_access import find_item_view
from calsync.services.items import change_item, create_item, delete_item
from calsync.services.tools import Tools
from tests.browser.conftest import OpenPage
from tests.browser.mouse import drag, drag_block, middle
from tests.browser.real_items import SPOKEN, TITLES, ZONE, add_each_kind
from tests.browser.steps import Product, log_in
from tests.cast import Person, find_cast

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A window in which the whole calendar is to be seen: nothing scrolls under the pointer."""
    return open_page(viewport={"width": 1280, "height": 1900})


def chip(page: Page, name: str) -> Locator:
    return page.locator("#calendar").get_by_role("link", name=name)


def spot(page: Page, day: str, clock: str = "") -> Locator:
    slot = f' [data-time="{clock}"]' if clock else ""
    return page.locator(f'.day-column[data-date="{day}"]{slot}, td[data-date="{day}"]{slot}')


@contextmanager
def moved(page: Page) -> Iterator[None]:
    """Do what moves an item, and wait for the page that says so."""
    with page.expect_event("load"):
        yield
    expect(page.get_by_role("status").first).to_have_text("Moved.")


def test_each_kind_is_dragged_to_another_day_of_the_month(page: Page, product: Product):
    add_each_kind(product, days=1)
    log_in(page, product)
    page.goto(f"{product.url}/calendar/month/2026-11-24")
    for number, title in enumerate(TITLES.values()):
        with moved(page):
            drag(page, middle(chip(page, title)), middle(spot(page, f"2026-11-{9 + number:02}")))
    page.reload()
    for number, (kind, title) in enumerate(TITLES.items()):
        chip_there = spot(page, f"2026-11-{9 + number:02}").get_by_role("link", name=title)
        expect(chip_there).to_contain_text(f"{SPOKEN[kind]}: 08:00 to 09:00")


@pytest.mark.parametrize("view", ["week", "day"])
def test_each_kind_is_dragged_to_another_time_and_to_another_end(
    page: Page, product: Product, view: str
):
    add_each_kind(product, hours=1)
    log_in(page, product)
    page.goto(f"{product.url}/calendar/{view}/2026-11-23")
    to = "2026-11-25" if view == "week" else "2026-11-23"
    for number, title in enumerate(TITLES.values()):
        with moved(page):
            drag_block(page, chip(page, title), spot(page, to, f"{13 + number}:30"))
    # Each is made shorter, to half an hour.
    for number, title in enumerate(TITLES.values()):
        grip = chip(page, title).locator(".grip")
        with moved(page):
            drag(page, middle(grip), middle(spot(page, to, f"{13 + number}:30")))
    page.reload()
    for number, (kind, title) in enumerate(TITLES.items()):
        chip_there = spot(page, to).get_by_role("link", name=title)
        expect(chip_there).to_contain_text(f"{SPOKEN[kind]}: {13 + number}:30 to {14 + number}:00")


def test_a_bar_is_dragged_longer_and_one_of_a_series_alone(page: Page, product: Product):
    tools, dana = _tools_and(product, "dana")
    days = AllDay(date(2026, 11, 23), date(2026, 11, 24))
    create_item(tools, dana.who, ItemFields(Kind.APPOINTMENT, "Fair", days, ZONE))
    create_item(tools, dana.who, replace(_appointment("Stand-up"), rule="FREQ=DAILY;COUNT=3"))
    log_in(page, product)
    page.goto(f"{product.url}/calendar/month/2026-11-24")
    with moved(page):
        drag(page, middle(chip(page, "Fair").locator(".grip")), middle(spot(page, "2026-11-27")))
    second = spot(page, "2026-11-25").get_by_role("link", name="Stand-up")
    with moved(page):
        drag(page, middle(second), middle(spot(page, "2026-11-29")))
    page.goto(f"{product.url}/calendar/agenda/2026-11-23")
    expect(chip(page, "Fair").first).to_contain_text("23 Nov to 27 Nov")
    shown = page.locator(".agenda-day").filter(has_text="Stand-up")
    assert [day.get_attribute("data-date") for day in shown.all()] == [
        "2026-11-24",
        "2026-11-26",
        "2026-11-29",
    ]


def test_a_drop_leaves_the_page_where_it_was(open_page: OpenPage, product: Product):
    add_each_kind(product)
    page = open_page(viewport={"width": 1280, "height": 700})
    log_in(page, product)
    page.goto(f"{product.url}/calendar/day/2026-11-23")
    page.evaluate("scrollTo({ top: 200, behavior: 'instant' })")
    with moved(page):
        drag_block(page, chip(page, "Review"), spot(page, "2026-11-23", "11:00"))
    assert page.evaluate("scrollY") == 200


Spoil = Callable[[Tools, Person, Person, str], object]


def _rename(tools: Tools, _dana: Person, sam: Person, item_id: str) -> None:
    fields = find_item_view(tools, sam.who, item_id).fields
    change_item(tools, sam.who, item_id, replace(fields, subject="Review with Sam"))


def _give_away(tools: Tools, dana: Person, sam: Person, item_id: str) -> None:
    fields = find_item_view(tools, dana.who, item_id).fields
    change_item(tools, dana.who, item_id, fields, assignees=[sam.who.user_id])


def _delete(tools: Tools, _dana: Person, sam: Person, item_id: str) -> None:
    delete_item(tools, sam.who, item_id)


@pytest.mark.parametrize(
    ("kind", "spoil", "why", "is_left"),
    [
        (Kind.APPOINTMENT, _rename, "somebody else changed it meanwhile", True),
        (Kind.SERVICE_CALL, _give_away, "it is not yours to change", False),
        (Kind.TASK, _delete, "it is not there any more", False),
    ],
)
def test_a_refused_drop_puts_the_item_back_and_says_why(
    page: Page, product: Product, kind: Kind, spoil: Spoil, why: str, *, is_left: bool
):
    items = add_each_kind(product, days=1)
    tools, dana = _tools_and(product, "dana")
    log_in(page, product)
    page.goto(f"{product.url}/calendar/week/2026-11-24")
    was = chip(page, TITLES[kind])
    expect(was).to_be_visible()
    spoil(tools, dana, find_cast(tools)["sam"], items[kind])
    drag_block(page, was, spot(page, "2026-11-28", "14:00"))
    expect(page.get_by_role("alert")).to_contain_text(f"Not moved: {why}")
    expect(page).to_have_url(f"{product.url}/calendar/week/2026-11-24")
    expect(spot(page, "2026-11-28").locator(".chip")).to_have_count(0)
    expect(chip(page, f"08:00 to 09:00 {TITLES[kind]}")).to_have_count(int(is_left))


def test_a_dispatcher_drags_a_colleagues_item_and_not_what_is_private(page: Page, product: Product):
    tools, dana = _tools_and(product, "dana")
    create_item(tools, dana.who, _appointment("Review"))
    private = _appointment("Dentist", hour=12)
    create_item(tools, dana.who, replace(private, is_private=True))
    log_in(page, product, "sam")
    page.goto(f"{product.url}/calendar/week/2026-11-24?person={dana.who.user_id}")
    drag_block(page, page.locator(".kind-busy"), spot(page, "2026-11-26", "15:00"))
    with moved(page):
        drag_block(page, chip(page, "Review"), spot(page, "2026-11-26", "16:00"))
    expect(page.get_by_role("heading", name="Calendar of Dana Reyes")).to_be_visible()
    expect(
        spot(page, "2026-11-26").get_by_role("link", name="16:00 to 17:00 Review")
    ).to_be_visible()
    expect(spot(page, "2026-11-24").locator(".kind-busy")).to_contain_text("12:00 to 13:00")


def _tools_and(product: Product, name: str) -> tuple[Tools, Person]:
    tools = tools_of(product.app)
    return tools, find_cast(tools)[name]


def _appointment(subject: str, hour: int = 8) -> ItemFields:
    start, end = (datetime(2026, 11, 24, at, tzinfo=UTC) for at in (hour, hour + 1))
    return ItemFields(Kind.APPOINTMENT, subject, Timed(start, end, ZONE), ZONE)
