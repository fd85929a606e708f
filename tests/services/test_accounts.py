"""Linked accounts: how they are, and their end."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from calsync.core.account import Disconnection
from calsync.cronofy.client import CronofyClient
from calsync.cronofy.limiter import Lane
from calsync.db import due_rows
from calsync.db.models import DueKind, Revocation
from calsync.errors import TemporaryError
from calsync.services.accounts import (
    CHECK_EVERY,
    CHECK_WHILE_READ,
    LinkedView,
    check_account,
    disconnect,
    find_linked,
    list_linked,
    next_check,
)
from calsync.services.revocations import revoke
from calsync.services.tools import Tools
from tests.cast import Person
from tests.clocks import FakeClock
from tests.sandbox_server import RunningSandbox
from tests.services.test_linking import profile_of

GOOGLE = "dana@google.example"


def look(tools: Tools, person: Person, account_id: str) -> LinkedView:
    linked = find_linked(tools, person.who, account_id)
    assert linked
    return linked


def check(tools: Tools, person: Person, account_id: str) -> LinkedView:
    check_account(tools, person.who.tenant_id, account_id, Lane.USER)
    return look(tools, person, account_id)


def waiting_revocations(tools: Tools, person: Person) -> list[str]:
    with tools.db.read() as session:
        rows = session.query(Revocation).filter_by(tenant_id=person.who.tenant_id).all()
        return [row.id for row in rows]


def count_calls(sandbox: RunningSandbox, path: str) -> int:
    rows = sandbox.control("GET", "/requests")["requests"]
    return sum(row["count"] for row in rows if row["path"] == path)


def test_a_disconnected_profile_is_not_connected_until_it_is_again(
    tools: Tools, dana: Person, link: Callable[..., str], sandbox: RunningSandbox
) -> None:
    account_id, profile = link(), profile_of(sandbox, GOOGLE)
    sandbox.control("POST", f"/profiles/{profile}/disconnect")
    linked = check(tools, dana, account_id)
    assert linked.account.disconnection is Disconnection.PROFILE_DISCONNECTED
    assert (linked.account.relink_url or "").startswith(sandbox.url)
    sandbox.control("POST", f"/profiles/{profile}/reconnect")
    linked = check(tools, dana, account_id)
    assert linked.is_connected
    assert linked.account.relink_url is None


def test_cronofy_away_changes_nothing_that_we_know(
    tools: Tools, dana: Person, link: Callable[..., str], sandbox: RunningSandbox
) -> None:
    account_id = link()
    before = look(tools, dana, account_id)
    fault = sandbox.fault("server_error", path="/v1/userinfo", times=20)
    with pytest.raises(TemporaryError):
        check(tools, dana, account_id)
    assert sandbox.fired(fault) >= 1
    after = look(tools, dana, account_id)
    assert after.is_connected
    assert [c.name for c in after.calendars] == [c.name for c in before.calendars]


def test_calendars_follow_what_cronofy_lists(
    tools: Tools, dana: Person, link: Callable[..., str], sandbox: RunningSandbox
) -> None:
    account_id = link()
    work = sandbox.calendars(GOOGLE)["Work"]
    ids = {c.calendar_id: c.id for c in look(tools, dana, account_id).calendars}
    sandbox.fault("calendar_deleted", calendar_id=work)
    calendars = {c.calendar_id: c for c in check(tools, dana, account_id).calendars}
    assert calendars[work].is_deleted
    # Whatever was linked to a calendar's row stays linked to it.
    assert {c.calendar_id: c.id for c in calendars.values()} == ids


def test_only_read_only_calendars_are_noticed(
    tools: Tools, dana: Person, link: Callable[..., str], sandbox: RunningSandbox
) -> None:
    account_id = link()
    assert not look(tools, dana, account_id).has_only_read_only_calendars
    for calendar_id in sandbox.calendars(GOOGLE).values():
        sandbox.fault("calendar_readonly", calendar_id=calendar_id)
    assert check(tools, dana, account_id).has_only_read_only_calendars


def test_an_account_is_looked_at_again_soon_while_it_is_being_read(
    tools: Tools, dana: Person, link: Callable[..., str], sandbox: RunningSandbox, clock: FakeClock
) -> None:
    account_id, tenant_id = link(), dana.who.tenant_id
    assert next_check(tools, tenant_id, account_id) == clock.now() + CHECK_EVERY
    profile = profile_of(sandbox, GOOGLE)
    sandbox.control("POST", f"/profiles/{profile}/initial_sync", {"required": True})
    check(tools, dana, account_id)
    assert next_check(tools, tenant_id, account_id) == clock.now() + CHECK_WHILE_READ
    # It may never end: then we ask ever less often.
    clock.move(timedelta(hours=10))
    assert next_check(tools, tenant_id, account_id) == clock.now() + timedelta(minutes=30)
    clock.move(timedelta(days=10))
    assert next_check(tools, tenant_id, account_id) == clock.now() + CHECK_EVERY
    sandbox.fault("token_revoked")
    check(tools, dana, account_id)
    assert next_check(tools, tenant_id, account_id) is None


def test_disconnecting_forgets_the_account_at_once_and_tells_cronofy(
    tools: Tools, dana: Person, link: Callable[..., str], sandbox: RunningSandbox
) -> None:
    account_id = link()
    disconnect(tools, dana.who, account_id)
    assert list_linked(tools, dana.who) == []
    assert count_calls(sandbox, "/oauth/token/revoke") == 0
    [revocation_id] = waiting_revocations(tools, dana)
    with tools.db.begin() as session:
        claims = due_rows.claim_due(
            session,
            owner="test",
            now=tools.clock.now(),
            until=tools.clock.now() + timedelta(minutes=1),
            limit=9,
        )
    assert [(c.kind, c.subject_id) for c in claims] == [(DueKind.REVOKE, revocation_id)]
    revoke(tools, dana.who.tenant_id, revocation_id)
    assert count_calls(sandbox, "/oauth/token/revoke") == 1
    assert waiting_revocations(tools, dana) == []


def test_a_revoke_that_does_not_get_through_is_kept(
    tools: Tools, dana: Person, link: Callable[..., str], sandbox: RunningSandbox
) -> None:
    disconnect(tools, dana.who, link())
    [revocation_id] = waiting_revocations(tools, dana)
    fault = sandbox.fault("server_error", path="/oauth/token/revoke", times=9)
    with pytest.raises(TemporaryError):
        revoke(tools, dana.who.tenant_id, revocation_id)
    assert sandbox.fired(fault) >= 1
    assert waiting_revocations(tools, dana) == [revocation_id]
    sandbox.control("DELETE", "/faults")
    revoke(tools, dana.who.tenant_id, revocation_id)
    assert waiting_revocations(tools, dana) == []


def test_a_dead_account_can_be_disconnected(
    tools: Tools, dana: Person, link: Callable[..., str], sandbox: RunningSandbox
) -> None:
    account_id = link()
    sandbox.fault("token_revoked")
    assert not check(tools, dana, account_id).is_connected
    assert disconnect(tools, dana.who, account_id)
    [revocation_id] = waiting_revocations(tools, dana)
    revoke(tools, dana.who.tenant_id, revocation_id)
    assert waiting_revocations(tools, dana) == []


def test_a_late_revoke_does_not_end_a_new_consent_to_the_same_mailbox(
    tools: Tools, dana: Person, link: Callable[..., str], sandbox: RunningSandbox
) -> None:
    disconnect(tools, dana.who, link())
    again = link()
    [revocation_id] = waiting_revocations(tools, dana)
    revoke(tools, dana.who.tenant_id, revocation_id)
    assert waiting_revocations(tools, dana) == []
    assert count_calls(sandbox, "/oauth/token/revoke") == 0
    assert check(tools, dana, again).is_connected


def test_somebody_who_shares_the_mailbox_stays_connected(
    tools: Tools, dana: Person, sam: Person, link: Callable[..., str], sandbox: RunningSandbox
) -> None:
    mine, theirs = link(), link(person=sam)
    disconnect(tools, dana.who, mine)
    [revocation_id] = waiting_revocations(tools, dana)
    revoke(tools, dana.who.tenant_id, revocation_id)
    assert count_calls(sandbox, "/oauth/token/revoke") == 0
    assert check(tools, sam, theirs).is_connected


def test_nobody_else_can_disconnect_an_account(
    tools: Tools, dana: Person, sam: Person, mallory: Person, link: Callable[..., str]
) -> None:
    account_id = link()
    for person in (sam, mallory):
        assert disconnect(tools, person.who, account_id) is None
    assert look(tools, dana, account_id).is_connected


def test_an_account_disconnected_while_it_is_looked_at_stays_gone(
    tools: Tools,
    dana: Person,
    link: Callable[..., str],
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account_id = link()

    ask = CronofyClient.userinfo

    def disconnect_meanwhile(self: CronofyClient) -> object:
        seen = ask(self)
        disconnect(tools, dana.who, account_id)
        return seen

    monkeypatch.setattr(CronofyClient, "userinfo", disconnect_meanwhile)
    check_account(tools, dana.who.tenant_id, account_id, Lane.USER)
    assert list_linked(tools, dana.who) == []
