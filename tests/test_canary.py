"""No secret appears where somebody could read it: pages, log lines, exceptions, the database.

The secrets are known to the test: passwords, the client's secret, and every
token that the sandbox gave out. Each is first seen to have been in use.
"""

import io
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from calsync.app import tools_of
from calsync.config import Settings
from calsync.cronofy.grants import Grant, TokenPair
from calsync.cronofy.limiter import Lane
from calsync.cronofy.oauth import CronofyOAuth
from calsync.db.users import get_user
from calsync.errors import CronofyError
from calsync.logs import JsonLines
from calsync.services.accounts import client_for
from calsync.services.revocations import revoke
from calsync.services.tokens import AccountTokens
from tests.browsing import post
from tests.cast import PASSWORD, Person
from tests.consent import consent
from tests.sandbox_server import RunningSandbox
from tests.services.test_accounts import waiting_revocations
from tests.web.test_every_route import dump

CLIENT_SECRET = "CRN_canary-of-the-client-Zq81"
WRONG_PASSWORD = "canary-of-a-typing-error-Xw27"
NEW_PASSWORD = "canary of a new password Kv93"


class Watch:
    """Collects everything that the product lets out."""

    def __init__(self, app: Flask, log: io.StringIO) -> None:
        self.app = app
        self.log = log
        self.pages: list[bytes] = []
        self.exceptions: list[str] = []

        @app.after_request
        def keep(response: Response) -> Response:
            self.pages.append(str(response.headers).encode() + response.get_data())
            return response

    def catch(self, call: Callable[[], object]) -> None:
        """Make a call that has to fail, and keep all that its exception says."""
        with pytest.raises(CronofyError) as caught:
            call()
        self.exceptions += traceback.format_exception(caught.value)
        self.exceptions.append(repr(vars(caught.value)))

    def find(self, secret: str) -> list[str]:
        """Return where the secret appears."""
        rows = repr(dump(self.app)).encode() + self._database_files()
        places = {
            "pages": b"".join(self.pages),
            "log": self.log.getvalue().encode(),
            "exceptions": "".join(self.exceptions).encode(),
            "database": rows,
        }
        return [place for place, content in places.items() if secret.encode() in content]

    def _database_files(self) -> bytes:
        url = self.app.config["SQLALCHEMY_DATABASE_URI"]
        if not url.startswith("sqlite:///"):
            return b""
        path = Path(url.removeprefix("sqlite:///"))
        return b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Give every log line of every library, at the level that says the most."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def settings(settings: Settings, sandbox: RunningSandbox) -> Settings:
    """Return settings with a client secret that is easy to find again."""
    sandbox.control("PATCH", "/settings", {"client_secrets": [CLIENT_SECRET]})
    return replace(settings, cronofy=replace(settings.cronofy, client_secret=CLIENT_SECRET))


@pytest.fixture
def watch(app: Flask, log: io.StringIO) -> Watch:
    return Watch(app, log)


@pytest.fixture
def given_out(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return every token that the product is given, as it comes."""
    seen: set[str] = set()
    exchange, refresh = CronofyOAuth.exchange, CronofyOAuth.refresh

    def note(pair: TokenPair) -> None:
        seen.update((pair.access_token, pair.refresh_token))

    def exchange_and_note(self: CronofyOAuth, code: str) -> Grant:
        grant = exchange(self, code)
        note(grant.tokens)
        return grant

    def refresh_and_note(self: CronofyOAuth, refresh_token: str) -> TokenPair:
        pair = refresh(self, refresh_token)
        note(pair)
        return pair

    monkeypatch.setattr(CronofyOAuth, "exchange", exchange_and_note)
    monkeypatch.setattr(CronofyOAuth, "refresh", refresh_and_note)
    return seen


def live_through_everything(
    watch: Watch, browser: FlaskClient, dana: Person, sandbox: RunningSandbox
) -> str:
    """Log in, link, renew, fail in every way, disconnect and revoke; return the code used."""
    tools, tenant_id = tools_of(watch.app), dana.who.tenant_id
    form = {"tenant": dana.tenant, "email": dana.email, "next": ""}
    post(browser, "/login", {**form, "password": WRONG_PASSWORD})
    post(browser, "/login", {**form, "password": PASSWORD})
    passwords = {"current": PASSWORD, "new": NEW_PASSWORD, "again": NEW_PASSWORD}
    post(browser, "/account/password", {**passwords, "current": WRONG_PASSWORD})
    post(browser, "/account/password", passwords)
    answer = consent(browser.get("/calendar-sync/connect").location)
    browser.get(f"/calendar-sync/callback?{urlencode(answer)}")
    browser.get(f"/calendar-sync/callback?{urlencode(answer)}")
    page = browser.get("/calendar-sync").text
    account_id = page.partition('id="account-')[2].partition('"')[0]
    browser.get("/account")
    browser.get("/metrics")

    client = client_for(tools, tenant_id, account_id, Lane.USER)
    client.userinfo()
    sandbox.control("POST", "/tokens/expire")
    client.userinfo()
    tokens = AccountTokens(tools, tenant_id, account_id)
    for fault in ("server_error", "invalid_json", "html_error", "reset_after", "rate_limited"):
        sandbox.fault(fault, times=99)
        watch.catch(client.userinfo)
        watch.catch(lambda: tokens.renew(tokens.current()))
        post(browser, f"/calendar-sync/accounts/{account_id}/check")
        sandbox.control("DELETE", "/faults")
    post(browser, f"/calendar-sync/accounts/{account_id}/disconnect")
    [revocation_id] = waiting_revocations(tools, dana)
    sandbox.fault("server_error", path="/oauth/token/revoke", times=99)
    watch.catch(lambda: revoke(tools, tenant_id, revocation_id))
    sandbox.control("DELETE", "/faults")
    revoke(tools, tenant_id, revocation_id)
    post(browser, "/logout")
    return answer["code"]


def test_no_secret_appears_anywhere(
    watch: Watch, client: FlaskClient, dana: Person, sandbox: RunningSandbox, given_out: set[str]
):
    code = live_through_everything(watch, client, dana, sandbox)

    assert len(given_out) >= 4, "Tokens were given out at the exchange and at a renewal."
    calls = {row["path"] for row in sandbox.control("GET", "/requests")["requests"]}
    assert {"/oauth/token", "/oauth/token/revoke", "/v1/userinfo"} <= calls
    assert "token renewed" in watch.log.getvalue()
    assert watch.exceptions
    secrets = {code, CLIENT_SECRET, PASSWORD, WRONG_PASSWORD, NEW_PASSWORD} | given_out
    found = {secret: watch.find(secret) for secret in secrets}
    assert not any(found.values()), found


@pytest.mark.parametrize("place", ["pages", "log", "exceptions", "database"])
def test_a_planted_leak_is_found(watch: Watch, client: FlaskClient, dana: Person, place: str):
    canary = "CANARY-planted-Jd55"
    if place == "pages":
        watch.app.add_url_rule("/leak", "leak", lambda: f"<p>{canary}</p>")
        client.get("/leak")
    elif place == "log":
        logging.getLogger("some.library").debug("the token is %s", canary)
    elif place == "exceptions":

        def fail() -> None:
            raise CronofyError(f"refused: {canary}")

        watch.catch(fail)
    else:
        with tools_of(watch.app).db.begin() as session:
            get_user(session, dana.who.tenant_id, dana.who.user_id).name = canary
    assert watch.find(canary) == [place]
