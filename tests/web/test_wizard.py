"""The wizard, as a browser without script goes through it."""

from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from calsync.core.options import load_options
from calsync.core.run import RunState, Trigger
from calsync.core.window import FutureRange, PastRange
from calsync.db.models import Integration, Run
from calsync.services.tools import Tools
from tests.browsing import HTMX, LogIn, post
from tests.cast import Person
from tests.consent import consent
from tests.sandbox_server import RunningSandbox
from tests.web.wizarding import Wizard

#: What the services do, tests/services/test_finishing.py holds on both databases.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def browser(dana: Person, logged_in: LogIn, sandbox: RunningSandbox) -> FlaskClient:
    return logged_in(dana)


def begin(browser: FlaskClient, mailbox: str = "dana@google.example") -> Wizard:
    """Connect a mailbox and come back to the wizard."""
    answer = consent(browser.get("/calendar-sync/connect").location, mailbox)
    return Wizard.at(browser, f"/calendar-sync/callback?{urlencode(answer)}")


def choose(wizard: Wizard, name: str = "Work") -> Wizard:
    return wizard.fill(calendar_id=wizard.calendars[name])


def to_the_end(wizard: Wizard, **options: str) -> Wizard:
    """Go to the last tab, sending appointments."""
    choose(wizard).press().fill(kinds=["appointment"]).press().fill(**options).press()
    assert wizard.url.endswith("/confirmation")
    return wizard


def list_integrations(tools: Tools) -> list[Integration]:
    with tools.db.read() as session:
        return list(session.query(Integration).all())


def list_runs(tools: Tools) -> list[Run]:
    with tools.db.read() as session:
        return list(session.query(Run).all())


def test_the_whole_way_makes_what_was_answered(
    browser: FlaskClient, tools: Tools, sandbox: RunningSandbox
):
    wizard = begin(browser)
    assert "Which calendar should we link?" in wizard.text
    assert wizard.url.endswith("/linked-calendar")
    assert "Google , dana@google.example" in wizard.text
    choose(wizard).fill(takes=["create", "delete"]).press()
    assert wizard.title == "Step 2 of 4: Your Calendar - calsync"
    wizard.fill(kinds=["appointment", "service_call"]).press()
    wizard.fill(retrieves="yes", past="2w", future="3m", sends="yes", policy="mine").press()
    for words in (
        "Create, Delete",
        "Appointments, Service Calls",
        "Past items: 2 weeks",
        "Future items: 3 months",
        "Send my calendar items",
        "My Calendar wins",
        "Nothing is copied until you press Finish.",
    ):
        assert words in wizard.text
    assert list_integrations(tools) == []
    wizard.press("finish")
    assert wizard.url == "/calendar-sync"
    assert "Work is linked. The first sync has begun." in wizard.text
    [made] = list_integrations(tools)
    options = load_options(made.options)
    assert (options.past, options.future) == (PastRange.TWO_WEEKS, FutureRange.THREE_MONTHS)
    assert options.takes_delete
    assert not options.takes_update
    [run] = list_runs(tools)
    assert (run.trigger, run.state) == (Trigger.MANUAL, RunState.WAITING)
    assert run.bulk == {"retrieve": True, "send": True}


def test_with_update_off_no_kind_is_said_to_come_back_changed(browser: FlaskClient):
    wizard = choose(begin(browser)).press()
    assert "you can change the time of a service call" in wizard.text
    wizard = wizard.press("back").fill(takes=["create"]).press()
    assert "Update is off on the first tab" in wizard.text
    assert "you can change" not in wizard.text
    assert "Tasks without a date are not sent." in wizard.text


def test_what_counts_for_nothing_is_no_line_of_the_answers(browser: FlaskClient):
    lines = (
        "Items already in My Calendar",
        "When the same thing was changed on both sides",
        "Items from my other linked calendars",
    )
    wizard = to_the_end(begin(browser))
    assert [words for words in lines if words in wizard.text] == [*lines]
    wizard.open("your-calendar").fill(kinds=[]).press().press()
    assert [words for words in lines if words in wizard.text] == [lines[1]]
    wizard.open("linked-calendar").fill(takes=["create"]).press().press().press()
    assert "Items to send Nothing" in wizard.text
    assert [words for words in lines if words in wizard.text] == []


