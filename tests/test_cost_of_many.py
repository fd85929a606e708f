"""No page and no list asks the database more of many rows than of few.

Each answer comes from two databases, with ten and with a thousand of everything that
can be shown, and takes the same number of statements from both. A worker fills them
once for each kind of database; whoever reads them changes nothing.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from werkzeug.test import TestResponse

from calsync.app import create_app, tools_of
from calsync.services.api_tokens import create_token
from calsync.services.calendar_files import create_feed
from calsync.services.item_access import find_item_view
from tests.browsing import post
from tests.cast import PASSWORD, Person, find_cast
from tests.clocks import FakeClock
from tests.installations import make_settings
from tests.plenty import fill_tenant, number
from tests.postgres import PostgresServer

FEW, MANY = 10, 1_000
MARCH = "from=2026-03-01&to=2026-03-31"
YEAR = "2026-03-01T00:00:00Z&to=2027-03-01T00:00:00Z"
WEEK = "/calendar/week/2026-03-04"
API = "/api/v1"

#: What is asked of each GET route that shows several of anything.
LISTS: dict[str, list[str]] = {
    "account.show": ["/account"],
    "api_items.list_items": [
        f"{API}/items",
        f"{API}/items?limit=100",
        f"{API}/items?kind=service_call",
        f"{API}/items?updated_since=2026-01-01T00:00:00Z",
        f"{API}/items?ticket={number('ticket')}",
        f"{API}/items?from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z",
    ],
    "api_occurrences.find_occurrences": [
        f"{API}/items/{number('item', 2)}/occurrences?from={YEAR}",
    ],
    "api_clients.list_clients": [f"{API}/clients"],
    "api_contacts.list_contacts": [f"{API}/contacts"],
    "api_integrations.list_integrations": [f"{API}/integrations"],
    "api_integrations.list_its_runs": [f"{API}/integrations/{number('integr')}/runs"],
    "api_people.list_users": [f"{API}/users"],
    "api_runs.list_entries": [f"{API}/runs/{number('run')}/entries"],
    "api_tickets.list_tickets": [f"{API}/tickets", f"{API}/tickets?status=new"],
    "api_tokens.show": ["/account/tokens"],
    "calendar_files.export": [f"/calendar/export.ics?{MARCH}"],
    "calendar_files.feed": ["/feeds/{feed}.ics"],
    "calendar_files.show": ["/calendar/files"],
    "calendar_sync.listing": ["/calendar-sync"],
    "calendar_sync.reading": [f"/calendar-sync/accounts/{number('account')}/reading"],
    "clients.listing": ["/clients"],
    "clients.show": [f"/clients/{number('client')}"],
    "home.show": [
        "/calendar/month/2026-03-04",
        WEEK,
        "/calendar/day/2026-03-04",
        "/calendar/agenda/2026-03-04",
        f"{WEEK}?q=number",
        f"{WEEK}?kind=task",
        f"{WEEK}?person={{dana}}",
    ],
    "items.edit": [f"/calendar/item/{number('item', 3)}/edit"],
    "items.new": ["/calendar/new?kind=crm_activity", "/calendar/new?kind=service_call"],
    "items.show": [f"/calendar/item/{number('item', 3)}"],
    "items.show_bin": ["/calendar/bin"],
    "items.show_undated": ["/calendar/undated"],
    "runs.held": [f"/calendar-sync/{number('integr')}/held?what=copy_deletion"],
    "runs.progress": [f"/calendar-sync/{number('integr')}/runs/{number('run')}/progress"],
    "runs.show": [f"/calendar-sync/{number('integr')}/runs/{number('run')}"],
    "sync_preview.download": [f"/calendar-sync/setup/{number('draft')}/preview.csv"],
    "sync_preview.show": [f"/calendar-sync/setup/{number('draft')}/preview"],
    "sync_logs.download": [f"/calendar-sync/{number('integr')}/logs.csv?result=created"],
    "sync_logs.show": [
        f"/calendar-sync/{number('integr')}/logs",
        f"/calendar-sync/{number('integr')}/logs?result=created&started=all",
    ],
    "tickets.edit": [f"/tickets/{number('ticket')}/edit"],
    "tickets.listing": ["/tickets", "/tickets?q=mail&done=1"],
    "tickets.new": ["/tickets/new"],
    "tickets.show": [f"/tickets/{number('ticket')}"],
    "webhooks.show": ["/admin/webhooks"],
    "wizard.reading": [f"/calendar-sync/setup/{number('draft')}/reading"],
    "wizard.settings_tab": [f"/calendar-sync/{number('integr')}/settings/linked-calendar"],
    "wizard.setup_tab": [f"/calendar-sync/setup/{number('draft')}/linked-calendar"],
}
#: GET routes that show nothing of which there can be many, and why.
WITHOUT_LISTS = {
    "api_clients.show_client": "one client",
    "api_contacts.show_contact": "one contact",
    "api_description.reference": "describes the API",
    "api_description.specification": "describes the API",
    "api_integrations.show_integration": "one integration",
    "api_integrations.show_held": "a number for each of five",
    "api_integrations.show_kept_out": "a number",
    "api_items.show_item": "one item and who has it",
    "api_occurrences.show_occurrence": "one occurrence",
    "api_runs.show_run": "one run",
    "api_tickets.show_ticket": "one ticket",
    "assets.serve": "serves a file",
    "auth.login": "one form",
    "calendar_files.choose": "one form",
    "calendar_sync.ask_delete": "one integration",
    "calendar_sync.ask_disconnect": "one account",
    "calendar_sync.callback": "works on one account, and redirects",
    "calendar_sync.connect": "redirects",
    "calendar_sync.row": "one integration",
    "clients.delete": "one client",
    "clients.delete_a_contact": "one contact",
    "clients.edit": "one client",
    "clients.edit_contact": "one contact",
    "clients.new": "one form",
    "clients.new_contact": "one form",
    "health.alive": "says yes",
    "health.metrics": "counts for all tenants, in one statement for each figure",
    "health.ready": "says yes or no",
    "home.start": "redirects",
    "items.ask_delete": "one item",
    "items.ask_move": "one item",
    "start": "redirects",
    "sync_preview.look": "ten lines of each head at most",
    "wizard.ask_discard": "one set-up",
    "wizard.settings": "redirects",
}
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CASES = [path for paths in LISTS.values() for path in paths]


@dataclass(frozen=True)
class House:
    """The product on a database with so many of everything.

    ``browser``, ``secret`` and ``feed`` are Dana's; ``admin`` is the browser of Sam.
    """

    app: Flask
    dana: Person
    browser: FlaskClient
    admin: FlaskClient
    secret: str
    feed: str

    @property
    def engine(self) -> Engine:
        return tools_of(self.app).db.engine

    def get(self, path: str) -> TestResponse:
        """Ask as Dana's browser does, or as her program, or as the administrator's browser."""
        url = path.format(feed=self.feed, dana=self.dana.who.user_id)
        if path.startswith(API):
            headers = {"Authorization": f"Bearer {self.secret}"}
            return self.app.test_client().get(url, headers=headers)
        return (self.admin if path.startswith("/admin") else self.browser).get(url)

    def measure(self, path: str) -> tuple[int, int]:
        """Return how many statements an answer takes, which must be a good one, and its size."""
        with counted(self.engine) as statements:
            answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return len(statements), len(answer.data)


@pytest.fixture(scope="session")
def house(
    sqlite_template: Path, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str, int], House]]:
    """Give a function that returns the product with so many of everything, made once."""
    with ExitStack() as stack:

        def copy_template(kind: str, folder: Path) -> str:
            if kind == "sqlite":
                shutil.copy(sqlite_template, folder / "many.sqlite3")
                return f"sqlite:///{folder}/many.sqlite3"
            return stack.enter_context(postgres.copy_of("template"))

        @cache
        def make(kind: str, amount: int) -> House:
            folder = tmp_path_factory.mktemp("many")
            url = copy_template(kind, folder)
            app = create_app(make_settings(url, folder), clock=FakeClock())
            stack.callback(tools_of(app).db.engine.dispose)
            return furnish(app, amount)

        yield make


def furnish(app: Flask, amount: int) -> House:
    tools = tools_of(app)
    dana = find_cast(tools)["dana"]
    secret = create_token(tools, dana.who, "PSA")
    feed = create_feed(tools, dana.who, "Phone")
    fill_tenant(tools, dana.who, amount)
    browser, admin = (log_in(app, find_cast(tools)[name]) for name in ("dana", "sam"))
    made = House(app, dana, browser, admin, secret, feed)
    # That the token is used is noted once a day, and not with every request.
    assert made.get(f"{API}/users").status_code == 200
    return made


def log_in(app: Flask, person: Person) -> FlaskClient:
    browser = app.test_client()
    form = {"tenant": person.tenant, "email": person.email, "password": PASSWORD}
    assert post(browser, "/login", form).status_code == 303
    return browser


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Give the statements that the database is asked meanwhile."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


@ON_SQLITE
def test_every_route_that_shows_anything_is_counted(app: Flask) -> None:
    routes = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert set(LISTS) | set(WITHOUT_LISTS) == routes
    assert not set(LISTS) & set(WITHOUT_LISTS)
    assert all(WITHOUT_LISTS.values())
    for endpoint, paths in LISTS.items():
        assert {app.url_map.bind("").match(p.partition("?")[0])[0] for p in paths} == {endpoint}


@pytest.mark.parametrize("path", CASES)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_many_rows_take_no_more_statements_than_few(
    house: Callable[[str, int], House], kind: str, path: str
) -> None:
    few, small = house(kind, FEW).measure(path)
    many, large = house(kind, MANY).measure(path)
    assert 0 < few == many
    assert large > 1.3 * small, "The longer answer shows no more rows."


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_statement_for_each_row_is_noticed(house: Callable[[str, int], House], kind: str) -> None:
    asked = []
    for amount in (FEW, MANY):
        made = house(kind, amount)
        with counted(made.engine) as statements:
            for at in range(amount // 10):
                find_item_view(tools_of(made.app), made.dana.who, number("item", 10 * at + 3))
        asked.append(len(statements))
    assert asked[1] == 100 * asked[0] > 0
