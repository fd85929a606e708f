"""The page that asks about what was not done, and the answers to it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from calsync.core.content import Content
from calsync.core.event import Timed
from calsync.core.holds import Held
from calsync.core.link import Deed, Link, LinkState, Origin, Wish
from calsync.db.links import put_link
from calsync.db.models import Assignment, Item, LinkRow
from calsync.services.integrations import deactivate
from calsync.services.tools import Tools
from calsync.web.held_words import say_doing, say_heading, say_held, say_keeping
from tests.browsing import post
from tests.cast import Person
from tests.services.integrating import TIMES, add_item, add_link, add_run, get_link, integrate

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
DEEDS = {
    Held.REMOVAL_HERE: (Origin.SENT, Deed.REMOVE_HERE),
    Held.CHANGE_HERE: (Origin.SENT, Deed.TAKE_IN),
    Held.COPY_DELETION: (Origin.SENT, Deed.DELETE_THERE),
    Held.OWN_DELETION: (Origin.BROUGHT, Deed.DELETE_THERE),
    Held.OWN_CHANGE: (Origin.BROUGHT, Deed.WRITE),
}
Hold = Callable[..., str]


@pytest.fixture
def integration_id(tools: Tools, dana: Person, link: Callable[..., str]) -> str:
    return integrate(tools, dana, link())


@pytest.fixture
def hold(tools: Tools, dana: Person, integration_id: str) -> Hold:
    """Return a function that lets an entry wait, and returns the id of its link."""

    def make(
        held: Held = Held.COPY_DELETION, why: str = "brake", title: str = "Visit", days: int = 0
    ) -> str:
        origin, deed = DEEDS[held]
        start = TIMES.start + timedelta(days=days)
        content = Content(title, Timed(start, start + timedelta(hours=1), "Europe/London"))
        link_id = add_link(tools, dana, integration_id, add_item(tools, dana), origin=origin)
        link = Link(
            origin,
            LinkState.HELD,
            here=content,
            there=content,
            held=frozenset({deed}),
            held_for=why,
        )
        with tools.db.begin() as session:
            put_link(session.get_one(LinkRow, link_id), link)
        return link_id

    return make


def where(integration_id: str) -> str:
    return f"/calendar-sync/{integration_id}/held"


def answer(browser: FlaskClient, integration_id: str, **form: str):
    begin = {"what": "copy_deletion", "number": "2", "answer": "keep"}
    return post(browser, where(integration_id), {**begin, **form})


def test_what_was_not_done_is_asked_about_with_its_number_and_reason(
    browser: FlaskClient, integration_id: str, hold: Hold
):
    for number in range(11):
        hold(title=f"Visit {number}")
    page = browser.get(where(integration_id)).text
    asked = "We did not delete 11 events from Work. That is more than usual, so we ask first."
    assert asked in page
    assert "Delete 11 events" in page
    assert "Keep them" in page
    assert page.count("<bdi>Visit ") == 5
    assert "See all 11" in page
    whole = browser.get(where(integration_id) + "?what=copy_deletion").text
    assert whole.count("<bdi>Visit ") == 11


def test_a_long_list_is_shown_in_order_of_time_a_page_at_a_time(
    browser: FlaskClient, integration_id: str, hold: Hold
):
    # In threes of one day, in an order that is neither that of their days nor of their making.
    for number in range(52):
        hold(title=f"Visit {number * 7 % 52}", days=number * 7 % 52 // 3)
    first = browser.get(where(integration_id) + "?what=copy_deletion").text
    following = re.search(r'href="([^"]+after=[^"]+)"', first)
    assert following
    second = browser.get(following.group(1).replace("&amp;", "&")).text
    pages = [[int(n) for n in re.findall("<bdi>Visit (\\d+)<", each)] for each in (first, second)]
    assert [len(page) for page in pages] == [50, 2]
    shown = [number for page in pages for number in page]
    assert sorted(shown) == list(range(52))
    assert [number // 3 for number in shown] == sorted(number // 3 for number in range(52))


def test_each_kind_of_hold_is_asked_about_in_its_own_words(
    browser: FlaskClient, integration_id: str, hold: Hold
):
    for held in Held:
        hold(held)
    hold(Held.COPY_DELETION, "guests")
    page = browser.get(where(integration_id)).text
    assert "<bdi>Deletions in Work</bdi>" in page
    for words in (
        "We did not delete 1 item from My Calendar.",
        "We did not change 1 item on My Calendar.",
        "We did not delete 2 events from Work.",
        "There are guests, and the calendar service may tell them.",
        "We did not delete 1 event of your own from Work.",
        "We did not change 1 event of your own in Work.",
        "Appointments and todos go to the bin",
    ):
        assert words in page
    for say in (say_held, say_doing):
        texts = [say(held, 2, "x") if say is say_held else say(held, 2) for held in Held]
        assert len(set(texts)) == len(Held)
    assert len({say_heading(held, "x") for held in Held}) == len(Held)
    assert say_keeping(1) != say_keeping(2)


@pytest.mark.parametrize(("said", "wish"), [("do", Wish.DO), ("keep", Wish.KEEP)])
def test_an_answer_is_noted_and_asked_for_no_more(
    browser: FlaskClient, tools: Tools, integration_id: str, hold: Hold, said: str, wish: Wish
):
    links = [hold() for _ in range(2)]
    other = hold(Held.CHANGE_HERE)
    done = answer(browser, integration_id, answer=said)
    assert done.status_code == 303
    assert [get_link(tools, each).wish for each in links] == [wish, wish]
    assert get_link(tools, other).wish is None
    page = browser.get(done.location).text
    assert "Keep it" in page
    assert "Keep them" not in page


def test_the_same_answer_pressed_twice_is_one_answer(
    browser: FlaskClient, tools: Tools, integration_id: str, hold: Hold
):
    links = [hold() for _ in range(2)]
    assert [answer(browser, integration_id, answer="do").status_code for _ in range(2)] == [303] * 2
    other = answer(browser, integration_id, answer="keep")
    assert other.status_code == 422, "the other one has come too late"
    assert [get_link(tools, each).wish for each in links] == [Wish.DO, Wish.DO]


def test_the_listing_asks_no_more_for_what_was_answered(
    browser: FlaskClient, tools: Tools, dana: Person, integration_id: str, hold: Hold
):
    for _ in range(2):
        hold()
    deactivate(tools, dana.who, integration_id)
    assert "Waiting for your OK: 2 deletions" in browser.get("/calendar-sync").text
    hold(Held.CHANGE_HERE)
    answer(browser, integration_id)
    page = browser.get("/calendar-sync").text
    assert "deletion" not in page
    assert f'href="{where(integration_id)}"' in page, "the change is still asked about"
    answer(browser, integration_id, what="change_here", number="1")
    assert f'href="{where(integration_id)}"' not in browser.get("/calendar-sync").text


@pytest.mark.parametrize(
    "form",
    [
        {"number": "3"},
        {"number": "1"},
        {"number": "x"},
        {"number": ""},
        {"what": "everything"},
        {"what": ""},
        {"answer": "burn"},
        {"answer": ""},
    ],
)
def test_another_number_or_a_strange_form_changes_nothing(
    browser: FlaskClient, tools: Tools, integration_id: str, hold: Hold, form: dict[str, str]
):
    links = [hold() for _ in range(2)]
    page = answer(browser, integration_id, **form)
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert "<title>Error: " in page.text
    assert "Delete 2 events" in page.text
    assert [get_link(tools, each).wish for each in links] == [None, None]


def test_the_page_of_a_sync_asks_too(
    browser: FlaskClient, tools: Tools, dana: Person, integration_id: str, hold: Hold
):
    hold()
    run_id = add_run(tools, dana, integration_id, counts={"out_delete_held": 1})
    page = browser.get(f"/calendar-sync/{integration_id}/runs/{run_id}").text
    assert "We did not delete 1 event from Work." in page
    assert "1 held" in page


def test_nothing_waits_and_the_page_says_so(browser: FlaskClient, integration_id: str):
    page = browser.get(where(integration_id) + "?what=copy_deletion&after=x")
    assert page.status_code == 200
    assert "Nothing to review." in page.text


def test_what_became_somebody_elses_private_item_is_not_named(
    browser: FlaskClient, tools: Tools, integration_id: str, hold: Hold
):
    item_id = get_link(tools, hold(title="Redundancies")).item_id
    assert "Redundancies" in browser.get(where(integration_id)).text
    with tools.db.begin() as session:
        session.get_one(Item, item_id).is_private = True
        session.query(Assignment).filter_by(item_id=item_id).delete()
    page = browser.get(where(integration_id)).text
    assert "Redundancies" not in page
    assert "Busy" in page