def test_without_retrieve_or_send_nothing_is_synced_at_once(
    browser: FlaskClient, tools: Tools, sandbox: RunningSandbox
):
    wizard = to_the_end(begin(browser), past="2w").press("finish")
    assert "Work is linked." in wizard.text
    assert list_runs(tools) == []
    assert not load_options(list_integrations(tools)[0].options).retrieves


def test_create_and_update_are_ticked_at_first_and_no_kind_is(browser: FlaskClient):
    wizard = begin(browser)
    assert wizard.form["takes"] == ["create", "update"]
    choose(wizard).press()
    assert "kinds" not in wizard.form
    wizard.press()
    assert (wizard.form["retrieves"], wizard.form["sends"]) == (["no"], ["no"])
    assert wizard.form["policy"] == ["newest"]
    assert "ask" not in wizard.page.text.partition("More options")[2].partition("</form>")[0]


@pytest.mark.parametrize(
    ("calendar", "error"),
    [
        ("", "Choose the calendar to link"),
        ("never heard of", "Choose the calendar to link"),
        ("Holidays", "That calendar is read only. Choose one you can change"),
    ],
)
def test_a_calendar_that_cannot_be_linked_is_said_at_the_top_and_at_its_field(
    browser: FlaskClient, calendar: str, error: str
):
    wizard = begin(browser)
    names = {name.partition(" (")[0]: value for name, value in wizard.calendars.items()}
    wizard.fill(calendar_id=names.get(calendar, calendar), takes=["delete"]).press()
    assert wizard.page.status_code == 422
    assert wizard.title.startswith("Error: ")
    assert "There is a problem" in wizard.text
    assert wizard.text.count(error) == 2
    assert '<a href="#calendar_id">' in wizard.page.text
    assert 'aria-invalid="true"' in wizard.page.text
    assert wizard.form["takes"] == ["delete"], "what was ticked stays"


def test_nothing_either_way_is_an_error_that_leads_to_the_first_box(browser: FlaskClient):
    wizard = choose(begin(browser)).fill(takes=[]).press().press()
    assert wizard.page.status_code == 422
    assert '<a href="#kinds-0">Choose at least one kind of item to send' in wizard.page.text
    assert 'id="kinds-0"' in wizard.page.text


def test_retrieve_without_a_range_is_an_error(browser: FlaskClient):
    wizard = choose(begin(browser)).press().press().fill(retrieves="yes").press()
    assert wizard.page.status_code == 422
    assert "Choose how far back or how far ahead to go" in wizard.text
    assert '<a href="#retrieves-1">' in wizard.page.text


def test_send_without_a_kind_is_an_error(browser: FlaskClient):
    wizard = choose(begin(browser)).press().press().fill(sends="yes").press()
    assert wizard.page.status_code == 422
    assert "Go back and choose at least one kind of item to send" in wizard.text


def test_nobody_chooses_what_is_not_offered(browser: FlaskClient):
    wizard = choose(begin(browser)).press().fill(kinds=["appointment", "dentist"]).press()
    wizard.fill(policy="ask", past="99w", retrieves="yes", future="1w").press()
    assert "The newest edit wins" in wizard.text
    assert "Past items: None" in wizard.text


def test_a_tab_that_was_not_reached_is_no_link_and_its_address_leads_to_the_furthest(
    browser: FlaskClient,
):
    wizard = begin(browser)
    steps = wizard.page.text.partition('<ol class="steps">')[2].partition("</ol>")[0]
    assert steps.count("<a ") == 1
    assert steps.count("not available yet") == 3
    assert steps.count('aria-current="step"') == 1
    assert wizard.open("confirmation").url.endswith("/linked-calendar")
    assert choose(wizard).press().open("options").url.endswith("/your-calendar")


def test_back_keeps_what_was_ticked_without_judging_it(browser: FlaskClient):
    wizard = choose(begin(browser)).fill(takes=[]).press().press("back")
    assert wizard.url.endswith("/linked-calendar")
    assert "takes" not in wizard.form
    assert wizard.form["calendar_id"] == [wizard.calendars["Work"]]


def test_going_forward_by_a_tab_judges_and_going_back_by_one_keeps(browser: FlaskClient):
    wizard = to_the_end(begin(browser)).go_to("your-calendar")
    wizard.fill(kinds=["todo"]).go_to("linked-calendar").open("your-calendar")
    assert wizard.form["kinds"] == ["todo"]
    wizard.go_to("linked-calendar").fill(calendar_id="").go_to("confirmation")
    assert wizard.page.status_code == 422
    assert wizard.url.endswith("/linked-calendar")
    choose(wizard).go_to("confirmation")
    assert wizard.url.endswith("/confirmation")
    assert "Todos" in wizard.text


