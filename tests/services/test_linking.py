"""Connecting a mailbox: what comes back from the consent page, and what becomes of it."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from calsync.core.account import Disconnection
from calsync.cronofy.limiter import Lane
from calsync.services.accounts import check_account, find_linked, list_linked
from calsync.services.linking import Outcome, Return, begin_connect, finish_connect
from calsync.services.tools import Tools, Who
from tests.cast import Person, with_session
from tests.clocks import FakeClock
from tests.consent import PROVIDERS, consent
from tests.sandbox_server import RunningSandbox


def come_back(tools: Tools, who: Who, answer: dict[str, str]) -> Return:
    return finish_connect(
        tools,
        who,
        state=answer.get("state", ""),
        code=answer.get("code", ""),
        error=answer.get("error", ""),
    )


def count_token_calls(sandbox: RunningSandbox) -> int:
    rows = sandbox.control("GET", "/requests")["requests"]
    return sum(row["count"] for row in rows if row["path"] == "/oauth/token")


@pytest.fixture
def who(tools: Tools, dana: Person) -> Who:
    return with_session(tools, dana)


@pytest.mark.parametrize("name", PROVIDERS)
def test_each_of_the_five_services_is_linked_with_its_calendars(
    tools: Tools, who: Who, sandbox: RunningSandbox, name: str
) -> None:
    mailbox = f"dana@{name}.example"
    result = come_back(tools, who, consent(begin_connect(tools, who) or "", mailbox))

    assert result.outcome is Outcome.CONNECTED
    linked = find_linked(tools, who, result.account_id or "")
    assert linked
    assert linked.is_connected
    assert linked.account.profile_name == mailbox
    shown = {c.name: (c.is_read_only, c.is_deleted) for c in linked.calendars}
    assert shown["Work"] == (False, False)
    assert shown["Holidays"] == (True, False)
    assert any(is_deleted for _, is_deleted in shown.values())


def test_a_refusal_links_nothing(tools: Tools, who: Who, sandbox: RunningSandbox) -> None:
    answer = consent(begin_connect(tools, who) or "", answer="deny")
    assert come_back(tools, who, answer).outcome is Outcome.REFUSED
    assert list_linked(tools, who) == []


def test_a_forged_state_never_reaches_the_token_endpoint(
    tools: Tools, who: Who, sandbox: RunningSandbox
) -> None:
    answer = consent(begin_connect(tools, who) or "")
    for state in ("", "forged", answer["state"][:-1], answer["state"] + "x"):
        result = come_back(tools, who, {**answer, "state": state})
        assert result == Return(Outcome.EXPIRED)
    assert count_token_calls(sandbox) == 0


def test_a_state_is_used_once(tools: Tools, who: Who, sandbox: RunningSandbox) -> None:
    answer = consent(begin_connect(tools, who) or "")
    assert come_back(tools, who, answer).outcome is Outcome.CONNECTED
    assert come_back(tools, who, answer).outcome is Outcome.REPEATED
    assert count_token_calls(sandbox) == 1
    assert len(list_linked(tools, who)) == 1


def test_of_two_returns_at_the_same_moment_one_counts(
    tools: Tools, who: Who, sandbox: RunningSandbox
) -> None:
    answer = consent(begin_connect(tools, who) or "")
    outcomes: list[Outcome] = []
    threads = [
        threading.Thread(target=lambda: outcomes.append(come_back(tools, who, answer).outcome))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [Outcome.CONNECTED] + [Outcome.REPEATED] * 3


def test_a_state_lasts_ten_minutes(
    tools: Tools, who: Who, sandbox: RunningSandbox, clock: FakeClock
) -> None:
    answer = consent(begin_connect(tools, who) or "")
    clock.move(timedelta(minutes=10, seconds=1))
    assert come_back(tools, who, answer).outcome is Outcome.EXPIRED
    assert count_token_calls(sandbox) == 0


def test_a_consent_never_attaches_to_somebody_elses_login(
    tools: Tools, who: Who, sam: Person, mallory: Person, sandbox: RunningSandbox
) -> None:
    answer = consent(begin_connect(tools, who) or "")
    for person in (sam, mallory):
        other = with_session(tools, person)
        assert come_back(tools, other, answer).outcome is Outcome.EXPIRED
        assert list_linked(tools, other) == []
    assert count_token_calls(sandbox) == 0
    # Nor to another browser of the same user, and Dana's own return still works.
    elsewhere = Who(who.tenant_id, who.user_id, "another-browser")
    assert come_back(tools, elsewhere, answer).outcome is Outcome.EXPIRED
    assert come_back(tools, who, answer).outcome is Outcome.CONNECTED


def test_the_same_mailbox_again_stays_one_account(
    tools: Tools, who: Who, sandbox: RunningSandbox
) -> None:
    first = come_back(tools, who, consent(begin_connect(tools, who) or ""))
    second = come_back(tools, who, consent(begin_connect(tools, who) or ""))
    assert second == Return(Outcome.ALREADY_LINKED, first.account_id)
    assert len(list_linked(tools, who)) == 1


def test_two_people_may_link_the_same_mailbox(
    tools: Tools, who: Who, sam: Person, link: Callable[..., str]
) -> None:
    mine, theirs = link(), link(person=sam)
    assert mine != theirs
    assert find_linked(tools, who, theirs) is None


def test_a_mailbox_that_is_still_being_read_says_so_until_it_is_read(
    tools: Tools, who: Who, sandbox: RunningSandbox
) -> None:
    profile = profile_of(sandbox, "dana@google.example")
    sandbox.control("POST", f"/profiles/{profile}/initial_sync", {"required": True})
    result = come_back(tools, who, consent(begin_connect(tools, who) or ""))
    account_id = result.account_id or ""
    linked = find_linked(tools, who, account_id)
    assert linked
    assert linked.account.is_being_read
    sandbox.control("POST", f"/profiles/{profile}/initial_sync", {"required": False})
    check_account(tools, who.tenant_id, account_id, Lane.USER)
    linked = find_linked(tools, who, account_id)
    assert linked
    assert not linked.account.is_being_read


def test_cronofy_away_at_the_exchange_links_nothing_and_says_so(
    tools: Tools, who: Who, sandbox: RunningSandbox
) -> None:
    answer = consent(begin_connect(tools, who) or "")
    fault = sandbox.fault("server_error", path="/oauth/token", times=5)
    assert come_back(tools, who, answer).outcome is Outcome.UNAVAILABLE
    assert sandbox.fired(fault) >= 1
    assert list_linked(tools, who) == []


def test_cronofy_away_after_the_exchange_loses_no_tokens(
    tools: Tools, who: Who, sandbox: RunningSandbox
) -> None:
    answer = consent(begin_connect(tools, who) or "")
    fault = sandbox.fault("server_error", path="/v1/userinfo", times=20)
    result = come_back(tools, who, answer)
    assert result.outcome is Outcome.CONNECTED
    assert sandbox.fired(fault) >= 1
    sandbox.control("DELETE", "/faults")
    check_account(tools, who.tenant_id, result.account_id or "", Lane.USER)
    linked = find_linked(tools, who, result.account_id or "")
    assert linked
    assert linked.calendars


def test_a_code_that_cronofy_does_not_know_is_too_late(
    tools: Tools, who: Who, sandbox: RunningSandbox
) -> None:
    answer = consent(begin_connect(tools, who) or "") | {"code": "made-up"}
    assert come_back(tools, who, answer).outcome is Outcome.EXPIRED


def test_reconnecting_ends_in_the_same_mailbox_or_not_at_all(
    tools: Tools, who: Who, sandbox: RunningSandbox, link: Callable[..., str]
) -> None:
    account_id = link()
    sandbox.fault("token_revoked")
    check_account(tools, who.tenant_id, account_id, Lane.USER)
    assert disconnection(tools, who, account_id) is Disconnection.ACCESS_REVOKED

    # The sign-in page of the service is offered, and another mailbox there is refused.
    url = begin_connect(tools, who, account_id) or ""
    assert "provider_name=google" in url
    wrong = come_back(tools, who, consent(url, "sam@google.example"))
    assert wrong == Return(Outcome.OTHER_ACCOUNT, account_id)
    assert disconnection(tools, who, account_id) is Disconnection.ACCESS_REVOKED

    right = come_back(tools, who, consent(begin_connect(tools, who, account_id) or ""))
    assert right == Return(Outcome.RECONNECTED, account_id)
    assert disconnection(tools, who, account_id) is None


def test_somebody_elses_account_cannot_be_reconnected(
    tools: Tools, mallory: Person, sam: Person, link: Callable[..., str]
) -> None:
    account_id = link()
    for person in (mallory, sam):
        assert begin_connect(tools, with_session(tools, person), account_id) is None


def test_less_than_what_was_asked_for_is_not_connected(
    tools: Tools, who: Who, sandbox: RunningSandbox
) -> None:
    url = (begin_connect(tools, who) or "").replace("+delete_event", "")
    result = come_back(tools, who, consent(url))
    assert disconnection(tools, who, result.account_id or "") is Disconnection.PERMISSION_MISSING


def test_what_is_asked_of_a_user_is_the_least_that_a_sync_needs(tools: Tools, who: Who) -> None:
    url = begin_connect(tools, who) or ""
    assert "scope=read_events+create_event+delete_event&" in url + "&"
    assert "avoid_linking=true" in url
    assert "redirect_uri=http%3A%2F%2F127.0.0.1%3A5000%2Fcalendar-sync%2Fcallback" in url


def disconnection(tools: Tools, who: Who, account_id: str) -> Disconnection | None:
    linked = find_linked(tools, who, account_id)
    assert linked
    return linked.account.disconnection


def profile_of(sandbox: RunningSandbox, mailbox: str) -> str:
    for each in sandbox.control("GET", "/state")["mailboxes"]:
        if each["address"] == mailbox:
            return str(each["profile_id"])
    raise LookupError(mailbox)
