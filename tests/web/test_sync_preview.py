"""What finishing would do, on the last tab of the wizard and line by line."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calsync.core.answers import Answers, Step, mark_of
from calsync.core.item import ItemFields, Kind
from calsync.core.link import Side
from calsync.core.options import Options
from calsync.core.plan import Direction, Head, Tick
from calsync.core.run import Trigger
from calsync.core.window import FutureRange
from calsync.db.models import Integration, LinkedAccount, Run, StoredPlan
from calsync.services.drafts import begin_setup, save_setup
from calsync.services.integrations import deactivate
from calsync.services.items import change_item
from calsync.services.previews import get_view
from calsync.services.tools import Tools
from tests.browsing import HTMX, post
from tests.cast import Person
from tests.clocks import FakeClock
from tests.sandbox_server import RunningSandbox
from tests.services.integrating import TIMES, add_item, add_run, calendar_of, integrate
from tests.services.planning import add_plan
from tests.services.sync.office import EVERYTHING

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

HOSTILE = "<script>alert(1)</script>" + "\u202e" + "x" * 4_000


@pytest.fixture
def account_id(link: Callable[..., str]) -> str:
    return link()


@pytest.fixture
def draft_id(tools: Tools, dana: Person, account_id: str) -> str:
    """Return a set-up that is answered to its end."""
    made = begin_setup(tools, dana.who, account_id)
    answer(tools, dana, made, calendar_of(tools, dana, account_id))
    return made


def answer(
    tools: Tools, person: Person, draft_id: str, calendar_id: str, options: Options = EVERYTHING
) -> None:
    answers = Answers(calendar_id, options, retrieves=options.retrieves)
    step = Step.CONFIRMATION
    save_setup(tools, person.who, draft_id, answers, step=step, furthest=step)


def url_of(draft_id: str, name: str = "preview") -> str:
    return f"/calendar-sync/setup/{draft_id}/{name}"


def text_of(answer: TestResponse) -> str:
    """Return the words of a page, each once separated from the next by a blank."""
    return " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())


def finish(browser: FlaskClient, tools: Tools, person: Person, draft_id: str, **boxes: str):
    mark = mark_of(get_view(tools, person.who, draft_id=draft_id).answers)
    form = {"step": "finish", "mark": mark, **boxes}
    return post(browser, url_of(draft_id, "confirmation"), form)


def writes_of(sandbox: RunningSandbox) -> int:
    counts = sandbox.control("GET", "/requests")["requests"]
    return sum(int(each["count"]) for each in counts if each["path"].startswith("/v1/batch"))


def test_the_last_tab_asks_for_its_preview_by_itself_and_has_a_button_without_script(
    browser: FlaskClient, draft_id: str
):
    page = browser.get(url_of(draft_id, "confirmation"))
    assert f'hx-post="{url_of(draft_id)}" hx-trigger="load"' in page.text
    assert f'formaction="{url_of(draft_id)}"' in page.text
    assert "Show what will change" in page.text
    assert "Finish" in page.text


def test_the_preview_says_what_stands_in_the_calendar_and_writes_nothing(
    browser: FlaskClient,
    tools: Tools,
    dana: Person,
    draft_id: str,
    account_id: str,
    sandbox: RunningSandbox,
):
    options = replace(EVERYTHING, future=FutureRange.SIX_MONTHS)
    answer(tools, dana, draft_id, calendar_of(tools, dana, account_id, "Personal"), options)
    part = post(browser, url_of(draft_id), headers=HTMX)
    assert part.status_code == 200
    words = text_of(part)
    assert "In My Calendar 1 to create 0 to update 0 to delete 0 skipped" in words
    assert "In Personal 0 to create" in words
    assert "See the 1 change" in words
    assert "No one will be e-mailed." in words
    assert "hx-trigger" not in part.text, "it is not asked for again"
    assert '<div id="status" hx-swap-oob="innerHTML">1 change is planned</div>' in part.text
    again = browser.get(url_of(draft_id, "confirmation"))
    assert "No one will be e-mailed." in again.text
    assert writes_of(sandbox) == 0
    with tools.db.read() as session:
        assert session.query(Integration).count() == 0


def test_without_script_the_button_leads_back_to_the_tab(browser: FlaskClient, draft_id: str):
    answer = post(browser, url_of(draft_id), {"step": "anything"})
    assert answer.status_code == 303
    assert answer.location == f"{url_of(draft_id, 'confirmation')}#sync-preview"
    page = browser.get(url_of(draft_id, "confirmation"))
    words = "Nothing to change now. What is added or changed from now on is synced."
    assert words in page.text


def test_the_button_says_that_it_was_worked_out_a_moment_ago_and_then_works_it_out_again(
    browser: FlaskClient, draft_id: str, clock: FakeClock
):
    words = "Worked out a moment ago."
    assert words not in post(browser, url_of(draft_id), headers=HTMX).text
    assert post(browser, url_of(draft_id), headers=HTMX).text.count(words) == 2, "seen and spoken"
    assert words in browser.get(post(browser, url_of(draft_id)).location).text
    clock.move(timedelta(seconds=6))
    assert words not in post(browser, url_of(draft_id), headers=HTMX).text


def test_calendars_that_match_are_said_to(
    browser: FlaskClient, tools: Tools, dana: Person, draft_id: str, account_id: str
):
    options = replace(EVERYTHING, future=FutureRange.SIX_MONTHS, sends=True)
    answer(tools, dana, draft_id, calendar_of(tools, dana, account_id), options)
    add_plan(tools, dana.who, {}, draft_id=draft_id)
    page = browser.get(url_of(draft_id, "confirmation"))
    assert "Nothing to change. Both calendars already match." in page.text


def test_another_window_that_works_it_out_is_waited_for(
    browser: FlaskClient, tools: Tools, dana: Person, draft_id: str, clock: FakeClock
):
    add_plan(tools, dana.who, draft_id=draft_id)
    with tools.db.begin() as session:
        plan = session.query(StoredPlan).one()
        plan.mark, plan.maker = "other", "another"
        plan.made_until = clock.now() + timedelta(minutes=1)
    for part in (
        post(browser, url_of(draft_id), headers=HTMX),
        browser.get(url_of(draft_id, "preview/look"), headers=HTMX),
    ):
        assert "Working out what will change" in part.text
        assert (
            f'hx-get="{url_of(draft_id, "preview/look")}" hx-trigger="load delay:2s"' in part.text
        )
    with tools.db.begin() as session:
        session.query(StoredPlan).one().made_until = None
    part = browser.get(url_of(draft_id, "preview/look"), headers=HTMX)
    assert "Show what will change" in part.text


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("server_error", "We could not reach the calendar service. Your settings are safe."),
        ("calendar_deleted", "The calendar was deleted. Choose another one."),
        ("profile_disconnected", "Sign-in expired."),
        ("token_revoked", "Access was removed."),
        ("forbidden", "You allowed less than the sync needs"),
    ],
)
def test_why_it_cannot_be_worked_out_is_said_and_finish_stays(
    browser: FlaskClient,
    tools: Tools,
    dana: Person,
    draft_id: str,
    sandbox: RunningSandbox,
    fault: str,
    words: str,
):
    view = get_view(tools, dana.who, draft_id=draft_id)
    assert view.linked
    ids = {
        "calendar_deleted": {"calendar_id": view.answers.calendar_id},
        "profile_disconnected": {"profile_id": view.linked.account.profile_id},
        "server_error": {"times": 9},
        "forbidden": {"fault": "server_error", "status": 403, "path": "/v1/events", "times": 9},
    }
    sandbox.control("POST", "/faults", {"fault": fault, **ids.get(fault, {})})
    part = post(browser, url_of(draft_id), headers=HTMX)
    assert part.status_code == 200
    assert words in part.text
    assert "Show what will change" in part.text
    assert 'hx-trigger="load"' not in part.text
    lost = ("profile_disconnected", "token_revoked", "forbidden")
    assert ("Reconnect" in part.text) == (fault in lost)
    assert ("Choose another calendar" in part.text) == (fault == "calendar_deleted")
    page = browser.get(post(browser, url_of(draft_id)).location)
    assert words in page.text
    assert "Finish" in page.text


def test_an_account_whose_token_cannot_be_read_is_said_to_need_the_administrator(
    browser: FlaskClient, tools: Tools, draft_id: str
):
    with tools.db.begin() as session:
        account = session.query(LinkedAccount).one()
        account.access_token = f"gone.{account.access_token}"
        account.refresh_token = f"gone.{account.refresh_token}"
    words = "The stored access to this account cannot be read. Ask your administrator"
    part = post(browser, url_of(draft_id), headers=HTMX)
    assert part.status_code == 200
    assert words in part.text
    assert words in browser.get(post(browser, url_of(draft_id)).location).text
    tab = url_of(draft_id, Step.LINKED_CALENDAR.value)
    assert words in browser.get(post(browser, tab, {"step": "refresh"}).location).text


def test_deletions_above_the_limit_have_to_be_ticked_with_their_number(
    browser: FlaskClient, tools: Tools, dana: Person, draft_id: str
):
    numbers = {(Direction.OUT, Head.DELETE): 42}
    add_plan(tools, dana.who, numbers, ticks=(Tick(Direction.OUT, 42, 40),), draft_id=draft_id)
    page = browser.get(url_of(draft_id, "confirmation"))
    assert "Delete 42 items from Work" in text_of(page)
    error = "Tick the box to confirm that 42 items will be deleted"
    for boxes in ({}, {"confirm_out": "41"}, {"confirm_in": "42"}):
        refused = finish(browser, tools, dana, draft_id, **boxes)
        assert refused.status_code == 422
        assert f'<a href="#confirm_out">{error}</a>' in refused.text
        assert 'name="confirm_out" value="42" aria-invalid="true"' in refused.text
    assert finish(browser, tools, dana, draft_id, confirm_out="42").status_code == 303
    with tools.db.read() as session:
        [run] = session.query(Run).all()
        assert run.confirmed == {Side.OUT.value: 40}


def test_answers_that_changed_since_have_nothing_ticked(
    browser: FlaskClient, tools: Tools, dana: Person, draft_id: str, account_id: str
):
    ticks = (Tick(Direction.OUT, 42, 42),)
    add_plan(tools, dana.who, {(Direction.OUT, Head.DELETE): 42}, ticks=ticks, draft_id=draft_id)
    answer(tools, dana, draft_id, calendar_of(tools, dana, account_id, "Personal"))
    assert finish(browser, tools, dana, draft_id, confirm_out="42").status_code == 303
    with tools.db.read() as session:
        assert [run.confirmed for run in session.query(Run)] == []


def test_the_list_shows_what_is_chosen_page_by_page(
    browser: FlaskClient, tools: Tools, dana: Person, draft_id: str
):
    numbers = {(Direction.IN, Head.CREATE): 120, (Direction.OUT, Head.SKIPPED): 8}
    add_plan(tools, dana.who, numbers, draft_id=draft_id)
    tab = text_of(browser.get(url_of(draft_id, "confirmation")))
    assert "See all 120 changes" in tab
    assert tab.count("Server room") == 10 + 8
    page = browser.get(url_of(draft_id))
    assert "Page 1 of 3" in page.text
    assert page.text.count("<bdi>Server room") == 50
    assert f'href="{url_of(draft_id)}?page=2"' in page.text
    last = browser.get(f"{url_of(draft_id)}?page=3")
    assert last.text.count("<bdi>Server room") == 28
    skipped = browser.get(f"{url_of(draft_id)}?direction=out&action=skipped")
    assert skipped.text.count("<bdi>Server room") == 8
    assert "Past entries stay as they were." in skipped.text
    assert "8 lines" in skipped.text
    none = browser.get(f"{url_of(draft_id)}?action=delete")
    assert "Nothing matches." in none.text
    for odd in ("direction=up&action=x", "page=-1", "page=x", "page=999999999999999999999"):
        assert browser.get(f"{url_of(draft_id)}?{odd}").status_code == 200


def test_an_update_says_what_it_changes(
    browser: FlaskClient, tools: Tools, dana: Person, draft_id: str
):
    add_plan(tools, dana.who, {(Direction.IN, Head.UPDATE): 1}, draft_id=draft_id)
    assert "Location: Nothing → Room 2" in browser.get(url_of(draft_id)).text


def test_the_file_has_what_is_chosen_and_no_formula(
    browser: FlaskClient, tools: Tools, dana: Person, draft_id: str
):
    numbers = {(Direction.IN, Head.UPDATE): 2, (Direction.OUT, Head.CREATE): 60}
    add_plan(tools, dana.who, numbers, title="=1+1", draft_id=draft_id)
    file = browser.get(f"{url_of(draft_id)}.csv")
    assert file.headers["Content-Disposition"] == 'attachment; filename="planned-changes.csv"'
    header, *rows = csv.reader(io.StringIO(file.data.decode("utf-8-sig"), newline=""))
    assert len(rows) == 62
    assert header[:4] == ["Where", "What", "Kind", "Subject"]
    assert rows[0] == [
        "My Calendar",
        "to update",
        "Appointment",
        "'=1+1 0",
        "2026-03-03T09:00+00:00",
        "2026-03-03T09:00+00:00",
        "2026-03-03T10:00+00:00",
        "Location: Nothing → Room 2",
        "",
    ]
    chosen = browser.get(f"{url_of(draft_id)}.csv?direction=in")
    assert len(chosen.data.splitlines()) == 3


def test_hostile_titles_are_shown_as_they_are_and_cut(
    browser: FlaskClient, tools: Tools, dana: Person, draft_id: str
):
    add_plan(tools, dana.who, title=HOSTILE, draft_id=draft_id)
    for name in ("confirmation", "preview"):
        page = browser.get(url_of(draft_id, name)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page
        assert "x" * 200 not in page


def test_what_became_a_colleagues_private_item_since_is_told_of_without_its_texts(
    browser: FlaskClient, tools: Tools, dana: Person, sam: Person, draft_id: str
):
    item_id = add_item(tools, dana, subject="Salaries")
    numbers = {(Direction.IN, Head.UPDATE): 1}
    add_plan(tools, dana.who, numbers, title="Salaries", item_id=item_id, draft_id=draft_id)
    pages = [url_of(draft_id, name) for name in ("confirmation", "preview", "preview.csv")]
    assert all("Salaries" in browser.get(page).text for page in pages)
    fields = ItemFields(Kind.APPOINTMENT, "Salaries", TIMES, is_private=True)
    change_item(tools, sam.who, item_id, fields, assignees=[sam.who.user_id])
    for page in pages:
        text = browser.get(page).text
        assert "Busy" in text
        assert "Salaries" not in text
        assert "Room 2" not in text


def test_where_there_is_no_plan_the_list_leads_to_the_tab(browser: FlaskClient, draft_id: str):
    for name in ("preview", "preview.csv"):
        answer = browser.get(url_of(draft_id, name))
        assert answer.status_code == 302
        assert answer.location == url_of(draft_id, "confirmation")


def test_a_set_up_that_was_finished_in_another_window_leads_to_the_listing(
    browser: FlaskClient, tools: Tools, dana: Person, draft_id: str
):
    assert finish(browser, tools, dana, draft_id).status_code == 303
    assert post(browser, url_of(draft_id)).location == "/calendar-sync"
    assert post(browser, url_of(draft_id), headers=HTMX).headers["HX-Redirect"] == "/calendar-sync"


def test_people_who_may_be_told_are_counted(
    browser: FlaskClient, tools: Tools, dana: Person, draft_id: str
):
    add_plan(tools, dana.who, guests=3, draft_id=draft_id)
    page = browser.get(url_of(draft_id, "confirmation"))
    assert "3 people may get an e-mail from Google." in page.text


def test_settings_are_asked_about_in_the_same_way(
    browser: FlaskClient, tools: Tools, dana: Person, account_id: str
):
    integration_id = integrate(tools, dana, account_id)
    where = f"/calendar-sync/{integration_id}/settings"
    ticks = (Tick(Direction.IN, 12, 12),)
    numbers = {(Direction.IN, Head.DELETE): 12}
    add_plan(tools, dana.who, numbers, ticks=ticks, integration_id=integration_id)
    page = browser.get(f"{where}/confirmation")
    assert "Delete 12 items from My Calendar" in text_of(page)
    assert browser.get(f"{where}/preview").text.count("<bdi>Server room") == 12
    assert len(browser.get(f"{where}/preview.csv").data.splitlines()) == 13
    mark = mark_of(get_view(tools, dana.who, integration_id=integration_id).answers)
    form = {"step": "finish", "mark": mark}
    refused = post(browser, f"{where}/confirmation", form)
    assert refused.status_code == 422
    assert "Tick the box to confirm that 12 items will be deleted" in refused.text
    done = post(browser, f"{where}/confirmation", {**form, "confirm_in": "12"})
    assert done.status_code == 303
    with tools.db.read() as session:
        [run] = session.query(Run).all()
        assert run.confirmed == {Side.IN.value: 12}


def test_a_number_is_not_confirmed_that_a_sync_has_outrun(
    browser: FlaskClient, tools: Tools, dana: Person, account_id: str, clock: FakeClock
):
    integration_id = integrate(tools, dana, account_id)
    where = f"/calendar-sync/{integration_id}/settings"
    ticks = (Tick(Direction.IN, 12, 12),)
    numbers = {(Direction.IN, Head.DELETE): 12}
    add_plan(tools, dana.who, numbers, ticks=ticks, integration_id=integration_id)
    clock.move(timedelta(seconds=5))
    add_run(tools, dana, integration_id, Trigger.SCHEDULED)
    mark = mark_of(get_view(tools, dana.who, integration_id=integration_id).answers)
    form = {"step": "finish", "mark": mark, "confirm_in": "12"}
    refused = post(browser, f"{where}/confirmation", form)
    assert refused.status_code == 422
    error = "A sync has run since these numbers were worked out. Look at them again."
    assert f'<a href="#sync-preview">{error}</a>' in refused.text
    assert f'hx-post="{where}/preview" hx-trigger="load"' in refused.text
    unticked = {"step": "finish", "mark": mark}
    assert post(browser, f"{where}/confirmation", unticked).status_code == 303
    with tools.db.read() as session:
        [run] = session.query(Run).filter_by(trigger=Trigger.MANUAL)
        assert run.confirmed == {}


def test_settings_of_a_sync_that_is_off_say_that_saving_syncs_nothing(
    browser: FlaskClient,
    tools: Tools,
    dana: Person,
    account_id: str,
    sandbox: RunningSandbox,
):
    integration_id = integrate(tools, dana, account_id)
    deactivate(tools, dana.who, integration_id)
    before = sandbox.control("GET", "/requests")
    part = post(browser, f"/calendar-sync/{integration_id}/settings/preview", headers=HTMX)
    assert "This sync is off, so saving copies, changes and deletes nothing." in part.text
    assert "to create" not in part.text
    assert sandbox.control("GET", "/requests") == before