def test_a_range_is_there_again_when_retrieve_is_chosen_again(browser: FlaskClient):
    wizard = to_the_end(begin(browser), retrieves="yes", past="6w", future="1m")
    wizard.press("back").fill(retrieves="no", past="none").press()
    assert "Leave existing items where they are" in wizard.text
    wizard.press("back")
    assert (wizard.form["past"], wizard.form["future"]) == (["6w"], ["1m"])


def test_leaving_keeps_everything_and_coming_back_goes_on(browser: FlaskClient):
    wizard = choose(begin(browser)).press().press().fill(sends="yes")
    draft = wizard.url.rpartition("/")[0]
    assert wizard.press("leave").url == "/calendar-sync"
    assert "Continue setup" in wizard.text
    assert f'href="{draft}/options"' in wizard.page.text
    assert Wizard.at(browser, f"{draft}/options").form["sends"] == ["yes"]


def test_finish_twice_makes_one_integration_and_one_run(
    browser: FlaskClient, tools: Tools, sandbox: RunningSandbox
):
    wizard = to_the_end(begin(browser), sends="yes")
    other = Wizard.at(browser, wizard.url)
    wizard.press("finish")
    assert other.press("finish").url == "/calendar-sync"
    assert len(list_integrations(tools)) == len(list_runs(tools)) == 1
    assert wizard.browser.get(other.page.request.path).status_code == 200


def test_going_back_after_finish_leads_to_the_listing(
    browser: FlaskClient, sandbox: RunningSandbox
):
    wizard = to_the_end(begin(browser))
    url = wizard.url
    wizard.press("finish")
    assert browser.get(url).location == "/calendar-sync"
    assert browser.get(url.replace("confirmation", "discard")).location == "/calendar-sync"
    assert post(browser, url, {"step": "back"}).location == "/calendar-sync"


def test_answers_that_changed_in_another_window_are_shown_again_before_anything_is_made(
    browser: FlaskClient, tools: Tools, sandbox: RunningSandbox
):
    wizard = to_the_end(begin(browser))
    other = Wizard.at(browser, wizard.url)
    other.go_to("your-calendar").fill(kinds=["task"]).press()
    wizard.press("finish")
    assert wizard.page.status_code == 422
    assert "Your answers changed in another window. Check them again." in wizard.text
    assert "Tasks" in wizard.text
    assert list_integrations(tools) == []
    assert wizard.press("finish").url == "/calendar-sync"
    assert len(list_integrations(tools)) == 1


def test_an_htmx_request_gets_the_tab_alone_with_the_focus_on_its_heading(browser: FlaskClient):
    wizard = choose(begin(browser))
    form = {**wizard.form, "step": "next"}
    moved = browser.post(wizard.action, data=form, headers=HTMX)
    assert moved.status_code == 303
    part = browser.get(moved.location, headers=HTMX).text
    assert "<html" not in part
    assert "<title>Step 2 of 4" in part
    assert 'id="step-heading" tabindex="-1" autofocus' in part
    assert "autofocus" not in browser.get(moved.location).text
    restored = browser.get(moved.location, headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert "<html" in restored.text
    wrong = browser.post(moved.location, data={**form, "kinds": []}, headers=HTMX)
    assert wrong.status_code == 303, "changes are brought in, so no kind has to be sent"
    left = browser.post(wizard.action, data={**form, "step": "leave"}, headers=HTMX)
    assert (left.status_code, left.headers["HX-Redirect"]) == (204, "/calendar-sync")


def test_discarding_says_that_our_access_goes_and_takes_it(
    browser: FlaskClient, sandbox: RunningSandbox
):
    wizard = begin(browser)
    assert "Not you? Disconnect and start again." in wizard.text
    url = wizard.url.replace("linked-calendar", "discard")
    assert "Our access to this account is removed." in browser.get(url).text
    assert post(browser, url).location == "/calendar-sync"
    page = browser.get("/calendar-sync").text
    assert "Our access to the Google account dana@google.example was removed." in page
    assert "No calendar is connected yet" in page
    assert browser.get(wizard.url).status_code == 404
