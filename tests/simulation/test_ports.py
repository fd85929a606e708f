"""The product's own services, standing on the provider."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from calsync.cronofy.limiter import Lane
from calsync.errors import AccessRevoked
from calsync.services.accounts import client_for, disconnect, list_linked
from calsync.services.linking import begin_connect, finish_connect
from calsync.services.tools import Tools
from tests.cast import Person, with_session
from tests.clocks import FakeClock
from tests.simulation.faults import Crash, Fault, FaultKind, FaultPlan
from tests.simulation.ports import stand_on
from tests.simulation.provider import Provider


def test_a_mailbox_is_linked_renewed_and_disconnected(
    tools: Tools, clock: FakeClock, dana: Person
) -> None:
    provider = Provider(clock)
    tools = stand_on(tools, provider)
    account_id = link(tools, provider, dana)
    client = client_for(tools, dana.who.tenant_id, account_id, Lane.POLL)
    (linked,) = list_linked(tools, dana.who)
    assert {each.name for each in client.list_calendars()} == {"Work", "Personal"}
    assert linked.account.id == account_id

    # An access token that has expired is renewed once, and what was stored is good again.
    clock.move(timedelta(hours=2))
    client.userinfo()
    client.userinfo()
    assert provider.traffic.counts["POST", "/oauth/token"] == 2

    assert disconnect(tools, with_session(tools, dana), account_id)
    with pytest.raises(AccessRevoked):
        client_for(tools, dana.who.tenant_id, account_id, Lane.POLL).userinfo()


def test_a_crash_after_a_refresh_loses_the_token(
    tools: Tools, clock: FakeClock, dana: Person
) -> None:
    plan = FaultPlan()
    provider = Provider(clock, faults=plan)
    tools = stand_on(tools, provider)
    account_id = link(tools, provider, dana)
    clock.move(timedelta(hours=2))
    # Renewed ahead of the call, as the product knows when a token ends.
    struck = plan.number + 1
    plan.strike(struck, Fault(FaultKind.CRASH_AFTER))
    with pytest.raises(Crash):
        client_for(tools, dana.who.tenant_id, account_id, Lane.POLL).userinfo()
    assert list(plan.fired) == [struck]
    assert provider.traffic.calls[-1].path == "/oauth/token"
    clock.move(timedelta(minutes=10))
    with pytest.raises(AccessRevoked):
        client_for(tools, dana.who.tenant_id, account_id, Lane.POLL).userinfo()


def link(tools: Tools, provider: Provider, person: Person) -> str:
    """Link a new mailbox as its owner does it, and return the account's id."""
    profile = provider.service.add_mailbox()
    who = with_session(tools, person)
    url = begin_connect(tools, who)
    assert url
    state = parse_qs(urlsplit(url).query)["state"][0]
    code = provider.service.consent(profile.profile_id)
    result = finish_connect(tools, who, state=state, code=code, error="")
    assert result.account_id, result
    return result.account_id
