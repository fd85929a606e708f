"""What a template may not contain, and that every text can be translated."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import flask_babel
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calsync import find_folder
from calsync.core.answers import Answers, Step
from calsync.core.item import Kind
from calsync.core.link import Origin
from calsync.core.options import Options
from calsync.core.plan import Direction, Tick
from calsync.core.window import PastRange
from calsync.services.accounts import list_linked
from calsync.services.drafts import begin_setup, save_setup
from calsync.services.tools import Tools, Who
from tests.browsing import HTMX, LogIn, post
from tests.cast import Person
from tests.services.integrating import add_item, add_link
from tests.services.planning import add_plan
from tests.web.made_syncs import Syncs, make_syncs

FORBIDDEN = {
    "an inline style": re.compile(r"<[^>]*\sstyle\s*=|<style"),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)"),
    "an event handler": re.compile(r"<[^>]*\son\w+\s*="),
    "htmx's own handlers": re.compile(r"hx-on|js:|hx-vars"),
    "text that is not escaped": re.compile(r"\|\s*safe|Markup\(|autoescape\s+false"),
}


def find_faults(text: str) -> set[str]:
    return {fault for fault, pattern in FORBIDDEN.items() if pattern.search(text)}


@pytest.mark.parametrize(
    "path", sorted(find_folder("templates").rglob("*.html")), ids=lambda path: path.name
)
def test_a_template_has_nothing_that_the_content_policy_would_stop(path: Path):
    assert find_faults(path.read_text()) == set()


def test_the_way_to_a_page_is_written_by_one_macro():
    """By hand, it followed four rules."""
    written = [
        path.name
        for path in find_folder("templates").rglob("*.html")
        if 'class="crumbs"' in path.read_text() and "sandbox" not in path.parts
    ]
    assert written == ["_macros.html"]


@pytest.mark.parametrize(
    "text",
    [
        '<p style="color: red">',
        "<script>alert(1)</script>",
        '<a onclick="x()">',
        '<a hx-on:click="x()">',
        "{{ title | safe }}",
    ],
)
def test_the_search_finds_what_is_forbidden(text: str):
    assert find_faults(text)


def test_htmx_is_told_to_run_nothing_and_to_keep_nothing(client: FlaskClient):
    page = client.get("/login").text
    for setting in (
        '"allowEval": false',
        '"includeIndicatorStyles": false',
        '"allowScriptTags": false',
        '"selfRequestsOnly": true',
        '"historyCacheSize": 0',
    ):
        assert setting in page


def list_classes(css: str) -> set[str]:
    """Return the classes that a style sheet has rules for."""
    rules = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return set(re.findall(r"\.(-?[a-zA-Z_][\w-]*)(?=[^{}]*\{)", rules))


def test_no_class_of_ours_is_drawn_by_bootstrap_too(client: FlaskClient):
    """One that is takes what browsers draw away from where we want it, such as a bar."""
    found = re.search(r'href="([^"]*/bootstrap\.css)"', client.get("/login").text)
    assert found
    foreign = list_classes(client.get(found.group(1)).text)
    assert "progress-bar" in foreign
    for path in find_folder("static").glob("*.css"):
        assert list_classes(path.read_text()) & foreign == set(), path.name


class Marked(flask_babel.Domain):
    """A language in which every text stands in brackets."""

    def gettext(self, text: str, **values: object) -> str:
        return "⟦" + (text % values if values else text) + "⟧"

    def ngettext(self, one: str, many: str, count: int, **values: object) -> str:
        return "⟦" + (one if count == 1 else many) % {"num": count, **values} + "⟧"


class Words(HTMLParser):
    """Collects the texts of a page that a person sees or hears, outside of brackets."""

    def __init__(self) -> None:
        super().__init__()
        self._hidden = 0
        self.loose: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style", "bdi", "option")
        for name, value in attributes:
            if name in ("aria-label", "title", "placeholder", "alt"):
                self.handle_data(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style", "bdi", "option")

    def handle_data(self, text: str) -> None:
        rest, whole = re.sub(r"⟦[^⟦⟧]*⟧", "", text), text
        while rest != whole:  # a text may stand within another one
            rest, whole = re.sub(r"⟦[^⟦⟧]*⟧", "", rest), rest
        if not self._hidden and re.search(r"[a-zA-Z]{2}", rest):
            self.loose.append(rest.strip())


#: A ticket that can be made.
TICKET = {"title": "⟦x⟧", "status": "new", "priority": "normal"}
#: Names that are the same in every language.
NAMES = {"calsync", "- calsync", "Google", ", Google", "Google,"}


@pytest.fixture
def marked(app: Flask) -> None:
    app.extensions["babel"].instance.domain_instance = Marked()
    app.jinja_env.install_gettext_callables(
        flask_babel.gettext, flask_babel.ngettext, newstyle=True
    )


def ask_for_clients(browser: FlaskClient) -> Iterator[TestResponse]:
    """Yield the pages of clients, as a dispatcher finds them."""
    yield browser.get("/clients")
    yield browser.get("/clients/new")
    yield post(browser, "/clients/new")
    where = post(browser, "/clients/new", {"name": "⟦x⟧"}).location
    yield browser.get(where)
    post(browser, f"{where}/contacts/new", {"name": "⟦y⟧"})
    yield browser.get("/clients")
    yield browser.get(where)
    yield browser.get(f"{where}/edit")
    yield browser.get(f"{where}/delete")
    yield browser.get(f"{where}/contacts/new")


def ask_for_syncs(browser: FlaskClient, syncs: Syncs) -> Iterator[TestResponse]:
    """Yield the pages of syncs as they go, as they went, and as they cannot."""
    for where in (syncs.over, syncs.stopped, syncs.under_way):
        yield browser.get(where)
        yield browser.get(f"{where}/progress")
    yield browser.get(f"{syncs.integration}/logs?started=all")
    yield browser.get(f"{syncs.integration}/logs?kind=task")
    yield browser.get(f"{syncs.integration}/held")
    yield browser.get(f"{syncs.integration}/held?what=copy_deletion")
    yield post(browser, f"{syncs.integration}/held", {"what": "nothing"})
    post(browser, f"{syncs.under_way}/cancel")
    yield browser.get(syncs.under_way)
    yield browser.get(post(browser, f"{syncs.integration}/sync").location)


def ask_for_wizard(browser: FlaskClient, tools: Tools, who: Who) -> Iterator[TestResponse]:
    """Yield the pages of a set-up, without errors and with them."""
    [linked] = list_linked(tools, who)
    draft_id = begin_setup(tools, who, linked.account.id)
    answers = Answers(options=Options(kinds=frozenset(Kind), past=PastRange.ONE_WEEK, sends=True))
    for chosen in (replace(answers, retrieves=True), Answers(options=Options())):
        step = Step.CONFIRMATION
        save_setup(tools, who, draft_id, chosen, step=step, furthest=step)
        for tab in Step:
            yield browser.get(f"/calendar-sync/setup/{draft_id}/{tab}")
    where = f"/calendar-sync/setup/{draft_id}"
    yield post(browser, f"{where}/preview", headers=HTMX)
    add_plan(tools, who, ticks=(Tick(Direction.OUT, 42, 42),), title="⟦x⟧", draft_id=draft_id)
    yield browser.get(f"{where}/confirmation")
    yield browser.get(f"{where}/preview")
    yield browser.get(f"{where}/preview?action=delete&direction=in")
    for tab, button in (("linked-calendar", "next"), ("confirmation", "finish")):
        yield post(browser, f"/calendar-sync/setup/{draft_id}/{tab}", {"step": button})
    yield browser.get(f"/calendar-sync/setup/{draft_id}/discard")
    post(browser, f"/calendar-sync/setup/{draft_id}/discard")
    yield browser.get("/calendar-sync")


def ask_for_settings(browser: FlaskClient, integration: str) -> Iterator[TestResponse]:
    """Yield the pages of settings of which something was changed."""
    post(browser, f"{integration}/settings/options", {"retrieves": "yes", "past": "1w"})
    for tab in Step:
        yield browser.get(f"{integration}/settings/{tab}")
    yield post(browser, f"{integration}/settings/confirmation", {"step": "finish"})
    post(browser, f"{integration}/settings/discard")
    yield browser.get("/calendar-sync")


def ask_for_end(
    browser: FlaskClient, tools: Tools, dana: Person, integration: str
) -> Iterator[TestResponse]:
    """Yield the listing with a sync that is off, and the page that asks how it is to end."""
    integration_id = integration.rpartition("/")[2]
    for origin in Origin:
        item_id = add_item(tools, dana)
        add_link(
            tools, dana, integration_id, item_id, origin=origin, is_source=origin is Origin.BROUGHT
        )
    post(browser, f"{integration}/active", {"wanted": "off"})
    yield browser.get("/calendar-sync")
    yield browser.get(f"{integration}/delete")
    yield post(browser, f"{integration}/delete", {"copies": "go", "shown": "9"})
    post(browser, f"{integration}/active", {"wanted": "on"})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_text_goes_through_the_translator(
    app: Flask,
    tools: Tools,
    dana: Person,
    sam: Person,
    logged_in: LogIn,
    link: Callable[..., str],
    marked: None,
):
    account_id = link()
    syncs = make_syncs(tools, dana, account_id)
    browser, nobody, admin = logged_in(dana), app.test_client(), logged_in(sam)
    pages = [
        nobody.get("/login"),
        post(nobody, "/login"),
        nobody.get("/nothing"),
        browser.get("/account"),
        browser.get("/account/tokens"),
        post(browser, "/account/tokens", {"name": ""}),
        post(browser, "/account/tokens", {"name": "PSA"}),
        nobody.get("/api/v1/docs"),
        post(browser, "/account/password", {"current": "x"}),
        browser.get("/calendar-sync"),
        browser.get("/calendar-sync/callback", follow_redirects=True),
        browser.get(f"/calendar-sync/accounts/{account_id}/disconnect"),
        *ask_for_end(browser, tools, dana, syncs.integration),
        *ask_for_syncs(browser, syncs),
        *ask_for_settings(browser, syncs.integration),
        browser.get("/calendar/files"),
        browser.get("/calendar/export.ics"),
        post(browser, "/calendar/feeds"),
        post(browser, "/calendar/import"),
        admin.get("/account"),
        admin.get("/admin/webhooks"),
        post(admin, "/admin/webhooks", {"url": "x"}),
        post(admin, "/admin/webhooks", {"url": "https://127.0.0.1/"}),
        post(admin, "/admin/webhooks", {"url": "https://psa.invalid/"}),
        browser.get("/tickets"),
        browser.get("/tickets?q=nothing"),
        post(browser, "/tickets/new"),
        browser.get(post(browser, "/tickets/new", TICKET).location),
        *ask_for_clients(admin),
        *ask_for_wizard(browser, tools, dana.who),
    ]
    for page in pages:
        words = Words()
        words.feed(page.text)
        assert "⟦" in page.text
        assert set(words.loose) <= NAMES, page.request.path


def test_a_text_that_was_forgotten_is_noticed():
    words = Words()
    words.feed('<p>⟦Fine⟧</p><p>Forgotten</p><a aria-label="Too">⟦x⟧</a>')
    assert words.loose == ["Forgotten", "Too"]
