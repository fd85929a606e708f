"""The tokens of a linked account: one renewal for one expiry, whoever asks."""

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from calsync.app import create_app, tools_of
from calsync.clock import SystemClock
from calsync.core.account import Disconnection
from calsync.cronofy.limiter import Lane
from calsync.cronofy.oauth import CronofyOAuth, TokenPair
from calsync.db.accounts import find_account_of_tenant
from calsync.db.database import Database, Session
from calsync.db.models import LinkedAccount
from calsync.errors import AccessRevoked, StorageUnavailable, TemporaryError
from calsync.keys import SealBroken
from calsync.services.accounts import check_account, client_for, disconnect
from calsync.services.revocations import revoke
from calsync.services.tokens import AccountTokens
from calsync.services.tools import Tools
from tests.cast import Person
from tests.clocks import FakeClock
from tests.installations import make_settings
from tests.sandbox_server import RunningSandbox
from tests.services.test_accounts import waiting_revocations
from tests.witness import watching

THREADS = 8


@pytest.fixture
def clock() -> SystemClock:
    """Return the real clock: these tests wait for each other."""
    return SystemClock()


def load(tools: Tools, dana: Person, account_id: str) -> LinkedAccount:
    with tools.db.read() as session:
        account = find_account_of_tenant(session, dana.who.tenant_id, account_id)
    assert account
    return account


def count_refreshes(sandbox: RunningSandbox) -> int:
    rows = sandbox.control("GET", "/requests")["requests"]
    return sum(row["count"] for row in rows if row["path"] == "/oauth/token")


