"""Settings: the wizard's tabs for an integration that there is."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from calsync.core.item import Kind
from calsync.core.link import LinkState, Wish
from calsync.core.options import Options, load_options
from calsync.core.pair import Policy
from calsync.core.window import PastRange
from calsync.db.models import Run
from calsync.services.accounts import disconnect
from calsync.services.draft_views import get_settings
from calsync.services.integration_views import list_integration_views
from calsync.services.integrations import change_options, deactivate
from calsync.services.tools import Tools
from tests.browsing import post
from tests.cast import Person
from tests.sandbox_server import RunningSandbox
from tests.services.integrating import (
    EVERYTHING,
    add_item,
    add_link,
    calendar_of,
    get_link,
    get_row,
    integrate,
)
from tests.web.wizarding import Wizard

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CHOSEN = Options(
    takes_create=True,
    takes_delete=True,
    kinds=frozenset({Kind.APPOINTMENT, Kind.TASK}),
    past=PastRange.SIX_WEEKS,
    sends=True,
    policy=Policy.THEIRS,
    sends_foreign=True,
)


@pytest.fixture
def integration_id(tools: Tools, dana: Person, link: Callable[..., str]) -> str:
    return integrate(tools, dana, link(), options=CHOSEN)


def settings(browser: FlaskClient, integration_id: str, tab: str = "linked-calendar") -> Wizard:
    return Wizard.at(browser, f"/calendar-sync/{integration_id}/settings/{tab}")


def options_of(tools: Tools, integration_id: str) -> Options:
    return load_options(get_row(tools, integration_id).options)


def count_runs(tools: Tools) -> int:
    with tools.db.read() as session:
        return session.query(Run).count()


def test_settings_open_on_the_first_tab_with_everything_reachable_and_filled_in(
    browser: FlaskClient, integration_id: str
):
    wizard = Wizard.at(browser, f"/calendar-sync/{integration_id}/settings")
    assert wizard.url.endswith("/settings/linked-calendar")
    assert "Settings for Work" in wizard.text
    steps = wizard.page.text.partition('<ol class="steps">')[2].partition("</ol>")[0]
    assert steps.count("<a ") == 4
    assert "Sync now" in wizard.text
    assert wizard.form["calendar_id"] == [wizard.calendars["Work"]]
    assert wizard.form["takes"] == ["create", "delete"]
    assert wizard.open("your-calendar").form["kinds"] == ["appointment", "task"]
    wizard.open("options")
    for name, value in {
        "retrieves": "yes",
        "past": "6w",
        "sends": "yes",
        "policy": "theirs",
    }.items():
        assert wizard.form[name] == [value]
    assert "sends_foreign" in wizard.form
    assert '<details class="more" open>' in wizard.page.text
    assert "The linked calendar wins" in wizard.open("confirmation").text
    assert "You have changes that are not saved yet." not in wizard.text


def test_changes_are_in_force_only_once_they_are_saved(
    browser: FlaskClient, tools: Tools, integration_id: str, sandbox: RunningSandbox
):
    wizard = settings(browser, integration_id).fill(takes=["update"]).go_to("confirmation")
    assert "You have changes that are not saved yet." in wizard.text
    assert options_of(tools, integration_id) == CHOSEN
    assert settings(browser, integration_id).form["takes"] == ["update"]
    wizard.press("finish")
    assert wizard.url == "/calendar-sync"
    assert "Saved. Syncing with the new settings now." in wizard.text
    assert options_of(tools, integration_id) == replace(
        CHOSEN, takes_create=False, takes_update=True, takes_delete=False
    )
    assert count_runs(tools) == 1
    assert "not saved yet" not in settings(browser, integration_id).text


def test_discarded_changes_leave_the_settings_as_they_were(
    browser: FlaskClient, tools: Tools, integration_id: str
):
    settings(browser, integration_id).fill(takes=[]).press()
    answer = post(browser, f"/calendar-sync/{integration_id}/settings/discard")
    assert answer.location.endswith("/settings/linked-calendar")
    assert settings(browser, integration_id).form["takes"] == ["create", "delete"]
    assert options_of(tools, integration_id) == CHOSEN


def test_looking_through_the_settings_stores_nothing(
    browser: FlaskClient, tools: Tools, dana: Person, integration_id: str
):
    wizard = settings(browser, integration_id).press().press().press().press("back")
    assert wizard.url.endswith("/options")
    wizard.go_to("your-calendar").fill(kinds=["task"], unticked="go").press()
    assert "You have changes that are not saved yet." in wizard.text
    wizard.go_to("your-calendar").fill(kinds=["appointment", "task"]).press()
    assert "You have changes that are not saved yet." not in wizard.text
    assert get_settings(tools, dana.who, integration_id).draft is None


def test_save_pressed_twice_saves_once_and_makes_one_run(
    browser: FlaskClient, tools: Tools, integration_id: str, sandbox: RunningSandbox
):
    wizard = settings(browser, integration_id).fill(takes=["update"]).go_to("confirmation")
    other = Wizard.at(browser, wizard.url)
    assert wizard.press("finish").url == other.press("finish").url == "/calendar-sync"
    assert count_runs(tools) == 1


def test_saving_what_is_off_says_that_it_was_not_synced(
    browser: FlaskClient, tools: Tools, dana: Person, integration_id: str, sandbox: RunningSandbox
):
    assert "Sync now" in settings(browser, integration_id).text
    deactivate(tools, dana.who, integration_id)
    wizard = settings(browser, integration_id)
    assert "Sync now" not in wizard.text
    assert "The sync is not active. Turn Active on first." in wizard.text
    wizard.fill(takes=["update"]).go_to("confirmation")
    assert "Saved. It was not synced, because it is off." in wizard.press("finish").text
    assert options_of(tools, integration_id).takes_update
    assert count_runs(tools) == 0


def test_settings_of_a_disconnected_account_can_still_be_changed(
    browser: FlaskClient, tools: Tools, dana: Person, integration_id: str
):
    disconnect(tools, dana.who, get_row(tools, integration_id).account_id or "")
    wizard = settings(browser, integration_id)
    # Nothing was answered yet, and nothing can be synced.
    assert "This account was disconnected. Reconnect" in wizard.text
    assert "Sync now" not in wizard.text
    assert list(wizard.calendars) == ["Work"]
    wizard.fill(takes=["update"]).go_to("confirmation").press("finish")
    assert "Saved. It was not synced, because the account is not connected." in wizard.text


def test_settings_that_were_changed_elsewhere_are_looked_at_once_more(
    browser: FlaskClient, tools: Tools, dana: Person, integration_id: str, sandbox: RunningSandbox
):
    wizard = settings(browser, integration_id).fill(takes=["update"]).go_to("confirmation")
    change_options(tools, dana.who, integration_id, EVERYTHING)
    assert "The settings were changed elsewhere since you began." in wizard.open("options").text
    wizard.open("confirmation").press("finish")
    assert wizard.page.status_code == 422
    assert "These settings were changed elsewhere meanwhile." in wizard.text
    assert options_of(tools, integration_id) == EVERYTHING
    assert wizard.press("finish").url == "/calendar-sync"
    assert options_of(tools, integration_id).kinds == CHOSEN.kinds


def test_unticking_a_kind_asks_about_its_copies_and_removes_the_number_that_was_shown(
    browser: FlaskClient, tools: Tools, dana: Person, integration_id: str, sandbox: RunningSandbox
):
    link_id = add_link(tools, dana, integration_id, add_item(tools, dana))
    wizard = settings(browser, integration_id, "your-calendar")
    assert "1 copy in Work." in wizard.text
    assert "What should happen to the copies of a kind that you untick?" in wizard.text
    assert wizard.form["unticked"] == ["stay"]
    wizard.fill(kinds=["task"], unticked="go").press().press()
    assert "Copies of Appointments 1 copy is removed" in wizard.text
    second = add_link(tools, dana, integration_id, add_item(tools, dana))
    wizard.press("finish")
    assert wizard.page.status_code == 422
    assert "There is another number of them by now. Confirm it again." in wizard.text
    assert "2 copies are removed" in wizard.text
    assert get_link(tools, link_id).state is LinkState.LIVE
    assert wizard.press("finish").url == "/calendar-sync"
    for row in (get_link(tools, link_id), get_link(tools, second)):
        assert (row.state, row.wish) == (LinkState.PARKED, Wish.DELETE_COPY)


def test_copies_of_an_unticked_kind_stay_unless_the_user_says_otherwise(
    browser: FlaskClient, tools: Tools, dana: Person, integration_id: str, sandbox: RunningSandbox
):
    link_id = add_link(tools, dana, integration_id, add_item(tools, dana))
    wizard = settings(browser, integration_id, "your-calendar").fill(kinds=["task"])
    wizard.go_to("confirmation")
    assert "1 copy stays" in wizard.text
    wizard.press("finish")
    assert (get_link(tools, link_id).state, get_link(tools, link_id).wish) == (
        LinkState.PARKED,
        None,
    )


def test_a_kind_that_is_ticked_again_asks_what_happens_to_its_old_copies(
    browser: FlaskClient, tools: Tools, dana: Person, integration_id: str, sandbox: RunningSandbox
):
    item_id = add_item(tools, dana, Kind.TODO)
    link_id = add_link(tools, dana, integration_id, item_id, state=LinkState.PARKED)
    wizard = settings(browser, integration_id, "your-calendar")
    assert "meanwhile" not in wizard.open("options").form
    wizard.open("your-calendar").fill(kinds=["appointment", "task", "todo"]).press()
    assert "What about the 1 copy that was not synced for a while?" in wizard.text
    assert wizard.form["meanwhile"] == ["agreed"]
    wizard.fill(meanwhile="flows").press()
    assert "Sync what was changed meanwhile" in wizard.text
    wizard.press("finish")
    assert get_link(tools, link_id).state is LinkState.LIVE


def test_another_calendar_asks_about_the_copies_in_the_old_one_and_takes_its_place(
    browser: FlaskClient, tools: Tools, dana: Person, integration_id: str, sandbox: RunningSandbox
):
    link_id = add_link(tools, dana, integration_id, add_item(tools, dana))
    wizard = settings(browser, integration_id)
    assert "What should happen to the 1 copy in Work?" in wizard.text
    wizard.fill(calendar_id=wizard.calendars["Personal"], swapped="go", takes=["update"])
    wizard.go_to("confirmation")
    assert "Copies in Work 1 copy is removed" in wizard.text
    other = Wizard.at(browser, wizard.url)
    assert wizard.press("finish").url == "/calendar-sync"
    [view] = list_integration_views(tools, dana.who)
    assert view.integration.calendar_name == "Personal"
    assert load_options(view.integration.options) == replace(
        CHOSEN, takes_create=False, takes_update=True, takes_delete=False
    )
    assert get_link(tools, link_id).wish is Wish.DELETE_COPY
    assert other.press("finish").url == "/calendar-sync", "pressed twice"
    assert browser.get(f"/calendar-sync/{integration_id}/settings").status_code == 404


def test_a_calendar_that_another_integration_has_cannot_take_its_place(
    browser: FlaskClient, tools: Tools, dana: Person, integration_id: str, sandbox: RunningSandbox
):
    account_id = get_row(tools, integration_id).account_id or ""
    personal = calendar_of(tools, dana, account_id, "Personal")
    wizard = settings(browser, integration_id).fill(calendar_id=personal).go_to("confirmation")
    integrate(tools, dana, account_id, "Personal")
    wizard.press("finish")
    assert wizard.page.status_code == 422
    assert "That calendar is already linked. Choose another one" in wizard.text
    assert "Personal (already linked)" in wizard.text
    assert get_row(tools, integration_id).calendar_name == "Work"
