"""The wizard when things go wrong on the way: said in plain words, and nothing is lost."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from calsync.core.item import Kind
from calsync.core.link import LinkState, Origin
from calsync.cronofy.limiter import Lane
from calsync.db.models import LinkedAccount, LinkedCalendar
from calsync.services.accounts import check_account, disconnect
from calsync.services.draft_views import get_setup, list_drafts
from calsync.services.drafts import begin_setup
from calsync.services.integration_end import delete_integration
from calsync.services.tools import Tools
from tests.browsing import HTMX, LogIn, post
from tests.cast import Person
from tests.sandbox_server import RunningSandbox
from tests.services.integrating import add_item, add_link, get_link, integrate
from tests.services.test_linking import profile_of
from tests.web.test_calendar_sync import HOSTILE
from tests.web.test_wizard import begin, choose, list_integrations, to_the_end
from tests.web.wizarding import Wizard

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def browser(dana: Person, logged_in: LogIn, sandbox: RunningSandbox) -> FlaskClient:
    return logged_in(dana)


def account_of(tools: Tools, dana: Person) -> str:
    [begun] = list_drafts(tools, dana.who)
    assert begun.account
    return begun.account.id


def test_calendars_that_are_still_being_read_are_waited_for(
    browser: FlaskClient, tools: Tools, dana: Person, sandbox: RunningSandbox
):
    profile = profile_of(sandbox, "dana@google.example")
    sandbox.control("POST", f"/profiles/{profile}/initial_sync", {"required": True})
    wizard = begin(browser)
    assert "We are reading your calendars. This usually takes under a minute." in wizard.text
    assert 'hx-trigger="load delay:2s"' in wizard.page.text
    assert "Check progress" in wizard.text
    again = wizard.page.text.partition('hx-get="')[2].partition('"')[0]
    part = browser.get(again, headers=HTMX).text
    assert "autofocus" not in part, "waiting takes no focus"
    assert "Work" in Wizard.at(browser, f"{wizard.url}?so_far=1").calendars
    sandbox.control("POST", f"/profiles/{profile}/initial_sync", {"required": False})
    check_account(tools, dana.who.tenant_id, account_of(tools, dana), Lane.USER)
    part = browser.get(again, headers=HTMX).text
    assert "Work" in part
    assert "hx-get" not in part


def test_an_account_without_a_calendar_to_write_to_says_so_and_leads_back(
    browser: FlaskClient, sandbox: RunningSandbox
):
    for calendar_id in sandbox.calendars("dana@google.example").values():
        sandbox.fault("calendar_readonly", calendar_id=calendar_id)
    wizard = begin(browser)
    assert "You can only read the calendars in this account." in wizard.text
    assert "Back to Calendar Sync" in wizard.text
    assert wizard.action == "", "there is nothing to be sent"


def test_the_only_calendar_that_can_be_chosen_is_chosen(
    browser: FlaskClient, tools: Tools, dana: Person, link: Callable[..., str]
):
    account_id = link()
    for name in ("Work", "Personal"):
        integrate(tools, dana, account_id, name)
    draft_id = begin_setup(tools, dana.who, account_id)
    wizard = Wizard.at(browser, f"/calendar-sync/setup/{draft_id}/linked-calendar")
    [chosen] = wizard.form["calendar_id"]
    assert chosen
    assert wizard.text.count("(already linked)") == 2
    assert "Work is already linked. You can change it here" in wizard.text
    assert "Not you? Disconnect and start again." in wizard.text
    assert f"/accounts/{account_id}/disconnect" in wizard.page.text
    wizard.press()
    assert wizard.url.endswith("/your-calendar")


def test_a_calendar_that_is_linked_again_asks_about_what_was_changed_meanwhile(
    browser: FlaskClient, tools: Tools, dana: Person, link: Callable[..., str]
):
    account_id = link()
    integrate(tools, dana, account_id, "Personal")
    integration_id = integrate(tools, dana, account_id)
    links = [
        add_link(tools, dana, integration_id, add_item(tools, dana, kind), origin=origin)
        for kind, origin in (
            (Kind.APPOINTMENT, Origin.SENT),
            (Kind.TASK, Origin.SENT),
            (Kind.APPOINTMENT, Origin.BROUGHT),
        )
    ]
    delete_integration(tools, dana.who, integration_id)
    draft_id = begin_setup(tools, dana.who, account_id)
    wizard = Wizard.at(browser, f"/calendar-sync/setup/{draft_id}/linked-calendar")
    choose(wizard).press().fill(kinds=["appointment"]).press()
    assert "2 items were synced with this calendar before." in wizard.text
    assert wizard.form["meanwhile"] == ["agreed"]
    wizard.fill(meanwhile="flows").press()
    assert "Sync what was changed meanwhile" in wizard.text
    wizard.press("finish")
    states = [get_link(tools, link_id).state for link_id in links]
    assert states == [LinkState.LIVE, LinkState.PARKED, LinkState.LIVE]


def test_a_calendar_that_vanishes_before_finish_leads_back_with_the_text(
    browser: FlaskClient, tools: Tools, sandbox: RunningSandbox
):
    wizard = to_the_end(begin(browser))
    calendar_id = sandbox.calendars("dana@google.example")["Work"]
    sandbox.control("PATCH", f"/calendars/{calendar_id}", {"deleted": True})
    wizard.press("finish")
    assert wizard.page.status_code == 422
    assert "The calendar you chose is not there any more. Choose another one" in wizard.text
    assert "Work" not in wizard.calendars
    assert list_integrations(tools) == []
    choose(wizard, "Personal").press()
    assert wizard.form["kinds"] == ["appointment"], "what was answered is still there"
    wizard.press().press().press("finish")
    assert [made.calendar_name for made in list_integrations(tools)] == ["Personal"]


def test_a_calendar_that_became_read_only_before_finish_leads_back_with_the_text(
    browser: FlaskClient, tools: Tools, sandbox: RunningSandbox
):
    wizard = to_the_end(begin(browser))
    calendar_id = sandbox.calendars("dana@google.example")["Work"]
    sandbox.control("PATCH", f"/calendars/{calendar_id}", {"readonly": True})
    wizard.press("finish")
    assert "That calendar is read only. Choose one you can change" in wizard.text
    assert list_integrations(tools) == []


def test_an_account_that_lost_its_sign_in_before_finish_says_so_and_offers_to_reconnect(
    browser: FlaskClient, tools: Tools, sandbox: RunningSandbox
):
    wizard = to_the_end(begin(browser))
    sandbox.control("POST", f"/profiles/{profile_of(sandbox, 'dana@google.example')}/disconnect")
    wizard.press("finish")
    assert wizard.page.status_code == 422
    assert "The account is not connected. Connect it again first." in wizard.text
    assert "Sign-in expired. Your answers are kept. Reconnect" in wizard.text
    assert list_integrations(tools) == []


def test_an_account_that_is_disconnected_on_the_way_loses_no_answer(
    browser: FlaskClient, tools: Tools, dana: Person, sandbox: RunningSandbox
):
    wizard = to_the_end(begin(browser))
    disconnect(tools, dana.who, account_of(tools, dana))
    for tab in ("linked-calendar", "your-calendar", "options", "confirmation"):
        assert "This account was disconnected. Your answers are kept." in wizard.open(tab).text
    wizard.press("finish")
    assert wizard.page.status_code == 422
    again = begin(browser)
    assert again.url.rpartition("/")[0] == wizard.url.rpartition("/")[0]
    assert again.open("your-calendar").form["kinds"] == ["appointment"]
    again.open("confirmation").press("finish")
    assert len(list_integrations(tools)) == 1


def test_cronofy_away_is_said_and_does_not_keep_anybody_from_finishing(
    browser: FlaskClient, tools: Tools, sandbox: RunningSandbox
):
    wizard = begin(browser)
    sandbox.fault("server_error", path="/v1/userinfo", times=20)
    choose(wizard).fill(takes=["delete"]).press("refresh")
    assert "We could not reach the calendar service. Your settings are safe." in wizard.text
    assert wizard.form["takes"] == ["delete"]
    assert to_the_end(wizard).press("finish").url == "/calendar-sync"
    assert len(list_integrations(tools)) == 1


def test_the_list_is_read_again_when_asked_for(
    browser: FlaskClient, tools: Tools, dana: Person, sandbox: RunningSandbox
):
    wizard = begin(browser)
    calendar_id = sandbox.calendars("dana@google.example")["Work"]
    sandbox.control("PATCH", f"/calendars/{calendar_id}", {"readonly": True})
    assert "Work (read only)" in wizard.press("refresh").calendars
    assert wizard.url.endswith("/linked-calendar")


def test_hostile_names_are_shown_as_text_and_cut(
    browser: FlaskClient, tools: Tools, sandbox: RunningSandbox
):
    wizard = to_the_end(begin(browser))
    for name in HOSTILE:
        with tools.db.begin() as session:
            session.query(LinkedAccount).one().profile_name = name
            session.query(LinkedCalendar).filter_by(name="Work").update({"name": name})
        for tab in ("linked-calendar", "options", "confirmation"):
            page = wizard.open(tab).page.text.partition("<main")[2]
            assert "<script" not in page
            assert "<img" not in page
            assert len(page) < 20_000
        with tools.db.begin() as session:
            session.query(LinkedCalendar).filter_by(name=name).update({"name": "Work"})


def test_hostile_answers_are_no_crash(browser: FlaskClient, tools: Tools):
    wizard = to_the_end(begin(browser))
    for tab in ("linked-calendar", "your-calendar", "options", "confirmation"):
        for value in ("", "x" * 5000, "\u202e", "<script>", "-1", "[]"):
            form = dict.fromkeys(
                ("calendar_id", "takes", "kinds", "retrieves", "past", "future", "sends", "policy"),
                value,
            )
            form |= {"step": value, "goto": value, "mark": value, "unticked": value}
            url = f"{wizard.url.rpartition('/')[0]}/{tab}"
            answer = post(browser, url, form)
            assert answer.status_code in (303, 422), (tab, value)
    assert list_integrations(tools) == []


def test_a_set_up_that_was_discarded_in_another_window_is_there_no_more(
    browser: FlaskClient, tools: Tools, dana: Person
):
    wizard = to_the_end(begin(browser))
    assert get_setup(tools, dana.who, wizard.url.split("/")[3])
    post(browser, wizard.url.replace("confirmation", "discard"))
    assert wizard.press("finish").page.status_code == 404
    assert list_integrations(tools) == []


def test_what_was_finished_in_another_window_is_not_said_to_be_discarded(
    browser: FlaskClient, tools: Tools
):
    wizard = to_the_end(begin(browser))
    url = wizard.url.replace("confirmation", "discard")
    wizard.press("finish")
    answer = post(browser, url)
    assert (answer.status_code, answer.location) == (303, "/calendar-sync")
    page = browser.get(answer.location).text
    assert "Setup discarded." not in page
    assert "Nothing was discarded: this setup was finished before, and its sync stays." in page
    assert len(list_integrations(tools)) == 1