def ask_from_threads(tools: Tools, tenant_id: str, account_id: str) -> list[object]:
    """Have 8 threads ask who the account is at one moment; return answers and errors."""
    barrier = threading.Barrier(THREADS)
    answers: list[object] = []

    def ask() -> None:
        client = client_for(tools, tenant_id, account_id, Lane.USER)
        barrier.wait()
        try:
            answers.append(client.userinfo().email)
        except Exception as error:
            answers.append(error)

    threads = [threading.Thread(target=ask) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_eight_threads_with_one_expired_token_make_one_refresh(
    tools: Tools, dana: Person, link: Callable[..., str], sandbox: RunningSandbox
) -> None:
    account_id = link()
    before = count_refreshes(sandbox)
    sandbox.control("POST", "/tokens/expire")
    with watching() as witness:
        answers = ask_from_threads(tools, dana.who.tenant_id, account_id)
    assert answers == ["dana@google.example"] * THREADS
    assert count_refreshes(sandbox) - before == 1
    assert witness.counted("token_refresh_total", result="renewed") == 1
    assert len(witness.logged("token renewed")) == 1


def test_a_token_that_is_known_to_end_is_renewed_before_it_is_used(
    tools: Tools, dana: Person, link: Callable[..., str], sandbox: RunningSandbox
) -> None:
    account_id = link()
    with tools.db.begin() as session:
        account = find_account_of_tenant(session, dana.who.tenant_id, account_id)
        assert account
        account.access_expires_at = tools.clock.now() + timedelta(seconds=30)
    before = count_refreshes(sandbox)
    assert ask_from_threads(tools, dana.who.tenant_id, account_id) == (
        ["dana@google.example"] * THREADS
    )
    assert count_refreshes(sandbox) - before == 1


def _ask_in_a_process(
    barrier: Any, answers: Any, database_url: str, cronofy_url: str, tenant: str, account: str
) -> None:
    app = create_app(make_settings(database_url, Path("unused"), cronofy_url=cronofy_url))
    client = client_for(tools_of(app), tenant, account, Lane.USER)
    barrier.wait()
    answers.put([client.userinfo().email for _ in range(2)])


def test_two_processes_with_one_expired_token_make_one_refresh(
    tools: Tools,
    dana: Person,
    link: Callable[..., str],
    sandbox: RunningSandbox,
    database_url: str,
) -> None:
    account_id = link()
    before = count_refreshes(sandbox)
    sandbox.control("POST", "/tokens/expire")
    spawn = multiprocessing.get_context("spawn")
    barrier, answers = spawn.Barrier(2), spawn.Queue()
    arguments = (barrier, answers, database_url, sandbox.url, dana.who.tenant_id, account_id)
    processes = [spawn.Process(target=_ask_in_a_process, args=arguments) for _ in range(2)]
    for process in processes:
        process.start()
    got = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(60)
    assert got == [["dana@google.example"] * 2] * 2
    assert count_refreshes(sandbox) - before == 1


def test_an_access_that_was_withdrawn_is_noted_and_nothing_more_is_asked(
    tools: Tools, dana: Person, link: Callable[..., str], sandbox: RunningSandbox
) -> None:
    account_id = link()
    sandbox.fault("token_revoked")
    client = client_for(tools, dana.who.tenant_id, account_id, Lane.USER)
    with pytest.raises(AccessRevoked):
        client.userinfo()
    assert load(tools, dana, account_id).disconnection is Disconnection.ACCESS_REVOKED
    calls = sandbox.control("GET", "/requests")["total"]
    with pytest.raises(AccessRevoked):
        client.userinfo()
    assert sandbox.control("GET", "/requests")["total"] == calls


def test_cronofy_away_while_renewing_keeps_the_account_connected(
    tools: Tools, dana: Person, link: Callable[..., str], sandbox: RunningSandbox
) -> None:
    account_id = link()
    sandbox.control("POST", "/tokens/expire")
    fault = sandbox.fault("server_error", path="/oauth/token", times=1)
    tokens = AccountTokens(tools, dana.who.tenant_id, account_id)
    with pytest.raises(TemporaryError):
        tokens.renew(tokens.current())
    assert sandbox.fired(fault) == 1
    account = load(tools, dana, account_id)
    assert account.disconnection is None
    assert account.renewal_owner is None
    assert tokens.renew(tokens.current())


def fail_writes(monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """Let the database refuse the next writes, as a busy one does; return what is left of them."""
    begin, left = Database.begin, [times]

    @contextmanager
    def refuse(self: Database) -> Iterator[Session]:
        if left[0]:
            left[0] -= 1
            raise StorageUnavailable("planted")
        with begin(self) as session:
            yield session

    monkeypatch.setattr(Database, "begin", refuse)
    return left


def when_refreshed(monkeypatch: pytest.MonkeyPatch, then: Callable[[], object]) -> None:
    """Have something happen between Cronofy's answer to a renewal and its storing."""
    refresh = CronofyOAuth.refresh

    def refresh_and(self: CronofyOAuth, token: str) -> TokenPair:
        monkeypatch.setattr(CronofyOAuth, "refresh", refresh)
        try:
            return refresh(self, token)
        finally:
            then()

    monkeypatch.setattr(CronofyOAuth, "refresh", refresh_and)


def test_a_renewed_token_survives_a_database_that_is_busy_for_a_moment(
    tools: Tools,
    dana: Person,
    link: Callable[..., str],
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokens = AccountTokens(tools, dana.who.tenant_id, link())
    stale = tokens.current()
    left: list[list[int]] = []
    when_refreshed(monkeypatch, lambda: left.append(fail_writes(monkeypatch, 2)))
    with watching() as witness:
        renewed = tokens.renew(stale)
    assert witness.counted("token_refresh_total", result="renewed") == 1
    assert len(witness.logged("token renewed")) == 1
    assert left == [[0]]
    assert tokens.current() == renewed


def test_a_renewal_that_was_overtaken_loses_no_token(
    tools: Tools,
    dana: Person,
    link: Callable[..., str],
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account_id = link()
    slow = AccountTokens(tools, dana.who.tenant_id, account_id)
    quick = AccountTokens(tools, dana.who.tenant_id, account_id)
    stale = slow.current()

    def overtake() -> None:
        end_claim(tools, dana, account_id)
        with pytest.raises(AccessRevoked):  # it sends the token that the slow one has spent
            quick.renew(stale)

    when_refreshed(monkeypatch, overtake)
    renewed = slow.renew(stale)
    assert load(tools, dana, account_id).disconnection is None
    assert client_for(tools, dana.who.tenant_id, account_id, Lane.USER).userinfo()
    assert slow.current() == renewed


def end_claim(tools: Tools, dana: Person, account_id: str) -> None:
    with tools.db.begin() as session:
        account = find_account_of_tenant(session, dana.who.tenant_id, account_id)
        assert account
        account.renewal_until = tools.clock.now()


def test_an_account_disconnected_during_a_renewal_is_ended_at_cronofy_too(
    tools: Tools,
    dana: Person,
    link: Callable[..., str],
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account_id = link()
    tokens = AccountTokens(tools, dana.who.tenant_id, account_id)
    fresh: list[str] = []
    refresh = CronofyOAuth.refresh

    def note(self: CronofyOAuth, token: str) -> TokenPair:
        pair = refresh(self, token)
        fresh.append(pair.access_token)
        disconnect(tools, dana.who, account_id)
        return pair

    monkeypatch.setattr(CronofyOAuth, "refresh", note)
    with pytest.raises(AccessRevoked):
        tokens.renew(tokens.current())
    for revocation_id in waiting_revocations(tools, dana):
        revoke(tools, dana.who.tenant_id, revocation_id)
    headers = {"Authorization": f"Bearer {fresh[0]}"}
    answer = requests.get(f"{sandbox.url}/v1/userinfo", headers=headers, timeout=5)
    assert answer.status_code == 401


def test_who_died_while_renewing_is_waited_for_no_longer_than_the_claim(
    tools: Tools, dana: Person, link: Callable[..., str], sandbox: RunningSandbox
) -> None:
    account_id = link()
    tokens = AccountTokens(tools, dana.who.tenant_id, account_id)
    stale = tokens.current()
    with tools.db.begin() as session:
        account = find_account_of_tenant(session, dana.who.tenant_id, account_id)
        assert account
        account.renewal_owner = "somebody-dead"
        account.renewal_until = tools.clock.now() + timedelta(seconds=0.5)
    assert tokens.renew(stale) != stale


def test_who_waits_for_a_renewal_that_never_ends_looks_ever_more_seldom(
    tools: Tools, dana: Person, link: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id, clock, pauses = link(), FakeClock(tools.clock.now()), list[float]()
    tokens = AccountTokens(replace(tools, clock=clock), dana.who.tenant_id, account_id)
    stale = tokens.current()
    with tools.db.begin() as session:
        account = find_account_of_tenant(session, dana.who.tenant_id, account_id)
        assert account
        account.renewal_owner = "somebody-dead"
        account.renewal_until = clock.now() + timedelta(minutes=5)
    sleep = clock.sleep
    monkeypatch.setattr(clock, "sleep", lambda pause: (pauses.append(pause), sleep(pause)))
    with pytest.raises(TemporaryError):
        tokens.renew(stale)
    assert pauses == sorted(pauses)
    assert sum(pauses[:3]) < 1
    assert len(pauses) < 50


def test_a_renewal_of_the_old_tokens_never_overwrites_a_new_consent(
    tools: Tools,
    dana: Person,
    link: Callable[..., str],
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account_id = link()
    tokens = AccountTokens(tools, dana.who.tenant_id, account_id)
    stale, fresh = tokens.current(), []

    def link_again() -> None:
        assert link() == account_id
        fresh.append(AccountTokens(tools, dana.who.tenant_id, account_id).current())

    when_refreshed(monkeypatch, link_again)
    assert [tokens.renew(stale)] == fresh
    assert [tokens.current()] == fresh


def test_a_late_refusal_of_the_old_tokens_never_ends_a_new_consent(
    tools: Tools,
    dana: Person,
    link: Callable[..., str],
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account_id = link()
    sandbox.fault("token_revoked")
    when_refreshed(monkeypatch, link)
    check_account(tools, dana.who.tenant_id, account_id, Lane.USER)
    assert load(tools, dana, account_id).disconnection is None


def test_tokens_cannot_be_moved_to_another_row(
    tools: Tools, dana: Person, sam: Person, link: Callable[..., str]
) -> None:
    mine, theirs = link(), link("sam@google.example", sam)
    with tools.db.begin() as session:
        a = find_account_of_tenant(session, dana.who.tenant_id, mine)
        b = find_account_of_tenant(session, dana.who.tenant_id, theirs)
        assert a
        assert b
        a.access_token, b.access_token = b.access_token, a.access_token
    for account_id in (mine, theirs):
        with pytest.raises(SealBroken):
            AccountTokens(tools, dana.who.tenant_id, account_id).current()
